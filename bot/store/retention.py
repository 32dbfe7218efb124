"""What expires: readings after the server's retention, and all of a server that the bot has left."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.records import Kind
from bot.store.database import Database
from bot.store.schema import (
    audit,
    cards,
    claims,
    digests,
    flags,
    messages,
    opt_outs,
    readings,
    servers,
    tallies,
    watched,
)

GRACE = timedelta(days=7)
DEFAULT_DAYS = 30


class Retention:
    """Delete what has had its time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def expire(self, now: datetime) -> int:
        """Turn readings past their time into tallies and delete rows that nothing needs; give how many readings."""
        days = sa.func.coalesce(servers.c.retention_days, DEFAULT_DAYS)
        age = sa.literal(int(now.timestamp() * 1_000_000), sa.BigInteger) - sa.type_coerce(
            readings.c.read_at, sa.BigInteger
        )
        expired = (
            sa.select(messages.c.message_id)
            .join(readings, readings.c.message_id == messages.c.message_id)
            .outerjoin(servers, servers.c.guild_id == messages.c.guild_id)
            .where(age > days * 86_400_000_000)
        )
        async with self._database.write() as connection:
            ids = list((await connection.execute(expired)).scalars())
            for start in range(0, len(ids), 500):
                await self._expire(connection, ids[start : start + 500])
        return len(ids)

    async def leave(self, guild_id: int, now: datetime | None) -> None:
        """Start (or with None stop) the countdown to the deletion of a server that removed the bot."""
        values = {"left_at": now}
        statement = insert(servers).values(guild_id=guild_id, thresholds={}, **values)
        async with self._database.write() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=["guild_id"], set_=values))

    async def delete_left(self, now: datetime) -> int:
        """Delete everything of servers that the bot left more than seven days ago; give how many."""
        query = sa.select(servers.c.guild_id).where(servers.c.left_at < now - GRACE)
        tables = (messages, tallies, cards, flags, digests, opt_outs, audit, watched, servers)
        async with self._database.write() as connection:
            ids = list((await connection.execute(query)).scalars())
            for table in tables:
                await connection.execute(sa.delete(table).where(table.c.guild_id.in_(ids)))
        return len(ids)

    async def _expire(self, connection: AsyncConnection, ids: list[int]) -> None:
        counts = (
            sa.select(messages.c.conversation_id, readings.c.label, messages.c.guild_id, sa.func.count())
            .join(readings, readings.c.message_id == messages.c.message_id)
            .where(
                messages.c.message_id.in_(ids),
                messages.c.kind == Kind.REPLY,
                messages.c.conversation_id.is_not(None),
            )
            .group_by(messages.c.conversation_id, readings.c.label, messages.c.guild_id)
        )
        statement = insert(tallies).from_select(["conversation_id", "label", "guild_id", "count"], counts)
        added = {"count": tallies.c.count + statement.excluded.count}
        await connection.execute(
            statement.on_conflict_do_update(index_elements=["conversation_id", "label"], set_=added)
        )
        await connection.execute(sa.delete(readings).where(readings.c.message_id.in_(ids)))
        with_claim = sa.select(claims.c.message_id)
        await connection.execute(
            sa.delete(messages).where(messages.c.message_id.in_(ids), messages.c.message_id.not_in(with_claim))
        )
