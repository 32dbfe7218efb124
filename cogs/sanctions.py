"""What a moderator may do to a message or its author from an alert; the bot never does it by itself."""

from datetime import timedelta

import discord
from discord.ext import commands

from bot.buttons import Form, Press, Pressed, member_of
from bot.client import Hindsight
from bot.errors import NotAllowed, NotFound, UserError
from bot.languages import N_, _
from bot.needs import mend
from bot.records import Flag
from bot.render.alerts import PRESS, Filters
from bot.render.text import capital, clip
from cogs.review import check_impartial, filters_of, review_of

REASON_ROOM = 512  # characters of a reason in Discord's audit log
LENGTHS = {
    "10": (N_("ten minutes"), timedelta(minutes=10)),
    "60": (N_("one hour"), timedelta(hours=1)),
    "1440": (N_("one day"), timedelta(days=1)),
    "10080": (N_("one week"), timedelta(weeks=1)),
}


class Sanctions(commands.Cog):
    """Delete a message or time out its author when a moderator says so, with their own right to do it."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """Listen to the buttons."""
        self.bot.add_dynamic_items(Sanction)

    async def cog_unload(self) -> None:
        """Stop listening."""
        self.bot.remove_dynamic_items(Sanction)


class Sanction(Press, template=PRESS.format(actions="delete|timeout")):
    """Answer the two buttons that act: check who presses, then ask for confirmation and a reason."""

    async def press(self, interaction: Pressed) -> None:
        """Open the form, or say why not."""
        flag = await review_of(interaction).flag_for(interaction, int(self.match["flag"]))
        if self.match["action"] == "delete":
            await check_deletion(interaction, flag)
            await interaction.response.send_modal(Deletion(flag.id, filters_of(self)))
        else:
            await check_impartial(interaction, flag)
            check_rights(interaction)
            await interaction.response.send_modal(TimeOut(flag.id, filters_of(self)))


class SanctionForm(Form):
    """Ask for a reason; remember which flag it is about, and the filters of the queue that the form is opened from."""

    def __init__(self, title: str, flag_id: int, filters: Filters | None) -> None:
        super().__init__(title=title)
        self.flag_id = flag_id
        self.filters = filters
        self.reason = discord.ui.TextInput[Form](custom_id="reason", max_length=400)

    def ask_reason(self) -> None:
        """Add the field for the reason."""
        described = _("It is written to the server's audit log.")
        self.add_item(discord.ui.Label(text=_("Reason"), description=described, component=self.reason))


class Deletion(SanctionForm):
    """Confirm the deletion of a message."""

    def __init__(self, flag_id: int, filters: Filters | None) -> None:
        super().__init__(_("Delete this message?"), flag_id, filters)
        self.ask_reason()

    async def submit(self, interaction: Pressed) -> None:
        """Check everything again and delete the message."""
        await interaction.response.defer()
        review = review_of(interaction)
        flag = await review.flag_for(interaction, self.flag_id)
        await delete(interaction, flag, self.reason.value)
        if self.filters is not None:
            await review.next(interaction, self.filters, after=flag.id)


class TimeOut(SanctionForm):
    """Confirm a time-out."""

    def __init__(self, flag_id: int, filters: Filters | None) -> None:
        super().__init__(_("Time out the author?"), flag_id, filters)
        options = [discord.SelectOption(label=capital(_(words)), value=key) for key, (words, _long) in LENGTHS.items()]
        self.length = discord.ui.Select[Form](custom_id="length", options=options)
        self.deletes = discord.ui.Checkbox[Form](custom_id="deletes")
        self.add_item(discord.ui.Label(text=_("For how long"), component=self.length))
        self.add_item(discord.ui.Label(text=_("Delete the message too"), component=self.deletes))
        self.ask_reason()

    async def submit(self, interaction: Pressed) -> None:
        """Check everything again, time the author out, and count that as agreeing with the label."""
        await interaction.response.defer()
        review, client = review_of(interaction), interaction.client
        flag = await review.flag_for(interaction, self.flag_id)
        await check_impartial(interaction, flag)
        check_rights(interaction)
        if self.deletes.value:
            await check_deletion(interaction, flag)
        words, length = LENGTHS[self.length.values[0]]
        target = await find_author(interaction, flag)
        try:
            await target.timeout(length, reason=audit_reason(interaction, self.reason.value))
        except discord.HTTPException as error:
            raise failure(error) from None
        minutes = int(length.total_seconds() // 60)
        now = client.clock()
        await log(interaction, flag, "timed out", minutes=minutes)
        if self.deletes.value:
            await delete(interaction, flag, self.reason.value)
            if self.filters is not None:
                await review.next(interaction, self.filters, after=flag.id)
            return
        decided, _won = await client.store.flags.decide(flag.id, flag.label, interaction.user.id, now)
        if decided is not None and decided.state == "decided":
            # The alert is everybody's and English, so the words are not translated here.
            await review.after(interaction, decided, self.filters, f"author timed out for {words}")


async def delete(interaction: Pressed, flag: Flag, reason: str) -> None:
    """Delete a flagged message in the moderator's name, and forget it."""
    await check_deletion(interaction, flag)
    client, deleting = interaction.client, review_of(interaction).deleting
    deleting[flag.id] = interaction.user.id
    try:
        # discord.py's own methods for one message take no reason.
        await client.http.delete_message(flag.channel_id, flag.message_id, reason=audit_reason(interaction, reason))
    except discord.NotFound:
        deleting.pop(flag.id, None)
    except discord.HTTPException as error:
        deleting.pop(flag.id, None)
        raise failure(error) from None
    else:
        await log(interaction, flag, "message deleted")
    await client.intake.forget(flag.guild_id, [flag.message_id])


