"""The moderators' queue: alerts, `/review` and the verdicts under both."""

from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot import policy
from bot.alerts import Alerts
from bot.buttons import Press, Pressed, member_of
from bot.client import Hindsight
from bot.durations import parse_since
from bot.errors import NotAllowed, NotFound, UserError
from bot.languages import _
from bot.loops import every
from bot.queue import Part, decides, suggested_to, within
from bot.records import Flag, Outcome
from bot.render.alerts import (
    DISMISSED,
    PRESS,
    QUEUE,
    Filters,
    Place,
    decided_view,
    queue_end,
    review_view,
    verdict_words,
)
from bot.store.messages import Public
from cogs.suggestions import suggestions_of
from models.labels import LABELS

SECOND_OPINION = "second opinion"
SUGGESTED_CARD = "suggested card"
SHOWN = [app_commands.Choice(name=name, value=name) for name in (*LABELS[:-1], SECOND_OPINION, SUGGESTED_CARD)]


class Review(commands.Cog):
    """Bring flags before moderators and do what they decide."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot
        self.alerts = Alerts(bot, bot.resources, bot.quotes, bot.pipeline)
        self.deleting: dict[int, int] = {}
        self._failed = False

    async def cog_load(self) -> None:
        """Listen to the buttons, also of alerts from before a restart, and take up what was left."""
        self.bot.add_dynamic_items(Verdict)
        self.take_up.start()

    async def cog_unload(self) -> None:
        """Stop listening."""
        self.take_up.cancel()
        self.bot.remove_dynamic_items(Verdict)

    @every(minutes=5)
    async def take_up(self) -> None:
        """Post the alerts that a crash, or Discord's failing, kept from being posted; then rest."""
        await self.bot.wait_until_ready()
        self._failed = False
        due = {flag.guild_id for flag in await self.bot.store.flags.without_alert()}
        settled = all([await self.alerts.post_waiting(guild_id) for guild_id in due])
        if settled and not self._failed:
            self.take_up.stop()

    @commands.Cog.listener()
    async def on_outcome(self, outcome: Outcome) -> None:
        """Post, change or withdraw the alert of a message that was read."""
        flag = outcome.flag
        if flag is not None and flag.state == "open" and flag.alert_message_id is None:
            new = flag.id if outcome.flag_opened else None
            if not await self.alerts.post_waiting(flag.guild_id, new):
                self._try_later()
        await self.on_forgotten(outcome.left)

    def _try_later(self) -> None:
        self._failed = True  # a turn that is under way may be past this flag
        if not self.take_up.is_running():
            self.take_up.start()

    @commands.Cog.listener()
    async def on_forgotten(self, shown: Sequence[Public]) -> None:
        """Shrink the alerts of messages that are gone, and take what is gone out of the others."""
        for public in shown:
            if public.kind == "alert":
                settled = await self.alerts.follow(public, self.deleting.pop(public.id, None))
            elif public.kind == "context":
                settled = await self._refresh(public.id)
            else:
                continue
            if settled:
                await self.bot.store.leftovers.settle(public)

    @app_commands.command(name="review")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_messages=True)
    @app_commands.checks.has_permissions(manage_messages=True)
    @app_commands.checks.cooldown(5, 30)
    @app_commands.describe(
        label="Only flags for this",
        channel="Only flags in this channel or forum",
        since="Only flags since then: 2h, yesterday, 2026-03-01",
    )
    @app_commands.choices(label=SHOWN)
    async def review(
        self,
        interaction: Pressed,
        label: str | None = None,
        channel: discord.TextChannel | discord.ForumChannel | discord.Thread | None = None,
        since: str | None = None,
    ) -> None:
        """Go through the flags that wait for a verdict, one at a time."""
        await interaction.response.defer(ephemeral=True)
        begin = parse_since(since, self.bot.clock()) if since is not None else None
        part = Part(channel.id if channel else None, begin)
        if label == SUGGESTED_CARD:
            await suggestions_of(interaction).next(interaction, part)
            return
        asked = label == SECOND_OPINION
        await self.next(interaction, Filters(None if asked else label, asked, part))

    async def next(self, interaction: Pressed, filters: Filters, after: int = 0, before: Flag | None = None) -> None:
        """Hand the next flag of the queue to a moderator, and to nobody else for ten minutes."""
        member = member_of(interaction)
        waiting = await self._waiting(member, filters)
        rest = [flag for flag in waiting if flag.id > after]
        for number, flag in enumerate(rest, start=1):
            if await self.bot.store.flags.lease(flag.id, member.id, self.bot.clock()):
                place = Place(filters, len(rest) - number, before)
                view = review_view(await self.alerts.describe(flag), place)
                await interaction.edit_original_response(view=view)
                return
        bot = self.bot
        cards = await suggested_to(bot.store, bot.quotes, member, filters.part, bot.clock())
        place = Place(filters, len(waiting) - len(rest), before, len(cards))
        await interaction.edit_original_response(view=queue_end(place))

    async def flag_for(self, interaction: Pressed, flag_id: int) -> Flag:
        """Give a flag of this server to someone who may decide on it.

        Raises:
            NotFound: it is not there any more, or not of this server.
            NotAllowed: the person lacks Manage Messages where the message stands.
        """
        flag = await self.bot.store.flags.get(flag_id)
        if flag is None or flag.guild_id != interaction.guild_id:
            raise NotFound(_("This flag is not there any more: its message was deleted or has expired."))
        if not await decides(self.bot.quotes, member_of(interaction), flag.channel_id):
            said = _("Only people with Manage Messages in {channel} can decide this.")
            raise NotAllowed(said.format(channel=f"<#{flag.channel_id}>"))
        return flag

    async def after(self, interaction: Pressed, flag: Flag, filters: Filters | None, extra: str = "") -> None:
        """Show what was decided where the button was, and keep the alert true."""
        if filters is None:
            await interaction.edit_original_response(view=decided_view(flag, extra))
        if filters is not None or interaction.message is None or interaction.message.id != flag.alert_message_id:
            await self.alerts.refresh(flag)
        if filters is not None:
            await self.next(interaction, filters, after=flag.id, before=flag)

    async def _waiting(self, member: discord.Member, filters: Filters) -> list[Flag]:
        flags = await self.bot.store.flags.waiting(
            member.guild.id, member.id, self.bot.clock(), filters.label, asked=filters.asked
        )
        since = filters.part.since
        flags = [flag for flag in flags if since is None or flag.created_at >= since]
        quotes, places = self.bot.quotes, {flag.channel_id for flag in flags}
        wanted = [place for place in places if await within(quotes, place, filters.part.channel_id)]
        allowed = {place for place in wanted if await decides(quotes, member, place)}
        return [flag for flag in flags if flag.channel_id in allowed]

    async def _refresh(self, flag_id: int) -> bool:
        flag = await self.bot.store.flags.get(flag_id)
        return flag is None or await self.alerts.refresh(flag)


