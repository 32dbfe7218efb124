"""Rows for the tests of the store: posts, readings, flags, claims and cards, with as little said as possible."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from bot.records import Card, Claim, Flag, Kind, MatchState, Occurrence, Placement, Post
from bot.store import Store
from bot.store.outcomes import Recorded, Result
from models.labels import LABELS, MARKS
from models.reader import Reading

GUILD = 900
CHANNEL = 800
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def post(message_id: int, *, author: int = 7, guild: int = GUILD, channel: int = CHANNEL, **more: Any) -> Post:
    """Make a post, sent `message_id` seconds after `NOW`."""
    at = more.pop("created_at", NOW + timedelta(seconds=message_id))
    return Post(
        id=message_id,
        guild_id=guild,
        channel_id=channel,
        watched_id=more.pop("watched", channel),
        author_id=author,
        created_at=at,
        text=more.pop("text", "words"),
        **more,
    )


def reading(label: str = "none") -> Reading:
    """Make a reading that is sure of a label."""
    scores = {name: 0.9 if name == label else 0.025 for name in LABELS}
    return Reading(label, scores, {mark: 0.9 if mark == label else 0.1 for mark in MARKS}, 0.1)


def flag(of: Post, label: str = "partisan") -> Flag:
    """Make a flag for a post."""
    return Flag(0, of.guild_id, of.channel_id, of.id, 1, label, 0.9, of.created_at)


def vector(seed: int) -> np.ndarray:
    """Make a unit vector."""
    made = np.random.default_rng(seed).normal(size=384).astype(np.float32)
    return made / np.linalg.norm(made)


def claim(of: Post, *, conversation: int | None = None, urls: tuple[str, ...] = ()) -> Claim:
    """Make the claim of a post."""
    return Claim(of.guild_id, of.channel_id, of.id, conversation or of.id, of.created_at, vector(of.id), urls=urls)


def card(of: Post, *earlier: Post, state: str = "pending") -> Card:
    """Make a card for a post that shows earlier ones."""
    shown = tuple(
        Occurrence(each.id, each.channel_id, each.id, each.created_at, 0.9, MatchState.CONFIRMED) for each in earlier
    )
    return Card(0, of.guild_id, of.channel_id, of.id, of.id, shown, of.created_at, state)


async def take(
    store: Store, of: Post, label: str | None = "none", *, story: int = 1, now: datetime | None = None, **result: Any
) -> Recorded | None:
    """Keep a post and record what it comes to; as a reply under `story`, unless it is the story itself."""
    await store.messages.keep(of)
    kind = Kind.STORY if of.id == story else Kind.REPLY
    placement = result.pop("placement", Placement(kind, story))
    made = Result(of, placement, reading(label) if label else None, **result)
    return await store.outcomes.record(made, "reader", "embedder", now or of.created_at)
