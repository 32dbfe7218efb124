"""Count what comes from Discord and what becomes of it."""

from discord.ext import commands

from bot.client import Hindsight
from bot.records import Outcome


class Counting(commands.Cog):
    """Tell the metrics."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot

    @commands.Cog.listener()
    async def on_socket_event_type(self, event: str) -> None:
        """Count an event from Discord."""
        self.bot.resources.metrics.events.labels(event).inc()

    @commands.Cog.listener()
    async def on_outcome(self, outcome: Outcome) -> None:
        """Count what became of a message."""
        self.bot.resources.metrics.count(outcome)


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Counting(bot))
