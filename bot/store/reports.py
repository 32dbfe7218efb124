"""What `/report` and the fitting of thresholds count: flags, cards, verdicts and scores, never by person."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.policy import PACE, Pace
from bot.records import DECLINED, SUGGESTED, Judged, Kind, Scored, Server, Spread, Stratum
from bot.store.database import Database
from bot.store.schema import cards, flags, messages, readings, samples, verdicts
from models.labels import LABELS

DAY = timedelta(days=1)
MICROSECONDS = 86_400_000_000  # of a day, as a `Moment` counts
EPOCH = date(1970, 1, 1)
NOT_SHOWN = ("dropped", SUGGESTED, DECLINED)


@dataclass(frozen=True, slots=True)
class Happened:
    """Hold counts since a day: flags by (day, channel, label), cards by (day, channel), and replies that were read.

    Cards count whether they were posted or, in shadow, would have been. `began` is when the first of the replies was
    read, None without any.
    """

    flags: Mapping[tuple[date, int, str], int]
    cards: Mapping[tuple[date, int], int]
    replies: int
    began: datetime | None = None


class Reports:
    """Count what policy did, and what it would have done."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def happened(self, guild_id: int, since: datetime) -> Happened:
        """Count a server's flags, cards and replies."""
        async with self._database.read() as connection:
            flagged = await _by_day(connection, flags, guild_id, since, flags.c.label, flags.c.state != "withdrawn")
            shown = await _by_day(connection, cards, guild_id, since, sa.literal(""), cards.c.state.not_in(NOT_SHOWN))
            read = _replies(guild_id, since, sa.func.count(), sa.func.min(readings.c.read_at))
            replies, began = (await connection.execute(read)).one()
        days = {(day, channel_id): number for (day, channel_id, _), number in shown.items()}
        return Happened(flagged, days, replies, began)

    async def judged(self, guild_id: int) -> Sequence[Judged]:
        """List what moderators said of labels: verdicts, what is left of expired ones, and judged samples."""
        queries = [
            sa.select(table.c.label, table.c.score, table.c.verdict).where(
                table.c.guild_id == guild_id, table.c.verdict.is_not(None)
            )
            for table in (flags, verdicts, samples)
        ]
        async with self._database.read() as connection:
            rows = [row for query in queries for row in await connection.execute(query)]
        return [Judged(row.label, row.score, row.verdict) for row in rows]

    async def spread(self, server: Server, since: datetime, now: datetime) -> Spread:
        """Count a server's replies by place, label and score; the model's, whatever a human said since."""
        apart = list(server.overrides)
        place = sa.case((messages.c.channel_id.in_(apart), messages.c.channel_id), else_=0)
        label = sa.func.coalesce(flags.c.label, samples.c.label, readings.c.label)
        own_score = sa.case(
            *((readings.c.label == name, readings.c.scores[i].as_float()) for i, name in enumerate(LABELS)), else_=0.0
        )
        score = sa.func.coalesce(flags.c.score, samples.c.score, own_score)
        percent = sa.cast(sa.func.round(score * 10_000), sa.Integer).op("/")(100)
        columns = (place, messages.c.watched_id, label, percent, sa.func.count(), sa.func.min(messages.c.created_at))
        query = _replies(server.guild_id, since, *columns).group_by(place, messages.c.watched_id, label, percent)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        first = min((row[5] for row in rows), default=now)
        days = max(1, -((first - now) // DAY))
        return Spread(days, [Scored(*row[:5]) for row in rows])

    async def strata(self, guild_id: int, since: datetime, pace: Pace = PACE) -> Sequence[Stratum]:
        """Count replies that came in live by the model's label, flagged or not, with what was judged of them."""
        flagged = flags.c.flag_id.is_not(None)
        label = sa.func.coalesce(flags.c.label, samples.c.label, readings.c.label)
        verdict = sa.case((flagged, flags.c.verdict), else_=samples.c.verdict)
        query = (
            _replies(guild_id, since, label, flagged, verdict, sa.func.count())
            .where(sa.or_(flagged, _fresh(pace)))
            .group_by(label, flagged, verdict)
        )
        sizes: Counter[tuple[str, bool]] = Counter()
        said: dict[tuple[str, bool], dict[str, int]] = defaultdict(dict)
        async with self._database.read() as connection:
            for name, is_flagged, verdict_name, number in await connection.execute(query):
                key = (name, bool(is_flagged))
                sizes[key] += number
                if verdict_name is not None:
                    said[key][verdict_name] = number
        return [Stratum(*key, size, said[key]) for key, size in sorted(sizes.items())]

    async def unjudged(
        self, guild_id: int, watched_ids: Collection[int], since: datetime, pace: Pace = PACE
    ) -> Mapping[str, list[int]]:
        """List replies that came in live, were not flagged and are in no sample yet, by label."""
        query = _replies(guild_id, since, readings.c.label, messages.c.message_id).where(
            messages.c.watched_id.in_(list(watched_ids)),
            flags.c.flag_id.is_(None),
            samples.c.message_id.is_(None),
            _fresh(pace),
        )
        found: dict[str, list[int]] = defaultdict(list)
        async with self._database.read() as connection:
            for label, message_id in await connection.execute(query.order_by(messages.c.message_id)):
                found[label].append(message_id)
        return found


def _replies(guild_id: int, since: datetime, *columns: sa.ColumnElement[Any]) -> sa.Select:
    """Select from a server's replies with their readings, flags that stand and samples."""
    standing = sa.and_(flags.c.message_id == messages.c.message_id, flags.c.state != "withdrawn")
    return (
        sa.select(*columns)
        .select_from(messages)
        .join(readings, readings.c.message_id == messages.c.message_id)
        .outerjoin(flags, standing)
        .outerjoin(samples, samples.c.message_id == messages.c.message_id)
        .where(messages.c.guild_id == guild_id, messages.c.kind == Kind.REPLY, messages.c.created_at >= since)
    )


def _fresh(pace: Pace) -> sa.ColumnElement[bool]:
    """Leave out what a backfill read long after it was written: nothing of that is flagged."""
    age = sa.type_coerce(readings.c.read_at, sa.BigInteger) - sa.type_coerce(messages.c.created_at, sa.BigInteger)
    return age <= pace.stale_after // timedelta(microseconds=1)


async def _by_day(
    connection: AsyncConnection,
    table: sa.Table,
    guild_id: int,
    since: datetime,
    label: sa.ColumnElement[str],
    counted: sa.ColumnElement[bool],
) -> Mapping[tuple[date, int, str], int]:
    day = sa.type_coerce(table.c.created_at, sa.BigInteger).op("/")(MICROSECONDS)
    channel = sa.func.coalesce(messages.c.watched_id, table.c.channel_id)
    query = (
        sa.select(day, channel, label, sa.func.count())
        .select_from(table)
        .outerjoin(messages, messages.c.message_id == table.c.message_id)
        .where(table.c.guild_id == guild_id, table.c.created_at >= since, counted)
        .group_by(day, channel, label)
    )
    rows = (await connection.execute(query)).all()
    return {(EPOCH + timedelta(days=number), channel_id, name): count for number, channel_id, name, count in rows}
