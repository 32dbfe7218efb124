"""What tests on the wire set up and ask."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.client import Hindsight
from bot.store import Store
from tests.loopback.payloads import Payload, custom_ids
from tests.loopback.server import Loopback
from tests.loopback.world import World

STORY = "Harbour bridge at Quellhaven announced to open next spring https://wire.example/bridge"
AGO = timedelta(days=40)


async def go_live(store: Store, world: World, *, alerts_a_day: int = 1000) -> None:
    """Watch the channels and post in public, as the setup commands do; what was said before is read, too."""
    server = await store.servers.get(world.guild_id)
    thresholds = replace(server.thresholds, alerts_a_day=alerts_a_day)
    await store.servers.save(
        replace(server, live=True, alerts_channel_id=world.moderators, thresholds=thresholds),
    )
    for channel_id in world.watched:
        await store.servers.watch(world.guild_id, channel_id, world.now())
        await store.servers.move_backfill(channel_id, world.snowflake())


async def watch(bot: Hindsight, loopback: Loopback) -> None:
    """Have a bot that runs watch the channels and read what was said before."""
    await go_live(bot.store, loopback.world)
    bot.intake.channels.update(loopback.world.watched)
    for channel_id in loopback.world.watched:
        await bot.get_cog("CatchUp").backfill(bot.get_channel(channel_id), _silent)


async def _silent(_: int) -> None:
    """Want no progress."""


def is_read(bot: Hindsight, *message_ids: int) -> Callable[[], Awaitable[bool]]:
    """Ask whether messages have a reading."""

    async def asked() -> bool:
        return len(await bot.store.messages.readings(message_ids)) == len(message_ids)

    return asked


def count(database: Path, rows: str) -> int:
    """Count the rows of a table (`cards WHERE state = 'posted'`) beside the process that writes them."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(f"SELECT count(*) FROM {rows}").fetchone()[0]  # noqa: S608 - the tests' own words


def posted(world: World, kind: str) -> dict[str, list[Payload]]:
    """Give what the bot has posted of a kind (`card`, `alert`), by the row that it belongs to."""
    found: dict[str, list[Payload]] = {}
    for channel_id in world.channels:
        for message in world.by_bot(channel_id):
            rows = {each.split(":")[1] for each in custom_ids(message) if each.startswith(f"{kind}:")}
            for row in rows:
                found.setdefault(row, []).append(message)
    return found


def doubled(world: World) -> list[str]:
    """List the rows that were posted more than once."""
    return [
        f"{kind} {row}"
        for kind in ("card", "alert")
        for row, messages in posted(world, kind).items()
        if len(messages) > 1
    ]
