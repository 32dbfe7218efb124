"""What does one message cost when there is ten times as much of everything? `python -m benchmarks.growth`.

The bot with tiny models, so that nothing but its own work is timed, takes the same replies in a database with 1, 3
and 10 parts of history, channels or servers. Prints one JSON object and draws `benchmarks/growth.png`. Times are the
median of blocks of replies, and stand beside the same blocks of an otherwise empty database.
"""

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bot.client import Hindsight
from bot.records import Claim, Kind, Placement, Post
from bot.store.outcomes import Result
from models.embedder import DIMENSIONS
from models.labels import LABELS, MARKS
from models.reader import Reading
from tests.loopback.bot_process import connected
from tests.loopback.scene import STORY, is_read, watch
from tests.loopback.server import Loopback
from tests.loopback.waiting import until

PICTURE = Path(__file__).parent / "growth.png"
PARTS = (1, 3, 10)
HISTORY, CHANNELS, SERVERS = 500, 10, 10  # messages, watched channels and other servers in one part
BLOCKS, BLOCK = 8, 25
CLAIM_EVERY = 10


@dataclass(frozen=True, slots=True)
class Burden:
    """Hold how much there is beside the channel in which replies are timed."""

    messages: int = 0
    channels: int = 1
    servers: int = 0


async def cost(burden: Burden) -> float:
    """Give the milliseconds that one reply takes, the median of several blocks."""
    names = tuple(f"news-{number}" for number in range(burden.channels))
    with tempfile.TemporaryDirectory(prefix="hindsight-growth-") as folder:
        async with Loopback(channels=names) as loopback, connected(loopback, Path(folder)) as bot:
            await watch(bot, loopback)
            await fill(bot, loopback, burden)
            story = loopback.world.say(loopback.world.news, STORY)
            await until(is_read(bot, story), "the story")
            blocks = [await block(bot, loopback, story) for _ in range(BLOCKS)]
    return 1000 * statistics.median(blocks[1:]) / BLOCK


async def block(bot: Hindsight, loopback: Loopback, story: int) -> float:
    """Give the seconds from a block of replies to the last of their labels."""
    world, began = loopback.world, time.perf_counter()
    said = [world.say(world.news, "I doubt it, says the whole party", reply_to=story) for _ in range(BLOCK)]
    await until(is_read(bot, *said), "the readings")
    return time.perf_counter() - began


async def fill(bot: Hindsight, loopback: Loopback, burden: Burden) -> None:
    """Put messages with readings, flags' servers and claims into the store, as so many days would have."""
    world, store = loopback.world, bot.store
    for number in range(burden.servers):
        await store.servers.watch(number + 1, number + 1, world.now())
    guilds = [world.guild_id, *range(1, burden.servers + 1)]
    numbers = np.random.default_rng(7)
    for number, result in zip(range(burden.messages), results(loopback, guilds, numbers), strict=False):
        await store.messages.keep(result.post)
        await store.outcomes.record(result, "reader", bot.models.embedder.version, world.now())
        if number % 1000 == 999:
            await asyncio.sleep(0)


def results(loopback: Loopback, guilds: Sequence[int], numbers: np.random.Generator) -> Iterator[Result]:
    """Make up what messages came to, the servers taking turns."""
    world = loopback.world
    reading = Reading("none", dict.fromkeys(LABELS, 0.2), dict.fromkeys(MARKS, 0.1), 0.1)
    number = 0
    while True:
        number += 1
        guild_id = guilds[number % len(guilds)]
        channel_id = world.watched[number % len(world.watched)] if guild_id == world.guild_id else guild_id
        at = world.now() - timedelta(days=20) + timedelta(seconds=number)
        post = Post(
            id=world.snowflake(at),
            guild_id=guild_id,
            channel_id=channel_id,
            watched_id=channel_id,
            author_id=number % 500,
            created_at=at,
            edited_at=None,
            text="",
        )
        claim = None
        if number % CLAIM_EVERY == 0:
            vector = numbers.normal(size=DIMENSIONS).astype(np.float32)
            claim = Claim(guild_id, channel_id, post.id, post.id, at, vector / np.linalg.norm(vector), ())
        yield Result(post, Placement(Kind.STORY if claim else Kind.REPLY, post.id, None), reading, claim=claim)


async def curves() -> dict[str, dict[int, float]]:
    """Time replies with more and more history, channels and servers."""
    lines: dict[str, dict[int, float]] = {"history (messages)": {}, "watched channels": {}, "other servers": {}}
    for parts in PARTS:
        lines["history (messages)"][parts * HISTORY] = await cost(Burden(messages=parts * HISTORY))
        lines["watched channels"][parts * CHANNELS] = await cost(Burden(channels=parts * CHANNELS))
        lines["other servers"][parts * SERVERS] = await cost(
            Burden(messages=parts * SERVERS * 20, servers=parts * SERVERS)
        )
    return lines


def draw(lines: dict[str, dict[int, float]], empty: float) -> None:
    """Draw the curves as shares of what a reply costs in an empty database."""
    figure = Figure(figsize=(9, 3), layout="constrained")
    highest = max(value for line in lines.values() for value in line.values()) / empty
    for place, (what, line) in zip(figure.subplots(1, len(lines), sharey=True), lines.items(), strict=True):
        place.plot(list(line), [value / empty for value in line.values()], marker="o")
        place.set(xscale="log", xlabel=what, ylim=(0, 1.1 * highest))
        place.set_xticks(list(line), labels=[f"{key:,}" for key in line])
        place.minorticks_off()
        place.axhline(1, linewidth=0.8, linestyle=":")
    figure.axes[0].set_ylabel("cost of a message, empty = 1")
    FigureCanvasAgg(figure).print_figure(PICTURE, dpi=100)


async def run() -> None:
    """Measure, draw and print."""
    empty = await cost(Burden())
    lines = await curves()
    draw(lines, empty)
    found = {what: {key: round(value, 2) for key, value in line.items()} for what, line in lines.items()}
    print(json.dumps({"empty_ms_per_message": round(empty, 2), **found}, indent=1))


if __name__ == "__main__":
    asyncio.run(run())
