"""Replies that were not flagged, drawn at random and judged by moderators: what shows how much is missed."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from bot.records import Sample
from bot.store.audit import write_entry
from bot.store.database import Database
from bot.store.flags import LEASE
from bot.store.schema import messages, readings, samples
from models.labels import LABELS


class Samples:
    """Keep the sample of a server; a reply leaves it with its reading."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, guild_id: int, message_ids: Sequence[int], now: datetime) -> None:
        """Take messages into the sample, with label and score as the model gave them."""
        chosen = sa.select(readings).where(readings.c.message_id.in_(message_ids))
        async with self._database.write() as connection:
            for row in (await connection.execute(chosen)).all():
                score = dict(zip(LABELS, row.scores, strict=True)).get(row.label, 0.0)
                values = {"message_id": row.message_id, "guild_id": guild_id, "label": row.label, "score": score}
                statement = insert(samples).values(**values, drawn_at=now)
                await connection.execute(statement.on_conflict_do_nothing())

    async def waiting(self, guild_id: int, moderator_id: int, since: datetime, now: datetime) -> Sequence[Sample]:
        """List samples of messages since a time that nobody has judged and no other moderator has before them."""
        free = sa.or_(samples.c.leased_until.is_(None), samples.c.leased_until < now)
        query = _all().where(
            samples.c.guild_id == guild_id,
            samples.c.verdict.is_(None),
            messages.c.created_at >= since,
            sa.or_(free, samples.c.leased_by == moderator_id),
        )
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(samples.c.drawn_at, samples.c.message_id))
            return [Sample(*row) for row in rows]

    async def get(self, message_id: int) -> Sample | None:
        """Give the sample of a message."""
        async with self._database.read() as connection:
            row = (await connection.execute(_all().where(samples.c.message_id == message_id))).one_or_none()
        return None if row is None else Sample(*row)

    async def lease(self, message_id: int, moderator_id: int, now: datetime) -> None:
        """Keep a sample from other moderators for ten minutes."""
        values = {"leased_by": moderator_id, "leased_until": now + LEASE}
        async with self._database.write() as connection:
            await connection.execute(sa.update(samples).where(samples.c.message_id == message_id).values(**values))

    async def judge(self, message_id: int, verdict: str, moderator_id: int, now: datetime) -> bool:
        """Write once what a moderator says a reply is; their label replaces the model's. Say whether this call did."""
        chosen = sa.and_(samples.c.message_id == message_id, samples.c.verdict.is_(None))
        values = {"verdict": verdict, "decided_by": moderator_id, "decided_at": now}
        return await self._settle(chosen, values, "sample judged", moderator_id, now)

    async def take_back(self, message_id: int, moderator_id: int, now: datetime) -> bool:
        """Let a moderator take back their own judgement: the model's label stands again. Say whether it was theirs."""
        chosen = sa.and_(samples.c.message_id == message_id, samples.c.decided_by == moderator_id)
        values = {"verdict": None, "decided_by": None, "decided_at": None}
        return await self._settle(chosen, values, "sample taken back", moderator_id, now)

    async def drop(self, message_id: int) -> None:
        """Take a message out of the sample: it cannot be shown, or nobody wants to judge it."""
        chosen = sa.and_(samples.c.message_id == message_id, samples.c.verdict.is_(None))
        async with self._database.write() as connection:
            await connection.execute(sa.delete(samples).where(chosen))

    async def _settle(
        self,
        chosen: sa.ColumnElement[bool],
        values: Mapping[str, object],
        action: str,
        moderator_id: int,
        now: datetime,
    ) -> bool:
        async with self._database.write() as connection:
            statement = sa.update(samples).where(chosen).values(**values).returning(samples)
            row = (await connection.execute(statement)).one_or_none()
            if row is None:
                return False
            of_message = readings.c.message_id == row.message_id
            await connection.execute(sa.update(readings).where(of_message).values(label=row.verdict or row.label))
            detail = {"label": row.label, "score": row.score, "verdict": row.verdict}
            await connection.run_sync(write_entry, row.guild_id, now, moderator_id, action, row.message_id, detail)
        return True


def drop_edited(connection: sa.Connection, message_id: int, edited_at: datetime | None) -> None:
    """Take a message out of the sample whose text has changed since it was drawn."""
    if edited_at is not None:
        older = sa.and_(samples.c.message_id == message_id, samples.c.drawn_at < edited_at)
        connection.execute(sa.delete(samples).where(older))


def _all() -> sa.Select:
    columns = (
        samples.c.message_id,
        samples.c.guild_id,
        messages.c.channel_id,
        samples.c.label,
        samples.c.score,
        samples.c.verdict,
        samples.c.decided_by,
    )
    return sa.select(*columns).join(messages, messages.c.message_id == samples.c.message_id)
