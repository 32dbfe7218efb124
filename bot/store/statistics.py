"""Counts for moderators: by day, label and channel, never by person."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import discord
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.records import Kind
from bot.store.database import Database
from bot.store.schema import audit, card_ratings, cards, claims, flags, messages, readings, tallies, verdicts

DAY = 86_400_000_000  # in the microseconds of a `Moment`
EPOCH = date(1970, 1, 1)
OPINIONS = ("verdict", "second opinion", "flag reopened")


@dataclass(frozen=True, slots=True)
class Figures:
    """Hold a server's counts since a day; labels are of replies.

    `flags` counts by (label, outcome), where an outcome is open, agreed, corrected, dismissed or withdrawn;
    `cards` counts by state: posted, shadow, removed or pending. Of the flags of which two moderators said what they
    are (`judged_twice`), `judged_alike` counts those of which they said the same.
    """

    since: date
    until: date
    days: Mapping[tuple[date, str], int]
    channels: Mapping[tuple[int, str], int]
    flags: Mapping[tuple[str, str], int]
    cards: Mapping[str, int]
    helpful: int
    unhelpful: int
    judged_twice: int = 0
    judged_alike: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """Hold how much is kept of a server."""

    messages: int
    readings: int
    claims: int


class Statistics:
    """Count what was read, flagged, decided and posted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def figures(self, guild_id: int, since: datetime, now: datetime) -> Figures:
        """Count a server's readings, flags and cards since a time."""
        async with self._database.read() as connection:
            days, channels = await _labels(connection, guild_id, since)
            decided = await _flags(connection, guild_id, since)
            states = await _cards(connection, guild_id, since)
            votes = await _votes(connection, guild_id, since)
            twice = await _judged_twice(connection, guild_id, since)
        cards = (states, votes[True], votes[False])
        return Figures(since.date(), now.date(), days, channels, decided, *cards, len(twice), sum(twice))

    async def kept(self, guild_id: int) -> Kept:
        """Count what is kept of a server."""
        queries = (
            sa.select(sa.func.count()).where(messages.c.guild_id == guild_id),
            sa.select(sa.func.count())
            .join(readings, readings.c.message_id == messages.c.message_id)
            .where(messages.c.guild_id == guild_id),
            sa.select(sa.func.count()).where(claims.c.guild_id == guild_id),
        )
        async with self._database.read() as connection:
            return Kept(*[(await connection.execute(query)).scalar_one() for query in queries])


async def _labels(
    connection: AsyncConnection, guild_id: int, since: datetime
) -> tuple[Counter[tuple[date, str]], Counter[tuple[int, str]]]:
    day = sa.type_coerce(messages.c.created_at, sa.BigInteger).op("/")(DAY)
    current = (
        sa.select(day, messages.c.watched_id, readings.c.label, sa.func.count())
        .join(readings, readings.c.message_id == messages.c.message_id)
        .where(messages.c.guild_id == guild_id, messages.c.kind == Kind.REPLY, messages.c.created_at >= since)
        .group_by(day, messages.c.watched_id, readings.c.label)
    )
    days: Counter[tuple[date, str]] = Counter()
    channels: Counter[tuple[int, str]] = Counter()
    for number, channel_id, label, count in await connection.execute(current):
        days[EPOCH + timedelta(days=number), label] += count
        channels[channel_id, label] += count
    # Of an expired reading only its conversation is known: it counts for the day of the story.
    first = discord.utils.time_snowflake(since)
    expired = sa.select(tallies.c.conversation_id, tallies.c.watched_id, tallies.c.label, tallies.c.count).where(
        tallies.c.guild_id == guild_id, tallies.c.conversation_id >= first
    )
    for conversation_id, channel_id, label, count in await connection.execute(expired):
        days[discord.utils.snowflake_time(conversation_id).date(), label] += count
        channels[channel_id, label] += count
    return days, channels


async def _flags(connection: AsyncConnection, guild_id: int, since: datetime) -> Counter[tuple[str, str]]:
    current = (
        sa.select(flags.c.label, flags.c.state, flags.c.verdict, sa.func.count())
        .where(flags.c.guild_id == guild_id, flags.c.created_at >= since)
        .group_by(flags.c.label, flags.c.state, flags.c.verdict)
    )
    expired = (
        sa.select(verdicts.c.label, sa.literal("decided"), verdicts.c.verdict, sa.func.count())
        .where(verdicts.c.guild_id == guild_id, verdicts.c.decided_at >= since)
        .group_by(verdicts.c.label, verdicts.c.verdict)
    )
    counts: Counter[tuple[str, str]] = Counter()
    for query in (current, expired):
        for label, state, verdict, count in await connection.execute(query):
            counts[label, _outcome(label, state, verdict)] += count
    return counts


def _outcome(label: str, state: str, verdict: str | None) -> str:
    if verdict is None:
        return state
    if verdict == "dismissed":
        return verdict
    return "agreed" if verdict == label else "corrected"


async def _cards(connection: AsyncConnection, guild_id: int, since: datetime) -> dict[str, int]:
    query = (
        sa.select(cards.c.state, sa.func.count())
        .where(cards.c.guild_id == guild_id, cards.c.created_at >= since)
        .group_by(cards.c.state)
    )
    return {state: number for state, number in await connection.execute(query)}  # noqa: C416 - rows, not pairs


async def _judged_twice(connection: AsyncConnection, guild_id: int, since: datetime) -> list[bool]:
    """Say for each flag that two moderators have judged whether the first two agreed; who they are is not looked at."""
    query = (
        sa.select(audit.c.subject_id, audit.c.actor_id, audit.c.detail)
        .where(audit.c.guild_id == guild_id, audit.c.at >= since, audit.c.action.in_(OPINIONS))
        .where(audit.c.subject_id.is_not(None))
        .order_by(audit.c.entry_id)
    )
    said: dict[int, dict[int, str]] = defaultdict(dict)
    for message_id, moderator_id, detail in await connection.execute(query):
        verdict = detail.get("verdict") or detail.get("view")
        if moderator_id is None:  # other words stand there now
            said.pop(message_id, None)
        elif verdict is not None:
            said[message_id][moderator_id] = verdict
    first_two = [list(verdicts.values())[:2] for verdicts in said.values() if len(verdicts) > 1]
    return [first == second for first, second in first_two]


async def _votes(connection: AsyncConnection, guild_id: int, since: datetime) -> Counter[bool]:
    query = (
        sa.select(card_ratings.c.helpful, sa.func.count())
        .join(cards, cards.c.card_id == card_ratings.c.card_id)
        .where(cards.c.guild_id == guild_id, cards.c.created_at >= since)
        .group_by(card_ratings.c.helpful)
    )
    votes = {helpful: number for helpful, number in await connection.execute(query)}  # noqa: C416 - rows, not pairs
    return Counter(votes)
