"""How far each channel was read when the bot went away, kept until what it missed is read."""

from collections.abc import Collection, Mapping
from functools import partial

import discord
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from bot.store.database import Database
from bot.store.schema import gaps, messages, watched


class Gaps:
    """Note gaps before the first new message moves what is newest, so that a crash while catching up loses nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self) -> None:
        """Note for every channel and thread how far it was read; a note that stands already is the one that counts."""
        await self._database.change(_note)

    async def open(self, channel_id: int, guild_id: int, after: int) -> None:
        """Note that a channel is read only up to a message id."""
        statement = insert(gaps).values(channel_id=channel_id, guild_id=guild_id, after=after)
        earlier = {"after": sa.func.min(gaps.c.after, statement.excluded.after)}
        async with self._database.write() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=["channel_id"], set_=earlier))

    async def all(self) -> Mapping[int, int]:
        """Give the last message id read before the gap, by channel and thread."""
        async with self._database.read() as connection:
            rows = await connection.execute(sa.select(gaps.c.channel_id, gaps.c.after))
            return {row.channel_id: row.after for row in rows}

    async def newest(self) -> int | None:
        """Give the last message id read before the gaps in any channel; None when there are none."""
        async with self._database.read() as connection:
            return (await connection.execute(sa.select(sa.func.max(gaps.c.after)))).scalar_one()

    async def close(self, beside: Collection[int] = ()) -> None:
        """Let the note go: everything is read, but in some channels."""
        await self._database.change(partial(_close, frozenset(beside)))


def _note(connection: sa.Connection) -> None:
    read = sa.select(messages.c.channel_id, messages.c.guild_id, sa.func.max(messages.c.message_id)).group_by(
        messages.c.channel_id
    )
    found = {row[0]: tuple(row) for row in connection.execute(read)}
    for row in connection.execute(sa.select(watched.c.channel_id, watched.c.guild_id, watched.c.added_at)):
        since = discord.utils.time_snowflake(row.added_at)
        found.setdefault(row.channel_id, (row.channel_id, row.guild_id, since))
    noted = set(connection.execute(sa.select(gaps.c.channel_id)).scalars())
    rows = [
        {"channel_id": channel_id, "guild_id": guild_id, "after": after}
        for channel_id, guild_id, after in found.values()
        if channel_id not in noted
    ]
    if rows:
        connection.execute(sa.insert(gaps), rows)


def _close(beside: Collection[int], connection: sa.Connection) -> None:
    gone = [{"gone": each} for each in connection.execute(sa.select(gaps.c.channel_id)).scalars() if each not in beside]
    if gone:
        connection.execute(sa.delete(gaps).where(gaps.c.channel_id == sa.bindparam("gone")), gone)
