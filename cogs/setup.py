"""How a server is set up: live or in shadow, where alerts go, how much is flagged."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.buttons import Pressed
from bot.changes import UNCHANGED, difference
from bot.client import Hindsight
from bot.errors import NotAllowed, UserError
from bot.languages import _, decimal, ngettext
from bot.needs import alerts_problem
from bot.policy import PRESETS
from bot.records import Server
from bot.render.setup import LIVE, SHADOW, preset_choice, preset_words, told
from cogs.review import review_of

MANAGER = discord.Permissions(manage_guild=True)


class Setup(commands.Cog):
    """Change the settings that a new server needs first; `/settings` has all of them."""

    setup_group = app_commands.Group(
        name="setup", description="Set Hindsight up in this server", guild_only=True, default_permissions=MANAGER
    )

    @setup_group.command(name="alerts")
    @app_commands.checks.has_permissions(manage_guild=True)
    @app_commands.describe(channel="A channel that only moderators can read")
    async def alerts(self, interaction: Pressed, channel: discord.TextChannel) -> None:
        """Choose the moderators' channel, in which alerts are posted."""
        await interaction.response.defer(ephemeral=True)
        await interaction.followup.send(await set_alerts(interaction, channel.id), ephemeral=True)
        await review_of(interaction).alerts.post_waiting(channel.guild.id)

    @setup_group.command(name="preset")
    @app_commands.checks.has_permissions(manage_guild=True)
    @app_commands.describe(preset="How much is flagged")
    @app_commands.choices(preset=[app_commands.Choice(name=preset_choice(name), value=name) for name in PRESETS])
    async def preset(self, interaction: Pressed, preset: str) -> None:
        """Choose how much is flagged, and how many alerts a day may hold."""
        await interaction.response.defer(ephemeral=True)
        await change(interaction, "preset", thresholds=PRESETS[preset])
        said = f"✅ {preset_words(PRESETS[preset])}\n-# {_('It holds for messages from now on.')}"
        await interaction.followup.send(view=told(said), ephemeral=True)

    @app_commands.command(name="golive")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.checks.has_permissions(manage_guild=True)
    async def golive(self, interaction: Pressed) -> None:
        """Let context cards be posted where everyone sees them."""
        await interaction.response.defer(ephemeral=True)
        await interaction.followup.send(view=told(await set_live(interaction, live=True)), ephemeral=True)

    @app_commands.command(name="shadow")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.checks.has_permissions(manage_guild=True)
    async def shadow(self, interaction: Pressed) -> None:
        """Let everything run, and make nothing public."""
        await interaction.response.defer(ephemeral=True)
        await interaction.followup.send(view=told(await set_live(interaction, live=False)), ephemeral=True)


async def change(
    interaction: Pressed, action: str, subject_id: int | None = None, **settings: object
) -> tuple[Server, Server]:
    """Change some settings, named as in `Server`, and log what differs; give them as they were and as they are."""
    bot, guild = interaction.client, guild_of(interaction)
    before = await bot.store.servers.get(guild.id)
    after = await bot.store.servers.change(guild.id, **settings)
    await log_change(interaction, action, before, after, subject_id)
    return before, after


async def log_change(
    interaction: Pressed, action: str, before: Server, after: Server, subject_id: int | None = None
) -> None:
    """Write in the log of decisions who changed what."""
    bot = interaction.client
    detail = difference(before, after)
    await bot.store.audit.add(after.guild_id, bot.clock(), interaction.user.id, action, subject_id, **detail)


async def set_live(interaction: Pressed, *, live: bool) -> str:
    """Go live or back into shadow; say what that means."""
    await change(interaction, "live" if live else "shadow", live=live)
    return _(LIVE if live else SHADOW)


async def set_alerts(interaction: Pressed, channel_id: int) -> str:
    """Choose the moderators' channel; say so, and what waits.

    Raises:
        UserError: alerts cannot be posted there, or everyone could read them.
    """
    guild = guild_of(interaction)
    problem = alerts_problem(guild, channel_id)
    if problem is not None:
        raise UserError(f"{problem} {_(UNCHANGED)}")
    await change(interaction, "alerts channel", channel_id, alerts_channel_id=channel_id)
    waiting = await interaction.client.store.flags.count_open(guild.id)
    said = _("✅ Alerts go to {channel} from now on.").format(channel=f"<#{channel_id}>")
    rest = ngettext("{number} already waits in `/review`.", "{number} already wait in `/review`.", waiting)
    return f"{said} {rest.format(number=decimal(waiting))}" if waiting else said


def check_manager(interaction: Pressed) -> None:
    """Look again whether the person may change settings: a panel outlives a role.

    Raises:
        NotAllowed: they lack Manage Server.
    """
    if not interaction.permissions.manage_guild:
        raise NotAllowed(_("This needs the permission Manage Server."))


def guild_of(interaction: Pressed) -> discord.Guild:
    """Give the server in which the command was given."""
    if interaction.guild is None:
        raise app_commands.NoPrivateMessage
    return interaction.guild


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Setup())
