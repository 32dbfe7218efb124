"""Watched channels: every message in, once each; edits and deletions follow."""

import discord
from discord.ext import commands

from bot.client import Hindsight


class Watch(commands.Cog):
    """Hand the gateway's events of watched channels to the intake."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """Know the watched channels before the first event arrives."""
        self.bot.intake.channels.update(channel_id for _, channel_id in await self.bot.store.servers.watched())

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Take a new message the whole way."""
        if self.bot.intake.accepts(message):
            await self.bot.intake.take(message)

    @commands.Cog.listener()
    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Read an edited message again; a late embed makes a story's headline."""
        message = payload.message
        if not self.bot.intake.accepts(message):
            return
        self.bot.quotes.forget(message.id)
        # The embed of a link that was edited in comes by itself, with the time of that edit.
        if message.embeds:
            await self.bot.intake.take_again(message)
        else:
            await self.bot.intake.take(message)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Forget a deleted message."""
        await self.bot.intake.delete(payload.guild_id, [payload.message_id])

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Forget messages that were deleted together, as a ban does."""
        await self.bot.intake.delete(payload.guild_id, payload.message_ids)

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        """Forget all messages of a deleted thread."""
        await self.bot.intake.drop(payload.guild_id, payload.thread_id)

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Forget all messages of a deleted channel and stop watching it."""
        await self.bot.intake.drop(channel.guild.id, channel.id)


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Watch(bot))
