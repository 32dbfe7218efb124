"""Every setting, typed, from the environment and `.env`."""

import os
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.errors import ConfigurationError
from bot.policy import PACE, Pace

PREFIX = "HINDSIGHT_"


class Settings(BaseSettings):
    """Hold what the owner of the bot decides; servers decide the rest with commands."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="forbid", frozen=True)

    token: SecretStr | None = Field(default=None, description="Bot token of the Discord application.")
    data_dir: Path = Field(default=Path("data"), description="Folder for the database and its key file.")
    key: SecretStr | None = Field(
        default=None,
        description="Master key, 32 bytes in base64; made once into a file beside the database when not set.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="How much is logged; message text never is."
    )

    fact_check_key: SecretStr | None = Field(
        default=None,
        description="Key of Google's Fact Check Tools API, which is sent the headlines of stories; off when not set.",
    )

    writer: str | None = Field(
        default=None,
        description="Model that words digests: a folder or Hub name, or the URL of an OpenAI-compatible endpoint.",
    )
    writer_model: str | None = Field(default=None, description="Name of the model at the writer's endpoint.")
    writer_key: SecretStr | None = Field(default=None, description="Key of the writer's endpoint.")

    stale_after: timedelta = Field(
        default=PACE.stale_after,
        gt=timedelta(),
        description="Age from which a message gets no card or alert of its own accord, as hours:minutes:seconds.",
    )
    card_pause: timedelta = Field(
        default=PACE.card_pause,
        ge=timedelta(),
        description="Time between two cards in one channel, as hours:minutes:seconds.",
    )

    log_format: Literal["text", "json"] = Field(default="text", description="Lines for people, or a JSON object each.")
    metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Port on 127.0.0.1 for /metrics and /healthz; off when not set.",
    )

    @property
    def pace(self) -> Pace:
        """Give when cards and alerts come."""
        return Pace(self.stale_after, self.card_pause)

    @property
    def database(self) -> Path:
        return self.data_dir / "hindsight.sqlite"

    @property
    def key_file(self) -> Path:
        return self.data_dir / "hindsight.key"


class _Alone(Settings):
    """Hear neither the environment nor `.env`."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def default_settings(**changes: Any) -> Settings:
    """Give the defaults with some changes, whatever the owner has set for the bot that serves Discord."""
    return _Alone(**changes)


def exposed(settings: Settings) -> list[str]:
    """Name the files with secrets that other users of the machine can read, with the remedy."""
    if os.name != "posix":
        return []
    files = [file for file in (Path(".env"), settings.key_file, settings.database) if file.exists()]
    modes = [(file, stat.S_IMODE(file.stat().st_mode)) for file in files]
    return [f"{file} can be read by others (mode {mode:04o}): chmod 600 {file}" for file, mode in modes if mode & 0o077]


def load_settings() -> Settings:
    """Read the settings, or raise `ConfigurationError` that names each wrong one and the remedy."""
    lines = [_unknown(name) for name in sorted(os.environ) if name.upper().startswith(PREFIX) and not _is_known(name)]
    try:
        settings = Settings()
    except ValidationError as error:
        lines += [_explain(problem["loc"], problem["msg"]) for problem in error.errors()]
    else:
        if not lines:
            return settings
    raise ConfigurationError("Wrong settings (environment or .env):\n" + "\n".join(lines))


def _is_known(name: str) -> bool:
    return name.upper().removeprefix(PREFIX).lower() in Settings.model_fields


def _unknown(name: str) -> str:
    known = ", ".join(f"{PREFIX}{field.upper()}" for field in Settings.model_fields)
    return f"  {name.upper()}: no such setting; known are {known}"


def _explain(location: tuple[int | str, ...], message: str) -> str:
    name = str(location[0]).upper().removeprefix(PREFIX) if location else "?"
    if message == "Extra inputs are not permitted":
        return _unknown(str(location[0]))
    return f"  {PREFIX}{name}: {message}"