def failure(error: discord.HTTPException) -> UserError:
    """Say why Discord did not do what a moderator wanted; nothing was done then."""
    if isinstance(error, discord.Forbidden):
        return UserError(
            _("Discord did not let me do that: I lack a permission, or my role stands too low. Nothing was done.")
        )
    return UserError(_("Discord is failing just now, so nothing was done. Please try again in a minute."))


async def log(interaction: Pressed, flag: Flag, action: str, **detail: int) -> None:
    """Write a sanction in the log of decisions; the reason that was typed stands in Discord's own."""
    client = interaction.client
    label = {"label": flag.label, "score": flag.score}
    await client.store.audit.add(
        flag.guild_id, client.clock(), interaction.user.id, action, flag.message_id, **label, **detail
    )


async def check_deletion(interaction: Pressed, flag: Flag) -> None:
    """Refuse a deletion for which the moderator or the bot lacks the right."""
    place = await interaction.client.quotes.find(flag.channel_id)
    if place is None:
        raise NotFound(_("I cannot see that channel any more; delete the message there yourself."))
    if not place.permissions_for(member_of(interaction)).manage_messages:
        said = _("Deleting needs your own right to Manage Messages in {channel}.")
        raise NotAllowed(said.format(channel=f"<#{place.id}>"))
    if not place.permissions_for(place.guild.me).manage_messages:
        raise UserError(f"{mend(place, ('manage_messages',))} {_('Until then, delete it there yourself.')}")


def check_rights(interaction: Pressed) -> None:
    """Refuse a time-out for which the moderator or the bot lacks the right."""
    member = member_of(interaction)
    if not member.guild_permissions.moderate_members:
        raise NotAllowed(_("A time-out needs your own right to Time Out Members."))
    if not member.guild.me.guild_permissions.moderate_members:
        raise UserError(
            _(
                "I lack **Time Out Members**. Allow it for my role in Server Settings → Roles, "
                "or open the message and time its author out yourself."
            )
        )


async def find_author(interaction: Pressed, flag: Flag) -> discord.Member:
    """Give the author of a flagged message, if the moderator and the bot both stand above them."""
    moderator = member_of(interaction)
    guild = moderator.guild
    post = await interaction.client.quotes.get(flag.channel_id, flag.message_id)
    if post is None:
        raise NotFound(_("The message is gone, so I cannot tell whose it was."))
    if not post.by_person:
        raise UserError(_("A bot or webhook wrote this; it cannot be timed out."))
    try:
        author = await guild.fetch_member(post.author_id)
    except discord.NotFound:
        raise NotFound(_("The author has left the server.")) from None
    if author.id == guild.owner_id or author.guild_permissions.administrator:
        raise NotAllowed(_("Discord does not time out owners and administrators."))
    if moderator.id != guild.owner_id and moderator.top_role <= author.top_role:
        raise NotAllowed(_("The author's highest role is not below yours."))
    if guild.me.top_role <= author.top_role:
        raise UserError(_("The author's highest role is not below mine: move my role up in Server Settings → Roles."))
    return author


def audit_reason(interaction: Pressed, reason: str) -> str:
    """Write a reason as the audit log takes it, with whose decision it was."""
    return clip(f"{interaction.user.name}, from an alert: {' '.join(reason.split())}", REASON_ROOM)


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Sanctions(bot))
