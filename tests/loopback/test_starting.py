"""What `run` and `doctor` say to who starts the bot, word for word from their processes."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import discord
import pytest

from bot.store import open_store
from bot.store.vault import load_vault
from tests.loopback.bot_process import settings
from tests.loopback.scene import STORY, go_live
from tests.loopback.server import Loopback

ROOT = Path(__file__).parents[2]
NOWHERE = "http://127.0.0.1:9/api/v10"  # a port on which nobody answers
PORTAL = "https://discord.com/developers/applications"
COMMAND_LINE = """
import sys
import bot.resources
from bot.__main__ import main
from tests.loopback.server import point_at
from tests.tiny import tiny_models

bot.resources.load_models = tiny_models
point_at(sys.argv.pop(1), sys.argv.pop(1))
main()
"""
PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Done:
    """Hold how a command ended and what it said."""

    code: int | None
    out: str
    errors: str


async def begin(folder: Path, api: str, gateway: str, command: str, *, stdout: int = PIPE) -> Process:
    """Start a command of the bot, whose Discord is a loopback one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HINDSIGHT_")}
    kept.pop("COLUMNS", None)
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore", "-c", COMMAND_LINE, api, gateway, command),
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), "HINDSIGHT_DATA_DIR": str(folder), "HINDSIGHT_TOKEN": "token"},
        stdout=stdout,
        stderr=PIPE,
    )


async def say(folder: Path, command: str, loopback: Loopback | None = None) -> Done:
    """Run a command to its end; without a loopback Discord there is no network."""
    api, gateway = (loopback.address, loopback.rest.gateway) if loopback else (NOWHERE, "ws://127.0.0.1:9/")
    process = await begin(folder, api, gateway, command)
    out, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
    done = Done(process.returncode, out.decode(), errors.decode())
    assert "Traceback" not in done.errors
    assert "Unclosed" not in done.errors
    return done


def line(done: Done, what: str) -> str:
    """Give doctor's line about something."""
    lines = [each for each in done.out.splitlines() if "│" in each]
    return next(each for each in lines if each.split("│")[2].strip() == what)


async def set_up(folder: Path, loopback: Loopback, *watched: int) -> None:
    """Leave a database in which the server watches its channels and more."""
    world = loopback.world
    async with open_store(settings(folder).database, load_vault(None, settings(folder).key_file)) as store:
        await go_live(store, world)
        for channel_id in watched:
            await store.servers.watch(world.guild_id, channel_id, world.now())


async def test_run_without_a_network_ends_with_a_sentence(tmp_path: Path) -> None:
    done = await say(tmp_path, "run")
    assert done.code == 1
    assert "Unreachable: Discord cannot be reached: " in done.errors
    assert "Look at the network and at https://discordstatus.com, then try again." in done.errors


async def test_doctor_without_a_network_shows_what_else_it_found(tmp_path: Path) -> None:
    done = await say(tmp_path, "doctor")
    assert done.code == 1
    for what in ("weights", "database", "secrets"):
        assert "✓" in line(done, what)
    assert "✗" in line(done, "Discord")
    assert "cannot be reached: " in line(done, "Discord")
    assert "https://discordstatus.com, then try again." in line(done, "Discord")


async def test_doctor_keeps_what_it_found_before_discord_failed(loopback: Loopback, tmp_path: Path) -> None:
    await set_up(tmp_path, loopback)
    loopback.faults.spoil(r"GET /channels/\d+", 501)
    done = await say(tmp_path, "doctor", loopback)
    assert done.code == 1
    assert "Discord knows the bot as hindsight" in line(done, "token")
    assert "cannot be reached: it answers 501 Not Implemented." in line(done, "Discord")


async def test_run_with_a_wrong_token_says_where_to_get_one(loopback: Loopback, tmp_path: Path) -> None:
    loopback.rotate_token()
    done = await say(tmp_path, "run", loopback)
    assert done.code == 78
    assert f"Discord refused the token. Reset it at {PORTAL} → your application → Bot" in done.errors
    found = await say(tmp_path, "doctor", loopback)
    assert found.code == 1
    assert "✗" in line(found, "token")
    assert "Discord refused the token." in line(found, "token")


async def test_without_message_content_both_say_where_to_switch_it_on(loopback: Loopback, tmp_path: Path) -> None:
    loopback.switch_content_off()
    done = await say(tmp_path, "run", loopback)
    assert done.code == 78
    remedy = f"Switch it on at {PORTAL} → your application → Bot → Privileged Gateway Intents."
    assert f"The Message Content intent is off, so the bot could read nothing. {remedy}" in done.errors
    found = await say(tmp_path, "doctor", loopback)
    assert found.code == 1
    assert remedy in line(found, "Message Content intent")


