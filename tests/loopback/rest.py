"""The REST routes that the bot uses."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from datetime import datetime

from aiohttp import web

from tests.loopback import payloads
from tests.loopback.faults import DROPPED, Faults, Rule
from tests.loopback.interactions import Interactions
from tests.loopback.limits import Limits, Rate, Refusal
from tests.loopback.payloads import Payload
from tests.loopback.world import World

PREFIX = "/api/v10"
Answer = Callable[[web.Request], Awaitable[object]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

UNKNOWN = {"message": "Unknown", "code": 10008}


class Missing(Exception):
    """Something that was asked for is not there."""


class Rest:
    """Answer requests, as far as limits and faults let it."""

    def __init__(self, world: World, faults: Faults, limits: Limits, interactions: Interactions) -> None:
        self._world = world
        self._faults = faults
        self._limits = limits
        self._interactions = interactions
        self.token = "token"  # noqa: S105 - what the tests' bot is given
        self.gateway = ""
        self.flags = payloads.CONTENT
        self.commands: list[Payload] = []

    def routes(self) -> list[web.RouteDef]:
        """List the routes."""
        messages, webhook = "/channels/{channel}/messages", "/webhooks/{application}/{token}"
        answers: list[tuple[str, str, Answer]] = [
            ("GET", "/users/@me", self._me),
            ("GET", "/oauth2/applications/@me", self._application),
            ("GET", "/gateway/bot", self._gateway),
            ("PUT", "/applications/{application}/commands", self._sync),
            ("GET", "/guilds/{guild}", self._guild),
            ("GET", "/guilds/{guild}/members/{member}", self._member),
            ("GET", "/guilds/{guild}/roles", self._roles),
            ("GET", "/channels/{channel}", self._channel),
            ("GET", "/channels/{channel}/threads/archived/public", self._archived),
            ("GET", messages, self._history),
            ("POST", messages, self._post),
            ("GET", messages + "/{message}", self._message),
            ("PATCH", messages + "/{message}", self._edit),
            ("DELETE", messages + "/{message}", self._delete),
            ("POST", "/interactions/{interaction}/{token}/callback", self._interactions.callback),
            ("POST", webhook, self._interactions.followup),
            ("GET", webhook + "/messages/{message}", self._interactions.original),
            ("PATCH", webhook + "/messages/{message}", self._interactions.edit),
            ("DELETE", webhook + "/messages/{message}", self._interactions.delete),
        ]
        return [web.route(method, PREFIX + path, self._guarded(method, path, one)) for method, path, one in answers]

    def _guarded(self, method: str, path: str, answer: Answer) -> Handler:
        route = f"{method} {path.rstrip('/').split('/')[-1] if path.endswith('messages') else path}"
        free = path.startswith(("/interactions", "/webhooks"))

        async def handle(request: web.Request) -> web.StreamResponse:
            major = next((request.match_info[name] for name in ("channel", "guild") if name in request.match_info), "")
            if free:
                major = request.match_info["token"]
            if (refusal := self._limits.admit(route, major, counted=not free)) is not None:
                return self._sent(self._refused(refusal), route, major)
            rule = self._faults.rule(f"{method} {request.path.removeprefix(PREFIX)}")
            await asyncio.sleep(self._faults.pause() + (rule.delay if rule else 0.0))
            if rule is not None and not rule.after:
                return self._sent(await self._spoiled(request, rule, route, major), route, major)
            response = await self._answered(request, answer, free)
            if rule is not None:
                await asyncio.sleep(rule.hangs)
                response = await self._spoiled(request, rule, route, major)
            return self._sent(response, route, major)

        return handle

    async def _answered(self, request: web.Request, answer: Answer, free: bool) -> web.Response:
        if not free and request.headers.get("Authorization") != f"Bot {self.token}":
            return _json({"message": "401: Unauthorized", "code": 0}, 401)
        try:
            found = await answer(request)
        except (Missing, KeyError):
            return _json(UNKNOWN, 404)
        return web.Response(status=204) if found is None else _json(found, 200)

    async def _spoiled(self, request: web.Request, rule: Rule, route: str, major: str) -> web.Response:
        if rule.status == DROPPED:
            if request.transport is not None:
                request.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"[: rule.keep])
                request.transport.abort()
            raise asyncio.CancelledError
        if rule.status == 429:
            bucket = self._limits.everywhere if rule.everywhere else self._limits.bucket(route, major)
            bucket.close(time.monotonic(), rule.retry_after)
            return self._refused(Refusal(rule.retry_after, rule.everywhere))
        return _json({"message": str(rule.status), "code": 0}, rule.status)

    def _refused(self, refusal: Refusal) -> web.Response:
        after = round(refusal.retry_after, 3) + 0.001
        body = {"message": "You are being rate limited.", "retry_after": after, "global": refusal.everywhere}
        response = _json(body, 429)
        response.headers["Retry-After"] = str(int(after) + 1)
        response.headers["X-RateLimit-Scope"] = "global" if refusal.everywhere else "user"
        return response

    def _sent(self, response: web.Response, route: str, major: str) -> web.Response:
        self._limits.answered(response.status)
        bucket, now = self._limits.bucket(route, major), time.monotonic()
        rate: Rate = bucket.rate
        response.headers["Via"] = "1.1 loopback"
        response.headers["X-RateLimit-Limit"] = str(rate.limit)
        response.headers["X-RateLimit-Remaining"] = str(max(0, rate.limit - bucket.count))
        response.headers["X-RateLimit-Reset-After"] = f"{bucket.left(now):.3f}"
        response.headers["X-RateLimit-Bucket"] = re.sub(r"\W", "", route)
        return response

    async def _me(self, _: web.Request) -> Payload:
        return self._world.bot_user

    async def _application(self, _: web.Request) -> Payload:
        return {
            "id": str(self._world.bot_id),
            "name": "Hindsight",
            "icon": None,
            "description": "",
            "summary": "",
            "bot_public": True,
            "bot_require_code_grant": False,
            "verify_key": "",
            "flags": self.flags,
            "owner": self._world.moderator,
            "team": None,
        }

    async def _gateway(self, _: web.Request) -> Payload:
        left = self._limits.identifies_allowed - self._limits.identifies
        start = {"total": 1000, "remaining": max(0, left), "reset_after": 14_400_000, "max_concurrency": 1}
        return {"url": self.gateway, "shards": 1, "session_start_limit": start}

    async def _sync(self, request: web.Request) -> list[Payload]:
        known = {
            "application_id": str(self._world.bot_id),
            "version": "1",
            "default_member_permissions": None,
            "description": "",
        }
        self.commands = [
            {"type": 1} | known | command | {"id": str(self._world.snowflake())} for command in await request.json()
        ]
        return self.commands

    async def _member(self, request: web.Request) -> Payload:
        people = (self._world.bot_user, self._world.member, self._world.moderator)
        found = next((each for each in people if each["id"] == request.match_info["member"]), None)
        if found is None:
            raise Missing
        return self._world.as_member(found)

    async def _guild(self, request: web.Request) -> Payload:
        if int(request.match_info["guild"]) != self._world.guild_id:
            raise Missing
        left_out = ("channels", "threads", "members")  # those come by the gateway
        return {key: value for key, value in self._world.guild().items() if key not in left_out}

    async def _roles(self, _: web.Request) -> list[Payload]:
        return self._world.guild()["roles"]

    async def _channel(self, request: web.Request) -> Payload:
        return self._world.channels[_channel(request)]

    async def _archived(self, request: web.Request) -> Payload:
        found, limit = self._world.archived(_channel(request)), int(request.query.get("limit", 50))
        if "before" in request.query:
            before = datetime.fromisoformat(request.query["before"])
            found = [
                each for each in found if datetime.fromisoformat(each["thread_metadata"]["archive_timestamp"]) < before
            ]
        return {"threads": found[:limit], "members": [], "has_more": len(found) > limit}

    async def _history(self, request: web.Request) -> list[Payload]:
        there = self._world.messages[_channel(request)]
        limit = int(request.query.get("limit", 50))
        ids = sorted(there)
        if "after" in request.query:
            ids = [each for each in ids if each > int(request.query["after"])][:limit]
        elif "before" in request.query:
            ids = [each for each in ids if each < int(request.query["before"])][-limit:]
        elif "around" in request.query:
            ids = sorted(ids, key=lambda each: abs(each - int(request.query["around"])))[:limit]
        return [there[each] for each in sorted(ids, reverse=True)[:limit]]

    async def _post(self, request: web.Request) -> Payload:
        body = await _body(request)
        reference = body.get("message_reference")
        there = self._world.messages[_channel(request)]
        if reference and reference.get("fail_if_not_exists", True) and int(reference["message_id"]) not in there:
            raise Missing
        return self._world.post(_channel(request), body)

    async def _message(self, request: web.Request) -> Payload:
        return self._world.messages[_channel(request)][int(request.match_info["message"])]

    async def _edit(self, request: web.Request) -> Payload:
        body = await _body(request)
        changes = {key: body[key] for key in ("content", "components", "embeds", "flags") if key in body}
        return self._world.edit(_channel(request), int(request.match_info["message"]), **changes)

    async def _delete(self, request: web.Request) -> None:
        self._world.delete(_channel(request), int(request.match_info["message"]))


def _channel(request: web.Request) -> int:
    return int(request.match_info["channel"])


async def _body(request: web.Request) -> Payload:
    if request.content_type == "application/json":
        return await request.json()
    form = await request.post()
    return json.loads(str(form["payload_json"]))


def _json(found: object, status: int) -> web.Response:
    # With a charset in its type, the bot's library takes an answer for text.
    return web.Response(body=json.dumps(found).encode(), status=status, content_type="application/json")
