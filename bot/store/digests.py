"""Which public digests cite which messages, so that a deleted quote can be taken out."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.store.database import Database
from bot.store.schema import digest_citations, digests


class Digests:
    """Keep the citations of public digests."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, guild_id: int, channel_id: int, posted_id: int, cites: Sequence[int], now: datetime) -> None:
        """Remember a public digest and the messages that it cites."""
        row = {"posted_id": posted_id, "guild_id": guild_id, "channel_id": channel_id, "created_at": now}
        cited = [{"posted_id": posted_id, "message_id": message_id} for message_id in dict.fromkeys(cites)]
        async with self._database.write() as connection:
            await connection.execute(sa.insert(digests).values(**row))
            if cited:
                await connection.execute(sa.insert(digest_citations), cited)

    async def forget(self, posted_id: int) -> None:
        """Forget a digest whose message is gone."""
        async with self._database.write() as connection:
            await connection.execute(sa.delete(digests).where(digests.c.posted_id == posted_id))
