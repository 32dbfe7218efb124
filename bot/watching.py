"""`/metrics` and `/healthz` on 127.0.0.1, for who runs the bot."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from bot.errors import ConfigurationError, StoreError
from bot.intake import Intake
from bot.resources import Resources

HOST = "127.0.0.1"
PATIENCE = 2.0  # seconds that the database has to answer in
BEAT = 0.5  # seconds between two looks at the event loop

log = logging.getLogger(__name__)


class Running(Protocol):
    """Know whether the bot is connected and reads."""

    @property
    def resources(self) -> Resources: ...

    @property
    def intake(self) -> Intake: ...

    def is_ready(self) -> bool: ...

    @property
    def shards(self) -> Any: ...


@asynccontextmanager
async def watching(bot: Running, port: int) -> AsyncIterator[int]:
    """Serve metrics and health while the context lasts; give the port.

    Raises:
        ConfigurationError: the port is taken.
    """
    app = web.Application()
    pages = Pages(bot)
    app.router.add_get("/metrics", pages.metrics)
    app.router.add_get("/healthz", pages.health)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    beating = asyncio.create_task(_beat(bot.resources))
    try:
        try:
            await web.TCPSite(runner, HOST, port).start()
        except OSError as error:
            raise ConfigurationError(f"HINDSIGHT_METRICS_PORT: {HOST}:{port} is taken: {error.strerror}.") from error
        used = runner.addresses[0][1]
        log.info("metrics and health on http://%s:%s", HOST, used)
        yield used
    finally:
        beating.cancel()
        await asyncio.wait({beating})
        await runner.cleanup()


class Pages:
    """Answer the two addresses."""

    def __init__(self, bot: Running) -> None:
        self._bot = bot
        self._resources = bot.resources

    async def metrics(self, _: web.Request) -> web.Response:
        """Show all metrics."""
        metrics, now = self._resources.metrics, self._resources.clock()
        metrics.reading_paused.set(self._bot.intake.paused is not None)
        try:
            since = await asyncio.wait_for(self._bot.intake.waits_since(), PATIENCE)
            metrics.catch_up_lag.set(max(0.0, (now - since).total_seconds()) if since else 0)
        except (StoreError, TimeoutError):
            log.debug("how far reading lags cannot be said: the database does not answer")
        return web.Response(body=metrics.render(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def health(self, _: web.Request) -> web.Response:
        """Say whether the bot is connected, can write and reads."""
        problem = await self._problem()
        return web.Response(text=f"{problem or 'ok'}\n", status=503 if problem else 200)

    async def _problem(self) -> str | None:
        if not self._bot.is_ready() or any(shard.is_closed() for shard in self._bot.shards.values()):
            return "not connected to Discord"
        try:
            await asyncio.wait_for(self._resources.store.health.check(), PATIENCE)
        except (StoreError, TimeoutError):
            return "the database cannot be written"
        return f"reading is paused: {self._bot.intake.why}" if self._bot.intake.paused is not None else None


async def _beat(resources: Resources) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + BEAT
        await asyncio.sleep(BEAT)
        resources.metrics.loop_lag.observe(max(0.0, loop.time() - due))
