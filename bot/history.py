"""What is already there: a channel with its threads, page by page, in the order in which it was said."""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

import discord

PAGE = 100

Place = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread

log = logging.getLogger(__name__)


async def places(channel: discord.abc.GuildChannel | discord.Thread) -> AsyncIterator[Place]:
    """Give a channel (unless it is a forum) and all its public threads, archived ones too."""
    if isinstance(channel, Place):
        yield channel
    if not isinstance(channel, discord.TextChannel | discord.ForumChannel):
        return
    for thread in channel.threads:
        yield thread
    try:
        async for thread in channel.archived_threads(limit=None):
            yield thread
    except discord.Forbidden:
        log.warning("archived threads of %s cannot be read", channel.id)


async def pages(place: Place, after: int) -> AsyncIterator[list[discord.Message]]:
    """Give the messages of a channel or thread after an id, up to a hundred at a time, oldest first."""
    page: list[discord.Message] = []
    try:
        async for message in place.history(limit=None, after=discord.Object(after), oldest_first=True):
            page.append(message)
            if len(page) == PAGE:
                yield page
                page = []
    except (discord.Forbidden, discord.NotFound):
        log.warning("history of %s cannot be read", place.id)
    if page:
        yield page


def gone(kept: Mapping[int, datetime | None], page: Sequence[discord.Message]) -> list[int]:
    """List kept ids that lie within a page's span and are not on it: they were deleted."""
    there = {message.id for message in page}
    return [message_id for message_id in kept if message_id not in there]


def changed(kept: Mapping[int, datetime | None], page: Sequence[discord.Message]) -> list[discord.Message]:
    """List the messages of a page that are not kept as they stand: new, or edited since."""
    return [message for message in page if message.id not in kept or kept[message.id] != message.edited_at]
