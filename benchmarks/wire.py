"""How does the bot do on the wire? `python -m benchmarks.wire [--seconds 60]` prints one JSON object.

The real bot with the shipped models runs as a process of its own against the tests' loopback Discord. Messages are
the invented talk of `models/training`, spread over 100 watched channels. Measured from outside: when a label stands in
the database (looked at every 20 ms), when an interaction is answered, what the process holds in memory; and from
inside, every 10 ms, how late its event loop is.
"""

import argparse
import asyncio
import json
import math
import multiprocessing
import signal
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import cycle
from multiprocessing.process import BaseProcess
from pathlib import Path

import bot.run
from bot.policy import PRESETS, STANDARD
from bot.store import open_store
from bot.store.vault import load_vault
from models.training.chat import talk
from tests.loopback import payloads
from tests.loopback.bot_process import settings
from tests.loopback.scene import AGO, STORY, go_live
from tests.loopback.server import Loopback, point_at
from tests.loopback.waiting import until
from tests.loopback.world import FOUNDED

CHANNELS, MANY_CHANNELS = 100, 450
RATES = (10, 25, 50)  # messages a second; the last is what is wanted
FLOOD_RATE, FLOOD_SECONDS = 1000, 5
LOOK, BEAT, ASK = 0.02, 0.01, 0.5  # seconds between looks at the database, at the loop, and between interactions
START, CATCH_UP = 120.0, 1800.0  # seconds that are waited at most


