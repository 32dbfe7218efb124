"""What SECURITY.md promises: forged buttons do nothing, secrets stay out of logs, weights cannot run code."""

import ast
import base64
import logging
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import discord
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.client import Hindsight
from bot.demo.patient import PatientEnv
from bot.errors import ConfigurationError
from bot.logs import set_up_logging
from bot.resources import open_resources
from bot.settings import Settings
from bot.store.schema import audit, metadata
from tests.conftest import World, build_world, raise_faults
from tests.tiny import tiny_models

ROOT = Path(__file__).parents[1]
STORY = "Harbour bridge at Quellhaven announced to open next spring https://wire.example/bridge"
TOKEN = "quaggatoken.secret.words"  # noqa: S105 - no token at all
KEY = base64.b64encode(b"quagga key of thirty-two bytes!!").decode()
HUGE = 10**25  # no id, and more than a database column holds


@pytest.fixture
async def lived_in(world: World) -> World:
    """Give a server with a card, a decided flag, an open one, and what hangs on them."""
    await world.watch()
    first = await world.member.send(world.news, STORY)
    await world.member.send(world.news, "party politics", reply_to=first)
    await world.later(days=200)
    again = await world.member.send(world.news, STORY)
    await world.member.send(world.news, "party nonsense", reply_to=again)
    assert await world.store.cards.get(1) is not None
    assert await world.store.flags.get(2) is not None
    return world


async def test_button_forged_in_another_server_changes_nothing(lived_in: World) -> None:
    world, env = lived_in, lived_in.env
    elsewhere = env.create_guild(name="Elsewhere")
    channel = elsewhere.create_text_channel("general")
    everything = elsewhere.create_role("Everything", permissions=discord.Permissions.all())
    intruder = elsewhere.add_member(env.create_user("intruder"), roles=[everything])
    forged = sorted({each for pattern in templates(world.bot) for each in forgeries(pattern, ids(world))})
    assert len(forged) > 50
    before, shown = await stored(world), public(world)
    for custom_id in forged:
        await intruder.click(await posted(world, channel.id, custom_id), custom_id=custom_id)
    assert await stored(world) == before
    assert public(world) == shown
    await world.store.cards.remove(1, "removed", world.env.now(), world.moderator.id)
    before = await stored(world)
    resume = f"cards:{world.news.id}:resume"
    await intruder.click(await posted(world, channel.id, resume), custom_id=resume)
    assert await stored(world) == before


async def posted(world: World, channel_id: int, custom_id: str) -> discord.Message:
    """Have the bot post a button that it would never post there."""
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="press", custom_id=custom_id))
    view.stop()
    return await world.bot.get_channel(channel_id).send(view=view)


def templates(bot: Hindsight) -> list[re.Pattern[str]]:
    """List the templates of all buttons that are answered."""
    return list(bot._connection._view_store._dynamic_items)


def ids(world: World) -> list[int]:
    """List what a button may name: a card or flag, a channel, a story, and nonsense."""
    return [1, world.news.id, world.news.history()[0].id, HUGE]


def forgeries(pattern: re.Pattern[str], known: list[int]) -> Iterator[str]:
    """Give custom ids that fit a template, with known ids for its numbers."""
    shapes: set[str] = set()

    @settings(max_examples=40, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.from_regex(pattern, fullmatch=True, alphabet="abcdefghijklmnopqrstuvwxyz:.-_0123456789"))
    def collect(shape: str) -> None:
        shapes.add(re.sub(r"\d+", "#", shape))

    collect()
    for shape in sorted(shapes)[:3]:
        for number in known:
            made = shape.replace("#", str(number))
            if len(made) <= 100 and pattern.fullmatch(made):
                yield made


async def stored(world: World) -> dict[str, list[tuple[object, ...]]]:
    """Read all rows, but for those that say what was pressed elsewhere."""
    async with world.store.messages._database.read() as connection:
        rows = {}
        for table in metadata.sorted_tables:
            query = sa.select(table)
            if "guild_id" in table.c:
                query = query.where(table.c.guild_id == world.guild.id)
            if table is not audit:
                rows[table.name] = sorted(map(tuple, (await connection.execute(query)).all()), key=repr)
        return rows


