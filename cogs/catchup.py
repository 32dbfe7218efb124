"""Nothing lost: what was said before the bot came, or while it was away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

import discord
from discord.ext import commands, tasks

from bot import history
from bot.client import Hindsight
from bot.conversation import Conversations

RECOVERED = 100  # unread rows taken up again at once
SWEPT = timedelta(days=7)  # how far back deletions and edits are looked for at each start

Progress = Callable[[int], Awaitable[None]]
Watchable = discord.abc.GuildChannel | discord.Thread

log = logging.getLogger(__name__)


class CatchUp(commands.Cog):
    """Read histories: a channel's past when it is first watched, and the gap after an absence."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot
        self._reached: Mapping[int, int] | None = None
        self._looked_at = 0

    async def cog_load(self) -> None:
        """Note how far messages were read, before the first new one arrives."""
        self._reached = await self.bot.store.messages.newest()
        self.rewrite.start()

    async def cog_unload(self) -> None:
        """Stop; what is left unread is found again at the next start."""
        self.catch_up.cancel()
        self.rewrite.cancel()

    @property
    def progress(self) -> int | None:
        """Count the messages looked at while catching up; None when there is nothing to catch up."""
        return self._looked_at if self.catch_up.is_running() else None

    @commands.Cog.listener()
    async def on_disconnect(self) -> None:
        """Note how far messages were read when the connection broke."""
        if self._reached is None and not self.catch_up.is_running():
            self._reached = await self.bot.store.messages.newest()

    @commands.Cog.listener()
    async def on_resumed(self) -> None:
        """Let the note go: Discord has replayed what was missed."""
        if not self.catch_up.is_running():
            self._reached = None

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Read what was missed; a new session replays nothing."""
        if not self.catch_up.is_running():
            self.catch_up.start()

    async def backfill(self, channel: Watchable, progress: Progress, before: int | None = None) -> int:
        """Read all that stands in a channel and its threads, newest stories first; give the number of messages.

        It goes on after a restart; `progress` is told the number so far after each span.
        """
        servers = self.bot.store.servers
        await servers.move_backfill(channel.id, before or discord.utils.time_snowflake(self.bot.clock()))
        read = 0
        async for place in history.places(channel):
            own = place.id == channel.id
            async for span in history.spans(place, 0, before if own else None):
                read += await self._take(span, self.bot.new_conversations())
                if own:
                    await servers.move_backfill(channel.id, span[0].id)
                await progress(read)
        await servers.move_backfill(channel.id, None)
        log.info("backfill of %s: %s messages", channel.id, read)
        return read

    @tasks.loop(count=1)
    async def catch_up(self) -> None:
        """Read what was missed, forget what was deleted meanwhile, and go on with what was under way."""
        self._looked_at = 0
        reached, self._reached = self._reached or {}, None
        await self._recover()
        for guild_id, channel_id in await self.bot.store.servers.watched():
            channel = await self.bot.quotes.find(channel_id)
            if channel is not None:
                await self._catch_up(guild_id, channel, reached)
        for channel_id, before in await self.bot.store.servers.backfills():
            channel = await self.bot.quotes.find(channel_id)
            if channel is not None:
                await self.backfill(channel, self._count, before)

    @tasks.loop(hours=24)
    async def rewrite(self) -> None:
        """Write the claim indexes anew, so that an erased vector leaves the disk within a day."""
        await self.bot.memory.save()

    async def _recover(self) -> None:
        past = self.bot.new_conversations()
        after = 0
        while rows := await self.bot.store.messages.unread(RECOVERED, after):
            after = rows[-1].message_id
            for row in rows:
                message = await self.bot.quotes.fetch(row.channel_id, row.message_id)
                taken = 0 if message is None else await self._take([message], past)
                if not taken:
                    await self.bot.intake.forget(row.guild_id, [row.message_id])

    async def _catch_up(self, guild_id: int, channel: Watchable, reached: Mapping[int, int]) -> None:
        added = discord.utils.time_snowflake(await self.bot.store.servers.added_at(channel.id))
        async for place in history.places(channel):
            start = reached.get(place.id, added)
            swept = discord.utils.time_snowflake(discord.utils.snowflake_time(start) - SWEPT)
            async for span in history.spans(place, swept):
                kept = await self.bot.store.messages.between(place.id, span[0].id, span[-1].id)
                await self.bot.intake.forget(guild_id, history.gone(kept, span))
                changed = [each for each in history.changed(kept, span) if each.id > start or each.id in kept]
                await self._take(changed, self.bot.new_conversations())
                await self._count(len(span))

    async def _count(self, looked_at: int) -> None:
        self._looked_at += looked_at

    async def _take(self, messages: Sequence[discord.Message], past: Conversations) -> int:
        accepted = [message for message in messages if self.bot.intake.accepts(message)]
        await asyncio.gather(*(self.bot.intake.take(message, past) for message in accepted))
        return len(accepted)


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(CatchUp(bot))
