"""The gateway: sessions that outlive their sockets, sequence numbers, replay, and what goes wrong with them."""

import asyncio
import json
import secrets
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.loopback.faults import Faults
from tests.loopback.limits import Limits
from tests.loopback.payloads import Payload

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID_SESSION, HELLO, ACK = 0, 1, 2, 6, 7, 9, 10, 11
WRONG_TOKEN, NO_INTENT = 4004, 4014
MESSAGE_CONTENT = 1 << 15
HEARTBEAT_EVERY = 20_000  # milliseconds
BINARY_FRAME = 0x82


@dataclass(slots=True)
class Session:
    """Hold one session: what it was sent, so that it can be sent again."""

    session_id: str
    sent: list[Payload] = field(default_factory=list)
    socket: "Socket | None" = None
    held: list[Payload] = field(default_factory=list)


class Socket:
    """Send frames to one connection, compressed as one stream where it asked for that."""

    def __init__(self, ws: web.WebSocketResponse, request: web.Request) -> None:
        self._ws = ws
        self._transport = request.transport
        self._stream = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None
        self._turn = asyncio.Lock()

    async def send(self, payload: Payload) -> None:
        """Send one payload; a socket that is gone takes nothing more."""
        async with self._turn:
            if self._ws.closed:
                return
            try:
                if self._stream is None:
                    await self._ws.send_str(json.dumps(payload))
                else:
                    await self._ws.send_bytes(self._packed(payload))
            except ConnectionError:
                return

    async def close(self, code: int) -> None:
        """Close in order, with a code."""
        await self._ws.close(code=code)

    async def cut(self, payload: Payload, keep: int) -> None:
        """Send the first bytes of a frame, then cut the socket."""
        async with self._turn:
            body = self._packed(payload) if self._stream else json.dumps(payload).encode()
            if self._transport is not None and not self._transport.is_closing():
                self._transport.write(_frame(body)[:keep])
                self._transport.abort()

    def _packed(self, payload: Payload) -> bytes:
        assert self._stream is not None
        return self._stream.compress(json.dumps(payload).encode()) + self._stream.flush(zlib.Z_SYNC_FLUSH)


class Gateway:
    """Open sessions and take events to them."""

    def __init__(self, faults: Faults, limits: Limits, ready: Callable[[], Payload], guild: Callable[[], Payload]):
        self._faults = faults
        self._limits = limits
        self._ready = ready
        self._guild = guild
        self._sessions: dict[str, Session] = {}
        self._queue: asyncio.Queue[tuple[str, Payload]] = asyncio.Queue()
        self.token = "token"  # noqa: S105 - what the tests' bot is given
        self.content = True
        self.heartbeats = 0

    @property
    def connected(self) -> bool:
        """Say whether the bot is on the line with a session."""
        return any(session.socket is not None for session in self._sessions.values())

    def emit(self, kind: str, data: Payload) -> None:
        """Have an event sent to every session, in order."""
        self._queue.put_nowait((kind, data))

    async def pump(self) -> None:
        """Send what was emitted, for ever."""
        while True:
            kind, data = await self._queue.get()
            for session in list(self._sessions.values()):
                for payload in self._spoiled(session, {"op": DISPATCH, "t": kind, "d": data}):
                    await self._dispatch(session, payload)
            self._queue.task_done()

    async def flush(self) -> None:
        """Wait until everything emitted has been sent, what was held back too."""
        await self._queue.join()
        for session in self._sessions.values():
            held, session.held = session.held, []
            for payload in held:
                await self._dispatch(session, payload)

    async def drop(self, keep: int = 0) -> None:
        """Cut the socket after `keep` bytes of the next frame; the session can be resumed."""
        for session, socket in self._open():
            session.socket = None
            await socket.cut({"op": ACK}, keep)

    async def reconnect(self) -> None:
        """Ask the bot to connect anew."""
        for session, socket in self._open():
            session.socket = None
            await socket.send({"op": RECONNECT})

    async def invalidate(self, *, resumable: bool) -> None:
        """Tell the bot that its session is not valid; unless `resumable`, it is gone."""
        for session, socket in self._open():
            session.socket = None
            if not resumable:
                del self._sessions[session.session_id]
            await socket.send({"op": INVALID_SESSION, "d": resumable})

    def forget_sessions(self) -> None:
        """Let no session be resumed, as after an outage."""
        self._sessions = {}

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection until it ends."""
        ws = web.WebSocketResponse(max_msg_size=0, compress=False)
        await ws.prepare(request)
        socket = Socket(ws, request)
        await socket.send({"op": HELLO, "d": {"heartbeat_interval": HEARTBEAT_EVERY}})
        session: Session | None = None
        try:
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    self._limits.sent()
                    session = await self._obey(json.loads(message.data), socket) or session
        finally:
            if session is not None and session.socket is socket:
                session.socket = None
        return ws

    async def _obey(self, payload: Payload, socket: Socket) -> Session | None:
        match payload["op"]:
            case op if op == HEARTBEAT:
                self.heartbeats += 1
                if self._faults.acks:
                    await socket.send({"op": ACK})
            case op if op == IDENTIFY:
                return await self._identify(payload["d"], socket)
            case op if op == RESUME:
                return await self._resume(payload["d"], socket)
        return None

    async def _identify(self, data: Any, socket: Socket) -> Session | None:
        self._limits.identified()
        if data["token"] != self.token:
            await socket.close(WRONG_TOKEN)
            return None
        if not (self.content and data["intents"] & MESSAGE_CONTENT):
            await socket.close(NO_INTENT)
            return None
        for dead in [each.session_id for each in self._sessions.values() if each.socket is None]:
            del self._sessions[dead]
        session = Session(secrets.token_hex(8), socket=socket)
        self._sessions[session.session_id] = session
        ready = self._ready() | {"session_id": session.session_id, "shard": data.get("shard", [0, 1])}
        await self._dispatch(session, {"op": DISPATCH, "t": "READY", "d": ready})
        await self._dispatch(session, {"op": DISPATCH, "t": "GUILD_CREATE", "d": self._guild()})
        return session

    async def _resume(self, data: Any, socket: Socket) -> Session | None:
        session = self._sessions.get(data["session_id"])
        if session is None or data["token"] != self.token:
            await socket.send({"op": INVALID_SESSION, "d": False})
            return None
        self._limits.resumes += 1
        there = data["seq"]
        while there < len(session.sent):
            await socket.send(session.sent[there])
            there += 1
        session.socket = socket
        await self._dispatch(session, {"op": DISPATCH, "t": "RESUMED", "d": {}})
        return session

    async def _dispatch(self, session: Session, payload: Payload) -> None:
        numbered = payload | {"s": len(session.sent) + 1}
        session.sent.append(numbered)
        if session.socket is not None:
            await session.socket.send(numbered)

    def _spoiled(self, session: Session, payload: Payload) -> list[Payload]:
        if not session.held and self._faults.holds():
            session.held.append(payload)
            return []
        held, session.held = session.held, []
        return [payload] * self._faults.copies() + held

    def _open(self) -> list[tuple[Session, Socket]]:
        return [(each, each.socket) for each in self._sessions.values() if each.socket is not None]


def _frame(body: bytes) -> bytes:
    """Give a server's binary frame."""
    size = len(body)
    if size < 126:
        return bytes([BINARY_FRAME, size]) + body
    return bytes([BINARY_FRAME, 126]) + struct.pack("!H", size) + body
