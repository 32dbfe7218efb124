"""Every setting, typed, from the environment and `.env`."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import ConfigurationError


class Settings(BaseSettings):
    """Hold what the owner of the bot decides; servers decide the rest with commands."""

    model_config = SettingsConfigDict(env_prefix="HINDSIGHT_", env_file=".env", extra="forbid", frozen=True)

    token: SecretStr | None = Field(default=None, description="Bot token of the Discord application.")
    data_dir: Path = Field(default=Path("data"), description="Folder for the database and its key file.")
    key: SecretStr | None = Field(
        default=None,
        description="Master key, 32 bytes in base64; made once into a file beside the database when not set.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="How much is logged; message text never is."
    )

    @property
    def database(self) -> Path:
        return self.data_dir / "hindsight.sqlite"

    @property
    def key_file(self) -> Path:
        return self.data_dir / "hindsight.key"


def load_settings() -> Settings:
    """Read the settings, or raise `ConfigurationError` that names each wrong one and the remedy."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [_explain(problem["loc"], problem["msg"]) for problem in error.errors()]
        raise ConfigurationError("Wrong settings (environment or .env):\n" + "\n".join(lines)) from None


def _explain(location: tuple[int | str, ...], message: str) -> str:
    name = str(location[0]).upper().removeprefix("HINDSIGHT_") if location else "?"
    if message == "Extra inputs are not permitted":
        known = ", ".join(f"HINDSIGHT_{field.upper()}" for field in Settings.model_fields)
        return f"  {str(location[0]).upper()}: no such setting; known are {known}"
    return f"  HINDSIGHT_{name}: {message}"
