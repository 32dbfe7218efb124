"""Cards that may be right: they wait for a moderator, and nobody else sees them."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from bot.records import DECLINED, SUGGESTED
from bot.store.audit import write_entry
from bot.store.database import Database
from bot.store.schema import cards

PENDING = "pending"
ACTIONS = {PENDING: "card accepted", DECLINED: "card declined", SUGGESTED: "undo"}


class Suggestions:
    """Keep suggested cards until a moderator has one posted, or says that it is not the same."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting(self, guild_id: int, since: datetime) -> Sequence[tuple[int, int]]:
        """List a server's suggested cards made since a time, with their channels, oldest first."""
        query = (
            sa.select(cards.c.card_id, cards.c.channel_id)
            .where(cards.c.guild_id == guild_id, cards.c.state == SUGGESTED, cards.c.created_at >= since)
            .order_by(cards.c.card_id)
        )
        async with self._database.read() as connection:
            return [(card_id, channel_id) for card_id, channel_id in await connection.execute(query)]

    async def accept(self, card_id: int, moderator_id: int, now: datetime) -> bool:
        """Make a suggested card due now; say whether it was still suggested.

        Its occurrences stay suggested, by which they are known as accepted by a moderator.
        """
        return await self._database.change(partial(_accept, card_id, moderator_id, now))

    async def decline(self, card_id: int, moderator_id: int, now: datetime) -> bool:
        """Keep a suggested card from being posted; say whether it was still suggested."""
        return await self._database.change(partial(_settle, card_id, SUGGESTED, DECLINED, moderator_id, now))

    async def reopen(self, card_id: int, moderator_id: int, now: datetime) -> bool:
        """Suggest a declined card again; say whether it was declined."""
        return await self._database.change(partial(_settle, card_id, DECLINED, SUGGESTED, moderator_id, now))


def drop_suggestion(connection: sa.Connection, message_id: int) -> None:
    """Forget the suggested card of a message that is read again."""
    suggested = sa.and_(cards.c.message_id == message_id, cards.c.state == SUGGESTED)
    connection.execute(sa.delete(cards).where(suggested))


def _accept(card_id: int, moderator_id: int, now: datetime, connection: sa.Connection) -> bool:
    if not _settle(card_id, SUGGESTED, PENDING, moderator_id, now, connection):
        return False
    # Whoever accepts it late still has it posted.
    connection.execute(sa.update(cards).where(cards.c.card_id == card_id).values(created_at=now))
    return True


def _settle(card_id: int, before: str, after: str, moderator_id: int, now: datetime, connection: sa.Connection) -> bool:
    chosen = sa.and_(cards.c.card_id == card_id, cards.c.state == before)
    row = connection.execute(sa.update(cards).where(chosen).values(state=after).returning(cards)).one_or_none()
    if row is not None:
        write_entry(connection, row.guild_id, now, moderator_id, ACTIONS[after], row.message_id, {})
    return row is not None
