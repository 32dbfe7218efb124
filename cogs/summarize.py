"""Not yet built."""

from bot.client import Hindsight


async def setup(bot: Hindsight) -> None:
    """Load nothing yet."""
