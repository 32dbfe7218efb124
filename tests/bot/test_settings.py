"""Settings: from the environment and `.env`; a wrong one is named with the remedy, and its value is never shown."""

from pathlib import Path

import pytest

from bot.errors import ConfigurationError
from bot.settings import Settings, default_settings, exposed, load_settings
from bot.store.upgrade import upgrade
from bot.store.vault import load_vault

EXAMPLE = Path(__file__).parents[2] / ".env.example"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"HINDSIGHT_{name.upper()}", raising=False)


def test_defaults_need_nothing() -> None:
    settings = load_settings()
    assert settings.token is None
    assert settings.database == Path("data/hindsight.sqlite")
    assert settings.key_file == Path("data/hindsight.key")
    assert settings.log_level == "INFO"


def test_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("HINDSIGHT_LOG_LEVEL=DEBUG\nHINDSIGHT_DATA_DIR=here\n")
    monkeypatch.setenv("HINDSIGHT_LOG_LEVEL", "ERROR")
    settings = load_settings()
    assert (settings.log_level, settings.data_dir) == ("ERROR", Path("here"))


@pytest.mark.parametrize("where", ["environment", "file"])
def test_misspelt_setting_is_an_error(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if where == "environment":
        monkeypatch.setenv("HINDSIGHT_TOKNE", "secret words")
    else:
        (tmp_path / ".env").write_text("HINDSIGHT_TOKNE=secret words\n")
    with pytest.raises(ConfigurationError, match="HINDSIGHT_TOKNE: no such setting; known are") as error:
        load_settings()
    assert "secret words" not in str(error.value)


def test_wrong_value_names_the_setting_and_what_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HINDSIGHT_LOG_LEVEL", "LOUD")
    with pytest.raises(ConfigurationError, match=r"HINDSIGHT_LOG_LEVEL: .*'DEBUG'"):
        load_settings()


def test_defaults_can_be_had_whatever_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = load_settings().model_dump() | {"data_dir": tmp_path}
    (tmp_path / ".env").write_text("HINDSIGHT_TOKEN=secret\nHINDSIGHT_LOG_FORMAT=json\n")
    monkeypatch.setenv("HINDSIGHT_WRITER", "https://writer.example/v1")
    monkeypatch.setenv("HINDSIGHT_LOG_LEVEL", "LOUD")
    assert default_settings(data_dir=tmp_path).model_dump() == expected


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HINDSIGHT_TOKEN", "secret words")
    monkeypatch.setenv("HINDSIGHT_KEY", "other secret words")
    assert "secret words" not in repr(load_settings())


def test_files_with_secrets_are_for_their_owner(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HINDSIGHT_DATA_DIR=data\n")
    (tmp_path / ".env").chmod(0o600)
    settings = load_settings()
    load_vault(None, settings.key_file)
    upgrade(settings.database)
    assert exposed(settings) == []
    (tmp_path / ".env").chmod(0o640)
    settings.key_file.chmod(0o604)
    assert exposed(settings) == [
        ".env can be read by others (mode 0640): chmod 600 .env",
        "data/hindsight.key can be read by others (mode 0604): chmod 600 data/hindsight.key",
    ]


def test_example_can_be_copied_as_it_is(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(EXAMPLE.read_text())
    assert load_settings().token is None or not load_settings().token.get_secret_value()


def test_example_shows_every_setting_and_no_other() -> None:
    lines = [line.removeprefix("# ") for line in EXAMPLE.read_text().splitlines()]
    shown = {line.partition("=")[0] for line in lines if line.startswith("HINDSIGHT_")}
    assert shown == {f"HINDSIGHT_{name.upper()}" for name in Settings.model_fields}
    assert all(field.description for field in Settings.model_fields.values())
