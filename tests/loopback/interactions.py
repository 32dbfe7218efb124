"""Commands and buttons: what people press, and what they are answered."""

import itertools
import json
import time
from dataclasses import dataclass, field

from aiohttp import web

from tests.loopback import payloads
from tests.loopback.payloads import Payload
from tests.loopback.world import FOUNDED, MODERATES, World

THINKING, UPDATE_LATER = 5, 6


@dataclass(slots=True)
class Asked:
    """Hold one interaction: when it was sent, and what came back when."""

    token: str
    began: float
    first: float | None = None
    answers: list[Payload] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Give how long the first answer took."""
        assert self.first is not None, "the interaction was never answered"
        return self.first - self.began

    @property
    def text(self) -> str:
        """Give all that was answered."""
        return payloads.words(self.answers)


class Interactions:
    """Send interactions to the bot and keep its answers."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._number = itertools.count(1)
        self.asked: dict[str, Asked] = {}

    def slash(self, name: str, *, channel_id: int | None = None, **options: str) -> Asked:
        """Have the moderator run a command."""
        given = [{"name": key, "type": 3, "value": value} for key, value in options.items()]
        data = {"id": "1", "name": name, "type": 1, "options": given}
        return self._send(2, data, channel_id or self._world.news)

    def press(self, message: Payload, custom_id: str) -> Asked:
        """Have the moderator press a button."""
        data = {"custom_id": custom_id, "component_type": 2, "values": []}
        return self._send(3, data, int(message["channel_id"]), message=message)

    def _send(self, kind: int, data: Payload, channel_id: int, **more: object) -> Asked:
        world, token = self._world, f"interaction-{next(self._number)}"
        asked = self.asked[token] = Asked(token, time.perf_counter())
        member = payloads.member(world.moderator, [], FOUNDED, MODERATES.value)
        world.emit(
            "INTERACTION_CREATE",
            {
                "id": str(world.snowflake()),
                "application_id": str(world.bot_id),
                "type": kind,
                "data": data,
                "guild_id": str(world.guild_id),
                "channel": world.channels[channel_id],
                "channel_id": str(channel_id),
                "member": member,
                "token": token,
                "version": 1,
                "locale": "en-US",
                "entitlements": [],
                "authorizing_integration_owners": {},
                "attachment_size_limit": 1 << 20,
                "app_permissions": str(MODERATES.value),
                **more,
            },
        )
        return asked

    async def callback(self, request: web.Request) -> Payload:
        """Take the first answer."""
        asked = self.asked[request.match_info["token"]]
        asked.first = asked.first or time.perf_counter()
        body = await _body(request)
        if body.get("data"):
            asked.answers.append(body["data"])
        loading = body["type"] in (THINKING, UPDATE_LATER)
        about = {"id": request.match_info["interaction"], "type": 2, "response_message_loading": loading}
        return {"interaction": about, "resource": None}

    async def followup(self, request: web.Request) -> Payload:
        """Take a later answer."""
        return await self._later(request)

    async def edit(self, request: web.Request) -> Payload:
        """Take a changed answer."""
        return await self._later(request)

    async def original(self, request: web.Request) -> Payload:
        """Give the first answer."""
        return self._message(self.asked[request.match_info["token"]].answers[0])

    async def delete(self, request: web.Request) -> None:
        """Take an answer back."""
        self.asked[request.match_info["token"]].answers.clear()

    async def _later(self, request: web.Request) -> Payload:
        body = await _body(request)
        self.asked[request.match_info["token"]].answers.append(body)
        return self._message(body)

    def _message(self, body: Payload) -> Payload:
        world = self._world
        made = payloads.message(world.snowflake(), world.news, world.bot_user, body.get("content") or "", world.now())
        return made | {"components": body.get("components") or [], "flags": body.get("flags") or 0}


async def _body(request: web.Request) -> Payload:
    if request.content_type == "application/json":
        return await request.json()
    form = await request.post()
    return json.loads(str(form["payload_json"]))
