"""Digests by themselves: `/digests` says when, and a loop makes them."""

from datetime import timedelta
from typing import Literal

from discord import app_commands
from discord.ext import commands

from bot.buttons import Press, Pressed
from bot.client import Hindsight
from bot.digest_plan import Plan
from bot.digest_rounds import Rounds
from bot.errors import NotAllowed, UserError
from bot.languages import ENGLISH, N_, _, speaking
from bot.loops import every
from bot.render.digest_plan import plan_words
from bot.render.digests import STORY_PRESS, notice
from cogs.setup import guild_of
from cogs.summarize import Summarize

FEWEST, MOST = 5, 200  # replies
USUAL_REPLIES, USUAL_REST, USUAL_HOUR = 20, 60, 18
When = Literal["after a rest", "daily", "never"]
BOTH = N_("`minutes` goes with *after a rest*, `hour` with *daily*. Nothing was changed.")
WITHOUT = N_("Choose `when`, too: *after a rest*, *daily* or *never*. Nothing was changed.")
MODERATORS = N_("Only moderators can refresh this digest; when people go on, it is made anew by itself.")


class Digests(commands.Cog):
    """Post a digest under each story that is discussed, where a server wants that."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot
        self.rounds = Rounds(bot.store, bot.quotes, bot.intake, bot.clock)

    async def cog_load(self) -> None:
        """Listen to the buttons, and look what is due if any server wants it."""
        self.bot.add_dynamic_items(StoryButton)
        if await self.bot.store.story_digests.plans():
            self.look.start()

    async def cog_unload(self) -> None:
        """Stop; what is due is found again at the next start."""
        self.look.cancel()
        self.bot.remove_dynamic_items(StoryButton)

    @every(minutes=5)
    async def look(self) -> None:
        """Make what is due."""
        summarize = summarize_of(self.bot)
        await self.rounds.go(summarize.summaries, summarize.posts)

    @look.before_loop
    async def ready(self) -> None:
        """Wait until channels can be seen."""
        await self.bot.wait_until_ready()

    @app_commands.command(name="digests")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.checks.has_permissions(manage_guild=True)
    @app_commands.describe(
        when="When a story gets its digest; without it, you see how it is now",
        replies=f"How many replies a story must have ({FEWEST}–{MOST})",
        minutes="After how many minutes without a reply (10–720)",
        hour="At which hour of UTC (0–23)",
    )
    async def digests(
        self,
        interaction: Pressed,
        when: When | None = None,
        replies: app_commands.Range[int, FEWEST, MOST] | None = None,
        minutes: app_commands.Range[int, 10, 720] | None = None,
        hour: app_commands.Range[int, 0, 23] | None = None,
    ) -> None:
        """Let a digest be posted under each story that was discussed, and kept up to date"""
        await interaction.response.defer(ephemeral=True, thinking=True)
        guild = guild_of(interaction)
        if (minutes is not None and when != "after a rest") or (hour is not None and when != "daily"):
            raise UserError(_(WITHOUT if when is None else BOTH))
        if when is None:
            if replies is not None:
                raise UserError(_(WITHOUT))
        else:
            rest = timedelta(minutes=minutes or USUAL_REST) if when == "after a rest" else None
            at = (USUAL_HOUR if hour is None else hour) if when == "daily" else None
            plan = Plan(guild.id, replies or USUAL_REPLIES, rest, at, self.bot.clock())
            await self._plan(interaction, plan if when != "never" else None)
        await self._show(interaction)

    async def _plan(self, interaction: Pressed, plan: Plan | None) -> None:
        store, guild = self.bot.store, guild_of(interaction)
        if plan is None:
            await store.story_digests.drop_plan(guild.id)
            detail = {}
        else:
            await store.story_digests.set_plan(plan)
            rest = None if plan.rest is None else round(plan.rest / timedelta(minutes=1))
            detail = {"replies": plan.replies, "minutes": rest, "hour": plan.hour}
            if not self.look.is_running():
                with speaking(ENGLISH):  # the loop outlives the command, and posts for everybody
                    self.look.start()
        await store.audit.add(guild.id, self.bot.clock(), interaction.user.id, "digests", None, **detail)

    async def _show(self, interaction: Pressed) -> None:
        guild = guild_of(interaction)
        plan = await self.bot.store.story_digests.plan(guild.id)
        live = (await self.bot.store.servers.get(guild.id)).live
        said = plan_words(plan, self.bot.clock(), live=live)
        await interaction.edit_original_response(view=notice(said))


class StoryButton(Press, template=STORY_PRESS):
    """The button under a digest that nobody asked for; its custom id says which."""

    async def press(self, interaction: Pressed) -> None:
        """Make the digest anew."""
        if not interaction.permissions.manage_messages:
            raise NotAllowed(_(MODERATORS))
        await interaction.response.defer()
        cog = interaction.client.get_cog("Digests")
        if isinstance(cog, Digests):
            summarize = summarize_of(interaction.client)
            await cog.rounds.refresh(int(self.match["id"]), summarize.summaries, summarize.posts)


def summarize_of(bot: Hindsight) -> Summarize:
    """Give the cog that makes digests."""
    return bot.loaded(Summarize)


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Digests(bot))
