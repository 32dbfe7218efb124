"""Labels that their authors dispute: back in the queue once, before somebody else. No word of an author is kept."""

from datetime import datetime

import sqlalchemy as sa

from bot.records import Flag
from bot.store.audit import write_entry
from bot.store.database import Database
from bot.store.flags import to_flag
from bot.store.schema import flags


class Disputes:
    """Open flags again that authors dispute."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, message_id: int, now: datetime) -> Flag | None:
        """Put a flagged message's label before another moderator; None when it is not flagged, or was disputed before.

        A human's label stands until the next verdict; who gave it does not give the next one.
        """
        chosen = sa.and_(
            flags.c.message_id == message_id, flags.c.state.in_(["open", "decided"]), flags.c.disputed_at.is_(None)
        )
        values = {
            "state": "open",
            "disputed_at": now,
            "judged_by": flags.c.decided_by,
            "verdict": None,
            "decided_by": None,
            "decided_at": None,
            "leased_by": None,
            "leased_until": None,
        }
        async with self._database.write() as connection:
            before = (await connection.execute(sa.select(flags).where(chosen))).one_or_none()
            if before is None:
                return None
            row = (await connection.execute(sa.update(flags).where(chosen).values(**values).returning(flags))).one()
            detail = {"label": row.label, "score": row.score, "verdict": before.verdict}
            await connection.run_sync(write_entry, row.guild_id, now, None, "dispute", message_id, detail)
        return to_flag(row)
