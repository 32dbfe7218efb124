"""What the people of the demo do, each of it something a person could do on Discord."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta

import discord
from simcord import ChannelHandle, InteractionResult
from simcord.backend import serializers
from simcord.components import walk_components

from bot.demo.history import Story
from bot.demo.server import Server

WATCHED = ("news", "world", "deep-dives")
BACKFILL = "Read what is already here"
EMBED_DELAY = timedelta(seconds=3)  # Discord adds a link's embed a moment after the message


async def set_up(server: Server) -> None:
    """Let the moderator choose where alerts go, have three channels read with what stands in them, and go live."""
    room = server.channels["moderators"]
    await server.moderator.slash(room, "setup alerts", channel=room)
    for name in WATCHED:
        added = await server.moderator.slash(room, "watch add", channel=server.channels[name])
        for answer in answers(added):
            if BACKFILL in labels(answer):
                await server.moderator.click(answer, label=BACKFILL)
    await server.moderator.slash(room, "golive")


async def tell(server: Server, story: Story) -> AsyncIterator[discord.Message]:
    """Post a story and then its replies, one at each step, with the story's pauses between them."""
    channel = server.channels[story.channel]
    posted = [await _post(server, story)]
    yield posted[0]
    for reply in story.replies:
        await server.env.advance_time(reply.after.total_seconds())
        parent = None if reply.to is None else posted[reply.to]
        posted.append(await server.members[reply.author].send(channel, reply.text, reply_to=parent))
        yield posted[-1]


async def agree(server: Server) -> InteractionResult | None:
    """Let the moderator agree with the oldest alert that still waits; None when none does."""
    for alert in waiting(server):
        return await server.moderator.click(alert, label="Agree")
    return None


async def summarize(server: Server, channel: str) -> InteractionResult:
    """Let a member ask for a digest of what was just said."""
    return await server.member.slash(server.channels[channel], "summarize")


def waiting(server: Server) -> Iterator[discord.Message]:
    """Find the alerts in the back room whose buttons can still be pressed, oldest first."""
    for message in said_by_bot(server, "moderators"):
        if "Agree" in labels(message):
            yield message


def said_by_bot(server: Server, channel: str) -> Sequence[discord.Message]:
    """List what the bot said in a channel, as the moderator sees it, oldest first."""
    bot = server.env.backend.bot_user.id
    handle: ChannelHandle = server.channels[channel]
    return [message for message in handle.history(viewer=server.moderator) if message.author.id == bot]


def answers(result: InteractionResult) -> list[discord.Message]:
    """List the messages with which the bot answered a command."""
    return [answer.message for answer in (result.response, *result.followups) if answer is not None]


def labels(message: discord.Message) -> set[str]:
    """Name the buttons of a message that can be pressed."""
    return {part["label"] for part in parts_of(message) if part.get("label") and not part.get("disabled")}


def parts_of(message: discord.Message) -> list[dict]:
    """List all components of a message, nested ones too, as Discord sends them."""
    return list(walk_components([component.to_dict() for component in message.components]))


async def _post(server: Server, story: Story) -> discord.Message:
    channel = server.channels[story.channel]
    if story.author == "desk":
        message = await server.desks[story.channel].send(story.content)
    else:
        message = await server.members[story.author].send(channel, story.content)
    await server.env.advance_time(EMBED_DELAY.total_seconds())
    await _embed(server, channel, message, story)
    return message


async def _embed(server: Server, channel: ChannelHandle, message: discord.Message, story: Story) -> None:
    """Do as Discord does when it has read the page behind a link: the message comes again, not marked as edited."""
    backend = server.env.backend
    stored = backend.get_message(channel.id, message.id)
    stored.embeds = story.embeds
    backend.emit("MESSAGE_UPDATE", dict(serializers.message_payload(backend, stored)))
    await server.env.settle()
