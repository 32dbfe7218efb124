"""The demo's page: a channel list of ours around simcord's preview, which shows one channel to one viewer.

The page stands between the browser and the preview, so that a person's click waits for its turn instead of
being refused while the driver acts, and so that the preview may be shown inside ours.
"""

import asyncio
import errno
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from simcord import MemberActor, Preview, SetupError

from bot.demo.server import Server
from bot.errors import Taken

INDEX = Path(__file__).with_name("index.html")
DROPPED = {"x-frame-options", "content-length", "content-encoding", "transfer-encoding", "date", "server"}
PASSED = ("X-Simcord-Capability", "X-Simcord-Context", "Content-Type")


def listen(port: int) -> socket.socket:
    """Take a port of 127.0.0.1, 0 for a free one; raise `Taken` when it cannot be had."""
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be had ({error.strerror})"
        raise Taken(f"port {port} {why}: use --port N, or make demo PORT=N.") from None


class Page:
    """Serve the index, and behind it the preview of the channel and viewer chosen last."""

    def __init__(self, server: Server, viewers: Mapping[str, MemberActor], assets: Mapping[str, Any]) -> None:
        self.server = server
        self.viewers = viewers
        self.assets = assets
        self.turn = asyncio.Lock()
        self.opened = asyncio.Event()
        self.note = ""
        self.tries: list[str] = []
        self._preview: Preview | None = None
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None
        self._hosts: set[str] = set()

    async def start(self, door: socket.socket) -> str:
        """Answer who comes to a socket that listens on 127.0.0.1, and return the address."""
        app = web.Application(middlewares=[self._only_from_here])
        app.router.add_get("/", self._index)
        app.router.add_get("/state", self._state)
        app.router.add_post("/open", self._open)
        app.router.add_post("/api/action", self._act)
        app.router.add_route("*", "/{path:.*}", self._forward)
        self._session = aiohttp.ClientSession(auto_decompress=True)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.SockSite(self._runner, door).start()
        port = self._runner.addresses[0][1]
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        return f"http://127.0.0.1:{port}/"

    async def close(self) -> None:
        """Stop listening and end the preview."""
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()
        if self._preview is not None:
            await self._preview.close()

    async def refresh(self) -> None:
        """Show what has happened since; the caller holds the turn."""
        if self._preview is not None:
            await self._preview.refresh()

    @web.middleware
    async def _only_from_here(self, request: web.Request, handler: Any) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if request.host not in self._hosts or origin not in {None, *(f"http://{host}" for host in self._hosts)}:
            raise web.HTTPForbidden
        return await handler(request)

    async def _index(self, _: web.Request) -> web.StreamResponse:
        return web.FileResponse(INDEX, headers={"Cache-Control": "no-store"})

    async def _state(self, _: web.Request) -> web.Response:
        channels = [
            {
                "name": name,
                "forum": handle.is_thread,
                "count": len(self.server.env.backend.messages[handle.id]),
                "viewers": [key for key, viewer in self.viewers.items() if self.server.can_see(viewer, handle)],
            }
            for name, handle in self.server.channels.items()
            if name != "deep-dives"
        ]
        viewers = {key: viewer.user.global_name for key, viewer in self.viewers.items()}
        said = {"guild": self.server.guild.name, "note": self.note, "tries": self.tries}
        return web.json_response(said | {"channels": channels, "viewers": viewers})

    async def _open(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        async with self.turn:
            if self._preview is not None:
                await self._preview.close()
            try:
                channel, viewer = self.server.channels[wanted["channel"]], self.viewers[wanted["viewer"]]
                preview = self.server.env.preview(channel, viewers=[viewer], layout="channel", assets=self.assets)
            except (KeyError, SetupError) as error:
                raise web.HTTPBadRequest(text=f"no such view: {error}") from None
            self._preview = await preview.__aenter__()
        self.opened.set()
        return web.json_response({"src": f"/preview#{self._preview.url.partition('#')[2]}"})

    async def _act(self, request: web.Request) -> web.Response:
        """Pass a click on in its turn.

        The preview refuses a click made before the page saw the newest message; Discord does not, so
        the click is told the newest revision. Whether its button is still there is checked all the same.
        """
        body = await request.read()
        async with self.turn:
            if request.content_type == "application/json":
                _, _, state = await self._ask("GET", "/api/state", request.headers)
                action = json.loads(body)
                if "published_revision" in action:
                    action["published_revision"] = json.loads(state).get("publishedRevision")
                body = json.dumps(action).encode()
            return self._answer(*await self._ask("POST", "/api/action", request.headers, body))

    async def _forward(self, request: web.Request) -> web.Response:
        path = "/" if request.path == "/preview" else request.path_qs
        return self._answer(*await self._ask(request.method, path, request.headers, await request.read()))

    async def _ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        if self._preview is None or self._session is None:
            raise web.HTTPGone
        kept = {name: headers[name] for name in PASSED if name in headers}
        try:
            url = self._preview.url.partition("/#")[0] + path
            async with self._session.request(method, url, headers=kept, data=body or None) as answer:
                return answer.status, answer.headers, await answer.read()
        except (aiohttp.ClientConnectionError, SetupError):
            raise web.HTTPGone from None

    @staticmethod
    def _answer(status: int, headers: Mapping[str, str], body: bytes) -> web.Response:
        kept = {name: value for name, value in headers.items() if name.lower() not in DROPPED}
        policy = kept.get("Content-Security-Policy", "")
        kept["Content-Security-Policy"] = policy.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
        return web.Response(status=status, headers=kept, body=body)
