"""What is already there: a channel with its threads, page by page, the newest first."""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

import discord

from bot.conversation import is_story
from bot.posts import to_post

PAGE = 100
LONGEST = 500  # messages of a span that no story begins

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


async def pages(place: Place, after: int, before: int | None = None) -> AsyncIterator[list[discord.Message]]:
    """Give the messages between two ids up to a hundred at a time: the newest page first, each oldest first.

    Raises:
        discord.Forbidden, discord.NotFound: the history may not be read, or the place is gone.
    """
    page: list[discord.Message] = []
    until = None if before is None else discord.Object(before)
    async for message in place.history(limit=None, after=discord.Object(after), before=until, oldest_first=False):
        page.append(message)
        if len(page) == PAGE:
            yield page[::-1]
            page = []
    if page:
        yield page[::-1]


async def spans(place: Place, after: int, before: int | None = None) -> AsyncIterator[list[discord.Message]]:
    """Give the same messages cut where stories begin, the newest story first, each span oldest first.

    What stands on a page before its first story belongs to a story on an older page, and is read with that.
    """
    carried: list[discord.Message] = []
    async for newest in pages(place, after, before):
        page = newest + carried
        begin = next((number for number, message in enumerate(page) if is_story(to_post(message))), None)
        if begin is None and len(page) < LONGEST:
            carried = page
            continue
        carried, span = page[: begin or 0], page[begin or 0 :]
        yield span
    if carried:
        yield carried


def changed(kept: Mapping[int, datetime | None], page: Sequence[discord.Message]) -> list[discord.Message]:
    """List the messages of a page that are not kept as they stand: new, or edited since."""
    return [message for message in page if message.id not in kept or kept[message.id] != message.edited_at]
