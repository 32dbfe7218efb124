"""What a deletion, an edit or a removal has left to be taken down or changed, and Discord's failing kept up."""

import logging
from collections.abc import Sequence

import discord
from discord.ext import commands

from bot.client import Hindsight
from bot.intake import PASSING
from bot.loops import every
from bot.posting import DISCORD_FAILED
from bot.records import Outcome, Public

HOUR = 60  # minutes

log = logging.getLogger(__name__)


class Leftovers(commands.Cog):
    """Try again what the cogs that hear of it have not settled."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot
        self._new = False
        self._minutes: dict[Public, int] = {}

    async def cog_unload(self) -> None:
        """Stop; what is left is announced at the next start."""
        self.try_again.cancel()

    @commands.Cog.listener()
    async def on_forgotten(self, _shown: Sequence[Public]) -> None:
        """Look in a minute what others have not settled of it."""
        self._begin()

    @commands.Cog.listener()
    async def on_outcome(self, outcome: Outcome) -> None:
        """Look the same way after an edit."""
        if outcome.left or outcome.withdrawn_card is not None or outcome.changed_card is not None:
            self._begin()

    @commands.Cog.listener()
    async def on_still_up(self) -> None:
        """Look the same way after a removal."""
        self._begin()

    @every(minutes=1)
    async def try_again(self) -> None:
        """Try what is left once, one after the other; the longer it lasts, the more seldom. Then rest."""
        if self.try_again.current_loop == 0:
            return
        self._new = False
        await self.bot.wait_until_ready()
        left = await self.bot.store.leftovers.all()
        self._minutes = {public: self._minutes.get(public, 0) + 1 for public in left}
        for public, minutes in self._minutes.items():
            if is_due(minutes):
                await self._try(public)
        if not left and not self._new:
            self.try_again.stop()

    def _begin(self) -> None:
        self._new = True
        if not self.try_again.is_running():
            self.try_again.start()

    async def _try(self, public: Public) -> None:
        try:
            for follow in self.bot.extra_events.get("on_forgotten", ()):
                await follow([public])
        except PASSING as error:
            log.warning("%s %s is still up: %s", public.kind, public.id, type(error).__name__)
            if isinstance(error, discord.HTTPException) and error.status < DISCORD_FAILED:
                await self.bot.store.leftovers.settle(public)  # to be refused again and again bans an address


def is_due(minutes: int) -> bool:
    """Say whether what is left for so many minutes is tried now: after 1, 2, 4, … of them, then every hour."""
    return minutes.bit_count() == 1 if minutes < HOUR else minutes % HOUR == 0


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Leftovers(bot))
