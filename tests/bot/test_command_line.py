"""The command line says plainly what is missing and what to do about it."""

import asyncio
import json
import os
import shutil
import socket
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


THREAD = {
    "story": {"headline": "Harbour bridge at Quellhaven announced", "body": "The council says it opens next spring."},
    "messages": [{"id": "[/one]", "parent": None, "text": "I doubt it :smile: [/b] " + "because of the ferry " * 5}],
}


def hindsight(
    *arguments: str, folder: Path, given: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `python -m bot` in an empty folder, as a person would, with its output in pipes; surrogates are bytes."""
    left_out = ("HINDSIGHT_", "COLUMNS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-W", "ignore", "-m", "bot", *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        input=given,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
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


@pytest.mark.parametrize("name", ["export.json", "[red].json", "[-foo] of a long name that goes on and on.json"])
def test_replay_of_a_broken_file_is_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{")
    done = hindsight("replay", name, folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"RowError: {name} is not JSON" in done.stderr


def test_error_stands_as_it_is_and_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "simcord.py").write_text("raise ModuleNotFoundError(name='simcord')")
    done = hindsight("demo", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "HindsightError: simcord is missing: pip install 'hindsight-bot[demo]', or use make demo.\n"


def test_error_with_the_marks_of_markup_is_no_traceback(tmp_path: Path) -> None:
    done = hindsight("run", folder=tmp_path, HINDSIGHT_DATA_DIR="/dev/null/[/foo]", HINDSIGHT_TOKEN="-")  # noqa: S106
    assert done.returncode == 78
    assert "/dev/null/[/foo]/hindsight.lock cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_replay_prints_words_as_they_are_and_hears_no_settings(tmp_path: Path) -> None:
    (tmp_path / "thread.json").write_text(json.dumps(THREAD))
    hostile = {"HINDSIGHT_STALE_AFTER": "soon", "HINDSIGHT_WRITER": "/nowhere", "HINDSIGHT_KEY": "no key"}
    done = hindsight("replay", "thread.json", folder=tmp_path, **hostile)
    assert done.returncode == 0, done.stderr
    row = next(line for line in done.stdout.splitlines() if "│ [/one] " in line)
    assert "I doubt it :smile: [/b] because of the ferry because of the ferry" in row


@pytest.mark.parametrize("how", ["label", "match", "summarize", "standard input"])
def test_line_that_is_not_utf8_is_told_and_the_others_are_answered(tmp_path: Path, how: str) -> None:
    row = {"id": "good", "text": "I doubt it", "messages": [{"id": "1", "text": "The bridge opens in spring."}]}
    lines = '{"id": "bad", "text": "caf\udce9"}\n' + json.dumps(row) + "\n"
    (tmp_path / "rows.jsonl").write_text(lines, encoding="utf-8", errors="surrogateescape")
    (tmp_path / "archive.jsonl").write_text('{"id": "f", "text": "The bridge opens in spring"}\n')
    command = ["label"] if how == "standard input" else [how]
    if how == "match":
        command += ["--archive", "archive.jsonl"]
    if how == "standard input":
        done = hindsight(*command, folder=tmp_path, given=lines)
    else:
        done = hindsight(*command, "rows.jsonl", folder=tmp_path)
    assert done.returncode == 1
    assert "line 1: field '(whole line)': is not UTF-8" in done.stderr
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["good"]


@pytest.mark.parametrize(
    "command",
    [
        *(["label"], ["summarize"], ["replay"], ["import"], ["restore"], ["backup"]),
        *(["match", "--archive"], ["match", "--archive", __file__]),
    ],
    ids=lambda command: command[0],
)
def test_folder_is_refused_where_a_file_is_wanted(tmp_path: Path, command: list[str]) -> None:
    done = CliRunner().invoke(app, [*command, str(tmp_path)])
    assert done.exit_code == 2
    assert "is a directory" in " ".join(done.output.replace("│", " ").split())


def test_demo_says_at_once_that_its_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = hindsight("demo", "--port", str(port), folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"Taken: port {port} is taken: use --port N, or make demo PORT=N.\n"
    assert done.stdout == ""


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_make_hands_the_demo_its_port() -> None:
    command = ["make", "--dry-run", "demo", "PORT=9000"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own words
    assert "-m bot demo --port 9000\n" in done.stdout


def test_demo_leaves_a_folder_with_a_database_alone(tmp_path: Path) -> None:
    (tmp_path / "hindsight.sqlite").write_text("somebody's")
    done = hindsight("demo", "--check", "--data", str(tmp_path), folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Taken: {tmp_path} holds a database already: name a new folder")
    assert [file.name for file in tmp_path.iterdir()] == ["hindsight.sqlite"]


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
