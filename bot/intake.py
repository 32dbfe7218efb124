"""The single gate: which messages are taken, and what is announced when one is taken or forgotten."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from time import perf_counter

import discord

from bot import citing
from bot.conversation import Conversations
from bot.pipeline import Pipeline
from bot.posts import is_readable, to_post
from bot.quotes import Quotes
from bot.records import Outcome
from bot.store.messages import Public

AT_ONCE = 32  # live messages of one server under way: as many as the models read at once

Announce = Callable[[str, Outcome | Sequence[Public]], None]


class Intake:
    """Take messages of watched channels through the pipeline and announce what became of them.

    `outcome` (an `Outcome`) and `forgotten` (a list of `Public`) are the events that cogs listen to. `took` is told
    how many seconds a new message took.
    """

    def __init__(self, pipeline: Pipeline, quotes: Quotes, announce: Announce, took: Callable[[float], None]) -> None:
        self.channels: set[int] = set()
        self.own_id: int | None = None
        self._pipeline = pipeline
        self._quotes = quotes
        self._announce = announce
        self._took = took
        self._turns: defaultdict[int, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))

    def watches(self, channel: object) -> bool:
        """Say whether a channel, or the channel above a thread, is watched."""
        if isinstance(channel, discord.Thread) and channel.parent_id in self.channels:
            return True
        return getattr(channel, "id", None) in self.channels

    def accepts(self, message: discord.Message) -> bool:
        """Say whether a message is read: written by someone else, in a watched channel."""
        return message.author.id != self.own_id and is_readable(message) and self.watches(message.channel)

    async def take(self, message: discord.Message, past: Conversations | None = None) -> Outcome | None:
        """Take a message the whole way; `past` holds the conversations of a backfill.

        A flood of messages waits in its own server's line, so that it holds up nobody else's.
        """
        began = perf_counter()
        post = to_post(message)
        may_cite = citing.for_channel(self._quotes, post.channel_id)
        if past is not None:
            outcome = await self._pipeline.accept(post, may_cite, past=past)
        else:
            async with self._turns[post.guild_id]:
                outcome = await self._pipeline.accept(post, may_cite)
        if outcome is not None:
            if past is None:
                self._took(perf_counter() - began)
            self._announce("outcome", outcome)
        return outcome

    async def forget(self, guild_id: int | None, message_ids: Iterable[int]) -> None:
        """Forget messages and have what showed them taken down."""
        ids = list(message_ids)
        if guild_id is None or not ids:
            return
        shown = await self._pipeline.forget(guild_id, ids)
        if shown:
            self._announce("forgotten", shown)
