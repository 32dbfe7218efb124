"""The loopback Discord as a whole: world, gateway, REST, interactions, faults and limits behind one port."""

import asyncio
from contextlib import suppress
from typing import Self

import discord
from aiohttp import web
from discord.gateway import DiscordWebSocket
from yarl import URL

from tests.loopback.faults import Faults
from tests.loopback.gateway import Gateway
from tests.loopback.interactions import Interactions
from tests.loopback.limits import Limits
from tests.loopback.payloads import Payload
from tests.loopback.rest import PREFIX, Rest
from tests.loopback.world import World


class Loopback:
    """Serve a Discord on 127.0.0.1 while its context lasts; `limits.punished` is empty for a bot that behaves."""

    def __init__(self, *, channels: tuple[str, ...] = ("news",), limits: Limits | None = None, seed: int = 7) -> None:
        self.faults = Faults(seed)
        self.limits = limits or Limits()
        self.world = World(self._emit, channels)
        self.interactions = Interactions(self.world)
        self.gateway = Gateway(self.faults, self.limits, self._ready, self.world.guild)
        self.rest = Rest(self.world, self.faults, self.limits, self.interactions)
        self.address = ""

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 25)
        app.router.add_get("/gateway/", self.gateway.handle)
        app.router.add_routes(self.rest.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.address = f"http://{host}:{port}{PREFIX}"
        self.rest.gateway = f"ws://{host}:{port}/gateway/"
        self._pump = asyncio.create_task(self.gateway.pump())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._pump.cancel()
        with suppress(asyncio.CancelledError):
            await self._pump
        await self._runner.cleanup()

    def rotate_token(self) -> None:
        """Let the token that the bot has be worth nothing any more."""
        self.rest.token = self.gateway.token = "another"  # noqa: S105

    def switch_content_off(self) -> None:
        """Switch the application's Message Content intent off."""
        self.gateway.content = False
        self.rest.flags = 0

    def _emit(self, kind: str, data: Payload) -> None:
        self.gateway.emit(kind, data)

    def _ready(self) -> Payload:
        world = self.world
        return {
            "v": 10,
            "user": world.bot_user,
            "guilds": [{"id": str(world.guild_id), "unavailable": True}],
            "resume_gateway_url": self.rest.gateway,
            "application": {"id": str(world.bot_id), "flags": self.rest.flags},
        }


def point_at(api: str, gateway: str) -> None:
    """Have discord.py speak to a loopback Discord instead of the real one, in this process."""
    discord.http.Route.BASE = api
    DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway)
