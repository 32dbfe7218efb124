"""Start the bot on Discord, say plainly what keeps it from starting, and stop it without losing anything."""

import asyncio
import logging
import os
import signal
import sys
import threading
from contextlib import AbstractAsyncContextManager, nullcontext

import aiohttp
import discord
import typer

from bot.client import Hindsight, invite_link
from bot.errors import ConfigurationError, Unreachable
from bot.message_search import DiscordSearch
from bot.resources import WORKERS, open_resources
from bot.settings import Settings, exposed
from bot.watching import watching

PORTAL = "https://discord.com/developers/applications"
STATUS = "https://discordstatus.com"
NO_TOKEN = f"No token. Copy .env.example to .env and set HINDSIGHT_TOKEN (from {PORTAL} → your application → Bot)."
WRONG_TOKEN = f"Discord refused the token. Reset it at {PORTAL} → your application → Bot, and put it into .env."
NO_CONTENT = (
    "The Message Content intent is off, so the bot could read nothing. "
    f"Switch it on at {PORTAL} → your application → Bot → Privileged Gateway Intents."
)
# What a connection that does not come about raises, before the library tries again by itself.
UNREACHABLE = (aiohttp.ClientError, OSError, discord.HTTPException, discord.GatewayNotFound)

SOURCES = ("cogs.watch", "cogs.catchup")  # where messages come in
WORK = ("discord.py: ", "CommandTree-invoker", "discord-ui-")  # how discord.py names the tasks of events and presses
LOOPS = ("discord-ext-tasks: ",)  # and those of loops, which it cancels without waiting for them
FINISH = 5.0  # seconds in which what is under way may end
HANG_UP = 2.0  # seconds in which Discord may answer our good-bye; the library would wait for thirty

log = logging.getLogger(__name__)


async def run(settings: Settings) -> None:
    """Run the bot until it is stopped by SIGTERM or Ctrl-C; raise `ConfigurationError` when it cannot start."""
    if settings.token is None or not settings.token.get_secret_value():
        raise ConfigurationError(NO_TOKEN)
    os.umask(0o077)
    for problem in exposed(settings):
        log.warning("%s", problem)
    stop = _on_signals()
    async with open_resources(settings) as resources:
        bot = Hindsight(resources)
        bot.search = DiscordSearch(bot, resources.clock)
        try:
            async with _watched(bot, settings.metrics_port):
                await _serve(bot, settings.token.get_secret_value(), stop)
        finally:
            await hang_up(bot)
    if any(thread.name.startswith(WORKERS) for thread in threading.enumerate()):
        # Everything is closed and on the disk, but the interpreter would wait for this thread for ever.
        log.error("a model hangs; the process ends without it")
        logging.shutdown()
        os._exit(0)


def _watched(bot: Hindsight, port: int | None) -> AbstractAsyncContextManager[object]:
    return nullcontext() if port is None else watching(bot, port)


async def _serve(bot: Hindsight, token: str, stop: asyncio.Event) -> None:
    serving, stopped = asyncio.create_task(_start(bot, token)), asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if stopped.done():
        log.info("stopping")
        await drain(bot)
        await hang_up(bot)
        serving.cancel()
        await asyncio.wait({serving})
    else:
        stopped.cancel()
        await serving


async def _start(bot: Hindsight, token: str) -> None:
    try:
        await bot.login(token)
        _show_invitation(bot)
        await bot.connect()
    except discord.LoginFailure:
        raise ConfigurationError(WRONG_TOKEN) from None
    except discord.PrivilegedIntentsRequired:
        raise ConfigurationError(NO_CONTENT) from None
    except discord.app_commands.CommandSyncFailure:
        raise  # what we sent was wrong
    except UNREACHABLE as error:
        raise Unreachable(f"Discord {cannot_be_reached(error)}") from error


def cannot_be_reached(error: Exception) -> str:
    """Say why Discord cannot be reached, and what to do."""
    match error:
        case discord.HTTPException():
            why = f"it answers {error.status} {error.response.reason}"
        case _:
            why = str(error) or type(error).__name__
    return f"cannot be reached: {why}. Look at the network and at {STATUS}, then try again."


def _show_invitation(bot: Hindsight) -> None:
    """Show a person at a terminal how to invite the bot; for all others it is in the log."""
    if sys.stdout.isatty():
        typer.echo(f"Invite the bot to a server: {invite_link(bot)}")


async def drain(bot: Hindsight, seconds: float = FINISH) -> None:
    """Take nothing new and let what is under way end; what does not end in time is read at the next start."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    for name in SOURCES:
        if name in bot.extensions:
            await bot.unload_extension(name)
    while (work := _tasks(WORK)) and (left := deadline - loop.time()) > 0:
        await asyncio.wait(work, timeout=left)
    late = _tasks(WORK)
    if late:
        log.warning("%s tasks are cut short; their messages are read at the next start", len(late))
        for task in late:
            task.cancel()
        await asyncio.wait(late, timeout=1)


async def hang_up(bot: Hindsight, seconds: float = HANG_UP) -> None:
    """Close the connection, without waiting for long for an answer."""
    closing = asyncio.create_task(bot.close())
    await asyncio.wait({closing}, timeout=seconds)
    if not closing.done():
        closing.cancel()
        await asyncio.wait({closing})
        await bot.http.close()
    if loops := _tasks(LOOPS):  # cancelled by now; a write that one was in ends before the store is closed
        await asyncio.wait(loops, timeout=seconds)


def _tasks(names: tuple[str, ...]) -> set[asyncio.Task[object]]:
    return {task for task in asyncio.all_tasks() if task.get_name().startswith(names)}


def _on_signals() -> asyncio.Event:
    """Give an event that the first SIGTERM or Ctrl-C sets; a second one ends the process at once."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def ask(number: int) -> None:
        loop.remove_signal_handler(number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask, number)
    return stop
