"""What readers can no longer open leaves the cards that quote it: a channel made private, or age-restricted."""

import logging

import discord
from discord.ext import commands

from bot import citing
from bot.client import Hindsight
from bot.intake import PASSING
from bot.loops import every

log = logging.getLogger(__name__)


class Withholding(commands.Cog):
    """Look at what cards quote whenever it may have become less that all their readers can open."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot
        self._due: set[int] = set()

    async def cog_unload(self) -> None:
        """Stop; all servers are looked at after the next start."""
        self.look.cancel()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Look what changed while the bot was away."""
        for guild in self.bot.guilds:
            self._begin(guild)

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Look what changed while Discord could not show the server."""
        self._begin(guild)

    @commands.Cog.listener()
    async def on_guild_channel_update(self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel) -> None:
        """Look when a channel is opened to others or closed to them, or begins or ends to be for adults."""
        if (before.overwrites, _restricted(before)) != (after.overwrites, _restricted(after)):
            self._begin(after.guild)

    @commands.Cog.listener()
    async def on_guild_role_create(self, role: discord.Role) -> None:
        """Look when a role may open one channel and not the other."""
        self._begin(role.guild)

    @commands.Cog.listener()
    async def on_guild_role_update(self, before: discord.Role, after: discord.Role) -> None:
        """Look when a role opens other channels than before."""
        if before.permissions != after.permissions:
            self._begin(after.guild)

    @every(minutes=1)
    async def look(self) -> None:
        """Look at the servers in which something changed, then rest; where that fails, try again."""
        failed: set[int] = set()
        while self._due:
            guild_id = self._due.pop()
            try:
                await self._withhold(guild_id)
            except PASSING as error:
                log.warning("what cards of server %s quote waits: %s", guild_id, type(error).__name__)
                failed.add(guild_id)
        self._due |= failed
        if not self._due:
            self.look.stop()

    def _begin(self, guild: discord.Guild) -> None:
        self._due.add(guild.id)
        if not self.look.is_running():
            self.look.start()

    async def _withhold(self, guild_id: int) -> None:
        """Take from a server's cards what not all of their readers can open; what is withheld does not come back."""
        for shown_in, cited in await self.bot.store.cards.cited(guild_id):
            if not await self._may_cite(guild_id, shown_in, cited):
                for public in await self.bot.store.cards.withhold(shown_in, cited):
                    await self.bot.budget.spare()
                    self.bot.intake.announce_left([public])

    async def _may_cite(self, guild_id: int, shown_in: int, cited: int) -> bool:
        """Say whether a channel may be quoted in another one, or that cannot be told now."""
        guild = self.bot.get_guild(guild_id)
        if guild is None or guild.unavailable or guild.me is None:
            return True  # in an outage Discord shows neither roles nor threads
        for place_id in {shown_in, cited}:
            if guild.get_channel_or_thread(place_id) is None:
                await self.bot.budget.spare()  # it is fetched: a thread in the archive
        if await self.bot.quotes.find(shown_in) is None:
            return True
        return await citing.for_channel(self.bot.quotes, shown_in)(cited)


def _restricted(channel: discord.abc.GuildChannel) -> bool:
    return getattr(channel, "nsfw", False)


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Withholding(bot))
