"""Rows of messages without text, and their readings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.records import Kind, Placement, Post
from bot.store.database import Database
from bot.store.leftovers import Public, leave
from bot.store.schema import (
    audit,
    card_occurrences,
    cards,
    digest_citations,
    flags,
    messages,
    opt_outs,
    readings,
    story_digests,
)
from bot.store.schema import tallies as old_tallies
from bot.store.vault import Vault
from models.labels import LABELS, MARKS
from models.reader import Reading

WITHOUT_AUTHOR = [column for column in messages.c if column.name != "author_key"]
CHUNK = 500  # ids in one statement, well below SQLite's limit of bound parameters


@dataclass(frozen=True, slots=True)
class Kept:
    """Hold the row of a message: where it lies and where it belongs."""

    message_id: int
    guild_id: int
    channel_id: int
    watched_id: int
    created_at: datetime
    placement: Placement | None
    read: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """Hold a channel's story as it stood: the time of the last message under it, and how many there were."""

    story_id: int
    last_at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Hold what was deleted at once: the messages, and the bot's own messages that showed them."""

    message_ids: tuple[int, ...]
    shown: tuple[Public, ...]


class Messages:
    """Keep, place, read and forget messages."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def keep(self, post: Post) -> bool:
        """Write the post's row; say whether it has to be read (new, edited since, or left unread).

        A member who has opted out is not kept at all.
        """
        key = self._vault.author_key(post.guild_id, post.author_id)
        return await self._database.change(partial(_keep, post, key))

    async def reopen(self, message_id: int, edited_at: datetime | None = None) -> None:
        """Mark a message as unread, because something beside its own text changed (a late embed).

        One that was edited at another time than `edited_at` is left as it is: its text changed.
        """
        same = sa.and_(messages.c.message_id == message_id, messages.c.edited_at.is_not_distinct_from(edited_at))
        async with self._database.write() as connection:
            await connection.execute(sa.update(messages).where(same).values(read=sa.false()))

    async def get(self, message_id: int) -> Kept | None:
        """Give the row of a message, if it is kept."""
        return await self._database.look(partial(_get, message_id))

    async def among(self, message_ids: Sequence[int]) -> Mapping[int, Kept]:
        """Give the rows of those of some messages that are kept, by id."""
        found: dict[int, Kept] = {}
        async with self._database.read() as connection:
            for start in range(0, len(message_ids), CHUNK):
                chosen = messages.c.message_id.in_(message_ids[start : start + CHUNK])
                for row in await connection.execute(sa.select(*WITHOUT_AUTHOR).where(chosen)):
                    found[row.message_id] = _kept(row)
        return found

    async def latest_story(self, channel_id: int) -> int | None:
        """Give the newest story of a channel."""
        query = sa.select(sa.func.max(messages.c.message_id)).where(
            messages.c.channel_id == channel_id, messages.c.kind == Kind.STORY
        )
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one()

    async def standing(self, channel_id: int, before: int) -> Standing | None:
        """Give the story that was a channel's newest before a message, and how its discussion stood then."""
        here = sa.and_(messages.c.channel_id == channel_id, messages.c.message_id < before)
        newest = sa.select(sa.func.max(messages.c.message_id)).where(here, messages.c.kind == Kind.STORY)
        under = sa.select(sa.func.max(messages.c.created_at).label("last_at"), sa.func.count().label("size"))
        async with self._database.read() as connection:
            story_id = (await connection.execute(newest)).scalar_one()
            if story_id is None:
                return None
            row = (await connection.execute(under.where(here, messages.c.conversation_id == story_id))).one()
        return Standing(story_id, row.last_at, row.size - 1)

    async def unread(self, limit: int, after: int = 0) -> Sequence[Kept]:
        """List kept messages after an id that have no current reading, oldest first."""
        waiting = sa.and_(~messages.c.read, messages.c.message_id > after)
        query = sa.select(*WITHOUT_AUTHOR).where(waiting).order_by(messages.c.message_id).limit(limit)
        async with self._database.read() as connection:
            return [_kept(row) for row in await connection.execute(query)]

    async def between(self, channel_id: int, first: int, last: int) -> Mapping[int, datetime | None]:
        """Give the kept messages of a channel from one id to another, with the time of their last edit."""
        query = sa.select(messages.c.message_id, messages.c.edited_at).where(
            messages.c.channel_id == channel_id, messages.c.message_id.between(first, last)
        )
        async with self._database.read() as connection:
            return {key: value for key, value in await connection.execute(query)}  # noqa: C416 - rows are no pairs to a type checker

    async def places(self, watched_id: int) -> Sequence[int]:
        """List the channel and the threads of a watched channel of which messages are kept."""
        query = sa.select(messages.c.channel_id).where(messages.c.watched_id == watched_id).distinct()
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def of_conversation(self, conversation_id: int) -> Sequence[int]:
        """List the ids of a conversation's messages, oldest first."""
        query = (
            sa.select(messages.c.message_id)
            .where(messages.c.conversation_id == conversation_id)
            .order_by(messages.c.message_id)
        )
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def in_channel(self, channel_id: int, limit: int = 20_000) -> Sequence[int]:
        """List the ids of a channel's kept messages, newest first, for the sweep over deleted ones."""
        query = (
            sa.select(messages.c.message_id)
            .where(sa.or_(messages.c.channel_id == channel_id, messages.c.watched_id == channel_id))
            .order_by(messages.c.message_id.desc())
            .limit(limit)
        )
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def reading(self, message_id: int) -> Reading | None:
        """Give the current reading of a message."""
        return (await self.readings([message_id])).get(message_id)

    async def readings(self, message_ids: Sequence[int]) -> Mapping[int, Reading]:
        """Give the current readings of some messages, by id."""
        found: dict[int, Reading] = {}
        async with self._database.read() as connection:
            for start in range(0, len(message_ids), CHUNK):
                chosen = readings.c.message_id.in_(message_ids[start : start + CHUNK])
                for row in await connection.execute(sa.select(readings).where(chosen)):
                    found[row.message_id] = Reading(
                        row.label,
                        dict(zip(LABELS, row.scores, strict=True)),
                        dict(zip(MARKS, row.marks, strict=True)),
                        row.claim,
                    )
        return found

    async def tallies(self, conversation_ids: Iterable[int]) -> Mapping[int, Mapping[str, int]]:
        """Count the labels of replies, by conversation: current readings and those that have expired."""
        ids = list(conversation_ids)
        result: dict[int, dict[str, int]] = {i: {} for i in ids}
        if not ids:
            return result
        current = (
            sa.select(messages.c.conversation_id, readings.c.label, sa.func.count().label("size"))
            .join(readings, readings.c.message_id == messages.c.message_id)
            .where(messages.c.conversation_id.in_(ids), messages.c.kind == Kind.REPLY)
            .group_by(messages.c.conversation_id, readings.c.label)
        )
        expired = sa.select(old_tallies.c.conversation_id, old_tallies.c.label, old_tallies.c.count).where(
            old_tallies.c.conversation_id.in_(ids)
        )
        async with self._database.read() as connection:
            for query in (current, expired):
                for conversation_id, label, count in await connection.execute(query):
                    tally = result[conversation_id]
                    tally[label] = tally.get(label, 0) + count
        return result

    async def forget(self, message_ids: Sequence[int]) -> Sequence[Public]:
        """Delete all that is kept of messages; give the bot's own messages that showed them."""
        async with self._database.write() as connection:
            return (await forget_all(connection, message_ids)).shown


