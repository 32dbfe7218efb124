"""What is missing in a server and somebody has been told of, so that nobody is told twice."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from bot.store.database import Database
from bot.store.schema import told

Key = tuple[str, int]  # which problem, in which channel (0 for the server)


class Told:
    """Remember what was told until it is mended."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tell(self, guild_id: int, problems: Iterable[Key], now: datetime) -> set[Key]:
        """Note that problems are told now; give those that had not been."""
        new: set[Key] = set()
        async with self._database.write() as connection:
            for problem, place_id in problems:
                values = {"guild_id": guild_id, "problem": problem, "place_id": place_id, "told_at": now}
                result = await connection.execute(insert(told).values(**values).on_conflict_do_nothing())
                if result.rowcount == 1:
                    new.add((problem, place_id))
        return new

    async def of(self, guild_id: int) -> set[Key]:
        """Give the problems of a server that somebody has been told of."""
        query = sa.select(told.c.problem, told.c.place_id).where(told.c.guild_id == guild_id)
        async with self._database.read() as connection:
            return {(row.problem, row.place_id) for row in await connection.execute(query)}

    async def forget(self, guild_id: int, problems: Iterable[Key]) -> None:
        """Let problems be told again when they come back: they are mended, or nobody could be told."""
        keys = list(problems)
        if not keys:
            return
        chosen = sa.tuple_(told.c.problem, told.c.place_id).in_(keys)
        async with self._database.write() as connection:
            await connection.execute(sa.delete(told).where(told.c.guild_id == guild_id, chosen))
