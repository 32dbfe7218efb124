"""The single gate: which messages are taken, and what is announced when one is taken or forgotten."""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
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

AT_ONCE = 32  # live messages of one server under way: as many as one batch holds
Announce = Callable[..., None]
Change = Callable[[], Awaitable[object]]
DISCORD = (discord.HTTPException, aiohttp.ClientError, OSError)  # what asking it may raise
PASSING = (ReadingPaused, StoreError, *DISCORD)

ROOM = 2_000  # messages of one server on their way at once; in a flood, what is more is read from the history later

log = logging.getLogger(__name__)


class TooMany(Exception):
    """Leave a message to be read later: too many are on their way."""


class Intake:
    """Take messages of watched channels through the pipeline and announce what became of them.

    `outcome` (an `Outcome`) and `forgotten` (a list of `Public`) are the events that cogs listen to. A message that
    cannot be read now is left for later: `unfinished`, an event too, says so, and `left` counts how often. `paused` is
    since when the models or the database fail, and `why` says which.
    """

    def __init__(self, pipeline: Pipeline, quotes: Quotes, announce: Announce, resources: Resources) -> None:
        self.channels: set[int] = set()
        self.own_id: int | None = None
        self.paused: datetime | None = None
        self.why = ""
        self.unfinished = False
        self.left = 0
        self._owed: list[Change] = []
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
        except Exception as error:  # a fault of ours holds up no other message
            log.exception("message %s cannot be read", post.id)
            self._wait(error)
            return None
        finally:
            self._lines[post.guild_id] -= 1
            self._busy[post.id] -= 1
            if not self._busy[post.id]:
                del self._busy[post.id]
        if outcome is not None:
            self.go_on()
            if past is None:
                self._took(perf_counter() - began)
            self._announce("outcome", outcome)
        return outcome

    async def delete(self, guild_id: int | None, message_ids: Iterable[int]) -> None:
        """Forget messages that were deleted on Discord, those that are still on their way included."""
        ids = list(message_ids)
        self._pipeline.bury(ids)
        await self._surely(partial(self.forget, guild_id, ids))

    async def take_again(self, message: discord.Message) -> None:
        """Read a message again that may be the same, but for what Discord has found behind its link."""
        await self._surely(partial(self._reopen, message))

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
        self._pipeline.bury_channel(channel_id)
        await self._surely(partial(self._drop, guild_id, channel_id))

    async def make_good(self) -> None:
        """Do what the database has refused at its time; raise `StoreError` when it still does."""
        while self._owed:
            change = self._owed.pop(0)
            try:
                await change()
            except StoreError:
                self._owed.insert(0, change)
                raise

    async def waits_since(self) -> datetime | None:
        """Give the time of the oldest message that is known to wait: kept unread, left out in a flood, or missed."""
        times = [kept.created_at for kept in await self._store.messages.unread(1)]
        gaps = (self._pipeline.missed_since(), await self._store.gaps.newest())
        return min([*times, *(discord.utils.snowflake_time(gap) for gap in gaps if gap is not None)], default=None)

    def go_on(self) -> None:
        """Note that reading works."""
        if self.paused is not None:
            log.info("reading goes on after a pause since %s", self.paused)
            self.paused = None

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

    async def _surely(self, change: Change) -> None:
        """Do what an event asks for; what the database refuses now is done as soon as it lets us."""
        try:
            await change()
        except StoreError as error:
            self._owed.append(change)
            self._wait(error)

    async def _reopen(self, message: discord.Message) -> None:
        await self._store.messages.reopen(message.id, message.edited_at)
        await self.take(message)

    async def _drop(self, guild_id: int, channel_id: int) -> None:
        await self._store.servers.unwatch(channel_id)
        while kept := await self._store.messages.in_channel(channel_id):
            await self.forget(guild_id, kept)

    def _leave(self, message_id: int, error: Exception) -> None:
        if not self.unfinished and not isinstance(error, ReadingPaused | StoreError):
            log.warning("message %s and maybe others wait: %s", message_id, type(error).__name__)
        self._wait(error)

    def _wait(self, error: Exception) -> None:
        if isinstance(error, ReadingPaused | StoreError) and self.paused is None:
            self.paused, self.why = self._clock(), str(error)
            log.error("reading is paused, messages wait: %s", error)
        self.left += 1
        self.unfinished = True
        self._announce("unfinished")
