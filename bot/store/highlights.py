"""Replies that add something: found by their label and score, never by who wrote them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.records import Kind
from bot.store.database import Database
from bot.store.schema import messages, readings
from models.labels import LABELS

LABEL = "informative"


@dataclass(frozen=True, slots=True)
class Found:
    """Point at a reply that adds something; `story_id` is the conversation that it stands in."""

    message_id: int
    channel_id: int
    story_id: int | None
    at: datetime
    score: float


class Highlights:
    """Find a server's informative replies."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def since(self, guild_id: int, since: datetime, least: float, limit: int) -> Sequence[Found]:
        """List informative replies since a time that score at least so much, the surest first."""
        score = readings.c.scores[LABELS.index(LABEL)].as_float()
        query = (
            sa.select(
                messages.c.message_id,
                messages.c.channel_id,
                messages.c.conversation_id,
                messages.c.created_at,
                score.label("score"),
            )
            .join(readings, readings.c.message_id == messages.c.message_id)
            .where(
                messages.c.guild_id == guild_id,
                messages.c.kind == Kind.REPLY,
                messages.c.created_at >= since,
                readings.c.label == LABEL,
                score >= least,
            )
            .order_by(sa.desc("score"), messages.c.message_id.desc())
            .limit(limit)
        )
        async with self._database.read() as connection:
            return [Found(*row) for row in await connection.execute(query)]
