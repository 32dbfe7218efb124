"""Which of the messages that are cited somewhere were deleted, also in channels that nobody watches (any more)."""

import logging
from collections.abc import Sequence

import discord

NEAR = 100  # messages around one that are looked at with one request: most of a discussion

log = logging.getLogger(__name__)


async def deleted(client: discord.Client, channel_id: int, message_ids: Sequence[int]) -> list[int]:
    """List those of a channel's messages that are gone: all of them when the channel is; none when it is hidden."""
    try:
        channel = client.get_channel(channel_id) or await client.fetch_channel(channel_id)
        if not isinstance(channel, discord.abc.Messageable):
            return []
        there = await _there(channel, message_ids)
    except discord.NotFound:
        return list(message_ids)
    except discord.Forbidden:
        log.debug("messages of %s cannot be read", channel_id)
        return []
    return [message_id for message_id in message_ids if message_id not in there]


async def _there(channel: discord.abc.Messageable, message_ids: Sequence[int]) -> set[int]:
    there: set[int] = set()
    checked: set[int] = set()
    for message_id in message_ids:
        if message_id not in checked:
            near = {message.id async for message in channel.history(limit=NEAR, around=discord.Object(message_id))}
            first, last = min(near, default=message_id), max(near, default=message_id)
            checked |= {message_id, *(each for each in message_ids if first <= each <= last)}
            there |= near
    return there