async def forget_all(connection: AsyncConnection, ids: Sequence[int]) -> Forgotten:
    """Delete any number of messages inside the caller's transaction."""
    shown: list[Public] = []
    for start in range(0, len(ids), CHUNK):
        shown += await forget_messages(connection, ids[start : start + CHUNK])
    return Forgotten(tuple(ids), tuple(dict.fromkeys(shown)))


async def forget_messages(connection: AsyncConnection, ids: Sequence[int]) -> list[Public]:
    """Delete messages with all that hangs on them inside the caller's transaction."""
    shown = await leave(connection, ids)
    await connection.execute(sa.delete(flags).where(flags.c.message_id.in_(ids)))
    await connection.execute(sa.delete(cards).where(cards.c.message_id.in_(ids)))
    await connection.execute(sa.delete(card_occurrences).where(card_occurrences.c.message_id.in_(ids)))
    await connection.execute(sa.delete(digest_citations).where(digest_citations.c.message_id.in_(ids)))
    await connection.execute(sa.delete(story_digests).where(story_digests.c.conversation_id.in_(ids)))
    await connection.execute(sa.update(audit).where(audit.c.subject_id.in_(ids)).values(subject_id=None))
    await connection.execute(sa.delete(messages).where(messages.c.message_id.in_(ids)))
    return shown


def _keep(post: Post, key: bytes, connection: sa.Connection) -> bool:
    if connection.execute(_opted_out(), {"guild": post.guild_id, "key": key}).first() is not None:
        return False
    values = {
        "message_id": post.id,
        "guild_id": post.guild_id,
        "channel_id": post.channel_id,
        "watched_id": post.watched_id,
        "author_key": key,
        "created_at": post.created_at,
        "edited_at": post.edited_at,
    }
    return not connection.execute(_keeping(), values).scalar_one()


def _get(message_id: int, connection: sa.Connection) -> Kept | None:
    row = connection.execute(_getting(), {"message": message_id}).one_or_none()
    return None if row is None else _kept(row)


# Statements that run for every message are built once: building one costs more than running it.


@cache
def _opted_out() -> sa.Select:
    author = sa.and_(opt_outs.c.guild_id == sa.bindparam("guild"), opt_outs.c.author_key == sa.bindparam("key"))
    return sa.select(opt_outs).where(author)


@cache
def _getting() -> sa.Select:
    return sa.select(*WITHOUT_AUTHOR).where(messages.c.message_id == sa.bindparam("message"))


@cache
def _keeping() -> sa.Executable:
    """Write a post's row and give whether it is read already, in one statement."""
    statement = insert(messages)
    # Replays come out of order: only a later edit than the one that is kept counts.
    edit = statement.excluded.edited_at
    later = sa.and_(edit.is_not(None), sa.or_(messages.c.edited_at.is_(None), edit > messages.c.edited_at))
    changes = {
        "edited_at": sa.case((later, edit), else_=messages.c.edited_at),
        "read": sa.case((later, sa.false()), else_=messages.c.read),
    }
    return statement.on_conflict_do_update(index_elements=["message_id"], set_=changes).returning(messages.c.read)


def _kept(row: sa.Row) -> Kept:
    placement = None if row.kind is None else Placement(Kind(row.kind), row.conversation_id, row.parent_id)
    return Kept(row.message_id, row.guild_id, row.channel_id, row.watched_id, row.created_at, placement, row.read)
