"""Flags, their alerts and their verdicts: the moderators' queue."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.records import Flag
from bot.store.audit import write_entry
from bot.store.database import Database
from bot.store.schema import flags, readings

LEASE = timedelta(minutes=10)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
WAITING = 500  # flags of a queue looked at at once


class Flags:
    """Keep the queue of flagged replies."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, flag_id: int) -> Flag | None:
        """Give a flag by its id."""
        return await self._one(flags.c.flag_id == flag_id)

    async def of_message(self, message_id: int) -> Flag | None:
        """Give the flag of a message."""
        return await self._one(flags.c.message_id == message_id)

    async def waiting(
        self, guild_id: int, moderator_id: int, now: datetime, label: str | None = None, *, asked: bool = False
    ) -> Sequence[Flag]:
        """List undecided flags that a moderator may take up, oldest first.

        Left out are those leased to others and those for which this moderator wants a second opinion or whose
        author disputes this moderator's verdict; `asked` keeps only those that need another pair of eyes.
        """
        query = sa.select(flags).where(flags.c.guild_id == guild_id, flags.c.state == "open", _free(moderator_id, now))
        query = query.where(flags.c.asked_by.is_distinct_from(moderator_id), _impartial(moderator_id))
        if asked:
            query = query.where(sa.or_(flags.c.asked_by.is_not(None), flags.c.disputed_at.is_not(None)))
        if label is not None:
            query = query.where(flags.c.label == label)
        return await self._all(query.order_by(flags.c.flag_id).limit(WAITING))

    async def count_open(self, guild_id: int) -> int:
        """Count a server's undecided flags."""
        query = sa.select(sa.func.count()).where(flags.c.guild_id == guild_id, flags.c.state == "open")
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one()

    async def without_alert(self, guild_id: int | None = None) -> Sequence[Flag]:
        """List undecided flags that are due an alert and have none yet, oldest first."""
        due = sa.and_(flags.c.state == "open", flags.c.alert_message_id.is_(None), flags.c.quiet.is_not(True))
        query = sa.select(flags).where(due)
        if guild_id is not None:
            query = query.where(flags.c.guild_id == guild_id)
        return await self._all(query.order_by(flags.c.flag_id))

    async def allot(self, flag_id: int, a_day: int, now: datetime) -> int | None:
        """Settle once whether a flag gets an alert; give how many more the day has, None for none for this one.

        Where a week holds more flags than alerts, those with the highest scores get them: a day's alerts are not
        spent on its first flags.
        """
        async with self._database.write() as connection:
            chosen = flags.c.flag_id == flag_id
            row = (await connection.execute(sa.select(flags).where(chosen))).one_or_none()
            if row is None or row.quiet:
                return None
            spent = sa.select(sa.func.count()).where(
                flags.c.guild_id == row.guild_id, flags.c.quiet.is_(False), flags.c.created_at > now - DAY
            )
            surer = sa.select(sa.func.count()).where(
                flags.c.guild_id == row.guild_id,
                flags.c.created_at > now - WEEK,
                flags.c.score > row.score,
                flags.c.state != "withdrawn",
            )
            left = a_day - (await connection.execute(spent)).scalar_one()
            if row.quiet is None:
                crowded = (await connection.execute(surer)).scalar_one() >= a_day * WEEK.days
                left = -1 if crowded else left - 1
                await connection.execute(sa.update(flags).where(chosen).values(quiet=left < 0))
                if left < 0:
                    await connection.run_sync(
                        write_entry, row.guild_id, now, None, "no alert", row.message_id, {"a_day": a_day}
                    )
                return left if left >= 0 else None
        return max(0, left)

    async def quieted(self, guild_id: int, now: datetime) -> int:
        """Count the flags of the last day that got no alert."""
        recent = sa.and_(flags.c.guild_id == guild_id, flags.c.quiet.is_(True), flags.c.created_at > now - DAY)
        async with self._database.read() as connection:
            return (await connection.execute(sa.select(sa.func.count()).where(recent))).scalar_one()

    async def alerted(self, flag_id: int, channel_id: int, message_id: int) -> Flag | None:
        """Remember the message that shows the alert; give the flag as it stands by now, if it still does."""
        values = {"alert_channel_id": channel_id, "alert_message_id": message_id}
        return await self._change(flag_id, **values)

    async def lease(self, flag_id: int, moderator_id: int, now: datetime) -> bool:
        """Hand an undecided flag to a moderator for ten minutes, and to nobody else meanwhile; say whether it is."""
        chosen = sa.and_(flags.c.flag_id == flag_id, flags.c.state == "open", _free(moderator_id, now))
        lease = {"leased_by": moderator_id, "leased_until": now + LEASE}
        async with self._database.write() as connection:
            return (await connection.execute(sa.update(flags).where(chosen).values(**lease))).rowcount == 1

    async def release(self, flag_id: int, moderator_id: int) -> None:
        """Give a leased flag back to the queue."""
        chosen = sa.and_(flags.c.flag_id == flag_id, flags.c.leased_by == moderator_id)
        async with self._database.write() as connection:
            await connection.execute(sa.update(flags).where(chosen).values(leased_by=None, leased_until=None))

    async def ask(self, flag_id: int, moderator_id: int, now: datetime, view: str | None = None) -> Flag | None:
        """Leave an undecided flag to another moderator; give it, or None when it is not open any more.

        `view` is the verdict to which the one who asks leans, if they say.
        """
        chosen = sa.and_(flags.c.flag_id == flag_id, flags.c.state == "open")
        values = {"asked_by": moderator_id, "leased_by": None, "leased_until": None}
        async with self._database.write() as connection:
            row = (await connection.execute(sa.update(flags).where(chosen).values(**values).returning(flags))).first()
            if row is None:
                return None
            detail = {"label": row.label, "score": row.score} | ({"view": view} if view else {})
            await connection.run_sync(
                write_entry, row.guild_id, now, moderator_id, "second opinion", row.message_id, detail
            )
        return to_flag(row)

    async def decide(self, flag_id: int, verdict: str, moderator_id: int, now: datetime) -> tuple[Flag | None, bool]:
        """Write a verdict once; give the flag as it stands and whether this call decided it.

        Nobody decides a dispute about their own verdict. `verdict` is a label (the flag's own to agree) or
        "dismissed". A human's label replaces the model's.
        """
        async with self._database.write() as connection:
            chosen = flags.c.flag_id == flag_id
            result = await connection.execute(
                sa.update(flags)
                .where(chosen, flags.c.state == "open", _impartial(moderator_id))
                .values(state="decided", verdict=verdict, decided_by=moderator_id, decided_at=now)
            )
            row = (await connection.execute(sa.select(flags).where(chosen))).one_or_none()
            won = result.rowcount == 1
            if won and row is not None:
                label = "none" if verdict == "dismissed" else verdict
                await connection.execute(
                    sa.update(readings).where(readings.c.message_id == row.message_id).values(label=label)
                )
                detail = {"label": row.label, "score": row.score, "verdict": verdict}
                await connection.run_sync(
                    write_entry, row.guild_id, now, moderator_id, "verdict", row.message_id, detail
                )
        return (None if row is None else to_flag(row)), won

    async def undo(self, flag_id: int, moderator_id: int, now: datetime) -> Flag | None:
        """Take a verdict back: the flag is open again and the model's label stands again."""
        async with self._database.write() as connection:
            chosen = flags.c.flag_id == flag_id
            result = await connection.execute(
                sa.update(flags)
                .where(chosen, flags.c.state == "decided")
                .values(state="open", verdict=None, decided_by=None, decided_at=None, leased_until=None, asked_by=None)
            )
            row = (await connection.execute(sa.select(flags).where(chosen))).one_or_none()
            if result.rowcount == 1 and row is not None:
                await connection.execute(
                    sa.update(readings).where(readings.c.message_id == row.message_id).values(label=row.label)
                )
                await connection.run_sync(write_entry, row.guild_id, now, moderator_id, "undo", row.message_id, {})
        return None if row is None or result.rowcount == 0 else to_flag(row)

    async def verdict_counts(self, guild_id: int, since: datetime) -> Sequence[tuple[str, str, int]]:
        """Count decided flags as (label, verdict, count)."""
        query = (
            sa.select(flags.c.label, flags.c.verdict, sa.func.count())
            .where(flags.c.guild_id == guild_id, flags.c.state == "decided", flags.c.decided_at >= since)
            .group_by(flags.c.label, flags.c.verdict)
        )
        async with self._database.read() as connection:
            return [(label, verdict, count) for label, verdict, count in await connection.execute(query)]

    async def _one(self, condition: sa.ColumnElement[bool]) -> Flag | None:
        async with self._database.read() as connection:
            row = (await connection.execute(sa.select(flags).where(condition))).one_or_none()
        return None if row is None else to_flag(row)

    async def _all(self, query: sa.Select) -> Sequence[Flag]:
        async with self._database.read() as connection:
            return [to_flag(row) for row in await connection.execute(query)]

    async def _change(self, flag_id: int, **values: int) -> Flag | None:
        statement = sa.update(flags).where(flags.c.flag_id == flag_id).values(**values).returning(flags)
        async with self._database.write() as connection:
            row = (await connection.execute(statement)).one_or_none()
        return None if row is None else to_flag(row)


