"""Start the bot on Discord, and say plainly what keeps it from starting."""

import asyncio
import logging
import signal

import discord

from bot.client import Hindsight
from bot.errors import ConfigurationError
from bot.resources import open_resources
from bot.settings import Settings

PORTAL = "https://discord.com/developers/applications"
NO_TOKEN = f"No token. Copy .env.example to .env and set HINDSIGHT_TOKEN (from {PORTAL} → your application → Bot)."
WRONG_TOKEN = f"Discord refused the token. Reset it at {PORTAL} → your application → Bot, and put it into .env."
NO_CONTENT = (
    "The Message Content intent is off, so the bot could read nothing. "
    f"Switch it on at {PORTAL} → your application → Bot → Privileged Gateway Intents."
)

log = logging.getLogger(__name__)


async def run(settings: Settings) -> None:
    """Run the bot until it is stopped; raise `ConfigurationError` when it cannot start."""
    if settings.token is None or not settings.token.get_secret_value():
        raise ConfigurationError(NO_TOKEN)
    async with open_resources(settings) as resources, Hindsight(resources) as bot:
        _stop_on_sigterm(bot)
        await _start(bot, settings.token.get_secret_value())


async def _start(bot: Hindsight, token: str) -> None:
    try:
        await bot.start(token)
    except discord.LoginFailure:
        raise ConfigurationError(WRONG_TOKEN) from None
    except discord.PrivilegedIntentsRequired:
        raise ConfigurationError(NO_CONTENT) from None


def _stop_on_sigterm(bot: Hindsight) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        log.info("stopping")
        bot.stopping = loop.create_task(bot.close())

    loop.add_signal_handler(signal.SIGTERM, stop)
