"""What fails beside Discord: the reader, the database, and a flood. Reading pauses, goes on, and skips nothing."""

import sqlite3
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import aiohttp
import numpy as np
import pytest

from bot.client import Hindsight
from bot.intake import AT_ONCE
from bot.patience import Patience
from bot.resources import Learned
from bot.store.driver import PRAGMAS
from bot.watching import watching
from models.matcher import Judgement, Pair
from models.reader import Passage, Reading
from tests.disk import full_disk
from tests.loopback.bot_process import connected, settings
from tests.loopback.scene import AGO, STORY, doubled, is_read, posted, watch
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


def hurry(bot: Hindsight) -> None:
    """Have what failed tried again at once."""
    cog, soon = bot.get_cog("CatchUp"), timedelta(seconds=0.2)
    cog.take_up.change_interval(seconds=soon.total_seconds())
    cog._patience = Patience(bot.clock, soon, soon)


async def health(port: int) -> tuple[int, str]:
    """Ask whether the bot is well."""
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/healthz") as answer:
        return answer.status, (await answer.text()).strip()


async def is_caught_up(bot: Hindsight) -> bool:
    """Say whether no gap is noted any more."""
    return not await bot.store.gaps.all()


async def test_failing_reader_pauses_reading_and_skips_nothing(
    loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world, reader = loopback.world, FailingReader()
    learned = Learned(reader, TinyEmbedder(), TinyMatcher())
    async with connected(loopback, tmp_path, learned) as bot, watching(bot, 0) as port:
        hurry(bot)
        await watch(bot, loopback)
        reader.broken = True
        story = world.say(world.news, STORY)
        replies = [world.say(world.news, "I doubt it", reply_to=story) for _ in range(10)]
        await until(lambda: bot.intake.paused, "the pause")
        assert await health(port) == (503, "reading is paused: A model failed: MemoryError.")
        asked = loopback.interactions.slash("about")
        await until(lambda: asked.answers, "an answer all the same")
        reader.broken = False
        await until(is_read(bot, story, *replies), "all readings")
        assert bot.intake.paused is None
    assert [record.getMessage() for record in caplog.records if "paused" in record.getMessage()] == [
        "reading is paused, messages wait: A model failed: MemoryError."
    ]
    caplog.clear()


class FailingEmbedder(TinyEmbedder):
    """Fail while it is told to."""

    broken = False

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        if self.broken:
            raise MemoryError
        return super().encode(texts)


class FailingMatcher(TinyMatcher):
    """Fail while it is told to."""

    broken = False

    def judge(self, pairs: Sequence[Pair]) -> list[Judgement]:
        if self.broken:
            raise MemoryError
        return super().judge(pairs)


@pytest.mark.parametrize("which", ["embedder", "matcher"])
async def test_model_that_fails_over_claims_pauses_reading_and_skips_nothing(
    loopback: Loopback, tmp_path: Path, which: str, caplog: pytest.LogCaptureFixture
) -> None:
    world, embedder, matcher = loopback.world, FailingEmbedder(), FailingMatcher()
    broken = embedder if which == "embedder" else matcher
    world.say(world.news, STORY, at=world.now() - AGO)
    async with connected(loopback, tmp_path, Learned(TinyReader(), embedder, matcher)) as bot, watching(bot, 0) as port:
        hurry(bot)
        await watch(bot, loopback)
        broken.broken = True
        stories = [world.say(world.news, STORY.replace("wire", name)) for name in ("gazette", "mail", "post")]
        await until(lambda: bot.intake.paused, "the pause")
        assert await health(port) == (503, "reading is paused: A model failed: MemoryError.")
        left = bot.intake.left
        await until(lambda: bot.intake.left > left + len(stories), "more tries")
        assert bot.get_cog("CatchUp").take_up.is_running()
        broken.broken = False
        await until(is_read(bot, *stories), "all readings")
        await until(lambda: bot.intake.paused is None, "the end of the pause")
    assert len(posted(world, "card")) == 1
    caplog.clear()


async def test_model_that_fails_while_catching_up_does_not_end_it(
    loopback: Loopback, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world, matcher = loopback.world, FailingMatcher()
    learned = Learned(TinyReader(), TinyEmbedder(), matcher)
    world.say(world.news, STORY, at=world.now() - AGO)
    async with connected(loopback, tmp_path, learned) as bot:
        await watch(bot, loopback)
    missed = world.say(world.news, STORY.replace("wire", "gazette"))
    late = world.say(world.news, "I doubt it", reply_to=missed)
    matcher.broken = True
    async with connected(loopback, tmp_path, learned) as bot:
        hurry(bot)
        await until(is_read(bot, late), "the reply's reading")
        matcher.broken = False
        await until(is_read(bot, missed), "the story's reading")
        await until(lambda: is_caught_up(bot), "the end of the gap")
    caplog.clear()


async def test_three_messages_that_always_fail_hold_up_no_others_for_ever(
    loopback: Loopback, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world, reader = loopback.world, FailingReader()
    async with connected(loopback, tmp_path, Learned(reader, TinyEmbedder(), TinyMatcher())) as bot:
        await watch(bot, loopback)
        reader.broken = True
        story = world.say(world.news, f"poison {STORY}")
        poisoned = [world.say(world.news, "poison", reply_to=story) for _ in range(4)]
        others = [world.say(world.news, "I doubt it", reply_to=story) for _ in range(5)]
        await until(lambda: bot.intake.left >= 10, "the pause")
        reader.broken = False
        hurry(bot)
        await until(is_read(bot, *others), "the other readings")
        assert {kept.message_id for kept in await bot.store.messages.unread(99)} == {story, *poisoned}
    caplog.clear()


class HangingReader(TinyReader):
    """Give no answer while the gate is shut."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()

    def predict(self, passages: Sequence[Passage]) -> list[Reading]:
        self.gate.wait()
        return super().predict(passages)


async def test_hanging_reader_pauses_reading_and_skips_nothing(
    loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world, reader = loopback.world, HangingReader()
    reader.gate.set()
    learned = Learned(reader, TinyEmbedder(), TinyMatcher())
    async with connected(loopback, tmp_path, learned) as bot, watching(bot, 0) as port:
        hurry(bot)
        await watch(bot, loopback)
        story = world.say(world.news, STORY)
        await until(is_read(bot, story), "the story's reading")
        monkeypatch.setattr("models.batcher.PATIENCE", 0.2)
        reader.gate.clear()
        replies = [world.say(world.news, "I doubt it", reply_to=story) for _ in range(50)]
        await until(lambda: bot.intake.paused, "the pause")
        assert await health(port) == (503, "reading is paused: A model failed: TimeoutError.")
        asked = loopback.interactions.slash("about")
        await until(lambda: asked.answers, "an answer all the same")
        monkeypatch.setattr("models.batcher.PATIENCE", 60)
        reader.gate.set()
        await until(is_read(bot, *replies), "all readings")
        await until(lambda: bot.intake.paused is None, "the end of the pause")
    caplog.clear()


async def test_what_was_accepted_before_its_channel_was_deleted_is_not_kept_after(
    loopback: Loopback, tmp_path: Path
) -> None:
    world, reader = loopback.world, HangingReader()
    reader.gate.set()
    async with connected(loopback, tmp_path, Learned(reader, TinyEmbedder(), TinyMatcher())) as bot:
        await watch(bot, loopback)
        story = world.say(world.news, STORY)
        await until(is_read(bot, story), "the story's reading")
        reader.gate.clear()
        for _ in range(3 * AT_ONCE):
            world.say(world.news, "I doubt it", reply_to=story)
        lines = bot.intake._lines
        await until(lambda: lines[world.guild_id] == 3 * AT_ONCE, "all messages on their way")
        world.delete_channel(world.news)
        await until(lambda: world.news not in bot.intake.channels, "the deletion")

        async def is_wiped() -> bool:
            return not await bot.store.messages.in_channel(world.news)

        await until(is_wiped, "the wipe")
        reader.gate.set()
        await until(lambda: not lines[world.guild_id], "the end of all")
        assert await is_wiped()


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
    loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = loopback.world
    hasty = [pragma.replace("busy_timeout=5000", "busy_timeout=100") for pragma in PRAGMAS]
    monkeypatch.setattr("bot.store.driver.PRAGMAS", hasty)
    async with connected(loopback, tmp_path) as bot, watching(bot, 0) as port:
        hurry(bot)
        await watch(bot, loopback)
        story, doomed = world.say(world.news, STORY), world.say(world.news, "here are figures")
        await until(is_read(bot, story, doomed), "the story's reading")
        other = sqlite3.connect(settings(tmp_path).database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        replies = [world.say(world.news, "I doubt it", reply_to=story) for _ in range(3)]
        world.delete(world.news, doomed)
        await until(lambda: bot.intake.paused, "the first refusal")
        assert await health(port) == (503, "the database cannot be written")
        other.execute("ROLLBACK")
        other.close()
        await until(is_read(bot, *replies), "all readings")
        await until(lambda: bot.intake.paused is None, "the end of the pause")
        assert await bot.store.messages.get(doomed) is None
        assert await health(port) == (200, "ok")
    assert "reading is paused, messages wait: The database refuses to work: database is locked" in caplog.messages
    caplog.clear()


async def test_flood_is_bounded_and_read_to_its_end(
    loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = loopback.world
    monkeypatch.setattr("bot.intake.ROOM", 10)
    async with connected(loopback, tmp_path) as bot:
        hurry(bot)
        await watch(bot, loopback)
        story = world.say(world.news, STORY)
        await until(is_read(bot, story), "the story's reading")
        left: list[None] = []

        async def note() -> None:
            left.append(None)

        bot.add_listener(note, "on_unfinished")
        replies = [world.say(world.news, "I doubt it", reply_to=story) for _ in range(80)]
        await until(is_read(bot, *replies), "all readings")
        assert left, "there was room for all"
        await until(lambda: is_caught_up(bot), "the end of the gap")


async def test_full_disk_pauses_reading_and_loses_nothing(
    loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = loopback.world
    async with connected(loopback, tmp_path) as bot, watching(bot, 0) as port:
        hurry(bot)
        await watch(bot, loopback)
        world.say(world.news, STORY, at=world.now() - AGO)
        story, doomed = world.say(world.news, STORY), world.say(world.news, "here are figures")
        await until(is_read(bot, story, doomed), "the story's reading")
        with full_disk():
            replies = [world.say(world.news, "I doubt it", reply_to=story) for _ in range(20)]
            replies += [world.say(world.news, "party", reply_to=story) for _ in range(3)]
            world.delete(world.news, doomed)
            await until(lambda: bot.intake.paused, "the pause")
            assert await health(port) == (503, "the database cannot be written")
            asked = loopback.interactions.slash("about")
            await until(lambda: asked.answers, "an answer all the same")
        await until(is_read(bot, *replies), "all readings")
        assert await bot.store.messages.get(doomed) is None
        await until(lambda: len(world.by_bot(world.moderators)) == 3, "the alerts")
        assert await health(port) == (200, "ok")
        await until(lambda: is_caught_up(bot), "the end of the gap")
    assert doubled(world) == []
    assert "reading is paused, messages wait: The database refuses to work: disk I/O error" in caplog.messages
    caplog.clear()
