"""A flagged author's way to another moderator, where a server allows it: once a message, a few times a day."""

from datetime import timedelta

import discord
from discord.ext import commands

from bot import policy
from bot.buttons import Press, Pressed, member_of
from bot.client import Hindsight
from bot.errors import NotAllowed, NotFound, UserError
from bot.languages import N_, _
from bot.records import Flag
from bot.render.why import disputed_view
from cogs.review import review_of

OVER = N_("This label was disputed before, or does not stand any more.")
A_DAY = 3
DAY = timedelta(days=1)


class Disputes(commands.Cog):
    """Put disputed labels back into the queue."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot
        # In memory only: how often somebody disputes is nothing to keep.
        self.spent = commands.CooldownMapping[Pressed].from_cooldown(
            A_DAY, DAY.total_seconds(), lambda interaction: (interaction.guild_id, interaction.user.id)
        )

    async def cog_load(self) -> None:
        """Listen to the button."""
        self.bot.add_dynamic_items(Dispute)

    async def cog_unload(self) -> None:
        """Stop listening."""
        self.bot.remove_dynamic_items(Dispute)

    def spend(self, interaction: Pressed) -> None:
        """Count one more dispute of a member.

        Raises:
            UserError: they have had all of this day.
        """
        wait = self.spent.update_rate_limit(interaction, self.bot.clock().timestamp())
        if wait is not None:
            again = discord.utils.format_dt(self.bot.clock() + timedelta(seconds=wait), "R")
            raise UserError(
                _("You have disputed {number} labels today. Try again {when}.").format(number=A_DAY, when=again)
            )


class Dispute(Press, template=r"dispute:(?P<message>\d{1,20})"):
    """Ask for another moderator."""

    async def press(self, interaction: Pressed) -> None:
        """Look who asks and whether they still may, then put the label back into the queue."""
        await interaction.response.defer()
        flag = await own_flag(interaction, int(self.match["message"]))
        disputes_of(interaction).spend(interaction)
        opened = await interaction.client.store.disputes.open(flag.message_id, interaction.client.clock())
        if opened is None:
            raise NotFound(_(OVER))
        await interaction.edit_original_response(view=disputed_view())
        alerts = review_of(interaction).alerts
        if opened.alert_message_id is None:
            await alerts.post_waiting(opened.guild_id)
        else:
            await alerts.refresh(opened)


async def own_flag(interaction: Pressed, message_id: int) -> Flag:
    """Give the flag of a message that the person wrote and may dispute.

    Raises:
        NotFound: there is none, or the message is gone.
        NotAllowed: somebody else wrote it, or the server does not allow disputes.
    """
    client, member = interaction.client, member_of(interaction)
    server, flag = await client.store.servers.get(member.guild.id), await client.store.flags.of_message(message_id)
    if not server.disputes:
        raise NotAllowed(_("This server does not take disputes any more. Write to its moderators."))
    if flag is None or flag.guild_id != member.guild.id or not policy.may_dispute(server, flag):
        raise NotFound(_(OVER))
    post = await client.quotes.get(flag.channel_id, flag.message_id)
    if post is None or post.author_id != member.id:
        raise NotAllowed(_("Only the author of a message can dispute its label."))
    return flag


def disputes_of(interaction: Pressed) -> Disputes:
    """Give the cog, which is loaded as long as its button is answered."""
    return interaction.client.loaded(Disputes)


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Disputes(bot))