async def test_doctor_finds_nothing_wrong_where_nothing_is(loopback: Loopback, tmp_path: Path) -> None:
    world = loopback.world
    thread = world.open_thread(world.news, world.say(world.news, STORY))
    await set_up(tmp_path, loopback, thread)
    done = await say(tmp_path, "doctor", loopback)
    assert "✗" not in done.out
    assert done.code == 0
    for what in ("#news in The Evening Wire", "#thread in The Evening Wire", "alerts in The Evening Wire, #moderators"):
        assert "all permissions there" in line(done, what)


async def test_doctor_names_missing_permissions_as_discord_does(loopback: Loopback, tmp_path: Path) -> None:
    world = loopback.world
    thread = world.open_thread(world.news, world.say(world.news, STORY))
    await set_up(tmp_path, loopback, thread)
    world.forbid(world.news, read_message_history=True, send_messages_in_threads=True)
    world.forbid(world.moderators, embed_links=True)
    done = await say(tmp_path, "doctor", loopback)
    assert done.code == 1
    for where, named in (
        ("#news in The Evening Wire", "Read Message History"),
        ("#thread in The Evening Wire", "Send Messages in Threads"),
        ("alerts in The Evening Wire, #moderators", "Embed Links"),
    ):
        assert "✗" in line(done, where)
        assert named in line(done, where)
        assert "allow my role" in line(done, where)


async def test_doctor_names_a_channel_that_it_may_not_see_as_discord_does(loopback: Loopback, tmp_path: Path) -> None:
    await set_up(tmp_path, loopback)
    loopback.world.forbid(loopback.world.news, view_channel=True)
    done = await say(tmp_path, "doctor", loopback)
    assert done.code == 1
    assert "allow my role View Channel" in line(done, "#news in The Evening Wire")


async def test_doctor_does_not_ask_for_more_than_is_needed_in_a_channel(loopback: Loopback, tmp_path: Path) -> None:
    await set_up(tmp_path, loopback)
    loopback.world.forbid(loopback.world.news, send_messages_in_threads=True, attach_files=True)
    done = await say(tmp_path, "doctor", loopback)
    assert done.code == 0
    assert "all permissions there" in line(done, "#news in The Evening Wire")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("public", "everyone can read #moderators: hide it"),
        ("gone", "their channel cannot be seen"),
        ("unset", "no channel for them is set: choose one with /setup alerts"),
    ],
)
async def test_doctor_looks_at_the_channel_for_alerts(
    loopback: Loopback, tmp_path: Path, state: str, words: str
) -> None:
    world = loopback.world
    await set_up(tmp_path, loopback)
    match state:
        case "public":
            world.channels[world.moderators]["permission_overwrites"] = []
        case "gone":
            del world.channels[world.moderators]
        case _:
            async with open_store(settings(tmp_path).database, load_vault(None, settings(tmp_path).key_file)) as store:
                await store.servers.change(world.guild_id, alerts_channel_id=None)
    done = await say(tmp_path, "doctor", loopback)
    assert done.code == 1
    found = next(each for each in done.out.splitlines() if words in each)
    assert "✗" in found
    assert "alerts in The Evening Wire" in found


async def test_doctor_names_a_channel_and_a_server_that_it_cannot_see(loopback: Loopback, tmp_path: Path) -> None:
    world = loopback.world
    await set_up(tmp_path, loopback)
    loopback.faults.spoil(rf"GET /channels/{world.news}", 403)
    hidden = await say(tmp_path, "doctor", loopback)
    assert "cannot be seen: allow my role View Channel" in line(hidden, f"channel {world.news} in The Evening Wire")
    loopback.faults.spoil(rf"GET /guilds/{world.guild_id}", 404)
    gone = await say(tmp_path, "doctor", loopback)
    assert "I am not in it: invite me again" in line(gone, f"server {world.guild_id}")


async def test_invitation_asks_for_just_what_is_needed(loopback: Loopback, tmp_path: Path) -> None:
    done = await say(tmp_path, "doctor", loopback)
    shown = next(word for word in line(done, "invitation").split() if word.startswith("https://"))
    address = urlsplit(shown)
    asked = parse_qs(address.query)
    assert (address.netloc, address.path) == ("discord.com", "/oauth2/authorize")
    assert asked["client_id"] == [str(loopback.world.bot_id)]
    assert set(asked["scope"][0].split()) == {"bot", "applications.commands"}
    assert {name for name, wanted in discord.Permissions(int(asked["permissions"][0])) if wanted} == {
        "read_messages",
        "read_message_history",
        "send_messages",
        "send_messages_in_threads",
        "embed_links",
        "attach_files",
    }


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
async def test_run_shows_the_invitation_at_a_terminal(loopback: Loopback, tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    process = await begin(tmp_path, loopback.address, loopback.rest.gateway, "run", stdout=theirs)
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # the terminal is closed where the process ends too soon
        while b"\n" not in shown:
            shown += await asyncio.wait_for(asyncio.to_thread(os.read, ours, 4096), PATIENCE)
    os.close(ours)
    process.terminate()
    _, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0, errors.decode()
    assert b"Invite the bot to a server: https://discord.com/oauth2/authorize?client_id=" in shown
    assert str(loopback.world.bot_id).encode() in shown
