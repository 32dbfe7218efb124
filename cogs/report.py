"""What policy did or would have done, how good that was, and thresholds that fit better."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from io import BytesIO

import discord
import numpy as np
from discord import app_commands
from discord.ext import commands

from bot.buttons import Press, Pressed, member_of
from bot.citing import names_for
from bot.client import Hindsight
from bot.errors import NotAllowed, NotFound, UserError
from bot.languages import _
from bot.records import Sample
from bot.render import reports as render
from bot.render.setup import told
from bot.reports import Report as Made
from bot.reports import draw, report, window
from bot.tuning import percents, propose
from bot.visibility import moderates
from cogs.settings import spread_of
from cogs.setup import change, check_manager, guild_of, set_live

DAYS = 14
LONGEST = 30


class Report(commands.Cog):
    """Answer `/report` and what is pressed under it."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """Listen to the buttons, also of before a restart."""
        self.bot.add_dynamic_items(*BUTTONS)

    async def cog_unload(self) -> None:
        """Stop listening."""
        self.bot.remove_dynamic_items(*BUTTONS)

    @app_commands.command(name="report")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_messages=True)
    @app_commands.checks.has_permissions(manage_messages=True)
    @app_commands.checks.cooldown(2, 30)
    @app_commands.describe(days="How many days back, at most 30; 14 if left out")
    async def report(self, interaction: Pressed, days: app_commands.Range[int, 1, LONGEST] = DAYS) -> None:
        """Flags and cards there were or would have been, how often they were right, and what was missed."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        made = await self.make(guild_of(interaction).id, days)
        names = await names_for(self.bot.quotes, member_of(interaction), (each for _, each, _ in made.happened.flags))
        drawn = bool(made.happened.flags or made.happened.cards)
        files = [await asyncio.to_thread(_picture, made, names)] if drawn else []
        await interaction.followup.send(view=render.report_view(made, drawn=drawn), files=files, ephemeral=True)

    async def make(self, guild_id: int, days: int) -> Made:
        """Count what happened, and fit thresholds to the verdicts."""
        store, now = self.bot.store, self.bot.clock()
        server = await store.servers.get(guild_id)
        since = window(days, server, now)
        happened = await store.reports.happened(guild_id, since)
        strata = await store.reports.strata(guild_id, since, self.bot.resources.settings.pace)
        judged = await store.reports.judged(guild_id)
        proposal = await asyncio.to_thread(propose, server, judged, await spread_of(self.bot, server))
        verdicts = sum(each.label in server.thresholds.flags for each in judged)
        return await asyncio.to_thread(report, server, since, now, happened, strata, proposal, verdicts)

    async def next(self, interaction: Pressed, before: int | None = None) -> None:
        """Show a moderator the next reply to judge, and nobody else for ten minutes."""
        member, store, now = member_of(interaction), self.bot.store, self.bot.clock()
        server = await store.servers.get(member.guild.id)
        since = window(LONGEST, server, now)
        waiting = await self._waiting(member, since)
        if not waiting:
            await self._draw(member, since)
            waiting = await self._waiting(member, since)
        for number, sample in enumerate(waiting, start=1):
            shown = await self._shown(sample, len(waiting) - number, before)
            if shown is not None:
                await store.samples.lease(sample.message_id, member.id, now)
                await interaction.edit_original_response(view=render.sample_view(shown))
                return
        await interaction.edit_original_response(view=render.sample_end(before))

    async def again(self, interaction: Pressed, sample: Sample) -> None:
        """Show a reply once more whose judgement was taken back."""
        shown = await self._shown(sample, 0, None)
        if shown is None:
            await self.next(interaction)
            return
        await interaction.edit_original_response(view=render.sample_view(shown))

    async def _waiting(self, member: discord.Member, since: datetime) -> Sequence[Sample]:
        waiting = await self.bot.store.samples.waiting(member.guild.id, member.id, since, self.bot.clock())
        places = {sample.channel_id for sample in waiting}
        allowed = {channel_id for channel_id in places if await self._moderates(member, channel_id)}
        return [sample for sample in waiting if sample.channel_id in allowed]

    async def _draw(self, member: discord.Member, since: datetime) -> None:
        store = self.bot.store
        watched = [channel_id for _, channel_id in await store.servers.watched(member.guild.id)]
        allowed = [channel_id for channel_id in watched if await self._moderates(member, channel_id)]
        pace = self.bot.resources.settings.pace
        unjudged = await store.reports.unjudged(member.guild.id, allowed, since, pace)
        await store.samples.add(member.guild.id, draw(unjudged, np.random.default_rng()), self.bot.clock())

    async def _shown(self, sample: Sample, more: int, before: int | None) -> render.Shown | None:
        """Fetch what is shown of a sample; one that cannot be fetched is dropped."""
        post = await self.bot.quotes.get(sample.channel_id, sample.message_id)
        if post is None:
            await self.bot.store.samples.drop(sample.message_id)
            return None
        passage = await self.bot.pipeline.passage(post)
        return render.Shown(sample, passage.text, passage.story, passage.parent, more, before)

    async def _moderates(self, member: discord.Member, channel_id: int) -> bool:
        place = await self.bot.quotes.find(channel_id)
        return place is not None and await moderates(member, place)

    async def sample_for(self, interaction: Pressed, message_id: int) -> Sample:
        """Give a sample of this server to someone who may judge it.

        Raises:
            NotFound: it is not there any more, or not of this server.
            NotAllowed: the person lacks Manage Messages where the message stands.
        """
        sample = await self.bot.store.samples.get(message_id)
        if sample is None or sample.guild_id != interaction.guild_id:
            raise NotFound(_("This reply is not in the sample any more: it was deleted, edited or has expired."))
        if not await self._moderates(member_of(interaction), sample.channel_id):
            said = _("Only people with Manage Messages in {channel} can judge this.")
            raise NotAllowed(said.format(channel=f"<#{sample.channel_id}>"))
        return sample


