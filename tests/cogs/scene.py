"""What the moderators' tests share: a flagged reply, and how to read what the bot shows."""

import discord
import simcord
from simcord import ChannelHandle, InteractionResult, MemberActor
from simcord.backend.models import Overwrite
from simcord.components import walk_components
from simcord.enums import OverwriteType

from bot.errors import UserError
from tests.conftest import World

STORY = "Harbour bridge at Quellhaven announced to open next spring https://wire.example/bridge"
PARTISAN = "typical party nonsense"


async def flagged(world: World, text: str = PARTISAN, story: discord.Message | None = None) -> discord.Message:
    """Let a member answer a story with something that is flagged."""
    story = story or await world.member.send(world.news, STORY)
    return await world.member.send(world.news, text, reply_to=story)


async def forgotten_alert(world: World) -> int:
    """Restart after an alert was posted and before that was written down; give the id of its flag."""
    flag = await world.store.flags.of_message((await flagged(world)).id)
    await world.store.flags.alerted(flag.id, world.moderators.id, None)
    await world.restart()
    return flag.id


def alerts(world: World) -> list[discord.Message]:
    """List what stands in the moderators' channel for all moderators, oldest first."""
    return world.moderators.history()


def colleague(world: World, name: str = "noor", roles: tuple[str, ...] = ("Team",)) -> MemberActor:
    """Add somebody to the server."""
    held = [world.guild.roles[role] for role in roles]
    return world.guild.add_member(world.env.create_user(name), roles=held)


def parts(message: object) -> list[dict]:
    """List all components of a message, nested ones too."""
    found = [part if isinstance(part, dict) else part.to_dict() for part in message.components]  # type: ignore[attr-defined]
    return list(walk_components(found))


def text_of(message: object) -> str:
    """Gather all that a message shows."""
    texts = [message.content, *(part.get("content", "") for part in parts(message))]  # type: ignore[attr-defined]
    return "\n".join(text for text in texts if text)


def buttons(message: object) -> set[str]:
    """Name the buttons of a message."""
    return {part["label"] for part in parts(message) if part.get("label") and part["type"] == 2}


def said(result: InteractionResult) -> str:
    """Gather all that an interaction answered to the person alone."""
    answers = [answer for answer in (result.response, *result.followups) if answer is not None]
    return "\n".join(text_of(answer) for answer in answers if answer.ephemeral)


def refused(world: World, result: InteractionResult, error: type[Exception] = UserError) -> str:
    """Gather what a refused command or form answered; the refusal is expected."""
    simcord.assert_error(world.env, error)
    return said(result)


def warned(result: InteractionResult) -> str:
    """Gather what was said besides, as errors are."""
    return "\n".join(text_of(answer) for answer in result.followups)


def permit(
    world: World, place: ChannelHandle, target_id: int, *, member: bool = True, deny: int = 0, **allow: bool
) -> None:
    """Overwrite what someone may do in a channel."""
    kind = OverwriteType.MEMBER if member else OverwriteType.ROLE
    allowed = discord.Permissions(**allow).value
    world.env.backend.set_overwrite(place.id, Overwrite(target_id, kind, allow=allowed, deny=deny))


def forbid(world: World, place: ChannelHandle, **permissions: bool) -> None:
    """Take permissions in a channel from the bot."""
    permit(world, place, world.bot.user.id, deny=discord.Permissions(**permissions).value)
