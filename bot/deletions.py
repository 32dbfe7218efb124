"""Which of the messages that are shown somewhere were deleted, also in channels that nobody watches (any more)."""

import logging
from collections.abc import Awaitable, Callable, Sequence

import discord

NEAR = 100  # messages around one that are looked at with one request: most of a discussion

Spare = Callable[[], Awaitable[None]]

log = logging.getLogger(__name__)


async def deleted(client: discord.Client, channel_id: int, message_ids: Sequence[int], spare: Spare) -> list[int]:
    """List those of a channel's messages that are gone: all of them when the channel is; none when it is hidden.

    `spare` is waited for before each request.
    """
    try:
        channel = client.get_channel(channel_id)
        if channel is None:
            await spare()
            channel = await client.fetch_channel(channel_id)
        if not isinstance(channel, discord.abc.Messageable):
            return []
        return await _deleted(channel, message_ids, spare)
    except discord.NotFound:
        return list(message_ids)
    except discord.Forbidden:
        log.debug("messages of %s cannot be read", channel_id)
        return []


async def _deleted(channel: discord.abc.Messageable, message_ids: Sequence[int], spare: Spare) -> list[int]:
    gone: list[int] = []
    left = list(message_ids)
    while left:
        await spare()
        near = {message.id async for message in channel.history(limit=NEAR, around=discord.Object(left[0]))}
        first, last = min(near, default=left[0]), max(near, default=left[0])
        within = [each for each in left if each == left[0] or first <= each <= last]
        # A history is empty, too, for a bot that may not read it: what is missing there is asked for by itself.
        missing = [each for each in within if each not in near]
        gone += [each for each in missing if await _is_gone(channel, each, spare)]
        left = [each for each in left if each not in within]
    return gone


async def _is_gone(channel: discord.abc.Messageable, message_id: int, spare: Spare) -> bool:
    await spare()
    try:
        await channel.fetch_message(message_id)
    except discord.NotFound:
        return True
    return False
