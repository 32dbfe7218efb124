"""How the bot stands here, for everybody, and what the last weeks were like, for moderators."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import discord
from discord import app_commands
from discord.ext import commands

from bot import __version__
from bot.buttons import Pressed, member_of
from bot.citing import names_for
from bot.client import Hindsight
from bot.problems import problems_of
from bot.render import statistics as render
from bot.store.statistics import Figures
from bot.visibility import can_open
from cogs.catchup import CatchUp

SPAN = timedelta(days=30)


class Statistics(commands.Cog):
    """Answer `/about` and `/stats`."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot

    @app_commands.command(description="What this bot does here, what it watches, and whether all is well")
    @app_commands.guild_only()
    @app_commands.checks.cooldown(3, 30)
    async def about(self, interaction: Pressed) -> None:
        """Say how the bot stands in this server."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        member, bot = member_of(interaction), self.bot
        server = await bot.store.servers.get(member.guild.id)
        rights = interaction.permissions
        moderates = rights.manage_messages or rights.manage_guild
        missing = await problems_of(bot.store, bot.quotes, member.guild) if moderates else None
        about = render.About(
            __version__,
            server,
            await self._open_to(member),
            bot.models.read.backlog,
            {"reader": bot.models.reader.version, "embedder": bot.models.embedder.version},
            None if missing is None else [problem.text for problem in missing],
            bot.intake.paused,
            _caught_up(bot),
        )
        await interaction.followup.send(view=render.about_view(about), ephemeral=True)

    @app_commands.command(description="For moderators: labels, flags and cards of the last 30 days")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_messages=True)
    @app_commands.checks.has_permissions(manage_messages=True)
    @app_commands.checks.cooldown(2, 30)
    async def stats(self, interaction: Pressed) -> None:
        """Show the last weeks as a picture and in words."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        member, now = member_of(interaction), self.bot.clock()
        figures = await self.bot.store.statistics.figures(member.guild.id, now - SPAN, now)
        names = await names_for(self.bot.quotes, member, (channel_id for channel_id, _ in figures.channels))
        figures = replace(
            figures, channels={key: number for key, number in figures.channels.items() if key[0] in names}
        )
        drawn = bool(figures.days or figures.flags)
        files = [await asyncio.to_thread(_picture, figures, names)] if drawn else []
        await interaction.followup.send(view=render.stats_view(figures, drawn=drawn), files=files, ephemeral=True)

    async def _open_to(self, member: discord.Member) -> list[int]:
        """List the watched channels that a member can open."""
        watched = await self.bot.store.servers.watched(member.guild.id)
        places = [await self.bot.quotes.find(channel_id) for _, channel_id in watched]
        return [place.id for place in places if place is not None and await can_open(member, place)]


def _picture(figures: Figures, names: Mapping[int, str]) -> discord.File:
    return discord.File(BytesIO(render.draw(figures, lambda channel_id: names[channel_id])), render.NAME)


def _caught_up(bot: Hindsight) -> int | None:
    cog = bot.get_cog("CatchUp")
    return cog.progress if isinstance(cog, CatchUp) else None


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Statistics(bot))
