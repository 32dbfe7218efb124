"""What became of messages that are shown somewhere, also in channels that nobody watches (any more)."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import discord

NEAR = 100  # messages around one that are looked at with one request: most of a discussion

Spare = Callable[[], Awaitable[None]]

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Seen:
    """Hold which messages are gone, and the pages of history, oldest first, that were read to find that out."""

    gone: list[int] = field(default_factory=list)
    pages: list[list[discord.Message]] = field(default_factory=list)


async def look_at(client: discord.Client, channel_id: int, message_ids: Sequence[int], spare: Spare) -> Seen:
    """Look at some of a channel's messages: all are gone when the channel is; none when it is hidden.

    `spare` is waited for before each request.
    """
    try:
        channel = client.get_channel(channel_id)
        if channel is None:
            await spare()
            channel = await client.fetch_channel(channel_id)
        if not isinstance(channel, discord.abc.Messageable):
            return Seen()
        return await _look_at(channel, message_ids, spare)
    except discord.NotFound:
        return Seen(list(message_ids))
    except discord.Forbidden:
        log.debug("messages of %s cannot be read", channel_id)
        return Seen()


async def _look_at(channel: discord.abc.Messageable, message_ids: Sequence[int], spare: Spare) -> Seen:
    seen = Seen()
    left = list(message_ids)
    while left:
        await spare()
        page = [message async for message in channel.history(limit=NEAR, around=discord.Object(left[0]))]
        near = {message.id for message in page}
        first, last = min(near, default=left[0]), max(near, default=left[0])
        within = [each for each in left if each == left[0] or first <= each <= last]
        # A history is empty, too, for a bot that may not read it: what is missing there is asked for by itself.
        missing = [each for each in within if each not in near]
        seen.gone += [each for each in missing if await _is_gone(channel, each, spare)]
        if page:
            seen.pages.append(sorted(page, key=lambda message: message.id))
        left = [each for each in left if each not in within]
    return seen


async def _is_gone(channel: discord.abc.Messageable, message_id: int, spare: Spare) -> bool:
    await spare()
    try:
        await channel.fetch_message(message_id)
    except discord.NotFound:
        return True
    return False
