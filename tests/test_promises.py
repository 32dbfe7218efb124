"""What the bot promises, held against its source, its schema, its files and its documents."""

import ast
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import discord
import pytest
import sqlalchemy as sa
from discord import app_commands

from bot import __version__
from bot.logs import TALKATIVE, set_up_logging
from bot.store.schema import metadata
from tests.cogs.scene import alerts, colleague
from tests.conftest import World

ROOT = Path(__file__).parents[1]
CANARY = "quaggamire"
STORY = f"{CANARY} bridge announced to open next spring https://wire.example/{CANARY}"

# What may be written as text, and how long it may be: names of our own, never words of a member's.
NAMES = {
    "messages.kind": 8,
    "readings.label": 12,
    "readings.model": 16,
    "tallies.label": 12,
    "claims.model": 16,
    "cards.state": 10,
    "card_occurrences.state": 10,
    "flags.label": 12,
    "flags.state": 10,
    "flags.verdict": 12,
    "samples.label": 12,
    "samples.verdict": 12,
    "leftovers.kind": 8,
    "verdicts.label": 12,
    "verdicts.verdict": 12,
    "audit.action": 24,
    "told.problem": 8,
}
NUMBERS_AND_NAMES = {
    "servers.thresholds",
    "channel_policies.flags",
    "readings.scores",
    "readings.marks",
    "audit.detail",
}
HASHES_AND_SEALED = {
    "data_keys.sealed",
    "messages.author_key",
    "claims.vector",
    "claim_urls.url_key",
    "card_ratings.author_key",
    "digest_citations.author_key",
    "opt_outs.author_key",
}

PUBLIC = "fact_checks"  # their publishers wrote them for everybody; nothing of a server's is in them


def columns(kind: type[sa.types.TypeEngine]) -> dict[str, sa.Column]:
    """List the schema's columns of a type, apart from the public archive's."""
    every = (column for table in metadata.sorted_tables for column in table.c if table.name != PUBLIC)
    return {f"{column.table.name}.{column.name}": column for column in every if isinstance(column.type, kind)}


@cache
def sources() -> list[tuple[str, ast.Module]]:
    """Read the program's files."""
    files = [file for folder in ("bot", "cogs", "models") for file in sorted((ROOT / folder).rglob("*.py"))]
    return [(file.relative_to(ROOT).as_posix(), ast.parse(file.read_text())) for file in files]


async def busy_day(world: World) -> None:
    """Let a story come back, be doubted, flagged, decided, asked about and summed up, every text with the canary."""
    await world.watch()
    first = await world.member.send(world.news, STORY)
    for words in ("I doubt it", "typical party nonsense", "here are figures", "what about the game"):
        await world.member.send(world.news, f"{words} {CANARY}", reply_to=first)
    await world.moderator.click(alerts(world)[0], label="Agree")
    await world.later(days=200)
    other = colleague(world, "edit", roles=())
    again = await other.send(world.news, STORY)
    reply = await world.member.send(world.news, f"party politics {CANARY}", reply_to=again)
    await world.member.edit(reply, f"party politics, again {CANARY}")
    for menu, message in (("Seen before?", again), ("Summarize from here", again), ("Why this label?", reply)):
        await world.member.context_menu(world.news, menu, message)
    for command in ("about", "stats", "review", "watch list", "settings", "report", "highlights"):
        await world.moderator.slash(world.news, command)
    await world.bot.store.retention.expire(world.env.now())
    await world.bot.memory.save()


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Path]:
    """Log everything to a file, as `log_level=DEBUG` does."""
    before = {name: logging.getLogger(name).level for name in ("", *TALKATIVE)}
    handlers = list(logging.root.handlers)
    file = tmp_path / "debug.log"
    set_up_logging("DEBUG", file)
    yield file
    for handler in set(logging.root.handlers) - set(handlers):
        logging.root.removeHandler(handler)
        handler.close()
    for handler in set(handlers) - set(logging.root.handlers):
        logging.root.addHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


async def test_no_word_of_a_member_is_on_disk_or_in_logs(logged: Path, world: World, tmp_path: Path) -> None:
    await busy_day(world)
    assert (await world.store.cards.get(1)).occurrences
    found = contents(tmp_path)
    assert {file.name for file in found} >= {"hindsight.sqlite", "hindsight.key", "debug.log"}
    assert b"read message" in found[logged]
    assert any(file.suffix == ".claims" for file in found)
    for file, content in found.items():
        assert CANARY.encode() not in content.lower(), file
        assert CANARY.encode("utf-16-le") not in content.lower(), file
        # Nor who they are: ids of members are kept as keyed hashes only.
        assert world.member.id.to_bytes(8, "big") not in content, file
        assert str(world.member.id).encode() not in content, file


def contents(folder: Path) -> dict[Path, bytes]:
    """Read every file of a folder."""
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


async def test_texts_of_the_database_are_short_names(world: World) -> None:
    await busy_day(world)
    async with world.store.messages._database.read() as connection:
        for table in metadata.sorted_tables:
            for row in (await connection.execute(sa.select(table))).mappings():
                for name, value in row.items():
                    where = f"{table.name}.{name}"
                    if where in NAMES and value is not None:
                        assert len(value) <= NAMES[where], (where, value)
                    if where in NUMBERS_AND_NAMES:
                        assert all(len(text) <= 40 for text in words_in(value)), (where, value)


