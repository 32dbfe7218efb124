"""Reading what was said before the bot came, on demand: shown while it goes on, paused and resumed by a button."""

from datetime import timedelta

import discord
from discord.ext import commands

from bot.buttons import Press, Pressed
from bot.client import Hindsight
from bot.errors import NotFound, UserError
from bot.languages import _
from bot.render import backfills as render
from bot.render.backfills import BACKFILL
from bot.render.layout import Layout
from bot.render.setup import told
from bot.store.servers import Backfill
from cogs.catchup import CatchUp
from cogs.setup import check_manager

Watchable = discord.TextChannel | discord.ForumChannel | discord.Thread
PAUSE = timedelta(seconds=2)  # between two showings of how far a backfill has come


class Backfills(commands.Cog):
    """Show backfills, and let moderators pause them."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """Listen to the buttons, also of messages from before a restart."""
        self.bot.add_dynamic_items(BackfillButton)

    async def cog_unload(self) -> None:
        """Stop listening."""
        self.bot.remove_dynamic_items(BackfillButton)

    async def read(self, interaction: Pressed, channel: Watchable, before: int | None = None) -> None:
        """Read what is already there, from a message id backwards, showing how far it has come."""
        catch_up = self._catch_up()
        if catch_up.backfills(channel.id):
            raise UserError(_("I am reading {channel} already.").format(channel=f"<#{channel.id}>"))
        store, shown_at = self.bot.store, self.bot.clock()
        oldest = shown_at if before is None else discord.utils.snowflake_time(before)
        claims = await store.claims.count(channel.guild.id)

        async def progress(read: int) -> None:
            nonlocal shown_at
            if self.bot.clock() - shown_at < PAUSE:
                return
            shown_at = self.bot.clock()
            left = await self.standing(channel.id)
            if left is not None and not left.paused:
                await show(interaction, render.reading(channel.id, read, discord.utils.snowflake_time(left.before)))

        await show(interaction, render.reading(channel.id, 0, oldest))
        await catch_up.pause(channel.id, paused=False)
        read = await catch_up.backfill(channel, progress, before)
        left = await self.standing(channel.id)
        if left is not None and left.paused:
            await show(interaction, render.paused(channel.id, discord.utils.snowflake_time(left.before)))
        elif left is None:
            claims = await store.claims.count(channel.guild.id) - claims
            await show(interaction, told(render.finished(channel.id, read, claims)))

    async def pause(self, interaction: Pressed, left: Backfill) -> None:
        """Let a backfill rest."""
        await self._catch_up().pause(left.channel_id, paused=True)
        await show(interaction, render.paused(left.channel_id, discord.utils.snowflake_time(left.before)))

    async def resume(self, interaction: Pressed, left: Backfill) -> None:
        """Let a backfill go on where it stands; one that has not come to rest yet just goes on."""
        channel = await self.bot.quotes.find(left.channel_id)
        if not isinstance(channel, Watchable):
            raise NotFound(_("I cannot see this channel any more."))
        if not self._catch_up().backfills(channel.id):
            await self.read(interaction, channel, left.before)
            return
        await self._catch_up().pause(channel.id, paused=False)
        await show(interaction, render.reading(channel.id, 0, discord.utils.snowflake_time(left.before)))

    async def standing(self, channel_id: int, guild_id: int | None = None) -> Backfill | None:
        """Say where a channel's backfill stands; None when there is none, or none in that server."""
        backfills = await self.bot.store.servers.backfills(guild_id)
        return next((each for each in backfills if each.channel_id == channel_id), None)

    def _catch_up(self) -> CatchUp:
        return self.bot.loaded(CatchUp)


class BackfillButton(Press, template=BACKFILL):
    """Pause a backfill, or let it go on."""

    async def press(self, interaction: Pressed) -> None:
        """Check the person, then do what the button says."""
        await interaction.response.defer()
        check_manager(interaction)
        cog = backfills_of(interaction.client)
        left = await cog.standing(int(self.match["channel"]), interaction.guild_id)
        if left is None:
            raise NotFound(_("There is nothing left to read there."))
        await (cog.pause if self.match["action"] == "pause" else cog.resume)(interaction, left)


async def show(interaction: Pressed, view: Layout) -> None:
    """Show how it stands where the button was; fifteen minutes after the press Discord takes no more answers."""
    if not interaction.is_expired():
        await interaction.edit_original_response(view=view)


def backfills_of(bot: Hindsight) -> Backfills:
    """Give the cog, which is loaded as long as its buttons are answered."""
    return bot.loaded(Backfills)


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Backfills(bot))
