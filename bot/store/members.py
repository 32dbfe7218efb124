"""What is kept of one member, found through their keyed hash and nothing else: see, erase, opt out.

Elsewhere `author_key` is only written (messages.py, cards.py, digests.py), and asked for once: to refuse members who
have opted out (messages.py). A test holds the code to that.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database
from bot.store.messages import Forgotten, forget_all
from bot.store.schema import (
    card_occurrences,
    card_ratings,
    cards,
    claims,
    digest_citations,
    digests,
    flags,
    messages,
    opt_outs,
    readings,
    samples,
)
from bot.store.vault import Vault
from models.labels import LABELS, MARKS


class Members:
    """Answer a member's questions about their own data."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def export(self, guild_id: int, user_id: int) -> dict[str, Any]:
        """Collect all that is kept of a member in a server, ready for JSON."""
        key = self._vault.author_key(guild_id, user_id)
        own = sa.and_(messages.c.guild_id == guild_id, messages.c.author_key == key)
        query = (
            sa.select(messages, readings, claims.c.message_id.label("claim_id"), flags.c.flag_id)
            .add_columns(flags.c.label.label("flag_label"), flags.c.state.label("flag_state"), flags.c.verdict)
            .add_columns(samples.c.drawn_at, samples.c.verdict.label("sample_verdict"))
            .outerjoin(readings, readings.c.message_id == messages.c.message_id)
            .outerjoin(claims, claims.c.message_id == messages.c.message_id)
            .outerjoin(flags, flags.c.message_id == messages.c.message_id)
            .outerjoin(samples, samples.c.message_id == messages.c.message_id)
            .where(own)
            .order_by(messages.c.message_id)
        )
        rated = (
            sa.select(card_ratings.c.card_id, card_ratings.c.helpful)
            .join(cards, cards.c.card_id == card_ratings.c.card_id)
            .where(cards.c.guild_id == guild_id, card_ratings.c.author_key == key)
        )
        shown = (
            sa.select(card_occurrences.c.card_id)
            .join(messages, messages.c.message_id == card_occurrences.c.message_id)
            .where(own)
            .distinct()
        )
        citing = (
            sa.select(digests.c.posted_id)
            .join(digest_citations, digest_citations.c.posted_id == digests.c.posted_id)
            .where(digests.c.guild_id == guild_id, digest_citations.c.author_key == key)
            .distinct()
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
            votes = (await connection.execute(rated)).all()
            showing = list((await connection.execute(shown)).scalars())
            cited = list((await connection.execute(citing)).scalars())
        return {
            "opted_out": await self.opted_out(guild_id, user_id),
            "messages": [_exported(row) for row in rows],
            "cards_showing_them": showing,
            "digests_citing_them": [str(posted_id) for posted_id in cited],
            "card_ratings": [{"card": vote.card_id, "helpful": vote.helpful} for vote in votes],
        }

    async def erase(self, guild_id: int, user_id: int) -> Forgotten:
        """Delete all that is kept of a member, but not that they have opted out."""
        key = self._vault.author_key(guild_id, user_id)
        async with self._database.write() as connection:
            forgotten = await forget_all(connection, await _own_messages(connection, guild_id, key))
            of_server = sa.select(cards.c.card_id).where(cards.c.guild_id == guild_id)
            own_votes = sa.and_(card_ratings.c.author_key == key, card_ratings.c.card_id.in_(of_server))
            await connection.execute(sa.delete(card_ratings).where(own_votes))
        return forgotten

    async def opted_out(self, guild_id: int, user_id: int) -> bool:
        """Say whether a member has opted out in a server."""
        return bool(await self.opted_out_of(guild_id, [user_id]))

    async def opted_out_of(self, guild_id: int, user_ids: Iterable[int]) -> set[int]:
        """Give those of some people who have opted out in a server."""
        keys = {self._vault.author_key(guild_id, user_id): user_id for user_id in set(user_ids)}
        query = sa.select(opt_outs.c.author_key).where(opt_outs.c.guild_id == guild_id, opt_outs.c.author_key.in_(keys))
        async with self._database.read() as connection:
            return {keys[key] for key in (await connection.execute(query)).scalars()}

    async def opt_out(self, guild_id: int, user_id: int) -> None:
        """Keep nothing of a member from now on; only the keyed hash that says so is kept."""
        key = self._vault.author_key(guild_id, user_id)
        async with self._database.write() as connection:
            await connection.execute(
                insert(opt_outs).values(guild_id=guild_id, author_key=key).on_conflict_do_nothing()
            )

    async def opt_in(self, guild_id: int, user_id: int) -> bool:
        """Read a member's messages again from now on; say whether they had opted out."""
        key = self._vault.author_key(guild_id, user_id)
        own = sa.and_(opt_outs.c.guild_id == guild_id, opt_outs.c.author_key == key)
        async with self._database.write() as connection:
            return (await connection.execute(sa.delete(opt_outs).where(own))).rowcount == 1


async def _own_messages(connection: AsyncConnection, guild_id: int, key: bytes) -> list[int]:
    own = sa.and_(messages.c.guild_id == guild_id, messages.c.author_key == key)
    cited = (
        sa.select(digest_citations.c.message_id)
        .join(digests, digests.c.posted_id == digest_citations.c.posted_id)
        .where(digests.c.guild_id == guild_id, digest_citations.c.author_key == key)
    )
    query = sa.union(sa.select(messages.c.message_id).where(own), cited)
    return list((await connection.execute(query)).scalars())


def _exported(row: sa.Row) -> dict[str, Any]:
    exported = {
        "message": str(row.message_id),
        "channel": str(row.channel_id),
        "sent": row.created_at.isoformat(),
        "story": str(row.conversation_id) if row.conversation_id else None,
        "answers": str(row.parent_id) if row.parent_id else None,
        "kind": row.kind,
        "claim_vector_kept": row.claim_id is not None,
    }
    if row.label is not None:
        exported["label"] = row.label
        exported["scores"] = dict(zip(LABELS, row.scores, strict=True))
        exported["marks"] = dict(zip(MARKS, row.marks, strict=True))
        exported["claim_score"] = row.claim
        exported["read"] = row.read_at.isoformat()
        exported["model"] = row.model
    if row.flag_id is not None:
        exported["flag"] = {"label": row.flag_label, "state": row.flag_state, "verdict": row.verdict}
    if row.drawn_at is not None:
        exported["sample"] = {"drawn": row.drawn_at.isoformat(), "verdict": row.sample_verdict}
    return exported
