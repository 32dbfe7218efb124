"""How far each channel was read when the bot went away, kept until what it missed is read."""

from collections.abc import Mapping

import discord
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database
from bot.store.schema import gaps, messages, watched


class Gaps:
    """Note gaps before the first new message moves what is newest, so that a crash while catching up loses nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self) -> None:
        """Note for every channel and thread how far it was read; a note that stands already is the one that counts."""
        async with self._database.write() as connection:
            await _note(connection)

    async def open(self, channel_id: int, guild_id: int, after: int) -> None:
        """Note that a channel is read only up to a message id."""
        statement = insert(gaps).values(channel_id=channel_id, guild_id=guild_id, after=after)
        earlier = {"after": sa.func.min(gaps.c.after, statement.excluded.after)}
        async with self._database.write() as connection:
            await _note(connection)
            await connection.execute(statement.on_conflict_do_update(index_elements=["channel_id"], set_=earlier))

    async def all(self) -> Mapping[int, int]:
        """Give the last message id read before the gap, by channel and thread."""
        async with self._database.read() as connection:
            rows = await connection.execute(sa.select(gaps.c.channel_id, gaps.c.after))
            return {row.channel_id: row.after for row in rows}

    async def close(self) -> None:
        """Let the note go: everything is read."""
        async with self._database.write() as connection:
            await connection.execute(sa.delete(gaps))


async def _note(connection: AsyncConnection) -> None:
    if (await connection.execute(sa.select(gaps.c.channel_id).limit(1))).first() is not None:
        return
    read = sa.select(messages.c.channel_id, messages.c.guild_id, sa.func.max(messages.c.message_id)).group_by(
        messages.c.channel_id
    )
    found = [tuple(row) for row in await connection.execute(read)]
    there = {row[0] for row in found}
    added = await connection.execute(sa.select(watched.c.channel_id, watched.c.guild_id, watched.c.added_at))
    found += [
        (row.channel_id, row.guild_id, discord.utils.time_snowflake(row.added_at))
        for row in added
        if row.channel_id not in there
    ]
    rows = [{"channel_id": row[0], "guild_id": row[1], "after": row[2]} for row in found]
    if rows:
        await connection.execute(sa.insert(gaps), rows)
