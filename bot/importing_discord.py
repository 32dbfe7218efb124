"""A server's past from a DiscordChatExporter export: read as a backfill reads it, with nothing kept but references.

Only messages of watched channels are taken: of others the bot would never hear that they were deleted.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import ijson
from rich.progress import Progress

from bot.claims import ClaimMemory
from bot.conversation import Conversations, is_story
from bot.errors import RowError
from bot.exports import Heading, read_heading, read_message
from bot.importing_rows import elements
from bot.past import Past
from bot.pipeline import Pipeline
from bot.records import Post
from bot.resources import Learned, load_models, open_resources
from bot.settings import Settings

LONGEST = 200  # messages read at once, when no story begins before
REMEMBERED = 5_000  # posts in memory, for the texts above a reply

Tell = Callable[[RowError | str], None]


@dataclass(slots=True)
class Recent:
    """Stand in for Discord: the latest posts of the file by id."""

    posts: OrderedDict[int, Post] = field(default_factory=OrderedDict)

    def remember(self, post: Post) -> None:
        self.posts[post.id] = post
        while len(self.posts) > REMEMBERED:
            self.posts.popitem(last=False)

    def forget(self, message_id: int) -> None:
        self.posts.pop(message_id, None)

    async def get(self, channel_id: int, message_id: int) -> Post | None:
        return self.posts.get(message_id)


async def import_export(
    file: BinaryIO, settings: Settings, tell: Tell, progress: Progress | None = None, learned: Learned | None = None
) -> str:
    """Read the messages of an export that are not known yet; say how many they were.

    Raises:
        RowError: the export does not say of which channel it is, or that channel is not watched.
    """
    heading = _heading(file)
    async with open_resources(settings, learned=learned or load_models()) as resources:
        if (heading.guild.id, heading.watched_id) not in await resources.store.servers.watched():
            raise RowError(
                f"channel {heading.watched_id} of server {heading.guild.id} is not watched; run /watch add there first"
            )
        recent = Recent()
        memory = ClaimMemory(resources.store, recent, resources.indexes, resources.models)
        past = Conversations(Past(resources.store.messages, recent.posts))
        pipeline = Pipeline(resources, recent, past, memory)
        before = await resources.store.claims.count(heading.guild.id)
        read = taken = 0
        task = progress.add_task("Reading", total=None, unit="") if progress else None
        for span in _spans(_posts(file, heading, tell)):
            outcomes = await asyncio.gather(*(pipeline.accept(post, _nowhere, past=past) for post in span))
            read, taken = read + len(span), taken + sum(outcome is not None for outcome in outcomes)
            if progress and task is not None:
                progress.update(task, completed=read, unit=f"{read:,} messages")
        claims = await resources.store.claims.count(heading.guild.id) - before
    return f"DiscordChatExporter export: {read:,} messages read, {taken:,} of them new, {claims:,} new claims."


async def _nowhere(_channel_id: int) -> bool:
    """Cite nothing: no card comes of the past."""
    return False


def _heading(file: BinaryIO) -> Heading:
    found = {}
    for name in ("guild", "channel"):
        file.seek(0)
        try:
            found[name] = next(ijson.items(file, name), None)
        except ijson.JSONError:
            found[name] = None
        if found[name] is None:
            raise RowError(f"the export: field {name!r}: is missing; export the channel again as JSON")
    return read_heading(found["guild"], found["channel"])


def _posts(file: BinaryIO, heading: Heading, tell: Tell) -> Iterator[Post]:
    file.seek(0)
    number = 0
    try:
        for value in elements(file, "messages.item"):
            number += 1
            try:
                post = read_message(value, heading, f"message {number}")
            except RowError as bad:
                tell(bad)
                continue
            if post is not None and post.full_text:
                yield post
    except RowError as broken:
        tell(f"after message {number}: {broken}")


def _spans(posts: Iterator[Post]) -> Iterator[list[Post]]:
    """Cut posts where stories begin, as a backfill does."""
    span: list[Post] = []
    for post in posts:
        if span and (is_story(post) or len(span) == LONGEST):
            yield span
            span = []
        span.append(post)
    if span:
        yield span
