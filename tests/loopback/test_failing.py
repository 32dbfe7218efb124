"""What fails beside Discord: the reader, the database, and a flood. Reading pauses, goes on, and skips nothing."""

import sqlite3
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from bot.client import Hindsight
from bot.resources import Learned
from bot.store.database import PRAGMAS
from models.reader import Passage, Reading
from tests.loopback.bot_process import connected, settings
from tests.loopback.scene import STORY, is_read, watch
from tests.loopback.server import Loopback
from tests.loopback.waiting import until
from tests.tiny import TinyEmbedder, TinyMatcher, TinyReader


class FailingReader(TinyReader):
    """Fail while it is told to, and always on what is poison."""

    broken = False

    def predict(self, passages: Sequence[Passage]) -> list[Reading]:
        if self.broken or any("poison" in passage.text for passage in passages):
            raise MemoryError
        return super().predict(passages)


def hurry(bot: Hindsight, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what failed tried again at once."""
    cog = bot.get_cog("CatchUp")
    monkeypatch.setattr(sys.modules[type(cog).__module__], "AGAIN", timedelta(seconds=0.2))
    cog.take_up.change_interval(seconds=0.2)
    cog._pause = timedelta(seconds=0.2)


async def is_caught_up(bot: Hindsight) -> bool:
    """Say whether no gap is noted any more."""
    return not await bot.store.gaps.all()


async def test_failing_reader_pauses_reading_and_skips_nothing(
    loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world, reader = loopback.world, FailingReader()
    async with connected(loopback, tmp_path, Learned(reader, TinyEmbedder(), TinyMatcher())) as bot:
        hurry(bot, monkeypatch)
        await watch(bot, loopback)
        reader.broken = True
        story = world.say(world.news, STORY)
        replies = [world.say(world.news, "I doubt it", reply_to=story) for _ in range(10)]
        await until(lambda: bot.intake.paused, "the pause")
        asked = loopback.interactions.slash("about")
        await until(lambda: asked.answers, "an answer all the same")
        reader.broken = False
        await until(is_read(bot, story, *replies), "all readings")
        assert bot.intake.paused is None
    assert [record.getMessage() for record in caplog.records if "paused" in record.getMessage()] == [
        "reading is paused, messages wait: A model failed: MemoryError."
    ]
    caplog.clear()


async def test_one_message_that_the_reader_cannot_take_holds_up_no_other(
    loopback: Loopback, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world = loopback.world
    async with connected(loopback, tmp_path, Learned(FailingReader(), TinyEmbedder(), TinyMatcher())) as bot:
        await watch(bot, loopback)
        story = world.say(world.news, STORY)
        world.say(world.news, "poison", reply_to=story)
        replies = [world.say(world.news, "I doubt it", reply_to=story) for _ in range(5)]
        await until(is_read(bot, story, *replies), "the other readings")
    caplog.clear()


async def test_locked_database_loses_nothing(
    loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = loopback.world
    hasty = [pragma.replace("busy_timeout=5000", "busy_timeout=100") for pragma in PRAGMAS]
    monkeypatch.setattr("bot.store.database.PRAGMAS", hasty)
    async with connected(loopback, tmp_path) as bot:
        hurry(bot, monkeypatch)
        await watch(bot, loopback)
        story = world.say(world.news, STORY)
        await until(is_read(bot, story), "the story's reading")
        other = sqlite3.connect(settings(tmp_path).database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        replies = [world.say(world.news, "I doubt it", reply_to=story) for _ in range(3)]
        await until(lambda: bot.intake.unfinished, "the first refusal")
        other.execute("ROLLBACK")
        other.close()
        await until(is_read(bot, *replies), "all readings")


async def test_flood_is_bounded_and_read_to_its_end(
    loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = loopback.world
    monkeypatch.setattr("bot.intake.ROOM", 10)
    async with connected(loopback, tmp_path) as bot:
        hurry(bot, monkeypatch)
        await watch(bot, loopback)
        story = world.say(world.news, STORY)
        await until(is_read(bot, story), "the story's reading")
        replies = [world.say(world.news, "I doubt it", reply_to=story) for _ in range(80)]
        await until(lambda: bot.intake.unfinished, "more than there is room for")
        await until(is_read(bot, *replies), "all readings")
        await until(lambda: is_caught_up(bot), "the end of the gap")
