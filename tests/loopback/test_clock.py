"""The clock of the host jumps while the bot runs: nothing is lost, posted twice, deleted early or put off for days."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.resources import Learned
from tests.loopback.bot_process import connected
from tests.loopback.scene import AGO, STORY, doubled, is_read, posted, watch
from tests.loopback.server import Loopback
from tests.loopback.test_failing import FailingReader, hurry
from tests.loopback.waiting import until
from tests.tiny import TinyEmbedder, TinyMatcher
from tests.wall import Wall


async def test_jumps_of_the_clock_lose_and_double_nothing(
    loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world, wall, reader = loopback.world, Wall(monkeypatch), FailingReader()
    world.say(world.news, STORY, at=world.now() - AGO)
    async with connected(loopback, tmp_path, Learned(reader, TinyEmbedder(), TinyMatcher()), clock=wall.now) as bot:
        await watch(bot, loopback)
        hurry(bot)
        wall.ahead = timedelta(days=-3)
        story = world.say(world.news, STORY)
        await until(lambda: posted(world, "card"), "the card")
        said = [world.say(world.news, "party", reply_to=story)]
        await until(is_read(bot, *said), "the first reply's reading")
        for ahead in (timedelta(minutes=30), timedelta(days=3), timedelta(hours=-1), timedelta()):
            reader.broken = True
            late = world.say(world.news, "I doubt it", reply_to=story)
            await until(lambda: bot.intake.paused, "the pause")  # with its next try at a time that is wrong soon
            wall.ahead = ahead
            reader.broken = False
            said += [late, world.say(world.news, "party", reply_to=story)]
            await until(is_read(bot, story, *said), f"all readings at {ahead}")
            await until(lambda: bot.intake.paused is None, "the end of the pause")
        # What is three days old by a wrong clock waits in the queue without an alert.
        await until(lambda: len(posted(world, "alert")) == 4, "all alerts")
        for minutes, kept in ((-10, True), (10, False)):  # around the end of thirty days
            wall.ahead = timedelta(days=30, minutes=minutes)
            await bot.store.retention.expire(wall.now())
            assert await is_read(bot, *said[-2:])() == kept
    assert len(posted(world, "card")) == 1
    assert doubled(world) == []
    caplog.clear()