class ReportButton(Press, template=render.REPORT):
    """Begin to judge a sample, or go live."""

    async def press(self, interaction: Pressed) -> None:
        """Check the person again, then begin."""
        if self.match["action"] == "live":
            check_manager(interaction)
            await interaction.response.defer(ephemeral=True, thinking=True)
            await interaction.edit_original_response(view=told(await set_live(interaction, live=True)))
            return
        if not interaction.permissions.manage_messages:
            raise NotAllowed(_("This needs the permission Manage Messages."))
        await interaction.response.defer(ephemeral=True, thinking=True)
        await report_of(interaction).next(interaction)


class SampleButton(Press, template=render.SAMPLE):
    """Write what a moderator says a reply does, and show the next."""

    async def press(self, interaction: Pressed) -> None:
        """Check the person again, then judge, skip or take back."""
        await interaction.response.defer()
        cog, client = report_of(interaction), interaction.client
        message_id, what = int(self.match["message"]), self.match["what"]
        sample = await cog.sample_for(interaction, message_id)
        if what == "undo":
            if not await client.store.samples.take_back(message_id, interaction.user.id, client.clock()):
                raise UserError(_("Only who judged a reply can take that back."))
            await cog.again(interaction, replace(sample, verdict=None))
        elif what == "skip":
            await client.store.samples.drop(message_id)
            await cog.next(interaction)
        else:
            first = await client.store.samples.judge(message_id, what, interaction.user.id, client.clock())
            await cog.next(interaction, before=message_id if first else None)
            if not first:
                raise UserError(_("Somebody judged this reply before you; that stands."))


class TuneButton(Press, template=render.TUNE):
    """Use fitted thresholds, or go back to those of before."""

    async def press(self, interaction: Pressed) -> None:
        """Check the person, and that nothing changed since the button was made, then change the thresholds."""
        check_manager(interaction)
        now, then = render.decoded(self.match["now"]), render.decoded(self.match["then"])
        await interaction.response.defer(ephemeral=True, thinking=True)
        server = await interaction.client.store.servers.get(guild_of(interaction).id)
        if percents(server.thresholds.flags) != now:
            raise UserError(_("The thresholds were changed since: ask for a new `/report`. Nothing was changed."))
        undone = self.match["way"] == "undo"
        flags = {label: percent / 100 for label, percent in then.items()}
        action = "thresholds restored" if undone else "thresholds fitted"
        await change(interaction, action, thresholds=replace(server.thresholds, flags=flags))
        await interaction.edit_original_response(view=render.tuned(now, then, undone=undone))


BUTTONS = (ReportButton, SampleButton, TuneButton)


def report_of(interaction: Pressed) -> Report:
    """Give the cog, which is loaded as long as its buttons are answered."""
    return interaction.client.loaded(Report)


def _picture(made: Made, names: Mapping[int, str]) -> discord.File:
    return discord.File(BytesIO(render.draw(made, names)), render.NAME)


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Report(bot))
