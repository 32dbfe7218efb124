"""Which public digests cite which messages, so that a deleted quote can be taken out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from bot.store.database import Database
from bot.store.schema import digest_citations, digests, story_digests
from bot.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Source:
    """Point at a cited message."""

    channel_id: int
    author_id: int


@dataclass(frozen=True, slots=True)
class Posted:
    """Point at a public digest."""

    posted_id: int
    channel_id: int


class Digests:
    """Keep the citations of public digests."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def add(
        self, guild_id: int, channel_id: int, posted_id: int, cited: Mapping[int, Source], now: datetime
    ) -> None:
        """Remember a public digest and what it cites, by message id, in place of what it cited before."""
        row = {"posted_id": posted_id, "guild_id": guild_id, "channel_id": channel_id, "created_at": now}
        rows = [
            {
                "posted_id": posted_id,
                "message_id": message_id,
                "author_key": self._vault.author_key(guild_id, source.author_id),
                "channel_id": source.channel_id,
            }
            for message_id, source in cited.items()
        ]
        async with self._database.write() as connection:
            await connection.execute(insert(digests).values(**row).on_conflict_do_nothing())
            await connection.execute(sa.delete(digest_citations).where(digest_citations.c.posted_id == posted_id))
            if rows:
                await connection.execute(sa.insert(digest_citations), rows)

    async def cites(self, posted_id: int) -> set[int] | None:
        """Give the messages that a digest cites and that are not forgotten; None when it is no digest of ours."""
        query = (
            sa.select(digest_citations.c.message_id)
            .select_from(digests)
            .outerjoin(digest_citations, digest_citations.c.posted_id == digests.c.posted_id)
            .where(digests.c.posted_id == posted_id)
        )
        async with self._database.read() as connection:
            found = list((await connection.execute(query)).scalars())
        return {message_id for message_id in found if message_id is not None} if found else None

    async def citing(self, message_id: int) -> Sequence[Posted]:
        """List the digests that cite a message."""
        query = (
            sa.select(digests.c.posted_id, digests.c.channel_id)
            .join(digest_citations, digest_citations.c.posted_id == digests.c.posted_id)
            .where(digest_citations.c.message_id == message_id)
        )
        async with self._database.read() as connection:
            return [Posted(row.posted_id, row.channel_id) for row in await connection.execute(query)]

    async def latest(self, limit: int) -> Sequence[Posted]:
        """List the newest digests, newest first."""
        query = sa.select(digests.c.posted_id, digests.c.channel_id).order_by(digests.c.posted_id.desc()).limit(limit)
        async with self._database.read() as connection:
            return [Posted(row.posted_id, row.channel_id) for row in await connection.execute(query)]

    async def cited_in(self, channel_id: int) -> Sequence[int]:
        """List the messages of a channel or thread that digests cite."""
        query = sa.select(digest_citations.c.message_id).where(digest_citations.c.channel_id == channel_id).distinct()
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def forget(self, posted_ids: Sequence[int]) -> None:
        """Forget digests whose messages are gone; most messages that go are none. A story gets no second one."""
        chosen, own = digests.c.posted_id.in_(posted_ids), story_digests.c.posted_id.in_(posted_ids)
        there = sa.union(sa.select(digests.c.posted_id).where(chosen), sa.select(story_digests.c.posted_id).where(own))
        async with self._database.read() as connection:
            if (await connection.execute(there)).first() is None:
                return
        async with self._database.write() as connection:
            await connection.execute(sa.delete(digests).where(chosen))
            await connection.execute(sa.update(story_digests).where(own).values(closed=True))
