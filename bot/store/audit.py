"""The append-only log of decisions, without message content; triggers of the database keep it so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.store.database import Database
from bot.store.schema import audit, messages

BY_MEMBERS = frozenset({"opt-out", "opt-in", "erase", "dispute", "card retracted"})  # never who
ACTIONS = {
    "flags": frozenset({"flag", "flag withdrawn", "flag reopened", "no alert", "dispute"}),
    "verdicts": frozenset({"verdict", "undo", "second opinion", "sample judged", "sample taken back"}),
    "sanctions": frozenset({"message deleted", "timed out"}),
    "cards": frozenset(
        {
            "card suggested",
            "card accepted",
            "card declined",
            "card due",
            "card changed",
            "card in shadow",
            "card posted",
            "card dropped",
            "card withdrawn",
            "card removed",
            "card retracted",
            "card hidden",
            "card empty",
            "cards stopped",
            "cards resumed",
        }
    ),
    "privacy": frozenset({"opt-out", "opt-in", "erase", "purge", "erased by operator"}),
}
SETTINGS = "settings"  # every other action
KINDS = (*ACTIONS, SETTINGS)
ACTORS = ("bot", "moderator", "member")


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold one line of the audit log; `actor_id` is a moderator's, or None for the bot and for members.

    `channel_id` is where the subject stands when that is a message.
    """

    id: int
    at: datetime
    actor_id: int | None
    action: str
    subject_id: int | None
    detail: Mapping[str, Any]
    channel_id: int | None = None

    @property
    def actor(self) -> str:
        """Say what decided: the bot, a moderator or a member."""
        if self.actor_id is not None:
            return "moderator"
        return "member" if self.action in BY_MEMBERS else "bot"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Hold which entries are wanted: by actor, by kind of action, about a message or channel, since a time."""

    actor: str | None = None
    kind: str | None = None
    subject_id: int | None = None
    since: datetime | None = None


class Audit:
    """Append to the audit log and read it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, guild_id: int, at: datetime, actor_id: int | None, action: str, subject_id: int | None, **detail: Any
    ) -> None:
        """Append one entry; `detail` holds ids, names of settings and numbers, never text of messages."""
        async with self._database.write() as connection:
            await connection.run_sync(write_entry, guild_id, at, actor_id, action, subject_id, detail)

    async def latest(
        self, guild_id: int, limit: int = 25, wanted: Wanted | None = None, before: int | None = None
    ) -> Sequence[Entry]:
        """List a server's newest entries, or those before an entry, newest first."""
        query = _chosen(guild_id, wanted)
        if before is not None:
            query = query.where(audit.c.entry_id < before)
        return await self._all(query.order_by(audit.c.entry_id.desc()).limit(limit))

    async def after(self, guild_id: int, limit: int, wanted: Wanted | None, after: int) -> Sequence[Entry]:
        """List the entries that follow one, newest first."""
        query = _chosen(guild_id, wanted).where(audit.c.entry_id > after).order_by(audit.c.entry_id)
        return (await self._all(query.limit(limit)))[::-1]

    async def count(self, guild_id: int, wanted: Wanted | None = None) -> int:
        """Count a server's entries."""
        query = _chosen(guild_id, wanted).with_only_columns(sa.func.count(audit.c.entry_id))
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one()

    async def _all(self, query: sa.Select) -> list[Entry]:
        async with self._database.read() as connection:
            return [Entry(*row) for row in await connection.execute(query)]


def write_entry(
    connection: sa.Connection,
    guild_id: int,
    at: datetime,
    actor_id: int | None,
    action: str,
    subject_id: int | None,
    detail: Mapping[str, Any],
) -> None:
    """Append one entry inside the caller's transaction."""
    values = {"guild_id": guild_id, "at": at, "actor_id": actor_id, "action": action}
    connection.execute(sa.insert(audit).values(**values, subject_id=subject_id, detail=dict(detail)))


def _chosen(guild_id: int, wanted: Wanted | None) -> sa.Select:
    names = ("entry_id", "at", "actor_id", "action", "subject_id", "detail")
    query = (
        sa.select(*(audit.c[name] for name in names), messages.c.channel_id)
        .outerjoin(messages, messages.c.message_id == audit.c.subject_id)
        .where(audit.c.guild_id == guild_id)
    )
    if wanted is None:
        return query
    for condition in (_by(wanted.actor), _of(wanted.kind), _about(wanted.subject_id)):
        query = query if condition is None else query.where(condition)
    return query if wanted.since is None else query.where(audit.c.at >= wanted.since)


def _by(actor: str | None) -> sa.ColumnElement[bool] | None:
    if actor == "moderator":
        return audit.c.actor_id.is_not(None)
    own = audit.c.action.in_(BY_MEMBERS) if actor == "member" else audit.c.action.not_in(BY_MEMBERS)
    return None if actor is None else sa.and_(audit.c.actor_id.is_(None), own)


def _of(kind: str | None) -> sa.ColumnElement[bool] | None:
    if kind == SETTINGS:
        return audit.c.action.not_in(frozenset.union(*ACTIONS.values()))
    return None if kind is None else audit.c.action.in_(ACTIONS[kind])


def _about(subject_id: int | None) -> sa.ColumnElement[bool] | None:
    """Choose what is about a message, or about a channel with its threads and their messages."""
    if subject_id is None:
        return None
    there = sa.or_(messages.c.channel_id == subject_id, messages.c.watched_id == subject_id)
    return sa.or_(
        audit.c.subject_id == subject_id,
        audit.c.subject_id.in_(sa.select(messages.c.message_id).where(there)),
    )