def public(world: World) -> list[str]:
    """Give all that stands in the server's channels."""
    return [repr((message.id, message.content)) for at in (world.news, world.moderators) for message in at.history()]


async def test_token_and_key_are_in_no_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "debug.log"
    before = logging.root.handlers[:], logging.root.level
    set_up_logging("DEBUG", file)
    for name in logging.root.manager.loggerDict:  # the libraries, too
        monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
    chosen = Settings(_env_file=None, data_dir=tmp_path, token=SecretStr(TOKEN), key=SecretStr(KEY))
    try:
        async with open_resources(chosen, learned=tiny_models()) as resources:
            env = PatientEnv(Hindsight(resources), shard_count=1, settle_timeout=30)
            await env.start()
            world = build_world(env, resources)
            await world.watch()
            await world.member.send(world.news, STORY)
            logging.getLogger("bot").debug("%s %r %s", chosen, resources, vars(resources.settings))
            with pytest.raises(ConfigurationError) as error:
                async with open_resources(chosen, learned=tiny_models()):
                    pass
            logging.getLogger("bot").error("refused", exc_info=error.value)
            await env.shutdown()
            raise_faults(env)
    finally:
        (handler,) = (each for each in logging.root.handlers if isinstance(each, logging.FileHandler))
        logging.root.handlers[:], logging.root.level = before
        handler.close()
    said = file.read_text()
    assert len(said) > 1000
    for secret in (TOKEN, KEY, base64.b64decode(KEY).decode(), repr(base64.b64decode(KEY))):
        assert secret not in said


@cache
def nodes() -> list[tuple[str, ast.AST]]:
    """Give the imports and calls of the program, with the files that they stand in."""
    files = [file for folder in ("bot", "cogs", "models") for file in sorted((ROOT / folder).rglob("*.py"))]
    return [
        (file.relative_to(ROOT).as_posix(), node)
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Call)
    ]


def test_nothing_that_is_loaded_can_run_code() -> None:
    forbidden = {"pickle", "cPickle", "dill", "joblib", "cloudpickle", "marshal", "shelve"}
    for name, node in nodes():
        if isinstance(node, ast.Import):
            assert not forbidden & {alias.name.split(".")[0] for alias in node.names}, name
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] not in forbidden, name
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("eval", "exec", "torch.load", "yaml.load", "os.system"), name
            assert not any(
                each.arg in ("allow_pickle", "shell", "trust_remote_code") and ast.unparse(each.value) != "False"
                for each in node.keywords
            ), name
    weights = {file.suffix for file in (ROOT / "models" / "weights").rglob("*") if file.is_file()}
    assert weights <= {".safetensors", ".json", ".md"}


def test_two_places_speak_to_anyone_but_discord() -> None:
    clients = {"requests", "httpx", "urllib3", "trafilatura"}
    found = set()
    for name, node in nodes():
        if isinstance(node, ast.Import):
            assert not clients & {alias.name.split(".")[0] for alias in node.names}, name
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] not in clients, name
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
            ("ClientSession", "urlopen", "aiohttp.request")
        ):
            found.add(name)
    found -= {"bot/demo/page.py"}  # speaks to the simulated Discord on this machine
    assert found <= {"bot/resources.py", "bot/writer.py"}  # fact-checks' source and the writer, off unless set


def test_settings_that_are_secret_are_secret() -> None:
    for name, field in Settings.model_fields.items():
        if any(word in name for word in ("token", "key", "secret", "password")):
            assert "SecretStr" in str(field.annotation), name


def test_security_policy_names_what_leaves_the_machine() -> None:
    policy = (ROOT / "SECURITY.md").read_text()
    for word in (
        "HINDSIGHT_FACT_CHECK_KEY",
        "HINDSIGHT_WRITER",
        "Discord",
        "127.0.0.1",
        "safetensors",
        "hindsight.key",
    ):
        assert word in policy
