"""What is missing is told to someone who can mend it, once: in the moderators' channel, else to the owner of the
server, else to the next manager who uses a command."""

import asyncio
import logging
from collections.abc import Sequence
from weakref import WeakValueDictionary

import discord
from discord import app_commands
from discord.ext import commands

from bot.buttons import Pressed
from bot.client import Hindsight
from bot.languages import speaking
from bot.needs import alerts_problem
from bot.problems import REFUSED, Problem, problems, report

log = logging.getLogger(__name__)


class Mending(commands.Cog):
    """Look what is missing whenever something changes."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot
        self.refused: set[int] = set()
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Look what changed while the bot was away."""
        for guild in self.bot.guilds:
            await self.look(guild)

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Look whether alerts have lost their channel."""
        await self.look(channel.guild)

    @commands.Cog.listener()
    async def on_guild_channel_update(self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel) -> None:
        """Look whether a channel has shut the bot out, or everybody in."""
        if before.overwrites != after.overwrites:
            await self.look(after.guild)

    @commands.Cog.listener()
    async def on_guild_role_update(self, before: discord.Role, after: discord.Role) -> None:
        """Look whether a role has lost what the bot needs, or can no longer be mentioned."""
        if (before.permissions, before.mentionable) != (after.permissions, after.mentionable):
            await self.look(after.guild)

    @commands.Cog.listener()
    async def on_guild_role_delete(self, role: discord.Role) -> None:
        """Look whether the bot has lost what a role gave, or alerts the role that they mention."""
        await self.look(role.guild)

    @commands.Cog.listener()
    async def on_member_update(self, before: discord.Member, after: discord.Member) -> None:
        """Look whether a role was taken from the bot; Discord tells it of no other member."""
        if after == after.guild.me and before.roles != after.roles:
            await self.look(after.guild)

    @commands.Cog.listener()
    async def on_alert_tried(self, guild: discord.Guild, channel_id: int, posted: bool) -> None:
        """Look when Discord refused an alert, and begin anew when it lets one pass."""
        if not posted:
            self.refused.add(channel_id)
            await self.look(guild)
        elif channel_id in self.refused or (REFUSED, channel_id) in await self.bot.store.told.of(guild.id):
            self.refused.discard(channel_id)
            await self.bot.store.told.forget(guild.id, [(REFUSED, channel_id)])

    @commands.Cog.listener()
    async def on_app_command_completion(
        self, interaction: Pressed, _command: app_commands.Command | app_commands.ContextMenu
    ) -> None:
        """Tell a manager who uses a command what nobody has been told yet, in their language."""
        guild = interaction.guild
        if guild is None or not interaction.permissions.manage_guild:
            return
        async with self._turns.setdefault(guild.id, asyncio.Lock()):
            with speaking(interaction.locale):
                new = await self._new(guild, asked=True)
                said = report(new)
        if new:
            await interaction.followup.send(said, ephemeral=True)

    async def look(self, guild: discord.Guild) -> None:
        """Tell of what is newly missing, and forget what is mended."""
        async with self._turns.setdefault(guild.id, asyncio.Lock()):
            new = await self._new(guild, asked=False)
            if new and not await self._told(guild, new):
                await self.bot.store.told.forget(guild.id, [problem.key for problem in new])

    async def _new(self, guild: discord.Guild, *, asked: bool) -> list[Problem]:
        """Give what nobody has been told, and note that somebody is told now.

        What was never set up is only told to who asks for something anyway.
        """
        server, told = await self.bot.store.servers.get(guild.id), self.bot.store.told
        watched = [channel_id for _, channel_id in await self.bot.store.servers.watched(guild.id)]
        # What is not at hand may be a thread in the archive, and is left to who asks.
        places = {each: place for each in watched if (place := guild.get_channel_or_thread(each)) is not None}
        found = problems(guild, server, places, self.refused) if watched else []
        known = {key for key in await told.of(guild.id) if key[0] != REFUSED}
        await told.forget(guild.id, known - {problem.key for problem in found})
        tellable = [problem for problem in found if asked or problem.place_id]
        new = await told.tell(guild.id, [problem.key for problem in tellable], self.bot.clock())
        return [problem for problem in tellable if problem.key in new]

    async def _told(self, guild: discord.Guild, found: Sequence[Problem]) -> bool:
        """Tell the moderators' channel, else the owner; say whether somebody was reached."""
        alerts_id = (await self.bot.store.servers.get(guild.id)).alerts_channel_id
        channel = guild.get_channel(alerts_id or 0)
        refused = any(problem.name == REFUSED for problem in found)
        if isinstance(channel, discord.TextChannel) and not refused and alerts_problem(guild, alerts_id) is None:
            try:
                await channel.send(report(found))
            except discord.HTTPException as error:
                log.info("moderators of server %s cannot be told: HTTP %s", guild.id, error.status)
            else:
                return True
        if guild.owner_id is None:
            return False
        try:
            owner = await self.bot.fetch_user(guild.owner_id)
            await owner.send(report(found, guild.name))
        except discord.HTTPException as error:
            log.info("the owner of server %s cannot be told: HTTP %s", guild.id, error.status)
            return False
        return True


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Mending(bot))
