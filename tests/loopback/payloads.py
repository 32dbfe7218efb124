"""What Discord's objects look like on the wire, as far as the bot's library reads them."""

from datetime import datetime
from typing import Any

Payload = dict[str, Any]

TEXT, THREAD = 0, 11
THREAD_STARTER = 21  # the message with which a thread begins that was made of another
HAS_THREAD = 1 << 5
COMPONENTS_V2 = 1 << 15
CONTENT = 1 << 19  # the flag of an application with the Message Content intent on


def stamp(at: datetime) -> str:
    """Write a time as Discord does."""
    return at.isoformat()


def user(user_id: int, name: str, *, bot: bool = False) -> Payload:
    """Give a person or a bot."""
    return {
        "id": str(user_id),
        "username": name,
        "global_name": name.title(),
        "discriminator": "0",
        "avatar": None,
        "bot": bot,
    }


def member(person: Payload, roles: list[int], joined: datetime, permissions: int | None = None) -> Payload:
    """Give a person as a member of the server."""
    found: Payload = {
        "user": person,
        "nick": None,
        "roles": [str(role) for role in roles],
        "joined_at": stamp(joined),
        "deaf": False,
        "mute": False,
        "flags": 0,
    }
    return found if permissions is None else found | {"permissions": str(permissions)}


def role(role_id: int, name: str, permissions: int, position: int) -> Payload:
    """Give a role."""
    return {
        "id": str(role_id),
        "name": name,
        "permissions": str(permissions),
        "position": position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }


def channel(channel_id: int, guild_id: int, name: str, position: int) -> Payload:
    """Give a text channel."""
    return {
        "id": str(channel_id),
        "guild_id": str(guild_id),
        "type": TEXT,
        "name": name,
        "position": position,
        "permission_overwrites": [],
        "parent_id": None,
        "nsfw": False,
        "topic": None,
        "rate_limit_per_user": 0,
        "last_message_id": None,
    }


def thread(thread_id: int, parent: Payload, owner_id: int, name: str, at: datetime) -> Payload:
    """Give a public thread of a text channel."""
    return {
        "id": str(thread_id),
        "guild_id": parent["guild_id"],
        "parent_id": parent["id"],
        "owner_id": str(owner_id),
        "type": THREAD,
        "name": name,
        "last_message_id": None,
        "message_count": 0,
        "member_count": 1,
        "rate_limit_per_user": 0,
        "thread_metadata": {
            "archived": False,
            "auto_archive_duration": 1440,
            "archive_timestamp": stamp(at),
            "create_timestamp": stamp(at),
            "locked": False,
        },
    }


def is_archived(place: Payload) -> bool:
    """Say whether a place is a thread that was put away."""
    return place["type"] == THREAD and place["thread_metadata"]["archived"]


def is_active(place: Payload) -> bool:
    """Say whether a place is a thread that was not."""
    return place["type"] == THREAD and not is_archived(place)


def message(message_id: int, channel_id: int, author: Payload, content: str, at: datetime) -> Payload:
    """Give a message as REST does: without the server and the member that the gateway adds."""
    return {
        "id": str(message_id),
        "channel_id": str(channel_id),
        "author": author,
        "content": content,
        "timestamp": stamp(at),
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "components": [],
        "pinned": False,
        "type": 0,
        "flags": 0,
    }


def words(found: object) -> str:
    """Join all that a person can read in a message, its components and embeds included."""
    if isinstance(found, dict):
        shown = [value for key, value in found.items() if key in ("content", "description", "title", "label", "value")]
        nested = [value for value in found.values() if isinstance(value, dict | list)]
        return "\n".join([*(each for each in shown if isinstance(each, str)), *(words(each) for each in nested)])
    if isinstance(found, list):
        return "\n".join(words(each) for each in found)
    return ""


def custom_ids(found: object) -> list[str]:
    """List the custom ids of a message's components."""
    if isinstance(found, dict):
        own = [found["custom_id"]] if found.get("custom_id") else []
        return own + [custom_id for value in found.values() for custom_id in custom_ids(value)]
    if isinstance(found, list):
        return [custom_id for each in found for custom_id in custom_ids(each)]
    return []
