"""Watched channels: every message in, nothing lost; edits and deletions follow."""

import logging
from collections.abc import Iterable

import discord
from discord.ext import commands, tasks

from bot import citing
from bot.client import Hindsight
from bot.posts import is_readable, to_post
from bot.records import Outcome

RECOVERED = 100  # unread rows taken up again at once

log = logging.getLogger(__name__)


class Watch(commands.Cog):
    """Let the messages of watched channels through, once each, and dispatch what became of them.

    `outcome` (an `Outcome`) and `forgotten` (a list of `Public`) are the events that other cogs listen to.
    """

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot
        self.channels: set[int] = set()

    async def cog_load(self) -> None:
        self.channels = {channel_id for _, channel_id in await self.bot.store.servers.watched()}
        self.recover.start()

    async def cog_unload(self) -> None:
        self.recover.cancel()

    def watches(self, channel: object) -> bool:
        """Say whether a channel, or the channel above a thread, is watched."""
        if isinstance(channel, discord.Thread) and channel.parent_id in self.channels:
            return True
        return getattr(channel, "id", None) in self.channels

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Take a new message the whole way."""
        if self._accepts(message):
            await self.take(message)

    @commands.Cog.listener()
    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Read an edited message again; a late embed makes a story's headline."""
        message = payload.message
        if not self._accepts(message):
            return
        self.bot.quotes.forget(message.id)
        if message.edited_at is None and message.embeds:
            await self.bot.store.messages.reopen(message.id)
        await self.take(message)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Forget a deleted message."""
        await self.forget(payload.guild_id, [payload.message_id])

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Forget messages that were deleted together."""
        await self.forget(payload.guild_id, payload.message_ids)

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        """Forget all messages of a deleted thread."""
        await self.forget(payload.guild_id, await self.bot.store.messages.in_channel(payload.thread_id))

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Forget all messages of a deleted channel and stop watching it."""
        self.channels.discard(channel.id)
        await self.bot.store.servers.unwatch(channel.id)
        await self.forget(channel.guild.id, await self.bot.store.messages.in_channel(channel.id))

    async def take(self, message: discord.Message, *, live: bool = True) -> Outcome | None:
        """Take a message through the pipeline and tell the other cogs what became of it."""
        post = to_post(message)
        outcome = await self.bot.pipeline.accept(post, citing.for_channel(self.bot.quotes, post.channel_id), live=live)
        if outcome is not None:
            self.bot.dispatch("outcome", outcome)
        return outcome

    async def forget(self, guild_id: int | None, message_ids: Iterable[int]) -> None:
        """Forget messages and have what showed them taken down."""
        if guild_id is None:
            return
        shown = await self.bot.pipeline.forget(guild_id, list(message_ids))
        if shown:
            self.bot.dispatch("forgotten", shown)

    @tasks.loop(count=1)
    async def recover(self) -> None:
        """Take up rows that a crash or a failing model left unread."""
        await self.bot.wait_until_ready()
        for kept in await self.bot.store.messages.unread(RECOVERED):
            message = await self.bot.quotes.fetch(kept.channel_id, kept.message_id)
            if message is None:
                await self.forget(kept.guild_id, [kept.message_id])
            else:
                await self.take(message, live=False)

    def _accepts(self, message: discord.Message) -> bool:
        own = self.bot.user is not None and message.author.id == self.bot.user.id
        return not own and is_readable(message) and self.watches(message.channel)


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Watch(bot))
