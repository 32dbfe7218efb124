"""The real bot with tiny models, pointed at a loopback Discord: in this process, or in one of its own."""

import asyncio
import multiprocessing
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import discord

import bot.cards
import bot.resources
import bot.run
from bot.client import Hindsight
from bot.resources import Clock, Learned, open_resources
from bot.settings import Settings, default_settings
from tests.loopback.server import Loopback, point_at
from tests.loopback.waiting import until
from tests.tiny import tiny_models

READY = 120.0  # seconds in which a process begins on a machine that has much else to do
HURRY = 0.1  # seconds that the bot waits for more servers to come; two outside of tests


def settings(data_dir: Path) -> Settings:
    """Give settings that no environment changes."""
    return default_settings(data_dir=data_dir, token="token")  # noqa: S106


@asynccontextmanager
async def connected(
    loopback: Loopback,
    data_dir: Path,
    learned: Learned | None = None,
    *,
    start: bool = True,
    clock: Clock = discord.utils.utcnow,
) -> AsyncIterator[Hindsight]:
    """Run the bot in this process; it has read what was missed when this begins."""
    point_at(loopback.address, loopback.rest.gateway)
    async with (
        open_resources(settings(data_dir), clock, learned or tiny_models()) as resources,
        Hindsight(resources) as running,
    ):
        running._connection.guild_ready_timeout = HURRY
        task = asyncio.create_task(running.start("token"))
        try:
            if start:
                await asyncio.wait_for(_settled(running, task), 30)
            yield running
        finally:
            await bot.run.drain(running)
            await bot.run.hang_up(running)
            await asyncio.gather(task, return_exceptions=True)


async def _at_once(*_: object, **__: object) -> None:
    """Wait for nothing, where the library would wait five seconds for Discord's sake."""


async def _settled(running: Hindsight, task: asyncio.Task[None]) -> None:
    waiting = asyncio.create_task(running.wait_until_ready())
    await asyncio.wait([waiting, task], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        waiting.cancel()
        await task
    catch_up = running.get_cog("CatchUp")
    await asyncio.sleep(HURRY)
    await until(lambda: catch_up is None or catch_up.progress is None, "the end of catching up")  # type: ignore[attr-defined]


class Life:
    """Hold one life of the bot as a process, from its start to `kill -9`."""

    def __init__(self, loopback: Loopback, data_dir: Path, *, forgetful: bool = False) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.loopback.bot_process"])
        arguments = (data_dir, loopback.address, loopback.rest.gateway, forgetful)
        self.process: BaseProcess = context.Process(target=live, args=arguments, daemon=True)
        self.process.start()

    async def until(self, holds: Callable[[], object], what: str) -> None:
        """Wait until something holds that the bot has to live for."""
        await until(lambda: holds() or not self.process.is_alive(), what, READY)
        assert self.process.is_alive(), f"the bot died before {what}"

    async def kill(self) -> None:
        """End it as `kill -9` does."""
        self.process.kill()
        await asyncio.to_thread(self.process.join)

    async def stop(self) -> float:
        """End it as `systemctl stop` does; give how long that took, in seconds."""
        began = time.monotonic()
        self.process.terminate()
        await asyncio.to_thread(self.process.join, 60)
        assert self.process.exitcode == 0, f"the bot ended with {self.process.exitcode}"
        return time.monotonic() - began


def live(data_dir: Path, api: str, gateway: str, forgetful: bool) -> None:
    """Run the bot for as long as this process lives; a forgetful one posts without looking what is there."""
    point_at(api, gateway)
    bot.resources.load_models = tiny_models
    state = discord.state.ConnectionState
    begin = state.__init__

    def hurried(self: discord.state.ConnectionState, **options: object) -> None:
        begin(self, **options | {"guild_ready_timeout": HURRY})  # type: ignore[arg-type]

    state.__init__ = hurried  # type: ignore[method-assign]
    if forgetful:
        bot.cards.find_posted = _find_nothing  # type: ignore[assignment]
        bot.cards.post_once = _post_blindly  # type: ignore[assignment]
    asyncio.run(bot.run.run(settings(data_dir)))


async def _find_nothing(*_: object) -> None:
    """Find no message that was posted before."""


async def _post_blindly(
    channel: discord.abc.Messageable, *_: object, again: bool, about: int = 0, **content: object
) -> object:
    return await channel.send(**content)  # type: ignore[arg-type]
