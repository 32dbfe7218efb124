"""Stopping: what is under way ends, or is read at the next start; it never takes long."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.client import Hindsight
from bot.errors import StoreError
from bot.lock import hold
from bot.run import drain, hang_up
from models.reader import Passage, Reading
from tests.conftest import World
from tests.tiny import TinyReader

STORY = "Harbour bridge at Quellhaven announced to open next spring https://wire.example/bridge"
WAITING = """
import asyncio, sys, threading
from pathlib import Path
import bot.resources
from bot.client import Hindsight
from bot.run import run
from bot.settings import Settings
from bot.claim_index import ClaimIndex
from models.reader import Passage
from models.writer import Task
from models.writer_local import LocalWriter
from tests.bot.rows import claim, post, vector
from tests.tiny import TinyReader, tiny_models

async def start(self, token):
    await self._async_setup_hook()
    if "read" in sys.argv:
        reading = asyncio.create_task(self.models.read.submit([Passage("words")]))
    if "write" in sys.argv:
        writing = asyncio.create_task(self.resources.writer.write(Task("Be brief.", "words", ())))
    if "save" in sys.argv:
        await self.resources.indexes.search(1, vector(1), 1)
        await self.resources.indexes.add(claim(post(1, guild=1)))
    await asyncio.sleep(0.1)
    print("started", flush=True)
    await asyncio.Event().wait()

TinyReader.predict = LocalWriter.write = ClaimIndex.save = lambda *_: threading.Event().wait()

Hindsight.login = start
bot.resources.load_models = tiny_models
asyncio.run(run(Settings(_env_file=None, data_dir=Path(sys.argv[1]), token="none", writer="folder")))
print("ended", flush=True)
"""


class SlowReader(TinyReader):
    """Take half a second for each of the first batches."""

    left = 3

    def predict(self, passages: Sequence[Passage]) -> list[Reading]:
        if self.left:
            self.left -= 1
            time.sleep(0.5)
        return super().predict(passages)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read slowly."""
    monkeypatch.setattr("tests.tiny.TinyReader", SlowReader)


@pytest.fixture
async def busy(slow: None, world: World) -> tuple[World, list[int]]:
    """Give a world in which messages have just come in."""
    await world.watch()
    story = await world.member.send(world.news, STORY)
    member, news = world.member.id, world.news.id
    sent = [world.env.backend.create_message(news, member, f"{STORY}/{number}").id for number in range(5)]
    async with asyncio.timeout(10):
        while not await world.store.messages.unread(10):  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.01)
    return world, [story.id, *sent]


async def unlocked(world: World) -> None:
    """Wait until what was cut short has let go of the database, which the end of the process does by itself."""
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(StoreError):
                return await world.store.health.check()


async def test_what_is_under_way_ends_before_the_bot_does(busy: tuple[World, list[int]]) -> None:
    world, sent = busy
    await drain(world.bot, 30)
    assert not await world.store.messages.unread(10)
    assert len(await world.store.messages.among(sent)) == len(sent)
    late = world.env.backend.create_message(world.news.id, world.member.id, "too late")
    await asyncio.sleep(0.1)
    assert await world.store.messages.get(late.id) is None


async def test_what_takes_too_long_is_read_at_the_next_start(busy: tuple[World, list[int]]) -> None:
    world, sent = busy
    began = time.monotonic()
    await drain(world.bot, 0)
    assert time.monotonic() - began < 2
    assert await world.store.messages.unread(10)
    await unlocked(world)
    await world.restart()
    assert not await world.store.messages.unread(10)
    assert len(await world.store.messages.readings(sent)) == len(sent)


async def test_silent_gateway_does_not_hold_up_the_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(_: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(Hindsight, "close", never)
    began = time.monotonic()
    await hang_up(world.bot, 0.1)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("number", "how"),
    [(signal.SIGTERM, "read"), (signal.SIGTERM, "write"), (signal.SIGTERM, "save"), (signal.SIGINT, "")],
)
def test_signal_ends_the_process_well(tmp_path: Path, number: signal.Signals, how: str) -> None:
    root = Path(__file__).parents[2]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and words
        [sys.executable, "-W", "ignore", "-c", WAITING, str(tmp_path), how],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        began = time.monotonic()
        process.send_signal(number)
        assert process.stdout.readline() == ("" if how else "ended\n")
        assert time.monotonic() - began < 10
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert ("a model hangs" in said) == bool(how)
    assert "Traceback" not in said
    with hold(tmp_path / "hindsight.sqlite"):
        pass
