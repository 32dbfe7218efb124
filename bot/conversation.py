"""Which story and parent a message belongs to.

The rules, in order: a thread's or forum post's starter is the story of all that stands under it; a link, a
webhook's, bot's or forwarded message is a story; a reply belongs to its parent's conversation; a loose message
belongs to the channel's current story, which ends after two hours of silence or fifty messages; else it is chat,
unless the reader finds that it reports an event (policy.py): then it is a story too.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.records import Kind, Placement, Post
from bot.store.messages import Kept, Standing

SILENCE = timedelta(hours=2)
LENGTH = 50
CHANNELS = 10_000  # current stories kept in memory
PLACED = 2_000  # placements kept in memory: a reply may come before what is recorded of its parent

HOPS = 10  # how far a reply chain from before the watch is followed


class Lookup(Protocol):
    """Find what a message's own fields do not say."""

    async def kept(self, message_id: int) -> Kept | None:
        """Give the row of a message, if it is kept."""
        ...

    async def fetched(self, channel_id: int, message_id: int) -> Post | None:
        """Give a message from memory or Discord, or None when it is gone."""
        ...

    async def starter(self, thread_id: int) -> int | None:
        """Give the id of a thread's starter message."""
        ...

    async def standing(self, channel_id: int, before: int) -> Standing | None:
        """Give the story that was a channel's newest before a message, from what was kept before the start."""
        ...


@dataclass(slots=True)
class Current:
    """Hold a channel's current story while messages come in."""

    story_id: int
    last_at: datetime
    count: int = 0

    def lasts(self, at: datetime) -> bool:
        """Say whether a message at `at` still belongs to it."""
        return self.count < LENGTH and at - self.last_at <= SILENCE

    def count_in(self, post: Post) -> None:
        """Count a message that belongs to it."""
        self.count += 1
        self.last_at = max(self.last_at, post.created_at)


def is_story(post: Post) -> bool:
    """Say whether a post opens a conversation by itself: a starter, a shared link, or news from a machine."""
    if post.is_starter:
        return True
    if post.reply_to is not None or post.in_thread:
        return False
    return bool(post.links) or post.forwarded or not post.by_person


class Conversations:
    """Place posts: memory first, then the store, then Discord."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._current: OrderedDict[int, Current] = OrderedDict()
        self._placed: OrderedDict[int, int | None] = OrderedDict()
        self._remembered: set[int] = set()

    async def place(self, post: Post) -> Placement:
        """Say which conversation a post belongs to."""
        placement = await self._place(post)
        self._placed[post.id] = placement.conversation_id
        while len(self._placed) > PLACED:
            self._placed.popitem(last=False)
        return placement

    async def _place(self, post: Post) -> Placement:
        if is_story(post):
            self.open(post)
            return Placement(Kind.STORY, post.id)
        if post.in_thread:
            starter = await self._lookup.starter(post.channel_id)
            if starter == post.id:
                return Placement(Kind.STORY, post.id)
            return Placement(Kind.REPLY, starter or post.channel_id, post.reply_to)
        if post.reply_to is not None:
            return await self._answer(post, post.reply_to)
        return await self._loose(post)

    def open(self, post: Post) -> None:
        """Make a post the current story of its channel, unless a newer one is."""
        current = self._current.get(post.channel_id)
        if post.in_thread or (current is not None and current.story_id >= post.id):
            return
        self._current[post.channel_id] = Current(post.id, post.created_at)
        self._current.move_to_end(post.channel_id)
        while len(self._current) > CHANNELS:
            self._current.popitem(last=False)

    def forget(self, message_id: int) -> None:
        """End the story of a deleted message."""
        self._placed.pop(message_id, None)
        for channel_id in [c for c, current in self._current.items() if current.story_id == message_id]:
            del self._current[channel_id]

    async def _answer(self, post: Post, parent_id: int) -> Placement:
        story_id = await self._story_above(post.channel_id, parent_id)
        if story_id is None:
            return Placement(Kind.CHAT, None, parent_id)
        current = self._current.get(post.channel_id)
        if current is not None and current.story_id == story_id:
            current.count_in(post)
        return Placement(Kind.REPLY, story_id, parent_id)

    async def _story_above(self, channel_id: int, message_id: int) -> int | None:
        above: int | None = message_id
        for _ in range(HOPS):
            if above is None:
                return None
            kept = await self._lookup.kept(above)
            if kept is not None and kept.placement is not None:
                return kept.placement.conversation_id
            if above in self._placed:
                return self._placed[above]
            parent = await self._lookup.fetched(channel_id, above)
            if parent is None:
                return None
            if is_story(parent):
                return parent.id
            above = parent.reply_to
        return None

    async def _loose(self, post: Post) -> Placement:
        await self._remember(post)
        current = self._current.get(post.channel_id)
        if current is None or not current.lasts(post.created_at):
            return Placement(Kind.CHAT, None, loose=True)
        current.count_in(post)
        return Placement(Kind.REPLY, current.story_id, loose=True)

    async def _remember(self, post: Post) -> None:
        """Take up, at a channel's first loose message since the start, the story that it may belong to."""
        if post.channel_id in self._remembered:
            return
        standing = await self._lookup.standing(post.channel_id, post.id)
        if standing is not None and post.channel_id not in self._current:
            self._current[post.channel_id] = Current(standing.story_id, standing.last_at, standing.count)
        self._remembered.add(post.channel_id)
