"""A stream of messages, and a bot that is killed at random moments while it reads them."""

import asyncio
import random
import time
from dataclasses import dataclass
from pathlib import Path

from bot.store import open_store
from bot.store.vault import load_vault
from tests.crash.check import findings
from tests.crash.stream import Stream
from tests.loopback.bot_process import Life, settings
from tests.loopback.limits import Limits, Rate
from tests.loopback.scene import count, go_live
from tests.loopback.server import Loopback
from tests.loopback.waiting import until

SETTLED = 180.0  # seconds until what is wrong stays wrong
ASKED = 1 / 3  # of the ends are asked for with SIGTERM
QUIET = 1.5  # seconds in which what is right could still go wrong


@dataclass(frozen=True, slots=True)
class Story:
    """Hold how it went."""

    messages: int
    kills: int
    stops: int
    slowest_stop: float
    standing: int
    threads: int
    cards: int
    alerts: int
    requests: int
    refusals: int
    findings: tuple[str, ...]
    punished: tuple[str, ...]


async def survive(data_dir: Path, *, messages: int, kills: int, seed: int, channels: int = 6) -> Story:
    """End the bot `kills` times over a stream of messages, let it finish, and look at what is there.

    One end in three is a SIGTERM, all others are `kill -9`.
    """
    names = tuple(f"news-{number}" for number in range(channels))
    limits = Limits(routes={"POST messages": Rate(20, 1.0)})
    dice = random.Random(seed)  # noqa: S311 - a script, not a secret
    async with Loopback(channels=names, limits=limits, seed=seed) as loopback:
        loopback.faults.latency = 0.005
        stream = Stream(loopback.world, seed)
        database = settings(data_dir).database
        async with open_store(database, load_vault(None, settings(data_dir).key_file)) as store:
            await go_live(store, loopback.world, alerts_a_day=messages)
        life = Life(loopback, data_dir)
        await life.until(lambda: count(database, "claims") == channels, "the old stories")
        telling, each = stream.run(messages), -(-messages // (kills + 1))
        stops: list[float] = []
        for _ in range(kills):
            await _tell(telling, dice.randrange(1, 2 * each), dice)
            await asyncio.sleep(dice.random() * 0.8)
            if dice.random() < ASKED:
                stops.append(await life.stop())
            else:
                await life.kill()
            await until(lambda: not loopback.gateway.connected, "the end of its session")
            await _tell(telling, dice.randrange(0, 3), dice)  # said while nobody listens
            life = Life(loopback, data_dir)
            await life.until(lambda: loopback.gateway.connected, "its next session")
        await _tell(telling, messages, dice)
        await _settled(database, stream)
        stream.finish()
        await asyncio.sleep(dice.random() * 0.3)
        await life.kill()  # with cards and alerts on their way out
        life = Life(loopback, data_dir)
        left = await _settled(database, stream)
        stops.append(await life.stop())
        world = loopback.world
        return Story(
            stream.said,
            kills + 2 - len(stops),
            len(stops),
            round(max(stops), 2),
            len(stream.standing),
            len(stream.threads),
            sum(len(world.by_bot(channel_id)) for channel_id in world.watched),
            len(world.by_bot(world.moderators)),
            limits.requests,
            limits.refusals,
            tuple(left),
            tuple(limits.punished),
        )


async def _tell(telling: object, number: int, dice: random.Random) -> None:
    for _ in range(number):
        if next(telling, Ellipsis) is Ellipsis:  # type: ignore[call-overload]
            return
        if dice.random() < 0.2:
            await asyncio.sleep(dice.random() * 0.05)


async def _settled(database: Path, stream: Stream) -> list[str]:
    """Wait until nothing is wrong; give what is wrong still."""
    ends = time.monotonic() + SETTLED
    while findings(database, stream) and time.monotonic() < ends:  # noqa: ASYNC110 - another process is waited for
        await asyncio.sleep(0.3)
    await asyncio.sleep(QUIET)
    return findings(database, stream)
