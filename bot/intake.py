"""The single gate: which messages are taken, and what is announced when one is taken or forgotten."""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from time import perf_counter

import aiohttp
import discord

from bot import citing
from bot.conversation import Conversations
from bot.errors import ReadingPaused, StoreError
from bot.pipeline import Pipeline
from bot.posts import is_readable, to_post
from bot.quotes import Quotes
from bot.records import Outcome, Post
from bot.resources import Resources
from bot.store.messages import Public

AT_ONCE = 32  # live messages of one server under way: as many as the models read at once
Announce = Callable[..., None]
PASSING = (ReadingPaused, StoreError, discord.HTTPException, aiohttp.ClientError, OSError)

ROOM = 2_000  # messages of one server on their way at once; in a flood, what is more is read from the history later

log = logging.getLogger(__name__)


class TooMany(Exception):
    """Leave a message to be read later: too many are on their way."""


class Intake:
    """Take messages of watched channels through the pipeline and announce what became of them.

    `outcome` (an `Outcome`) and `forgotten` (a list of `Public`) are the events that cogs listen to. A message that
    cannot be read now is left for later: `unfinished`, an event too, says so; `paused` is since when the models fail.
    """

    def __init__(self, pipeline: Pipeline, quotes: Quotes, announce: Announce, resources: Resources) -> None:
        self.channels: set[int] = set()
        self.own_id: int | None = None
        self.paused: datetime | None = None
        self.unfinished = False
        self._busy: Counter[int] = Counter()
        self._lines: Counter[int] = Counter()
        self._pipeline = pipeline
        self._quotes = quotes
        self._announce = announce
        self._turns: defaultdict[int, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))
        self._store = resources.store
        self._clock = resources.clock
        self._took = resources.metrics.read_seconds.observe

    def watches(self, channel: object) -> bool:
        """Say whether a channel, or the channel above a thread, is watched."""
        if isinstance(channel, discord.Thread) and channel.parent_id in self.channels:
            return True
        return getattr(channel, "id", None) in self.channels

    def accepts(self, message: discord.Message) -> bool:
        """Say whether a message is read: written by someone else, in a watched channel."""
        return message.author.id != self.own_id and is_readable(message) and self.watches(message.channel)

    def is_busy(self, message_id: int) -> bool:
        """Say whether a message is on its way at this moment."""
        return message_id in self._busy

    async def take(self, message: discord.Message, past: Conversations | None = None) -> Outcome | None:
        """Take a message the whole way; `past` holds the conversations of a backfill.

        One that cannot be read now is left unread, to be taken up again. A flood of messages waits in its own
        server's line, so that it holds up nobody else's.
        """
        post, began = to_post(message), perf_counter()
        if past is None and self._lines[post.guild_id] >= ROOM:
            self._pipeline.miss(post)
            self._leave(post.id, TooMany())
            return None
        self._busy[post.id] += 1
        self._lines[post.guild_id] += 1
        try:
            outcome = await self._accept(post, past)
        except PASSING as error:
            self._leave(post.id, error)
            return None
        finally:
            self._lines[post.guild_id] -= 1
            self._busy[post.id] -= 1
            if not self._busy[post.id]:
                del self._busy[post.id]
        if outcome is not None:
            self._go_on()
            if past is None:
                self._took(perf_counter() - began)
            self._announce("outcome", outcome)
        return outcome

    async def delete(self, guild_id: int | None, message_ids: Iterable[int]) -> None:
        """Forget messages that were deleted on Discord, those that are still on their way included."""
        ids = list(message_ids)
        self._pipeline.bury(ids)
        await self.forget(guild_id, ids)

    async def forget(self, guild_id: int | None, message_ids: Iterable[int]) -> None:
        """Forget messages and have what showed them taken down."""
        ids = list(message_ids)
        if guild_id is None or not ids:
            return
        shown = await self._pipeline.forget(guild_id, ids)
        if shown:
            self._announce("forgotten", shown)

    async def drop(self, guild_id: int, channel_id: int) -> None:
        """Stop watching a channel that was deleted, and forget all that was said in it."""
        self.channels.discard(channel_id)
        await self._store.servers.unwatch(channel_id)
        while kept := await self._store.messages.in_channel(channel_id):
            await self.forget(guild_id, kept)

    def announce_left(self, shown: Sequence[Public]) -> None:
        """Announce again what a crash kept from being taken down."""
        if shown:
            self._announce("forgotten", shown)

    async def _accept(self, post: Post, past: Conversations | None) -> Outcome | None:
        may_cite = citing.for_channel(self._quotes, post.channel_id)
        if past is not None:
            return await self._pipeline.accept(post, may_cite, past=past)
        async with self._turns[post.guild_id]:
            return await self._pipeline.accept(post, may_cite)

    def _leave(self, message_id: int, error: Exception) -> None:
        if isinstance(error, ReadingPaused) and self.paused is None:
            self.paused = self._clock()
            log.error("reading is paused, messages wait: %s", error)
        elif not self.unfinished:
            log.warning("message %s and maybe others wait: %s", message_id, type(error).__name__)
        self.unfinished = True
        self._announce("unfinished")

    def _go_on(self) -> None:
        if self.paused is not None:
            log.info("reading goes on after a pause since %s", self.paused)
            self.paused = None
