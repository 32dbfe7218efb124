"""The real bot on a REST API that refuses, fails and loses answers."""

import asyncio
from pathlib import Path

import pytest

from tests.loopback.bot_process import connected
from tests.loopback.scene import AGO, STORY, doubled, is_read, posted, watch
from tests.loopback.server import Loopback
from tests.loopback.waiting import until

POST = r"POST /channels/\d+/messages"
FETCH = r"GET /channels/\d+/messages/\d+"


@pytest.mark.parametrize("everywhere", [False, True])
async def test_429_is_obeyed(loopback: Loopback, tmp_path: Path, everywhere: bool) -> None:
    world = loopback.world
    async with connected(loopback, tmp_path) as bot:
        await watch(bot, loopback)
        loopback.faults.spoil(POST, 429, retry_after=0.6, everywhere=everywhere)
        story = world.say(world.news, STORY)
        for _ in range(8):
            world.say(world.news, "party slogans", reply_to=story)
        await until(lambda: len(posted(world, "alert")) == 8, "all alerts")
    assert loopback.limits.statuses[429] >= 1
    assert doubled(world) == []


@pytest.mark.parametrize("status", [500, 502, 0])
async def test_failure_while_posting_doubles_nothing(loopback: Loopback, tmp_path: Path, status: int) -> None:
    world = loopback.world
    world.say(world.news, STORY, at=world.now() - AGO)
    async with connected(loopback, tmp_path) as bot:
        await watch(bot, loopback)
        loopback.faults.spoil(POST, status, times=1, after=True)
        story = world.say(world.news, STORY)
        world.say(world.news, "party slogans", reply_to=story)
        world.say(world.news, "more party slogans", reply_to=story)
        await until(lambda: posted(world, "card") and len(posted(world, "alert")) == 2, "the card and both alerts")
        await asyncio.sleep(0.2)
    assert doubled(world) == []


async def test_failed_fetch_is_tried_again(loopback: Loopback, tmp_path: Path) -> None:
    world = loopback.world
    story = world.say(world.news, STORY, at=world.now() - AGO)
    async with connected(loopback, tmp_path) as bot:
        await watch(bot, loopback)
        bot.quotes.forget(story)
        loopback.faults.spoil(FETCH, 503)
        reply = world.say(world.news, "I doubt it", reply_to=story)
        await until(is_read(bot, reply), "the reply's reading")


async def test_interactions_are_answered_while_busy(loopback: Loopback, tmp_path: Path) -> None:
    world = loopback.world
    loopback.faults.latency = 0.05
    async with connected(loopback, tmp_path) as bot:
        await watch(bot, loopback)
        story = world.say(world.news, STORY)
        replies = [world.say(world.news, "I doubt it", reply_to=story) for _ in range(100)]
        asked = [loopback.interactions.slash("about") for _ in range(5)]
        await until(lambda: all(each.answers for each in asked), "answers")
        assert max(each.seconds for each in asked) < 3
        await until(is_read(bot, *replies), "all readings")
