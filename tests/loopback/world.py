"""What is on the loopback Discord: one server with its channels, people and messages.

People act on it directly; every change becomes an event, which `emit` takes to the gateway.
"""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import discord

from bot.client import permissions
from tests.loopback import payloads
from tests.loopback.payloads import Payload

Emit = Callable[[str, Payload], None]

FOUNDED = datetime(2024, 1, 1, tzinfo=UTC)
REMEMBERED = timedelta(minutes=5)  # how long Discord knows the nonce of a message
MODERATES = discord.Permissions(view_channel=True, send_messages=True, manage_messages=True, manage_guild=True)
EVERYBODY_MAY = discord.Permissions(view_channel=True, read_message_history=True, send_messages=True)


class World:
    """Hold the server and do in it what people and the bot do."""

    def __init__(self, emit: Emit, channels: tuple[str, ...] = ("news",)) -> None:
        self.emit = emit
        self._number = itertools.count(1)
        self._last = 0
        self.ahead = timedelta()
        self.outage = False
        self.guild_id = self.snowflake(FOUNDED)
        self.bot_user = payloads.user(self.snowflake(FOUNDED), "hindsight", bot=True)
        self.bot_id = int(self.bot_user["id"])
        self.member = payloads.user(self.snowflake(FOUNDED), "tomas")
        self.moderator = payloads.user(self.snowflake(FOUNDED), "mira")
        self._bot_role = self.snowflake(FOUNDED)
        self.channels: dict[int, Payload] = {}
        self.messages: dict[int, dict[int, Payload]] = {}
        self._nonces: dict[tuple[int, str], tuple[datetime, int]] = {}
        self.moderators = self.add_channel("moderators", hidden=True)
        self.watched = [self.add_channel(name) for name in channels]
        self.news = self.watched[0]

    def now(self) -> datetime:
        """Give this Discord's time."""
        return datetime.now(UTC) + self.ahead

    def snowflake(self, at: datetime | None = None) -> int:
        """Give a fresh id; without a time it is higher than all that were given before."""
        made = discord.utils.time_snowflake(at or self.now()) + next(self._number) % (1 << 22)
        if at is None:
            made = self._last = max(made, self._last + 1)
        return made

    def guild(self) -> Payload:
        """Give the server as GUILD_CREATE does; in an outage, nothing but its id."""
        if self.outage:
            return {"id": str(self.guild_id), "unavailable": True}
        roles = [
            payloads.role(self.guild_id, "@everyone", EVERYBODY_MAY.value, 0),
            payloads.role(self._bot_role, "Hindsight", permissions().value, 1),
        ]
        places = list(self.channels.values())
        return {
            "id": str(self.guild_id),
            "name": "The Evening Wire",
            "owner_id": self.moderator["id"],
            "roles": roles,
            "channels": [place for place in places if place["type"] == payloads.TEXT],
            "threads": [place for place in places if payloads.is_active(place)],
            "members": [self.as_member(self.bot_user)],
            "member_count": 3,
            "joined_at": payloads.stamp(FOUNDED),
            "emojis": [],
            "stickers": [],
            "features": [],
            "voice_states": [],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
            "large": False,
            "unavailable": False,
            "preferred_locale": "en-US",
            "system_channel_flags": 0,
            "premium_tier": 0,
        }

    def add_channel(self, name: str, *, hidden: bool = False) -> int:
        """Make a text channel, for everybody unless `hidden`; give its id."""
        made = payloads.channel(self.snowflake(FOUNDED), self.guild_id, name, len(self.channels))
        if hidden:
            view = str(discord.Permissions(view_channel=True).value)
            made["permission_overwrites"] = [
                {"id": str(self.guild_id), "type": 0, "allow": "0", "deny": view},
                {"id": str(self._bot_role), "type": 0, "allow": view, "deny": "0"},
            ]
        self.channels[int(made["id"])] = made
        self.messages[int(made["id"])] = {}
        return int(made["id"])

    def forbid(self, channel_id: int, **permissions: bool) -> None:
        """Take permissions from the bot in a channel."""
        denied = str(discord.Permissions(**permissions).value)
        refused = {"id": str(self._bot_role), "type": 0, "allow": "0", "deny": denied}
        self.channels[channel_id]["permission_overwrites"].append(refused)

    def open_thread(self, channel_id: int, message_id: int) -> int:
        """Have a person make a thread of a message; give its id, which is the message's."""
        made = payloads.thread(message_id, self.channels[channel_id], int(self.member["id"]), "thread", self.now())
        self.channels[message_id], self.messages[message_id] = made, {}
        self.emit("THREAD_CREATE", {**made, "newly_created": True})
        found = self.messages[channel_id][message_id]
        found["flags"] |= payloads.HAS_THREAD
        self.emit("MESSAGE_UPDATE", self.on_gateway(found))
        first = payloads.message(self.snowflake(), message_id, self.member, "", self.now())
        self._keep(
            first | {"type": payloads.THREAD_STARTER, "message_reference": self._reference(channel_id, message_id)}
        )
        return message_id

    def archive(self, thread_id: int, *, archived: bool = True) -> None:
        """Put a thread away, or bring it back, as does who writes in it."""
        metadata = self.channels[thread_id]["thread_metadata"]
        if metadata["archived"] != archived:
            metadata |= {"archived": archived, "archive_timestamp": payloads.stamp(self.now())}
            self.emit("THREAD_UPDATE", {**self.channels[thread_id], "thread_metadata": {**metadata}})

    def archived(self, channel_id: int) -> list[Payload]:
        """List the threads of a channel that are put away, the latest first."""
        away = [
            place
            for place in self.channels.values()
            if place.get("parent_id") == str(channel_id) and payloads.is_archived(place)
        ]
        return sorted(away, key=lambda place: place["thread_metadata"]["archive_timestamp"], reverse=True)

    def delete_thread(self, thread_id: int) -> None:
        """Delete a thread with all that was said in it; the message that it was made of stays."""
        gone = self.channels.pop(thread_id)
        del self.messages[thread_id]
        self.emit("THREAD_DELETE", {key: gone[key] for key in ("id", "guild_id", "parent_id", "type")})

    def delete_channel(self, channel_id: int) -> None:
        """Delete a channel with all that was said in it."""
        gone = self.channels.pop(channel_id)
        del self.messages[channel_id]
        self.emit("CHANNEL_DELETE", gone)

    def say(
        self,
        channel_id: int,
        content: str,
        *,
        author: Payload | None = None,
        reply_to: int | None = None,
        at: datetime | None = None,
    ) -> int:
        """Have a person write; a message of the past (`at`) was there before the bot came and makes no event."""
        made = payloads.message(self.snowflake(at), channel_id, author or self.member, content, at or self.now())
        if reply_to is not None:
            made |= {"type": 19, "message_reference": self._reference(channel_id, reply_to)}
        self._keep(made, silent=at is not None)
        return int(made["id"])

    def post(self, channel_id: int, body: Payload) -> Payload:
        """Have the bot write; an enforced nonce that is known gives the message that was made with it."""
        nonce = body.get("nonce")
        if nonce is not None and body.get("enforce_nonce"):
            at, known = self._nonces.get((channel_id, str(nonce)), (FOUNDED, 0))
            if self.now() - at < REMEMBERED and known in self.messages[channel_id]:
                return self.messages[channel_id][known]
        made = payloads.message(self.snowflake(), channel_id, self.bot_user, body.get("content") or "", self.now())
        made |= {key: body[key] for key in ("components", "embeds", "flags") if body.get(key) is not None}
        if (reference := body.get("message_reference")) is not None:
            made |= {"type": 19, "message_reference": self._reference(channel_id, int(reference["message_id"]))}
        if nonce is not None:
            self._nonces[channel_id, str(nonce)] = (self.now(), int(made["id"]))
            made["nonce"] = nonce
        self._keep(made)
        return made

    def edit(self, channel_id: int, message_id: int, **changes: object) -> Payload:
        """Change a message."""
        self._wake(channel_id)
        found = self.messages[channel_id][message_id]
        found |= {**changes, "edited_timestamp": payloads.stamp(self.now())}
        self.emit("MESSAGE_UPDATE", self.on_gateway(found))
        return found

    def unfurl(self, channel_id: int, message_id: int, title: str) -> None:
        """Have Discord find what is behind a message's link, which is no edit of the person's."""
        found = self.messages[channel_id][message_id]
        found["embeds"] = [{"type": "article", "title": title}]
        self.emit("MESSAGE_UPDATE", self.on_gateway(found))

    def delete(self, channel_id: int, message_id: int) -> None:
        """Delete a message."""
        del self.messages[channel_id][message_id]
        self.emit(
            "MESSAGE_DELETE",
            {"id": str(message_id), "channel_id": str(channel_id), "guild_id": str(self.guild_id)},
        )

    def as_member(self, person: Payload) -> Payload:
        """Give a person, or the bot, as a member of the server."""
        return payloads.member(person, [self._bot_role] if person is self.bot_user else [], FOUNDED)

    def on_gateway(self, found: Payload) -> Payload:
        """Give a message as the gateway does."""
        as_member = self.as_member(found["author"])
        as_member.pop("user")
        return found | {"guild_id": str(self.guild_id), "member": as_member}

    def by_bot(self, channel_id: int) -> list[Payload]:
        """List what the bot has posted in a channel, oldest first."""
        return [each for each in self.messages[channel_id].values() if each["author"]["id"] == str(self.bot_id)]

    def _wake(self, channel_id: int) -> None:
        if payloads.is_archived(self.channels[channel_id]):
            self.archive(channel_id, archived=False)

    def _keep(self, made: Payload, *, silent: bool = False) -> None:
        if not silent:
            self._wake(int(made["channel_id"]))
        self.messages[int(made["channel_id"])][int(made["id"])] = made
        if not silent:
            self.emit("MESSAGE_CREATE", self.on_gateway(made))

    def _reference(self, channel_id: int, message_id: int) -> Payload:
        return {"message_id": str(message_id), "channel_id": str(channel_id), "guild_id": str(self.guild_id), "type": 0}
