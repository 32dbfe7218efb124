"""Whose data it is: members see, erase and opt out; servers keep less or purge; what has had its time is deleted."""

import asyncio
import gzip
import json
import logging
from datetime import timedelta
from io import BytesIO
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.buttons import Press, Pressed
from bot.client import Hindsight
from bot.errors import NotAllowed
from bot.languages import _
from bot.loops import every
from bot.render import privacy as render
from bot.store.messages import Forgotten
from cogs.setup import change, check_manager

UPLOAD_BYTES = 8_000_000  # below every server's limit
COOLDOWN = timedelta(seconds=30)

log = logging.getLogger(__name__)


class Privacy(commands.GroupCog, group_name="privacy", group_description="What is kept here, of you or of the server"):
    """Answer members and servers about their data, and delete what has had its time."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """Answer the buttons, those of before a restart too, and look once a day for what is over."""
        self.bot.add_dynamic_items(*BUTTONS)
        self.daily.start()

    async def cog_unload(self) -> None:
        """Stop looking."""
        self.daily.cancel()
        self.bot.remove_dynamic_items(*BUTTONS)

    @app_commands.command(description="See all that is kept of you in this server, and download it")
    @app_commands.guild_only()
    @app_commands.checks.cooldown(2, COOLDOWN.total_seconds())
    async def show(self, interaction: Pressed) -> None:
        """Show a member what is kept of them."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        guild_id = _guild(interaction).id
        stored = await self.bot.store.members.export(guild_id, interaction.user.id)
        server = await self.bot.store.servers.get(guild_id)
        file = await asyncio.to_thread(_file, stored)
        view = render.own_view(stored, server, file.filename if file else None)
        await interaction.followup.send(view=view, files=[file] if file else [], ephemeral=True)

    @app_commands.command(description="Erase all that is kept of you in this server")
    @app_commands.guild_only()
    async def erase(self, interaction: Pressed) -> None:
        """Ask a member before erasing."""
        await interaction.response.send_message(view=render.erase_view(), ephemeral=True)

    @app_commands.command(description="Have your messages in this server left alone from now on")
    @app_commands.guild_only()
    async def optout(self, interaction: Pressed) -> None:
        """Ask a member before they are left out."""
        await interaction.response.send_message(view=render.optout_view(), ephemeral=True)

    @app_commands.command(description="Have your messages in this server read again")
    @app_commands.guild_only()
    async def optin(self, interaction: Pressed) -> None:
        """Read a member's messages again."""
        await interaction.response.send_message(view=await _opt_in(interaction), ephemeral=True)

    @app_commands.command(description="For managers: how long what is kept, and purge")
    @app_commands.guild_only()
    @app_commands.checks.has_permissions(manage_guild=True)
    async def server(self, interaction: Pressed) -> None:
        """Show a server's manager how long what is kept."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.followup.send(view=await _server_view(interaction), ephemeral=True)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Begin the countdown to the deletion of a server."""
        await self.bot.store.retention.leave(guild.id, self.bot.clock())

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Stop the countdown."""
        await self.bot.store.retention.leave(guild.id, None)

    @every(hours=24)
    async def daily(self) -> None:
        """Delete what has had its time."""
        now, retention = self.bot.clock(), self.bot.store.retention
        await retention.compare({guild.id for guild in self.bot.guilds}, now)
        await expire(self.bot)
        for guild_id in await retention.delete_left(now):
            log.info("deleted server %s, left a week ago", guild_id)
        await self.bot.memory.refresh()
        await retention.wipe()

    @daily.before_loop
    async def _ready(self) -> None:
        await self.bot.wait_until_ready()


class OwnButton(Press, template=render.OWN):
    """Erase, opt out or opt in: ask first, then do it for the person who presses."""

    async def press(self, interaction: Pressed) -> None:
        """Ask or do."""
        what, step = self.match["what"], self.match["step"]
        if step == "ask":
            view = render.erase_view() if what == "erase" else render.optout_view()
            await interaction.response.send_message(view=view, ephemeral=True)
        elif what == "optin":
            await interaction.response.send_message(view=await _opt_in(interaction), ephemeral=True)
        else:
            await interaction.response.defer()
            said = await (_erase(interaction) if what == "erase" else _opt_out(interaction))
            await interaction.edit_original_response(view=render.done_view(said))


class KeepButton(Press, template=render.KEEP):
    """Leave everything as it is."""

    async def press(self, interaction: Pressed) -> None:
        """Close the question."""
        await interaction.response.edit_message(view=render.done_view(_("Everything stays as it is.")))


class ServerControl(Press, template=render.SERVER):
    """Change how long a server keeps what, or ask before a purge."""

    async def press(self, interaction: Pressed) -> None:
        """Change or ask."""
        check_manager(interaction)
        match self.match["what"]:
            case "days":
                await _set(interaction, "retention", retention_days=int(self._chosen()))
            case "claims":
                await _set(interaction, "claims kept", claim_days=int(self._chosen()) or None)
            case "channel":
                view = render.purge_view(int(self._chosen()))
                await interaction.response.send_message(view=view, ephemeral=True)
            case _:
                await interaction.response.send_message(view=render.purge_view(None), ephemeral=True)

    def _chosen(self) -> str:
        if isinstance(self.item, discord.ui.ChannelSelect):
            return str(self.item.values[0].id)
        return self.item.values[0] if isinstance(self.item, discord.ui.Select) else render.FOREVER


class PurgeButton(Press, template=render.PURGE):
    """Purge a channel or the whole server."""

    async def press(self, interaction: Pressed) -> None:
        """Purge, and write it in the log."""
        check_manager(interaction)
        await interaction.response.defer()
        bot, guild = interaction.client, _guild(interaction)
        channel_id = int(self.match["channel"]) or None
        now = bot.clock()
        forgotten = await bot.store.retention.purge(guild.id, channel_id, now)
        await bot.store.audit.add(guild.id, now, interaction.user.id, "purge", channel_id)
        await _forget(bot, guild.id, forgotten)
        said = render.erased_words(len(forgotten.message_ids), len(forgotten.shown))
        await interaction.edit_original_response(view=render.done_view(said))


BUTTONS = (OwnButton, KeepButton, ServerControl, PurgeButton)


async def _erase(interaction: Pressed) -> str:
    bot, guild_id = interaction.client, _guild(interaction).id
    forgotten = await bot.store.members.erase(guild_id, interaction.user.id)
    await _log(interaction, "erase")
    bot.quotes.forget_author(guild_id, interaction.user.id)
    await _forget(bot, guild_id, forgotten, interaction.user.id)
    return render.erased_words(len(forgotten.message_ids), len(forgotten.shown))


async def _opt_out(interaction: Pressed) -> str:
    # First the refusal, then the deletion: what comes in between is not kept.
    await interaction.client.store.members.opt_out(_guild(interaction).id, interaction.user.id)
    await _log(interaction, "opt-out")
    erased = await _erase(interaction)
    said = _("You have **opted out**: your messages are left alone. `/privacy optin` takes it back.")
    return f"{erased}\n{said}"


async def _opt_in(interaction: Pressed) -> discord.ui.LayoutView:
    if not await interaction.client.store.members.opt_in(_guild(interaction).id, interaction.user.id):
        said = _("You had not opted out: your messages in watched channels are read. `/privacy optout` stops that.")
        return render.done_view(said)
    await _log(interaction, "opt-in")
    return render.done_view(_("Your messages in watched channels are read from now on. `/privacy optout` stops that."))


async def _log(interaction: Pressed, action: str) -> None:
    """Write in the log of decisions that a member did something about their data, but not which member."""
    await interaction.client.store.audit.add(_guild(interaction).id, interaction.client.clock(), None, action, None)


async def _set(interaction: Pressed, action: str, **settings: int | None) -> None:
    await interaction.response.defer()
    await change(interaction, action, **settings)
    await expire(interaction.client)
    await interaction.edit_original_response(view=await _server_view(interaction))


async def _server_view(interaction: Pressed) -> discord.ui.LayoutView:
    store, guild = interaction.client.store, _guild(interaction)
    return render.server_view(guild.name, await store.servers.get(guild.id), await store.statistics.kept(guild.id))


async def expire(bot: Hindsight) -> None:
    """Delete what has had its time, on disk and in memory."""
    expired = await bot.store.retention.expire(bot.clock())
    for guild_id, message_ids in expired.claims.items():
        await bot.memory.forget(guild_id, message_ids)
    await bot.memory.save()
    log.info("%s readings have had their time", expired.readings)


async def _forget(bot: Hindsight, guild_id: int, forgotten: Forgotten, author_id: int | None = None) -> None:
    """Take what is deleted, maybe all by one author, out of memory, too, and have what showed it mended."""
    await bot.pipeline.forget(guild_id, list(forgotten.message_ids))
    bot.dispatch("erased", guild_id, set(forgotten.message_ids), author_id)
    if forgotten.shown:
        bot.dispatch("forgotten", list(forgotten.shown))


def _guild(interaction: Pressed) -> discord.Guild:
    if interaction.guild is None:
        raise NotAllowed(_("This works in a server, not in direct messages."))
    return interaction.guild


def _file(stored: dict[str, Any]) -> discord.File | None:
    if not stored["messages"] and not stored["card_ratings"]:
        return None
    data = json.dumps(stored, indent=1).encode()
    if len(data) <= UPLOAD_BYTES:
        return discord.File(BytesIO(data), render.FILE)
    return discord.File(BytesIO(gzip.compress(data)), f"{render.FILE}.gz")


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Privacy(bot))
