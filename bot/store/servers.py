"""What a server has set: live or shadow, its moderators' channel, thresholds and watched channels."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.records import Server, Thresholds
from bot.store.database import Database
from bot.store.schema import channel_policies, servers, watched


@dataclass(frozen=True, slots=True)
class Backfill:
    """Hold how far the reading of a channel's past has come: down to the message `before`."""

    channel_id: int
    before: int
    paused: bool


class Servers:
    """Keep the settings of servers and the channels that they watch."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[int, Server] = {}
        self._changes = 0

    async def get(self, guild_id: int) -> Server:
        """Give the server's settings, or those of a new server: in shadow, with the standard thresholds."""
        known = self._known.get(guild_id)
        if known is None:
            changes, known = self._changes, await self._read(guild_id)
            if changes == self._changes:
                self._known[guild_id] = known
        return known

    def forget(self) -> None:
        """Read the settings anew when they are next asked for: something has changed them."""
        self._changes += 1
        self._known.clear()

    async def _read(self, guild_id: int) -> Server:
        async with self._database.read() as connection:
            row = (await connection.execute(sa.select(servers).where(servers.c.guild_id == guild_id))).one_or_none()
            own = sa.select(channel_policies).where(channel_policies.c.guild_id == guild_id)
            overrides = {each.channel_id: each.flags for each in await connection.execute(own)}
        if row is None:
            return Server(guild_id, overrides=overrides)
        return Server(
            guild_id,
            row.live,
            row.alerts_channel_id,
            Thresholds(**row.thresholds),
            row.retention_days,
            row.claim_days,
            overrides,
            row.disputes,
            row.alerts_role_id,
        )

    async def save(self, server: Server) -> None:
        """Write all of the server's settings."""
        values = {
            "live": server.live,
            "alerts_channel_id": server.alerts_channel_id,
            "thresholds": asdict(server.thresholds),
            "retention_days": server.retention_days,
            "claim_days": server.claim_days,
            "disputes": server.disputes,
            "alerts_role_id": server.alerts_role_id,
        }
        statement = insert(servers).values(guild_id=server.guild_id, **values)
        of_server = channel_policies.c.guild_id == server.guild_id
        async with self._changing() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=["guild_id"], set_=values))
            await connection.execute(sa.delete(channel_policies).where(of_server))
            for channel_id, flags in server.overrides.items():
                await _override(connection, server.guild_id, channel_id, flags)

    async def change(self, guild_id: int, **settings: Any) -> Server:
        """Write some of a server's settings, named as in `Server`, and leave the others; give all as they now are."""
        if "thresholds" in settings:
            settings["thresholds"] = asdict(settings["thresholds"])
        first = {"thresholds": asdict(Thresholds())} | settings
        statement = insert(servers).values(guild_id=guild_id, **first)
        async with self._changing() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=["guild_id"], set_=settings))
        return await self.get(guild_id)

    async def override(self, guild_id: int, channel_id: int, flags: Mapping[str, float | None]) -> Server:
        """Let a channel, forum or thread have thresholds of its own; with none it follows what is around it."""
        async with self._changing() as connection:
            await _override(connection, guild_id, channel_id, flags)
        return await self.get(guild_id)

    async def watch(self, guild_id: int, channel_id: int, now: datetime) -> bool:
        """Add a channel; say whether it is new."""
        statement = insert(watched).values(channel_id=channel_id, guild_id=guild_id, added_at=now)
        async with self._database.write() as connection:
            result = await connection.execute(statement.on_conflict_do_nothing())
        return result.rowcount == 1

    async def unwatch(self, channel_id: int) -> bool:
        """Take a channel off the list; say whether it was on it."""
        async with self._database.write() as connection:
            result = await connection.execute(sa.delete(watched).where(watched.c.channel_id == channel_id))
        return result.rowcount == 1

    async def watched(self, guild_id: int | None = None) -> Sequence[tuple[int, int]]:
        """List (server, channel) pairs that are watched, oldest first."""
        query = sa.select(watched.c.guild_id, watched.c.channel_id).order_by(watched.c.added_at, watched.c.channel_id)
        if guild_id is not None:
            query = query.where(watched.c.guild_id == guild_id)
        async with self._database.read() as connection:
            return [(row.guild_id, row.channel_id) for row in await connection.execute(query)]

    async def added_at(self, channel_id: int) -> datetime:
        """Give the time from which a watched channel is read."""
        query = sa.select(watched.c.added_at).where(watched.c.channel_id == channel_id)
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one()

    async def backfills(self, guild_id: int | None = None) -> Sequence[Backfill]:
        """List the backfills that are under way or paused."""
        query = sa.select(watched.c.channel_id, watched.c.backfill_before).where(watched.c.backfill_before.is_not(None))
        if guild_id is not None:
            query = query.where(watched.c.guild_id == guild_id)
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(watched.c.added_at))
            return [Backfill(row.channel_id, abs(row.backfill_before), row.backfill_before < 0) for row in rows]

    async def move_backfill(self, channel_id: int, before: int | None) -> None:
        """Remember how far a channel's backfill has come, which stays paused if it was; None when all is read."""
        moved = None
        if before is not None:
            moved = sa.case((watched.c.backfill_before < 0, -before), else_=before)
        await self._set_backfill(channel_id, moved)

    async def pause_backfill(self, channel_id: int, *, paused: bool) -> None:
        """Pause a channel's backfill, or let it go on, if there is one."""
        oldest = sa.func.abs(watched.c.backfill_before)
        await self._set_backfill(channel_id, -oldest if paused else oldest)

    @asynccontextmanager
    async def _changing(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._database.write() as connection:
                yield connection
        finally:
            self.forget()

    async def _set_backfill(self, channel_id: int, value: sa.ColumnElement[int] | None) -> None:
        statement = sa.update(watched).where(watched.c.channel_id == channel_id).values(backfill_before=value)
        async with self._database.write() as connection:
            await connection.execute(statement)


async def _override(
    connection: AsyncConnection, guild_id: int, channel_id: int, flags: Mapping[str, float | None]
) -> None:
    chosen = sa.and_(channel_policies.c.guild_id == guild_id, channel_policies.c.channel_id == channel_id)
    await connection.execute(sa.delete(channel_policies).where(chosen))
    if flags:
        values = {"guild_id": guild_id, "channel_id": channel_id, "flags": dict(flags)}
        await connection.execute(sa.insert(channel_policies).values(**values))
