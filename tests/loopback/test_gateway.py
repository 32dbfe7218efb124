"""The real bot on a gateway that drops, repeats and confuses."""

import asyncio
from pathlib import Path

import discord
import pytest

from tests.loopback.bot_process import connected
from tests.loopback.scene import STORY, is_read, watch
from tests.loopback.server import Loopback
from tests.loopback.waiting import until


@pytest.mark.parametrize("keep", [0, 1, 3])
async def test_dropped_socket_is_resumed_and_loses_nothing(loopback: Loopback, tmp_path: Path, keep: int) -> None:
    world = loopback.world
    async with connected(loopback, tmp_path) as bot:
        await watch(bot, loopback)
        story = world.say(world.news, STORY)
        before = world.say(world.news, "I doubt it", reply_to=story)
        await loopback.gateway.flush()
        await loopback.gateway.drop(keep)
        missed = [world.say(world.news, "here are figures", reply_to=story) for _ in range(20)]
        await until(is_read(bot, story, before, *missed), "readings of all")
    assert (loopback.limits.identifies, loopback.limits.resumes) == (1, 1)


@pytest.mark.parametrize("how", ["reconnect", "invalid but resumable", "invalid", "restarted"])
async def test_broken_session_loses_nothing(loopback: Loopback, tmp_path: Path, how: str) -> None:
    world, gateway = loopback.world, loopback.gateway
    async with connected(loopback, tmp_path) as bot:
        await watch(bot, loopback)
        story = world.say(world.news, STORY)
        await until(is_read(bot, story), "the story's reading")
        match how:
            case "reconnect":
                await gateway.reconnect()
            case "restarted":
                await gateway.drop()
                gateway.forget_sessions()
            case _:
                await gateway.invalidate(resumable="resumable" in how)
        missed = world.say(world.news, "I doubt it", reply_to=story)
        await until(is_read(bot, missed), "what was said meanwhile")
    resumed = how in ("reconnect", "invalid but resumable")
    assert (loopback.limits.identifies, loopback.limits.resumes) == ((1, 1) if resumed else (2, 0))


async def test_repeated_and_reordered_events_are_harmless(loopback: Loopback, tmp_path: Path) -> None:
    world = loopback.world
    async with connected(loopback, tmp_path) as bot:
        await watch(bot, loopback)
        story = world.say(world.news, STORY)
        await until(is_read(bot, story), "the story's reading")
        loopback.faults.duplicated, loopback.faults.reordered = 0.3, 0.4
        replies = [world.say(world.news, "I doubt it", reply_to=story) for _ in range(60)]
        for reply in replies[::3]:
            world.edit(world.news, reply, content="here are figures")
        for reply in replies[1::3]:
            world.delete(world.news, reply)
        await loopback.gateway.flush()
        kept = [reply for reply in replies if reply in world.messages[world.news]]
        wanted = {reply: "informative" if reply in replies[::3] else "skeptical" for reply in kept}

        async def labels() -> dict[int, str]:
            return {key: reading.label for key, reading in (await bot.store.messages.readings(replies)).items()}

        async def is_current() -> bool:
            return await labels() == wanted

        await until(is_current, "a current reading of all that stand, and of nothing else")
        await asyncio.sleep(0.3)
        assert await labels() == wanted


async def test_line_without_answers_is_replaced(loopback: Loopback, tmp_path: Path) -> None:
    world = loopback.world
    async with connected(loopback, tmp_path, start=False) as bot:
        bot._connection.heartbeat_timeout = 0.5
        await until(bot.is_ready, "readiness")
        await watch(bot, loopback)
        loopback.faults.acks = False
        await until(lambda: loopback.limits.resumes, "a new line")
        story = world.say(world.news, STORY)
        await until(is_read(bot, story), "the story's reading")


async def test_rotated_token_ends_the_bot_with_its_name(loopback: Loopback, tmp_path: Path) -> None:
    loopback.rotate_token()
    with pytest.raises(discord.LoginFailure):
        async with connected(loopback, tmp_path):
            pass
    assert loopback.limits.statuses == {401: 1}


async def test_embed_that_comes_after_an_edit_is_read(loopback: Loopback, tmp_path: Path) -> None:
    world = loopback.world
    async with connected(loopback, tmp_path) as bot:
        await watch(bot, loopback)
        reply = world.say(world.news, "look here", reply_to=world.say(world.news, STORY))
        await until(is_read(bot, reply), "the first reading")

        async def is_now(label: str) -> bool:
            return (await bot.store.messages.reading(reply)).label == label

        world.edit(world.news, reply, content="I doubt it https://wire.example/bridge")
        await until(lambda: is_now("skeptical"), "the second reading")
        world.edit(world.news, reply, content="look here https://wire.example/bridge")
        await until(lambda: is_now("none"), "the third reading")
        world.unfurl(world.news, reply, "Harbour bridge in figures")
        await until(lambda: is_now("informative"), "the headline's reading")