class Bot:
    """Run the bot in a process and look at it."""

    def __init__(self, loopback: Loopback, folder: Path) -> None:
        self.folder = folder
        arguments = (folder, loopback.address, loopback.rest.gateway)
        self.began = time.perf_counter()
        self.process: BaseProcess = multiprocessing.get_context("spawn").Process(target=live, args=arguments)
        self.process.start()

    def memory(self, what: str) -> int:
        """Give `VmRSS` or `VmHWM` (the most that it has held) in MB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) // 1024 for line in lines if line.startswith(f"{what}:"))

    async def stop(self) -> None:
        """End it as a service manager does."""
        self.process.terminate()
        await asyncio.to_thread(self.process.join, 30)

    def lags(self, since: float, until_: float) -> list[float]:
        """Give how late its loop was between two times of `time.time`, in seconds; it must have ended."""
        rows = [json.loads(line) for line in (self.folder / "lags").read_text().splitlines()]
        return [lag for at, lag in rows if since <= at <= until_]


def live(folder: Path, api: str, gateway: str) -> None:
    """Run the real bot in this process and note how late its loop is."""
    point_at(api, gateway)

    async def run() -> None:
        lags: list[tuple[float, float]] = []
        beating = asyncio.create_task(_beat(lags))
        try:
            await bot.run.run(settings(folder))
        finally:
            beating.cancel()
            (folder / "lags").write_text("".join(f"{json.dumps(each)}\n" for each in lags))

    asyncio.run(run())


async def _beat(lags: list[tuple[float, float]]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + BEAT
        await asyncio.sleep(BEAT)
        lags.append((time.time(), loop.time() - due))


@dataclass(slots=True)
class Said:
    """Hold when messages were said and when their labels were seen in the database."""

    at: dict[int, float] = field(default_factory=dict)
    stored: dict[int, float] = field(default_factory=dict)
    answered: list[float] = field(default_factory=list)

    def waited(self) -> list[float]:
        """Give from event to stored label, in seconds."""
        return [self.stored[each] - self.at[each] for each in self.at if each in self.stored]


async def say(loopback: Loopback, texts: Iterator[str], said: Said, rate: float, seconds: float) -> None:
    """Say so many messages a second, one channel after the other, each under the channel's story."""
    world = loopback.world
    stories = cycle([(place, next(iter(world.messages[place]))) for place in world.watched])
    began = time.perf_counter()
    for number in range(round(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        place, story = next(stories)
        message_id = world.say(place, next(texts), reply_to=story)
        said.at[message_id] = time.perf_counter()


async def watch(database: Path, said: Said) -> None:
    """Note when labels appear, until cancelled."""
    last = 0
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        while True:
            rows = connection.execute("SELECT rowid, message_id FROM readings WHERE rowid > ?", (last,)).fetchall()
            now = time.perf_counter()
            said.stored.update((message_id, now) for _, message_id in rows)
            last = max([last, *(row for row, _ in rows)])
            await asyncio.sleep(LOOK)


async def ask(loopback: Loopback, said: Said) -> None:
    """Have ever other moderators run a command, until cancelled, and note how long each first answer took."""
    world = loopback.world
    while True:
        world.moderator = payloads.user(world.snowflake(FOUNDED), "mira")  # commands have cooldowns
        asked = loopback.interactions.slash("about", channel_id=world.moderators)
        await until(lambda asked=asked: asked.first is not None, "an answer")
        said.answered.append(asked.seconds)
        await asyncio.sleep(ASK)


async def spell(loopback: Loopback, running: Bot, texts: Iterator[str], rate: float, seconds: float) -> dict:
    """Say messages for a while, wait until all are read, and give what was seen."""
    said, began = Said(), time.time()
    watching = asyncio.create_task(watch(settings(running.folder).database, said))
    asking = asyncio.create_task(ask(loopback, said))
    start = time.perf_counter()
    await say(loopback, texts, said, rate, seconds)
    asking.cancel()
    told = time.time()
    await until(lambda: len(said.stored.keys() & said.at.keys()) == len(said.at), "all labels", CATCH_UP)
    took = time.perf_counter() - start
    watching.cancel()
    for task in (asking, watching):
        with suppress(asyncio.CancelledError):
            await task
    return {
        "messages_per_second": rate,
        "messages": len(said.at),
        "read_per_second": round(len(said.at) / took, 1),
        **quantiles("stored", said.waited(), (0.5, 0.95)),
        **quantiles("answered", said.answered, (0.5, 0.99)),
        "memory_mb": running.memory("VmRSS"),
        "between": (began, told),
    }


def quantiles(name: str, seconds: Sequence[float], wanted: Sequence[float]) -> dict[str, float]:
    """Give quantiles in milliseconds, by name."""
    ordered = sorted(seconds)
    places = {each: min(len(ordered) - 1, math.ceil(each * len(ordered)) - 1) for each in wanted}
    return {f"{name}_p{round(100 * each)}_ms": round(1000 * ordered[place], 1) for each, place in places.items()}


async def run(seconds: float, flood_seconds: float) -> dict:
    """Start the bot, speak at several speeds, flood it, and give all that was measured."""
    texts = cycle([each.text for each in talk()])
    result: dict = {"channels": CHANNELS}
    with tempfile.TemporaryDirectory(prefix="hindsight-wire-") as name:
        async with serving(CHANNELS) as loopback:
            running = await started(loopback, Path(name), result)
            result["idle_mb"] = running.memory("VmRSS")
            spells = [await spell(loopback, running, texts, rate, seconds) for rate in RATES]
            result["most_under_load_mb"] = running.memory("VmHWM")
            flood = await spell(loopback, running, texts, FLOOD_RATE, flood_seconds)
            result["most_in_flood_mb"] = running.memory("VmHWM")
            await running.stop()
            for each in (*spells, flood):
                each.update(quantiles("loop_lag", running.lags(*each.pop("between")), (0.5, 0.99)))
            result |= {"spells": spells, "flood": flood}
            result["database_bytes_per_message"] = round(size(Path(name)) / sum(each["messages"] for each in spells))
    with tempfile.TemporaryDirectory(prefix="hindsight-wire-") as name:
        async with serving(MANY_CHANNELS) as loopback:
            running = await started(loopback, Path(name), {})
            result[f"idle_mb_{MANY_CHANNELS}_channels"] = running.memory("VmRSS")
            await running.stop()
    return result


def serving(channels: int) -> Loopback:
    """Make a loopback Discord with so many watched channels, a story in each."""
    made = Loopback(channels=tuple(f"news-{number}" for number in range(channels)))
    for place in made.world.watched:
        made.world.say(place, STORY, at=made.world.now() - AGO)
    return made


async def started(loopback: Loopback, folder: Path, result: dict) -> Bot:
    """Start the bot on a server that watches all channels, and wait until it is there."""
    chosen = settings(folder)
    async with open_store(chosen.database, load_vault(None, chosen.key_file)) as store:
        await go_live(store, loopback.world, alerts_a_day=PRESETS[STANDARD].alerts_a_day)
        for channel_id in loopback.world.watched:
            await store.servers.move_backfill(channel_id, None)
    running = Bot(loopback, folder)
    await until(lambda: loopback.gateway.connected, "the session", START)
    result["start_to_ready_s"] = round(time.perf_counter() - running.began, 2)
    asked = loopback.interactions.slash("about", channel_id=loopback.world.moderators)
    await until(lambda: asked.answers, "its first answer", START)
    await asyncio.sleep(5)  # the loops of the first minute look once
    return running


def size(folder: Path) -> int:
    """Give the bytes of a folder's database with its log."""
    return sum(file.stat().st_size for file in folder.glob("hindsight.sqlite*"))


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--flood-seconds", type=float, default=FLOOD_SECONDS)
    asked = parser.parse_args()
    print(json.dumps(asyncio.run(run(asked.seconds, asked.flood_seconds)), indent=1))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    main()