def _impartial(moderator_id: int) -> sa.ColumnElement[bool]:
    return flags.c.judged_by.is_distinct_from(moderator_id)


def _free(moderator_id: int, now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(flags.c.leased_until.is_(None), flags.c.leased_until < now, flags.c.leased_by == moderator_id)


def write_flag(connection: sa.Connection, flag: Flag, *, may_open: bool) -> tuple[Flag | None, bool]:
    """Open the flag of a message, or bring an undecided one up to date; a decided one stays as it is.

    Give the flag as it stands, and whether this changed it.
    """
    row = connection.execute(sa.select(flags).where(flags.c.message_id == flag.message_id)).one_or_none()
    if row is None and not may_open:
        return None, False
    stands = row is not None and (row.state, row.label, row.score) == ("open", flag.label, flag.score)
    changes = row is None or (row.state != "decided" and not stands)
    if row is None:
        values = {
            "guild_id": flag.guild_id,
            "channel_id": flag.channel_id,
            "message_id": flag.message_id,
            "conversation_id": flag.conversation_id,
            "label": flag.label,
            "score": flag.score,
            "created_at": flag.created_at,
            "state": "open",
        }
        connection.execute(sa.insert(flags).values(**values))
    elif row.state in ("withdrawn", "open"):
        values = {"label": flag.label, "score": flag.score, "state": "open"}
        connection.execute(sa.update(flags).where(flags.c.flag_id == row.flag_id).values(**values))
    row = connection.execute(sa.select(flags).where(flags.c.message_id == flag.message_id)).one()
    return to_flag(row), changes


def reopen_edited(connection: sa.Connection, message_id: int, edited_at: datetime | None) -> bool:
    """Take back the verdict on a message whose text has changed since: it was about other words; say whether."""
    if edited_at is None:
        return False
    older = sa.and_(flags.c.message_id == message_id, flags.c.state == "decided", flags.c.decided_at < edited_at)
    undecided = {"state": "open", "verdict": None, "decided_by": None, "decided_at": None, "leased_until": None}
    undecided |= {"disputed_at": None, "judged_by": None}
    return connection.execute(sa.update(flags).where(older).values(**undecided)).rowcount == 1


def withdraw_flag(connection: sa.Connection, message_id: int) -> Flag | None:
    """Withdraw the undecided flag of a message that is no longer flagged; give it, if there was one."""
    chosen = sa.and_(flags.c.message_id == message_id, flags.c.state == "open")
    row = connection.execute(sa.select(flags).where(chosen)).one_or_none()
    if row is None:
        return None
    connection.execute(sa.update(flags).where(chosen).values(state="withdrawn"))
    return to_flag(row)


def to_flag(row: sa.Row) -> Flag:
    """Make a flag of its row."""
    names = Flag.__dataclass_fields__
    values = {name: getattr(row, "flag_id" if name == "id" else name) for name in names}
    return Flag(**values)
