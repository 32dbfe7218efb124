"""What expires: readings and flags after the server's retention, and all of a server that the bot has left."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.records import Kind
from bot.store.database import Database
from bot.store.messages import CHUNK, Forgotten, forget_all
from bot.store.schema import (
    audit,
    claims,
    flags,
    gaps,
    messages,
    metadata,
    readings,
    servers,
    tallies,
    verdicts,
    watched,
)
from bot.store.servers import Servers

GRACE = timedelta(days=7)
DEFAULT_DAYS = 30
DAY = 86_400_000_000  # in the microseconds of a `Moment`


@dataclass(frozen=True, slots=True)
class Expired:
    """Hold what has had its time: how many readings, and the messages of claims by server."""

    readings: int
    claims: Mapping[int, list[int]]


class Retention:
    """Delete what has had its time."""

    def __init__(self, database: Database, settings: Servers) -> None:
        self._database = database
        self._settings = settings

    async def expire(self, now: datetime) -> Expired:
        """Delete readings, flags and claims past their time, and rows that nothing needs.

        Of readings, counts per conversation remain; of flags with a verdict, label, score and verdict.
        """
        async with self._database.write() as connection:
            await _expire_flags(connection, now)
            old_claims = await _expire_claims(connection, now)
            ids = await _past(connection, readings.c.read_at, now)
            for start in range(0, len(ids), CHUNK):
                await _expire_readings(connection, ids[start : start + CHUNK])
            await _delete_bare(connection, now)
        return Expired(len(ids), old_claims)

    async def wipe(self) -> None:
        """Make what was deleted unreadable in the files, too."""
        await self._database.wipe_log()

    async def leave(self, guild_id: int, now: datetime | None) -> None:
        """Start (or with None stop) the countdown to the deletion of a server that removed the bot."""
        values = {"left_at": now}
        statement = insert(servers).values(guild_id=guild_id, thresholds={}, **values)
        async with self._database.write() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=["guild_id"], set_=values))

    async def compare(self, present: Collection[int], now: datetime) -> None:
        """Start the countdown of servers that removed the bot while it was away, stop it where it is back."""
        query = sa.select(watched.c.guild_id, servers.c.left_at).outerjoin(
            servers, servers.c.guild_id == watched.c.guild_id
        )
        known = query.union(sa.select(servers.c.guild_id, servers.c.left_at))
        async with self._database.read() as connection:
            left = {guild_id: left_at for guild_id, left_at in await connection.execute(known)}  # noqa: C416 - rows, not pairs
        for guild_id, left_at in left.items():
            if (guild_id in present) != (left_at is None):
                await self.leave(guild_id, None if guild_id in present else now)

    async def delete_left(self, now: datetime) -> Sequence[int]:
        """Delete everything of servers that the bot left more than seven days ago; give their ids."""
        query = sa.select(servers.c.guild_id).where(servers.c.left_at < now - GRACE)
        async with self._database.write() as connection:
            ids = list((await connection.execute(query)).scalars())
            await _delete_servers(connection, ids)
        self._settings.forget()
        return ids

    async def delete(self, guild_id: int) -> None:
        """Delete everything of a server at once."""
        async with self._database.write() as connection:
            await _delete_servers(connection, [guild_id])
        self._settings.forget()

    async def purge(self, guild_id: int, channel_id: int | None, now: datetime) -> Forgotten:
        """Delete all that was learned in a channel with its threads, or in the whole server.

        Settings, watched channels, opt-outs and the log of decisions stay; the past is not read again.
        """
        chosen = messages.c.guild_id == guild_id
        counts = tallies.c.guild_id == guild_id
        watching = watched.c.guild_id == guild_id
        unread = gaps.c.guild_id == guild_id
        if channel_id is not None:
            chosen &= sa.or_(messages.c.channel_id == channel_id, messages.c.watched_id == channel_id)
            counts &= tallies.c.watched_id == channel_id
            watching &= watched.c.channel_id == channel_id
            unread &= gaps.c.channel_id == channel_id
        async with self._database.write() as connection:
            ids = list((await connection.execute(sa.select(messages.c.message_id).where(chosen))).scalars())
            forgotten = await forget_all(connection, ids)
            await connection.execute(sa.delete(tallies).where(counts))
            await connection.execute(sa.delete(gaps).where(unread))
            await connection.execute(sa.update(watched).where(watching).values(added_at=now, backfill_before=None))
        return forgotten

    async def servers_of(self, channel_id: int) -> Sequence[int]:
        """Give the server of a channel or thread of which anything is kept, if there is one."""
        there = sa.or_(messages.c.channel_id == channel_id, messages.c.watched_id == channel_id)
        query = sa.union(
            sa.select(messages.c.guild_id).where(there),
            sa.select(tallies.c.guild_id).where(tallies.c.watched_id == channel_id),
            sa.select(watched.c.guild_id).where(watched.c.channel_id == channel_id),
        )
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def servers(self) -> Sequence[int]:
        """List the servers of which anything is kept."""
        tables = [table for table in metadata.sorted_tables if "guild_id" in table.c]
        query = sa.union(*(sa.select(table.c.guild_id) for table in tables))
        async with self._database.read() as connection:
            return sorted((await connection.execute(query)).scalars())


async def _delete_servers(connection: AsyncConnection, ids: Sequence[int]) -> None:
    # The log of decisions lets go of its entries only when nothing else is known of their server.
    for table in (*(each for each in reversed(metadata.sorted_tables) if each is not audit), audit):
        if ids and "guild_id" in table.c:
            await connection.execute(sa.delete(table).where(table.c.guild_id.in_(ids)))


async def _past(connection: AsyncConnection, since: sa.Column[datetime], now: datetime) -> list[int]:
    query = (
        sa.select(messages.c.message_id)
        .join(readings, readings.c.message_id == messages.c.message_id)
        .outerjoin(servers, servers.c.guild_id == messages.c.guild_id)
        .where(_older(since, now, sa.func.coalesce(servers.c.retention_days, DEFAULT_DAYS)))
    )
    return list((await connection.execute(query)).scalars())


async def _expire_readings(connection: AsyncConnection, ids: Sequence[int]) -> None:
    names = ["conversation_id", "label", "guild_id", "watched_id", "count"]
    counts = (
        sa.select(
            messages.c.conversation_id,
            readings.c.label,
            messages.c.guild_id,
            messages.c.watched_id,
            sa.func.count(),
        )
        .join(readings, readings.c.message_id == messages.c.message_id)
        .where(
            messages.c.message_id.in_(ids),
            messages.c.kind == Kind.REPLY,
            messages.c.conversation_id.is_not(None),
        )
        .group_by(messages.c.conversation_id, readings.c.label, messages.c.guild_id, messages.c.watched_id)
    )
    statement = insert(tallies).from_select(names, counts)
    added = {"count": tallies.c.count + statement.excluded.count}
    await connection.execute(statement.on_conflict_do_update(index_elements=["conversation_id", "label"], set_=added))
    await connection.execute(sa.delete(readings).where(readings.c.message_id.in_(ids)))
    await connection.execute(sa.update(audit).where(audit.c.subject_id.in_(ids)).values(subject_id=None))


async def _expire_flags(connection: AsyncConnection, now: datetime) -> None:
    days = sa.select(servers.c.retention_days).where(servers.c.guild_id == flags.c.guild_id).scalar_subquery()
    since = sa.func.coalesce(flags.c.decided_at, flags.c.created_at)
    old = _older(since, now, sa.func.coalesce(days, DEFAULT_DAYS))
    names = ["guild_id", "channel_id", "label", "score", "verdict", "decided_at"]
    decided = sa.select(*(flags.c[name] for name in names)).where(old, flags.c.verdict.is_not(None))
    await connection.execute(insert(verdicts).from_select(names, decided))
    await connection.execute(sa.delete(flags).where(old))


async def _expire_claims(connection: AsyncConnection, now: datetime) -> Mapping[int, list[int]]:
    old = (
        sa.select(claims.c.guild_id, claims.c.message_id)
        .join(messages, messages.c.message_id == claims.c.message_id)
        .join(servers, servers.c.guild_id == claims.c.guild_id)
        .where(servers.c.claim_days.is_not(None), _older(messages.c.created_at, now, servers.c.claim_days))
    )
    expired: dict[int, list[int]] = {}
    for guild_id, message_id in (await connection.execute(old)).all():
        expired.setdefault(guild_id, []).append(message_id)
    for ids in expired.values():
        for start in range(0, len(ids), CHUNK):
            await connection.execute(sa.delete(claims).where(claims.c.message_id.in_(ids[start : start + CHUNK])))
    return expired


async def _delete_bare(connection: AsyncConnection, now: datetime) -> None:
    """Delete rows of old messages that have neither a reading nor a claim and are not waiting for one."""
    days = sa.select(servers.c.retention_days).where(servers.c.guild_id == messages.c.guild_id).scalar_subquery()
    await connection.execute(
        sa.delete(messages).where(
            messages.c.read,
            _older(messages.c.created_at, now, sa.func.coalesce(days, DEFAULT_DAYS)),
            messages.c.message_id.not_in(sa.select(readings.c.message_id)),
            messages.c.message_id.not_in(sa.select(claims.c.message_id)),
        )
    )


def _older(since: sa.ColumnElement, now: datetime, days: sa.ColumnElement | sa.Function) -> sa.ColumnElement[bool]:
    moment = sa.literal(int(now.timestamp() * 1_000_000), sa.BigInteger)
    return moment - sa.type_coerce(since, sa.BigInteger) > sa.type_coerce(days, sa.BigInteger) * DAY
