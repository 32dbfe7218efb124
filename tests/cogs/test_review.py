"""The moderators' queue: alerts, verdicts, and who may do what."""

import discord
import pytest

from tests.conftest import World

STORY = "Harbour bridge at Quellhaven announced to open next spring https://wire.example/bridge"


async def flagged(world: World, text: str = "typical party nonsense", **sent: object) -> discord.Message:
    """Let a member answer a story with something partisan."""
    story = await world.member.send(world.news, STORY)
    return await world.member.send(world.news, text, reply_to=story, **sent)


def alerts(world: World) -> list[discord.Message]:
    return world.moderators.history(viewer=world.moderator)


def text_of(message) -> str:
    parts = [message.content]
    parts += [found["content"] for found in walk(message) if "content" in found]
    return "\n".join(parts)


def walk(message) -> list[dict]:
    from simcord.components import walk_components

    components = [part if isinstance(part, dict) else part.to_dict() for part in message.components]
    return list(walk_components(components))


async def test_flag_is_alerted_and_agreed_with(world: World) -> None:
    await world.watch()
    message = await flagged(world)
    (alert,) = alerts(world)
    print(text_of(alert))
    result = await world.moderator.click(alert, label="Agree")
    (alert,) = alerts(world)
    print(text_of(alert))
    flag = await world.store.flags.of_message(message.id)
    assert (flag.state, flag.verdict, flag.decided_by) == ("decided", "partisan", world.moderator.id)
    await world.moderator.click(alert, label="Undo")
    (alert,) = alerts(world)
    print(text_of(alert))
