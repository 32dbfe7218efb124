"""The append-only log of decisions, without message content."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database
from bot.store.schema import audit


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold one line of the audit log; `actor_id` is a moderator, or None for the bot."""

    id: int
    at: datetime
    actor_id: int | None
    action: str
    subject_id: int | None
    detail: Mapping[str, Any]


class Audit:
    """Append to the audit log and read it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, guild_id: int, at: datetime, actor_id: int | None, action: str, subject_id: int | None, **detail: Any
    ) -> None:
        """Append one entry; `detail` holds ids, names of settings and numbers, never text of messages."""
        async with self._database.write() as connection:
            await write_entry(connection, guild_id, at, actor_id, action, subject_id, detail)

    async def latest(self, guild_id: int, limit: int = 25) -> Sequence[Entry]:
        """List a server's newest entries, newest first."""
        query = sa.select(audit).where(audit.c.guild_id == guild_id).order_by(audit.c.entry_id.desc()).limit(limit)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [Entry(row.entry_id, row.at, row.actor_id, row.action, row.subject_id, row.detail) for row in rows]


async def write_entry(
    connection: AsyncConnection,
    guild_id: int,
    at: datetime,
    actor_id: int | None,
    action: str,
    subject_id: int | None,
    detail: Mapping[str, Any],
) -> None:
    """Append one entry inside the caller's transaction."""
    values = {"guild_id": guild_id, "at": at, "actor_id": actor_id, "action": action}
    await connection.execute(sa.insert(audit).values(**values, subject_id=subject_id, detail=dict(detail)))