class Verdict(Press, template=PRESS.format(actions="agree|dismiss|other|undo|skip|again")):
    """Answer the buttons of alerts and of the queue that decide about a label."""

    async def press(self, interaction: Pressed) -> None:
        """Check the person again, then do what the button says, once."""
        await interaction.response.defer()
        review, filters = review_of(interaction), filters_of(self)
        flag_id, action = int(self.match["flag"]), self.match["action"]
        if action == "again" and filters is not None:
            await review.next(interaction, filters)
            return
        try:
            flag = await review.flag_for(interaction, flag_id)
        except NotFound:
            if filters is not None:
                await review.next(interaction, filters, after=flag_id)
            raise
        match action:
            case "skip" if filters is not None:
                await interaction.client.store.flags.release(flag.id, interaction.user.id)
                await review.next(interaction, filters, after=flag.id)
            case "undo":
                await self._undo(interaction, review, flag, filters)
            case _:
                await self._decide(interaction, review, flag, filters)

    async def _decide(self, interaction: Pressed, review: Review, flag: Flag, filters: Filters | None) -> None:
        client = interaction.client
        await check_impartial(interaction, flag)
        verdict = {"agree": flag.label, "dismiss": DISMISSED}.get(self.match["action"]) or chosen(self.item)
        now, won = await client.store.flags.decide(flag.id, verdict, interaction.user.id, client.clock())
        if now is None or now.state != "decided":
            await too_late(interaction, review, flag.id, filters)
            return
        await review.after(interaction, now, filters)
        if not won:
            said = _("{moderator} was a moment faster and {decided}. `Undo` takes it back.")
            raise UserError(said.format(moderator=f"<@{now.decided_by}>", decided=verdict_words(now)))

    async def _undo(self, interaction: Pressed, review: Review, flag: Flag, filters: Filters | None) -> None:
        client = interaction.client
        await check_impartial(interaction, flag)
        if flag.state == "decided" and not policy.can_undo(flag.decided_at, client.clock()):
            raise UserError(_("This was decided more than 30 days ago and stands."))
        now = await client.store.flags.undo(flag.id, interaction.user.id, client.clock())
        if now is None:
            await too_late(interaction, review, flag.id, filters)
            return
        await review.alerts.refresh(now)
        if filters is not None:
            await review.next(interaction, filters, after=flag.id - 1)


async def too_late(interaction: Pressed, review: Review, flag_id: int, filters: Filters | None) -> None:
    """Show a flag as it stands to someone whose button was overtaken, and say so."""
    flag = await review.flag_for(interaction, flag_id)
    if filters is None:
        await interaction.edit_original_response(view=await review.alerts.view(flag))
    else:
        await review.next(interaction, filters, after=flag_id)
    match flag.state:
        case "withdrawn":
            raise UserError(_("The message was edited meanwhile and is not flagged any more."))
        case "decided":
            said = _("{moderator} was a moment faster and {decided}.")
            raise UserError(said.format(moderator=f"<@{flag.decided_by}>", decided=verdict_words(flag)))
        case _:
            raise UserError(_("This flag is open again already."))


async def check_impartial(interaction: Pressed, flag: Flag) -> None:
    """Refuse whoever decided what is disputed, and the author who disputes it.

    Raises:
        NotAllowed: that is who asks.
    """
    if flag.disputed_at is None:
        return
    if flag.judged_by == interaction.user.id:
        raise NotAllowed(_("The author disputes your verdict on this, so another moderator decides about it."))
    post = await interaction.client.quotes.get(flag.channel_id, flag.message_id)
    if post is not None and post.author_id == interaction.user.id:
        raise NotAllowed(_("This is about your own message: another moderator decides what you dispute."))


def review_of(interaction: Pressed) -> Review:
    """Give the cog, which is loaded as long as its buttons are answered."""
    return interaction.client.loaded(Review)


def filters_of(press: Press) -> Filters | None:
    """Give the filters of the queue in which a button was pressed; None under an alert."""
    if press.match["where"] != QUEUE:
        return None
    return Filters(press.match["label"] or None, press.match["asked"] == "1", Part.of(press.match))


def chosen(item: discord.ui.Item[Any]) -> str:
    """Give the label that was chosen."""
    values = item.values if isinstance(item, discord.ui.Select) else []
    if len(values) != 1 or values[0] not in LABELS:
        raise UserError(_("Choose one of the labels."))
    return values[0]


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Review(bot))
