"""What a moderator may do to a message or its author from an alert; the bot never does it by itself."""

from datetime import timedelta

import discord
from discord.ext import commands

from bot.buttons import Form, Press, Pressed, member_of
from bot.client import Hindsight
from bot.errors import NotAllowed, NotFound, UserError
from bot.needs import mend
from bot.records import Flag
from bot.render.alerts import PRESS, Filters
from bot.render.text import clip
from cogs.review import check_impartial, filters_of, review_of

REASON_ROOM = 512  # characters of a reason in Discord's audit log
LENGTHS = {
    "10": ("ten minutes", timedelta(minutes=10)),
    "60": ("one hour", timedelta(hours=1)),
    "1440": ("one day", timedelta(days=1)),
    "10080": ("one week", timedelta(weeks=1)),
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
    """Remember which flag the form is about, and the filters of the queue that it was opened from."""

    def __init__(self, flag_id: int, filters: Filters | None) -> None:
        super().__init__()
        self.flag_id = flag_id
        self.filters = filters


class Deletion(SanctionForm, title="Delete this message?"):
    """Confirm the deletion of a message."""

    reason = discord.ui.Label(
        text="Reason",
        description="It is written to the server's audit log.",
        component=discord.ui.TextInput(custom_id="reason", max_length=400),
    )

    async def submit(self, interaction: Pressed) -> None:
        """Check everything again and delete the message."""
        await interaction.response.defer()
        review = review_of(interaction)
        flag = await review.flag_for(interaction, self.flag_id)
        await delete(interaction, flag, text_of(self.reason))
        if self.filters is not None:
            await review.next(interaction, self.filters, after=flag.id)


class TimeOut(SanctionForm, title="Time out the author?"):
    """Confirm a time-out."""

    length = discord.ui.Label(
        text="For how long",
        component=discord.ui.Select(
            custom_id="length",
            options=[discord.SelectOption(label=words.capitalize(), value=key) for key, (words, _) in LENGTHS.items()],
        ),
    )
    deletes = discord.ui.Label(text="Delete the message too", component=discord.ui.Checkbox(custom_id="deletes"))
    reason = discord.ui.Label(
        text="Reason",
        description="It is written to the server's audit log.",
        component=discord.ui.TextInput(custom_id="reason", max_length=400),
    )

    async def submit(self, interaction: Pressed) -> None:
        """Check everything again, time the author out, and count that as agreeing with the label."""
        await interaction.response.defer()
        review, client = review_of(interaction), interaction.client
        flag = await review.flag_for(interaction, self.flag_id)
        await check_impartial(interaction, flag)
        check_rights(interaction)
        also_deletes = isinstance(self.deletes.component, discord.ui.Checkbox) and self.deletes.component.value
        if also_deletes:
            await check_deletion(interaction, flag)
        words, length = LENGTHS[value_of(self.length)]
        target = await find_author(interaction, flag)
        reason = text_of(self.reason)
        try:
            await target.timeout(length, reason=audit_reason(interaction, reason))
        except discord.HTTPException as error:
            raise failure(error) from None
        minutes = int(length.total_seconds() // 60)
        now = client.clock()
        await log(interaction, flag, "timed out", minutes=minutes)
        if also_deletes:
            await delete(interaction, flag, reason)
            if self.filters is not None:
                await review.next(interaction, self.filters, after=flag.id)
            return
        decided, _ = await client.store.flags.decide(flag.id, flag.label, interaction.user.id, now)
        if decided is not None and decided.state == "decided":
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
            "Discord did not let me do that: I lack a permission, or my role stands too low. Nothing was done."
        )
    return UserError("Discord is failing just now, so nothing was done. Please try again in a minute.")


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
        raise NotFound("I cannot see that channel any more; delete the message there yourself.")
    if not place.permissions_for(member_of(interaction)).manage_messages:
        raise NotAllowed(f"Deleting needs your own right to Manage Messages in <#{place.id}>.")
    if not place.permissions_for(place.guild.me).manage_messages:
        raise UserError(f"{mend(place, ('Manage Messages',))} Until then, delete it there yourself.")


def check_rights(interaction: Pressed) -> None:
    """Refuse a time-out for which the moderator or the bot lacks the right."""
    member = member_of(interaction)
    if not member.guild_permissions.moderate_members:
        raise NotAllowed("A time-out needs your own right to Time Out Members.")
    if not member.guild.me.guild_permissions.moderate_members:
        raise UserError(
            "I lack **Time Out Members**. Allow it for my role in Server Settings → Roles, "
            "or open the message and time its author out yourself."
        )


async def find_author(interaction: Pressed, flag: Flag) -> discord.Member:
    """Give the author of a flagged message, if the moderator and the bot both stand above them."""
    moderator = member_of(interaction)
    guild = moderator.guild
    post = await interaction.client.quotes.get(flag.channel_id, flag.message_id)
    if post is None:
        raise NotFound("The message is gone, so I cannot tell whose it was.")
    if not post.by_person:
        raise UserError("A bot or webhook wrote this; it cannot be timed out.")
    try:
        author = await guild.fetch_member(post.author_id)
    except discord.NotFound:
        raise NotFound("The author has left the server.") from None
    if author.id == guild.owner_id or author.guild_permissions.administrator:
        raise NotAllowed("Discord does not time out owners and administrators.")
    if moderator.id != guild.owner_id and moderator.top_role <= author.top_role:
        raise NotAllowed("The author's highest role is not below yours.")
    if guild.me.top_role <= author.top_role:
        raise UserError("The author's highest role is not below mine: move my role up in Server Settings → Roles.")
    return author


def audit_reason(interaction: Pressed, reason: str) -> str:
    """Write a reason as the audit log takes it, with whose decision it was."""
    return clip(f"{interaction.user.name}, from an alert: {' '.join(reason.split())}", REASON_ROOM)


def text_of(label: discord.ui.Label[Form]) -> str:
    """Give what was typed."""
    return label.component.value if isinstance(label.component, discord.ui.TextInput) else ""


def value_of(label: discord.ui.Label[Form]) -> str:
    """Give what was chosen."""
    return label.component.values[0] if isinstance(label.component, discord.ui.Select) else ""


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Sanctions(bot))
