"""A moderator who leaves a flag to another may say what they think; the other decides without seeing it."""

import discord
from discord.ext import commands

from bot.buttons import Form, Press, Pressed
from bot.client import Hindsight
from bot.languages import _
from bot.render.alerts import DISMISSED, PRESS, Filters
from bot.render.labels import meaning_of, name_of
from bot.render.text import LABEL_MARKS, capital
from cogs.review import filters_of, review_of, too_late
from models.labels import MARKS

UNDECIDED = "undecided"


class Opinions(commands.Cog):
    """Answer *Second opinion*."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """Listen to the button."""
        self.bot.add_dynamic_items(Ask)

    async def cog_unload(self) -> None:
        """Stop listening."""
        self.bot.remove_dynamic_items(Ask)


class Ask(Press, template=PRESS.format(actions="ask")):
    """Leave a flag to another moderator."""

    async def press(self, interaction: Pressed) -> None:
        """Check the person again, and ask for their own view."""
        flag = await review_of(interaction).flag_for(interaction, int(self.match["flag"]))
        await interaction.response.send_modal(Opinion(flag.id, flag.label, filters_of(self)))


class Opinion(Form):
    """Ask what the moderator thinks, which they may leave open."""

    def __init__(self, flag_id: int, label: str, filters: Filters | None) -> None:
        super().__init__(title=_("Ask another moderator"))
        self.flag_id = flag_id
        self.filters = filters
        dismissed = _("Not {label}").format(label=name_of(label))
        options = [
            discord.SelectOption(label=_("I cannot say"), value=UNDECIDED, default=True),
            *(
                discord.SelectOption(
                    label=capital(name_of(mark)), value=mark, description=meaning_of(mark), emoji=LABEL_MARKS[mark]
                )
                for mark in MARKS
            ),
            discord.SelectOption(label=dismissed, value=DISMISSED),
        ]
        self.opinion = discord.ui.Select[Form](custom_id="view", options=options)
        described = _("The other decides without seeing it; `/stats` counts how often two of you agree.")
        self.add_item(discord.ui.Label(text=_("What do you say?"), description=described, component=self.opinion))

    async def submit(self, interaction: Pressed) -> None:
        """Check again, leave the flag to somebody else, and show what comes next."""
        await interaction.response.defer()
        review, client = review_of(interaction), interaction.client
        flag = await review.flag_for(interaction, self.flag_id)
        view = self.opinion.values[0] if self.opinion.values else UNDECIDED
        said = None if view == UNDECIDED else view
        now = await client.store.flags.ask(flag.id, interaction.user.id, client.clock(), said)
        if now is None:
            await too_late(interaction, review, flag.id, self.filters)
            return
        await review.alerts.refresh(now)
        if self.filters is not None:
            await review.next(interaction, self.filters, after=flag.id)


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Opinions(bot))
