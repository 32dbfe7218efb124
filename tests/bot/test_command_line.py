"""The command line says plainly what is missing and what to do about it."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.__main__ import app
from bot.doctor import examine
from bot.errors import StoreError
from bot.lock import hold
from bot.settings import Settings
from bot.store import open_store
from bot.store.upgrade import upgrade
from bot.store.vault import load_vault
from tests.bot.rows import post

ROOT = Path(__file__).parents[2]
FILTERS = ("label", "match", "summarize")


def hindsight(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m bot` in an empty folder, as a person would."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HINDSIGHT_")}
    return subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-W", "ignore", "-m", "bot", *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({}, "Copy .env.example to .env and set HINDSIGHT_TOKEN"),
        ({"HINDSIGHT_LOG_LEVEL": "LOUD"}, "HINDSIGHT_LOG_LEVEL"),
    ],
)
def test_run_names_what_is_missing(tmp_path: Path, environment: dict[str, str], named: str) -> None:
    done = hindsight("run", folder=tmp_path, **environment)
    assert done.returncode == 78
    assert named in done.stderr
    assert "Traceback" not in done.stderr


def test_misspelt_setting_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HINDSIGHT_TOKNE=abc\n")
    done = hindsight("run", folder=tmp_path)
    assert done.returncode == 78
    assert "HINDSIGHT_TOKNE: no such setting" in done.stderr


def test_help_names_every_command(tmp_path: Path) -> None:
    done = hindsight("--help", folder=tmp_path)
    assert done.returncode == 0
    for command in (*FILTERS, "run", "demo", "replay", "doctor", "backup", "restore", "rekey", "erase"):
        assert command in done.stdout


def test_doctor_shows_a_table_and_fails_without_a_token(tmp_path: Path) -> None:
    done = hindsight("doctor", folder=tmp_path)
    assert done.returncode == 1
    for line in ("weights", "database", "secrets", "token"):
        assert line in done.stdout
    assert "can be read by you alone" in done.stdout


async def test_doctor_leaves_the_database_of_a_running_bot_alone(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path)
    upgrade(settings.database, "0001")
    with hold(settings.database):
        found = {finding.what: finding async for finding in examine(settings)}
        assert "another version of the bot (0001)" in found["database"].words
        upgrade(settings.database)
        found = {finding.what: finding async for finding in examine(settings)}
        assert found["database"].well
        assert "a bot runs on it" in found["database"].words


def test_replay_of_a_broken_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "export.json").write_text("{")
    done = hindsight("replay", "export.json", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "export.json is not JSON" in done.stderr


async def test_upkeep_says_what_it_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with open_store(
        tmp_path / "data" / "hindsight.sqlite", load_vault(None, tmp_path / "data/hindsight.key")
    ) as store:
        await store.messages.keep(post(1, author=7))

    def said(*arguments: str) -> str:
        done = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert done.exit_code == 0
        return " ".join(done.output.split())

    def run() -> None:
        assert "The key is not in it" in said("backup", "copy.sqlite")
        assert "opens with the new key only" in said("rekey")
        with pytest.raises(StoreError, match="another key"):
            said("restore", "copy.sqlite", "--force")
        assert "Erased: 1 messages" in said("erase", "--user", "7")
        assert "Erased: 0 messages" in said("erase", "--message", "1")
        said("backup", "again.sqlite")
        assert "kept in data/hindsight.before-" in said("restore", "again.sqlite", "--force")

    await asyncio.to_thread(run)
