"""How a server is set up: live or in shadow, where alerts go, how much is flagged."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.buttons import Pressed
from bot.client import Hindsight
from bot.errors import UserError
from bot.needs import alerts_problem, mend, missing, to_watch
from bot.policy import PRESETS
from bot.render.setup import LIVE, SHADOW, Overview, overview, preset_choice, preset_words, told
from cogs.review import review_of

MANAGER = discord.Permissions(manage_guild=True)


class Setup(commands.Cog):
    """Change and show the settings of a server."""

    setup_group = app_commands.Group(
        name="setup", description="Set Hindsight up in this server", guild_only=True, default_permissions=MANAGER
    )

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot

    @setup_group.command(name="alerts")
    @app_commands.checks.has_permissions(manage_guild=True)
    @app_commands.describe(channel="A channel that only moderators can read")
    async def alerts(self, interaction: Pressed, channel: discord.TextChannel) -> None:
        """Choose the moderators' channel, in which alerts are posted."""
        await interaction.response.defer(ephemeral=True)
        problem = alerts_problem(channel.guild, channel.id)
        if problem is not None:
            raise UserError(f"{problem} Nothing was changed.")
        await self._change(interaction, "alerts channel", channel.id, alerts_channel_id=channel.id)
        waiting = await self.bot.store.flags.count_open(channel.guild.id)
        rest = f" {waiting} already wait in `/review`." if waiting else ""
        await interaction.followup.send(f"✅ Alerts go to <#{channel.id}> from now on.{rest}", ephemeral=True)
        await review_of(interaction).alerts.post_waiting(channel.guild.id)

    @setup_group.command(name="preset")
    @app_commands.checks.has_permissions(manage_guild=True)
    @app_commands.describe(preset="How much is flagged")
    @app_commands.choices(preset=[app_commands.Choice(name=preset_choice(name), value=name) for name in PRESETS])
    async def preset(self, interaction: Pressed, preset: str) -> None:
        """Choose how much is flagged, and how many alerts a day may hold."""
        await interaction.response.defer(ephemeral=True)
        await self._change(interaction, "preset", None, thresholds=PRESETS[preset])
        await interaction.followup.send(
            view=told(f"✅ {preset_words(PRESETS[preset])}\n-# It holds for messages from now on."), ephemeral=True
        )

    @setup_group.command(name="show")
    @app_commands.checks.has_permissions(manage_guild=True)
    async def show(self, interaction: Pressed) -> None:
        """Show all settings at a glance, and what is missing."""
        await interaction.response.defer(ephemeral=True)
        guild = guild_of(interaction)
        store = self.bot.store
        server = await store.servers.get(guild.id)
        channels = [channel_id for _, channel_id in await store.servers.watched(guild.id)]
        alerts = alerts_problem(guild, server.alerts_channel_id)
        problems = [*([alerts] if alerts else []), *(await problems_of(self.bot, channels)).values()]
        waiting = await store.flags.count_open(guild.id)
        quieted = await store.flags.quieted(guild.id, self.bot.clock())
        shown = Overview(guild.name, server, channels, waiting, quieted, problems)
        await interaction.followup.send(view=overview(shown), ephemeral=True)

    @app_commands.command(name="golive")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.checks.has_permissions(manage_guild=True)
    async def golive(self, interaction: Pressed) -> None:
        """Let context cards be posted where everyone sees them."""
        await interaction.response.defer(ephemeral=True)
        await self._change(interaction, "live", None, live=True)
        await interaction.followup.send(view=told(LIVE), ephemeral=True)

    @app_commands.command(name="shadow")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.checks.has_permissions(manage_guild=True)
    async def shadow(self, interaction: Pressed) -> None:
        """Let everything run, and make nothing public."""
        await interaction.response.defer(ephemeral=True)
        await self._change(interaction, "shadow", None, live=False)
        await interaction.followup.send(view=told(SHADOW), ephemeral=True)

    async def _change(self, interaction: Pressed, action: str, subject_id: int | None, **settings: object) -> None:
        guild = guild_of(interaction)
        await self.bot.store.servers.change(guild.id, **settings)
        await self.bot.store.audit.add(guild.id, self.bot.clock(), interaction.user.id, action, subject_id)


async def problems_of(bot: Hindsight, channels: list[int]) -> dict[int, str]:
    """Say what is missing in watched channels, by channel."""
    problems = {}
    for channel_id in channels:
        place = await bot.quotes.find(channel_id)
        if place is None:
            problems[channel_id] = f"<#{channel_id}> is hidden from me: allow my role **View Channel** there."
        elif lacking := missing(place, to_watch(place)):
            problems[channel_id] = mend(place, lacking)
    return problems


def guild_of(interaction: Pressed) -> discord.Guild:
    """Give the server in which the command was given."""
    if interaction.guild is None:
        raise app_commands.NoPrivateMessage
    return interaction.guild


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Setup(bot))
