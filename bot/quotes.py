"""Texts of messages, fetched from Discord when they are needed and kept in memory for minutes only."""

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol

import discord
from aiolimiter import AsyncLimiter

from bot.posts import is_readable, to_post
from bot.records import Post
from bot.resources import Clock

KEEP = timedelta(minutes=15)
ROOM = 20_000  # posts in memory at most
BACKGROUND = 10  # messages fetched in a second for what nobody waits for; Discord allows fifty requests in all
SPARE = 3  # of them for what can wait for minutes

OptedOut = Callable[[int, int], Awaitable[bool]]

log = logging.getLogger(__name__)


class Texts(Protocol):
    """Give posts by id; the pipeline needs no more of Discord than this."""

    def remember(self, post: Post) -> None: ...

    def forget(self, message_id: int) -> None: ...

    async def get(self, channel_id: int, message_id: int) -> Post | None: ...


class Quotes:
    """Give posts by id: from memory for at most fifteen minutes, else from Discord.

    What members write who have opted out is never given; `opted_out` says so for a server and an author.
    """

    def __init__(self, client: discord.Client, clock: Clock, opted_out: OptedOut) -> None:
        self._client = client
        self._clock = clock
        self._opted_out = opted_out
        self._posts: OrderedDict[int, tuple[datetime, Post]] = OrderedDict()
        self._starters: OrderedDict[int, int] = OrderedDict()

    def remember(self, post: Post) -> None:
        """Keep a post that has just come in."""
        self.drop_old()
        self._posts.pop(post.id, None)
        self._posts[post.id] = (self._clock(), post)
        while len(self._posts) > ROOM:
            self._posts.popitem(last=False)

    def forget(self, message_id: int) -> None:
        """Drop a post that was edited or deleted."""
        self._posts.pop(message_id, None)

    def forget_author(self, guild_id: int, author_id: int) -> None:
        """Drop all that a member has written in a server."""
        for message_id, (_, post) in list(self._posts.items()):
            if post.guild_id == guild_id and post.author_id == author_id:
                self.forget(message_id)

    def drop_old(self) -> None:
        """Drop posts whose minutes are over, so that no text lingers in memory."""
        now = self._clock()
        # What is of the future came before the clock was put back.
        while self._posts and not now - KEEP <= next(iter(self._posts.values()))[0] <= now:
            self._posts.popitem(last=False)

    def holds(self, message_id: int) -> bool:
        """Say whether a post is in memory."""
        self.drop_old()
        return message_id in self._posts

    async def get(self, channel_id: int, message_id: int) -> Post | None:
        """Give a post, or None when it is deleted or may not be read."""
        self.drop_old()
        found = self._posts.get(message_id)
        if found is not None:
            return found[1]
        message = await self.fetch(channel_id, message_id)
        if message is None or not is_readable(message):
            return None
        post = to_post(message)
        if await self._opted_out(post.guild_id, post.author_id):
            return None
        self.remember(post)
        return post

    async def fetch(self, channel_id: int, message_id: int) -> discord.Message | None:
        """Fetch a message from Discord, or None when it is deleted or may not be read."""
        channel = await self.channel(channel_id)
        if channel is None:
            return None
        try:
            return await channel.fetch_message(message_id)
        except (discord.NotFound, discord.Forbidden):
            log.debug("message %s in %s cannot be read", message_id, channel_id)
            return None

    async def is_gone(self, channel_id: int, message_id: int) -> bool:
        """Say whether a message is deleted, rather than out of reach."""
        channel = await self.channel(channel_id)
        if channel is None:
            return False
        try:
            await channel.fetch_message(message_id)
        except discord.NotFound:
            return True
        except discord.Forbidden:
            return False
        return False

    async def channel(self, channel_id: int) -> discord.abc.Messageable | None:
        """Give a channel or thread that messages can be read from, archived threads included."""
        channel = await self.find(channel_id)
        return channel if isinstance(channel, discord.abc.Messageable) else None

    async def find(self, channel_id: int) -> discord.abc.GuildChannel | discord.Thread | None:
        """Give a channel, forum or thread of a server, or None when it is gone or hidden."""
        channel = self._client.get_channel(channel_id)
        if channel is None:
            try:
                channel = await self._client.fetch_channel(channel_id)
            except (discord.NotFound, discord.Forbidden):
                return None
        return None if isinstance(channel, discord.abc.PrivateChannel) else channel

    async def is_deleted(self, channel_id: int) -> bool:
        """Say whether a channel or thread is deleted, rather than out of reach."""
        try:
            await self._client.fetch_channel(channel_id)
        except discord.NotFound:
            return True
        except discord.Forbidden:
            return False
        return False

    async def starter(self, thread_id: int) -> int | None:
        """Give the id of a thread's starter: the message that it was made from, else its first."""
        if thread_id in self._starters:
            return self._starters[thread_id]
        thread = await self.channel(thread_id)
        if not isinstance(thread, discord.Thread):
            return None
        starter = await self._first(thread)
        if starter is not None:
            self._starters[thread_id] = starter
            if len(self._starters) > ROOM:
                self._starters.popitem(last=False)
        return starter

    async def _first(self, thread: discord.Thread) -> int | None:
        in_forum = isinstance(thread.parent, discord.ForumChannel)
        if not in_forum and await self.fetch(thread.parent_id, thread.id) is not None:
            return thread.id
        try:
            nearest = [message.id async for message in thread.history(limit=1, around=discord.Object(thread.id))]
        except discord.Forbidden:
            return None
        return nearest[0] if nearest else None


class Budget:
    """Say whether a text may be fetched now for what nobody waits for; one that is in memory costs nothing."""

    def __init__(self, quotes: Quotes) -> None:
        self._quotes = quotes
        self._limiter = AsyncLimiter(BACKGROUND, 1)
        self._spare = AsyncLimiter(SPARE, 1)

    async def covers(self, message_id: int) -> bool:
        """Spend on a text, unless the budget is spent already."""
        if self._quotes.holds(message_id):
            return True
        if not self._limiter.has_capacity():
            return False
        await self._limiter.acquire()
        return True

    async def spare(self) -> None:
        """Wait until a request can be spared for what can wait; most of the budget is left for the others."""
        await self._spare.acquire()
        await self._limiter.acquire()
