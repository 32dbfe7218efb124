"""Digests that the bot posts by itself: when a server wants them, which story has one, and what it has condensed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from bot.digest_plan import Plan, Talk
from bot.records import Kind
from bot.store.database import Database
from bot.store.schema import digest_plans, messages, story_digests


@dataclass(frozen=True, slots=True)
class StoryDigest:
    """Hold a story's digest: where it is posted, if it is; `again` is set unless the row was written just now."""

    id: int
    guild_id: int
    channel_id: int
    conversation_id: int
    posted_id: int | None
    closed: bool
    again: bool = True


class StoryDigests:
    """Keep the plans of servers and one digest for a story."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def plan(self, guild_id: int) -> Plan | None:
        """Give what a server wants; None when it wants no digests by themselves."""
        return next((plan for plan in await self.plans() if plan.guild_id == guild_id), None)

    async def plans(self) -> Sequence[Plan]:
        """List what servers want."""
        async with self._database.read() as connection:
            return [_plan(row) for row in await connection.execute(sa.select(digest_plans))]

    async def set_plan(self, plan: Plan) -> None:
        """Write what a server wants, in place of what it wanted before."""
        values: dict[str, Any] = {
            "replies": plan.replies,
            "rest_minutes": None if plan.rest is None else round(plan.rest / timedelta(minutes=1)),
            "hour": plan.hour,
            "since": plan.since,
        }
        statement = insert(digest_plans).values(guild_id=plan.guild_id, **values)
        async with self._database.write() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=["guild_id"], set_=values))

    async def drop_plan(self, guild_id: int) -> bool:
        """Make no more digests in a server by themselves; say whether any were made."""
        async with self._database.write() as connection:
            statement = sa.delete(digest_plans).where(digest_plans.c.guild_id == guild_id)
            return (await connection.execute(statement)).rowcount == 1

    async def talks(self, guild_id: int, after: int, until: datetime) -> Sequence[Talk]:
        """List the stories of a server that were answered after a message id and whose digest is not closed.

        Replies count that were written up to `until`.
        """
        told, story = story_digests, messages.alias("story")
        answered = sa.and_(
            messages.c.guild_id == guild_id, messages.c.kind == Kind.REPLY, messages.c.created_at <= until
        )
        lately = sa.select(messages.c.conversation_id).where(answered, messages.c.message_id > after).distinct()
        query = (
            sa.select(
                story.c.guild_id,
                story.c.channel_id,
                story.c.message_id,
                sa.func.count(),
                sa.func.max(messages.c.message_id),
                sa.func.max(messages.c.created_at),
                sa.func.coalesce(told.c.latest_id, 0),
            )
            .join(story, story.c.message_id == messages.c.conversation_id)
            .outerjoin(told, told.c.conversation_id == messages.c.conversation_id)
            .where(answered, messages.c.conversation_id.in_(lately), ~sa.func.coalesce(told.c.closed, sa.false()))
            .group_by(messages.c.conversation_id)
            .order_by(messages.c.conversation_id)
        )
        async with self._database.read() as connection:
            return [Talk(*row) for row in await connection.execute(query)]

    async def begin(self, talk: Talk) -> StoryDigest:
        """Write the row of a story's digest before anything is posted, or give the one that is there."""
        chosen = story_digests.c.conversation_id == talk.conversation_id
        statement = insert(story_digests).values(
            guild_id=talk.guild_id, channel_id=talk.channel_id, conversation_id=talk.conversation_id
        )
        async with self._database.write() as connection:
            fresh = (await connection.execute(statement.on_conflict_do_nothing())).rowcount == 1
            row = (await connection.execute(sa.select(story_digests).where(chosen))).one()
        return _digest(row, again=not fresh)

    async def get(self, digest_id: int) -> StoryDigest | None:
        """Give a story's digest."""
        query = sa.select(story_digests).where(story_digests.c.digest_id == digest_id)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _digest(row, again=True)

    async def posted(self, digest_id: int, posted_id: int) -> None:
        """Remember where a digest stands."""
        await self._change(digest_id, posted_id=posted_id)

    async def told(self, digest_id: int, latest_id: int) -> None:
        """Remember up to which reply a story has been condensed."""
        await self._change(digest_id, latest_id=latest_id)

    async def _change(self, digest_id: int, **values: Any) -> None:
        statement = sa.update(story_digests).where(story_digests.c.digest_id == digest_id).values(**values)
        async with self._database.write() as connection:
            await connection.execute(statement)


def _plan(row: sa.Row) -> Plan:
    rest = None if row.rest_minutes is None else timedelta(minutes=row.rest_minutes)
    return Plan(row.guild_id, row.replies, rest, row.hour, row.since)


def _digest(row: sa.Row, *, again: bool) -> StoryDigest:
    place = (row.guild_id, row.channel_id, row.conversation_id)
    return StoryDigest(row.digest_id, *place, row.posted_id, row.closed, again)