def words_in(value: object) -> Iterator[str]:
    """Give all texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from (key, *words_in(each))
    elif isinstance(value, list):
        for each in value:
            yield from words_in(each)


def test_no_column_is_wide_enough_for_a_message() -> None:
    assert {name: column.type.length for name, column in columns(sa.String).items()} == NAMES
    assert set(columns(sa.JSON)) == NUMBERS_AND_NAMES
    assert set(columns(sa.LargeBinary)) == HASHES_AND_SEALED
    known = sa.String | sa.JSON | sa.LargeBinary | sa.Integer | sa.Float | sa.Boolean
    assert PUBLIC in metadata.tables
    for table in metadata.sorted_tables:
        if table.name == PUBLIC:
            continue
        for column in table.c:
            assert isinstance(getattr(column.type, "impl_instance", column.type), known), column


async def test_no_query_but_the_members_own_reads_who_wrote_what(world: World) -> None:
    asked: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "author_key" in statement:
            asked.append(" ".join(statement.split()))

    sa.event.listen(sa.Engine, "before_cursor_execute", listen)
    try:
        await busy_day(world)
        writes = {each for each in asked if each.startswith("INSERT INTO ")}
        # The one question: has this author opted out?
        opted_out = {each for each in asked if " FROM opt_outs WHERE " in each and "JOIN" not in each}
        assert writes
        assert opted_out
        assert set(asked) - writes - opted_out == set()
        assert all("SELECT" not in each for each in writes)
        assert {each.partition(" RETURNING ")[2] for each in writes} <= {"", "read"}
        await world.member.slash(world.news, "privacy show")
        assert set(asked) - writes - opted_out
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", listen)


def test_only_the_members_room_names_the_author_key_in_a_query() -> None:
    found = set()
    for name, tree in sources():
        for scope in ast.walk(tree):
            if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in ast.walk(scope):
                    if isinstance(node, ast.Attribute) and node.attr == "author_key" and is_column(node):
                        found.add((name, scope.name))
    elsewhere = {place for place in found if place[0] != "bot/store/members.py"}
    assert elsewhere == {("bot/store/messages.py", "_opted_out")}
    assert found > elsewhere


def is_column(node: ast.Attribute) -> bool:
    """Say whether an attribute is a table's column: `table.c.name`."""
    return isinstance(node.value, ast.Attribute) and node.value.attr == "c"


def test_only_the_store_speaks_sql() -> None:
    speakers = set()
    for name, tree in sources():
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names.append(node.module or "")
            if any(each.split(".")[0] in ("sqlalchemy", "sqlite3", "aiosqlite", "alembic") for each in names):
                speakers.add(name)
    assert speakers
    assert all(name.startswith("bot/store/") for name in speakers), speakers


def test_no_code_punishes_but_behind_a_moderators_button() -> None:
    punishing = {"ban", "kick", "timeout"}
    found = {
        name
        for name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in punishing
        if ast.unparse(node.func) != "asyncio.timeout"
    }
    assert found <= {"cogs/sanctions.py", "bot/sanctions.py"}, found


def test_imports_run_one_way() -> None:
    # In a process of its own: it switches off every logger that there is, and tests that read logs would see none.
    lint = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(lint, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own linter
    assert done.returncode == 0, done.stdout


async def test_every_command_is_described_and_documented(world: World) -> None:
    documents = (ROOT / "docs" / "commands.md").read_text()
    readme = (ROOT / "README.md").read_text()
    menus = 0
    for command in world.bot.tree.walk_commands():
        if isinstance(command, app_commands.ContextMenu):
            continue
        assert 1 <= len(command.description) <= 100, command.qualified_name
        assert command.description != "…", command.qualified_name
        assert f"`/{command.qualified_name.split()[0]}" in readme, command.qualified_name
        if isinstance(command, app_commands.Group):
            continue
        assert f"`/{command.qualified_name}`" in documents, command.qualified_name
        for option in command.parameters:
            assert 1 <= len(str(option.description)) <= 100, (command.qualified_name, option.name)
            assert option.description != "…", (command.qualified_name, option.name)
            assert f"`{option.name}`" in documents, (command.qualified_name, option.name)
    for kind in (discord.AppCommandType.message, discord.AppCommandType.user):
        entries = world.bot.tree.get_commands(type=kind)
        menus += len(entries)
        assert len(entries) <= 5
        assert all(entry.name in documents and entry.name in readme for entry in entries)
    assert menus == 3


async def test_documents_name_no_command_that_is_not_there(world: World) -> None:
    there = {command.qualified_name for command in world.bot.tree.walk_commands() if hasattr(command, "description")}
    for file in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for named in commands_in(file.read_text()):
            assert named in there or named.split()[0] in there, (file.name, named)


def commands_in(text: str) -> Iterator[str]:
    """Give the commands that a document names in code marks: `/name` or `/name sub`."""
    for part in text.split("`")[1::2]:
        if part.startswith("/") and not part.startswith("//"):
            yield " ".join(word for word in part[1:].split() if word.isalpha())


async def test_what_is_sent_to_discord_can_be_sent(world: World) -> None:
    sent = [json.dumps(command.to_dict(world.bot.tree)) for command in world.bot.tree.get_commands()]
    assert sum(map(len, sent)) < 50_000
    assert len(sent) <= 100


def test_version_is_said_once() -> None:
    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text()
