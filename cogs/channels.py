"""Which channels are read: `/watch add`, `/watch remove`, `/watch list`."""

import discord
from discord import app_commands
from discord.ext import commands

from bot import policy
from bot.buttons import Press, Pressed
from bot.client import Hindsight
from bot.errors import NotFound, UserError
from bot.languages import _, decimal, ngettext
from bot.needs import mend, missing, to_watch
from bot.problems import WATCHED, problems_of
from bot.render.backfills import listed
from bot.render.setup import SETUP, ask_removal, channel_list, gets_no_cards, notice, told, watch_added
from cogs.backfills import Watchable, backfills_of
from cogs.setup import MANAGER, check_manager, guild_of


class Channels(commands.Cog):
    """Begin and end the reading of channels."""

    watch = app_commands.Group(
        name="watch", description="Which channels Hindsight reads", guild_only=True, default_permissions=MANAGER
    )

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """Listen to the buttons."""
        self.bot.add_dynamic_items(WatchButton)

    async def cog_unload(self) -> None:
        """Stop listening."""
        self.bot.remove_dynamic_items(WatchButton)

    @watch.command(name="add")
    @app_commands.checks.has_permissions(manage_guild=True)
    @app_commands.describe(channel="A text or news channel, a thread or a forum")
    async def add(
        self, interaction: Pressed, channel: discord.TextChannel | discord.ForumChannel | discord.Thread
    ) -> None:
        """Read a channel from now on, and tell its members so."""
        await interaction.response.defer(ephemeral=True)
        guild = guild_of(interaction)
        lacking = missing(channel, to_watch(channel))
        if lacking:
            raise UserError(f"{mend(channel, lacking)} {_('Then try again; nothing was changed.')}")
        if channel.id in self.bot.intake.channels:
            said = _("{channel} is read already. `/watch list` shows all.")
            raise UserError(said.format(channel=f"<#{channel.id}>"))
        if not isinstance(channel, discord.ForumChannel):
            await _tell(channel)
        now = self.bot.clock()
        await self.bot.store.servers.watch(guild.id, channel.id, now)
        self.bot.intake.channels.add(channel.id)
        await self.bot.store.audit.add(guild.id, now, interaction.user.id, "watch", channel.id)
        await interaction.followup.send(
            view=watch_added(channel.id, posted=not isinstance(channel, discord.ForumChannel)), ephemeral=True
        )

    @watch.command(name="remove")
    @app_commands.checks.has_permissions(manage_guild=True)
    @app_commands.describe(channel="A channel that is read")
    async def remove(
        self, interaction: Pressed, channel: discord.TextChannel | discord.ForumChannel | discord.Thread
    ) -> None:
        """Stop reading a channel; what was read is kept or forgotten."""
        if channel.id not in self.bot.intake.channels:
            said = _("{channel} is not read. `/watch list` shows what is.")
            raise UserError(said.format(channel=f"<#{channel.id}>"))
        await interaction.response.send_message(view=ask_removal(channel.id), ephemeral=True)

    @watch.command(name="list")
    @app_commands.checks.has_permissions(manage_guild=True)
    async def list(self, interaction: Pressed) -> None:
        """Show which channels are read, and what is missing in them."""
        await interaction.response.defer(ephemeral=True)
        guild, store = guild_of(interaction), self.bot.store
        channels = [channel_id for _, channel_id in await store.servers.watched(guild.id)]
        found = await problems_of(store, self.bot.quotes, guild)
        problems = {problem.place_id: problem.text for problem in found if problem.name == WATCHED}
        stopped = [each for each in channels if policy.cards_stop(await store.cards.unwanted(each))]
        entries = [gets_no_cards(each) for each in stopped]
        view = listed(channel_list(channels, problems), await store.servers.backfills(guild.id), entries)
        await interaction.followup.send(view=view, ephemeral=True)

    async def stop(self, interaction: Pressed, channel_id: int, *, forget: bool) -> None:
        """Stop reading a channel, and forget its messages if that was chosen."""
        guild, store = guild_of(interaction), self.bot.store
        self.bot.intake.channels.discard(channel_id)
        await store.servers.unwatch(channel_id)
        action = "unwatch and forget" if forget else "unwatch"
        await store.audit.add(guild.id, self.bot.clock(), interaction.user.id, action, channel_id)
        forgotten = 0
        while forget and (kept := await store.messages.in_channel(channel_id)):
            await self.bot.intake.forget(guild.id, kept)
            forgotten += len(kept)
        rest = _("What was read before is kept.")
        if forget:
            rest = ngettext("{number} message is forgotten.", "{number} messages are forgotten.", forgotten)
        said = _("✅ {channel} is not read any more.").format(channel=f"<#{channel_id}>")
        await show(interaction, f"{said} {rest.format(number=decimal(forgotten))}")


class WatchButton(Press, template=SETUP):
    """Answer the buttons under `/watch add` and `/watch remove`."""

    async def press(self, interaction: Pressed) -> None:
        """Check the person again, then do what the button says."""
        await interaction.response.defer()
        check_manager(interaction)
        channel_id, client = int(self.match["channel"]), interaction.client
        channel = await client.quotes.find(channel_id)
        watched = [known for _, known in await client.store.servers.watched(guild_of(interaction).id)]
        if channel_id not in watched:
            raise NotFound(_("This channel is not read any more."))
        cog = channels_of(client)
        if self.match["action"] != "backfill":
            await cog.stop(interaction, channel_id, forget=self.match["action"] == "forget")
        elif isinstance(channel, Watchable):
            await backfills_of(client).read(interaction, channel)
        else:
            raise NotFound(_("I cannot see this channel any more."))


async def _tell(channel: discord.TextChannel | discord.Thread) -> None:
    try:
        await channel.send(view=notice())
    except discord.Forbidden:
        said = _(
            "Discord did not let me post the notice in {channel}, and nothing is read without one. "
            "Look for a role, a category or AutoMod that stops me there; nothing was changed."
        )
        raise UserError(said.format(channel=f"<#{channel.id}>")) from None


async def show(interaction: Pressed, text: str) -> None:
    """Say how it stands where the button was; fifteen minutes after the press Discord takes no more answers."""
    if interaction.is_expired():
        return
    await interaction.edit_original_response(view=told(text))


def channels_of(bot: Hindsight) -> Channels:
    """Give the cog, which is loaded as long as its buttons are answered."""
    return bot.loaded(Channels)


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Channels(bot))
