"""What a digest is made of: which messages are meant, fetched from Discord without those that may not be used."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import discord

from bot.conversation import Conversations, is_story
from bot.errors import NotFound
from bot.history import PAGE, Place
from bot.languages import _
from bot.posts import is_readable, to_post
from bot.quotes import Quotes
from bot.records import Kind, Placement, Post
from bot.store import Store
from bot.store.messages import Kept, Standing

MOST = 500  # messages that one digest condenses
USUAL = 100  # messages looked at where no story is known
PAGES = 20  # looked through for what was said of a story before the newest messages of its channel

_SCOPE = re.compile(r"([snf])(\d{1,20})\.(\d{1,20})")


class Mode(StrEnum):
    """Say how the messages are chosen; the letters stand in the custom ids of buttons."""

    STORY = "s"
    LAST = "n"
    FROM = "f"


@dataclass(frozen=True, slots=True)
class Scope:
    """Say which messages of a channel are meant.

    `value` is the id of the story, how many of the latest messages, or the id from which on they count.
    """

    channel_id: int
    mode: Mode
    value: int

    def __str__(self) -> str:
        return f"{self.mode}{self.value}.{self.channel_id}"

    @classmethod
    def parse(cls, text: str) -> "Scope":
        """Read what `str` wrote; raise ValueError for anything else."""
        if (found := _SCOPE.fullmatch(text)) is None:
            raise ValueError(f"not a scope: {text}")
        return cls(int(found[3]), Mode(found[1]), int(found[2]))

    @property
    def limit(self) -> int:
        return min(self.value, MOST) if self.mode is Mode.LAST else MOST


@dataclass(frozen=True, slots=True)
class Discussion:
    """Hold the messages of a scope, oldest first, without their story.

    `left_out` counts messages of members who have opted out; `cut` is set when there were, or may be, more.
    `answered` are the ids of those to which another member replied, with whatever message.
    """

    scope: Scope
    guild_id: int
    story: Post | None
    posts: tuple[Post, ...]
    left_out: int = 0
    cut: bool = False
    answered: frozenset[int] = frozenset()


class Discussions:
    """Find what people mean by "the discussion", and fetch it."""

    def __init__(self, store: Store, quotes: Quotes) -> None:
        self._store = store
        self._quotes = quotes

    async def current(self, channel: Place) -> Scope:
        """Give what is being discussed in a channel: a thread's story, the latest story, else the last messages."""
        if isinstance(channel, discord.Thread):
            starter = await self._quotes.starter(channel.id)
            return Scope(channel.id, Mode.STORY, starter or channel.id)
        story = await self._store.messages.latest_story(channel.id)
        return Scope(channel.id, Mode.LAST, USUAL) if story is None else Scope(channel.id, Mode.STORY, story)

    async def starting_at(self, message: discord.Message) -> Scope:
        """Give a story's discussion when the message is a story, else everything from the message on."""
        kept = await self._store.messages.get(message.id)
        placement = kept.placement if kept is not None else None
        opens = placement.kind is Kind.STORY if placement is not None else is_story(to_post(message))
        return Scope(message.channel.id, Mode.STORY if opens else Mode.FROM, message.id)

    async def fetch(self, scope: Scope) -> Discussion:
        """Fetch the messages of a scope; raise `NotFound` when its channel is gone or hidden from the bot."""
        place = await self._quotes.channel(scope.channel_id)
        if not isinstance(place, Place):
            raise NotFound(_("I cannot open that channel any more."))
        messages, cut = await self._history(place, scope)
        own = place.guild.me.id
        posts = [to_post(each) for each in messages if is_readable(each) and each.author.id != own]
        silent = await self._store.members.opted_out_of(place.guild.id, {post.author_id for post in posts})
        return await self._chosen(scope, place.guild.id, posts, silent, cut)

    async def _history(self, place: Place, scope: Scope) -> tuple[list[discord.Message], bool]:
        """List the messages that may belong to a scope, oldest first, and say whether there may be others."""
        of_channel = scope.mode is Mode.STORY and not isinstance(place, discord.Thread)
        first = scope.value - 1 if of_channel or scope.mode is Mode.FROM else 0
        found = await _latest(place, scope.limit, first)
        cut = scope.mode is not Mode.LAST and len(found) >= MOST
        if of_channel and cut:
            early, cut = await self._early(place, scope.value, found[-1].id)
            found += early
        if of_channel:
            found += await self._under(place, scope, found)
        return sorted(found, key=lambda message: message.id), cut

    async def _early(self, place: Place, story_id: int, before: int) -> tuple[list[discord.Message], bool]:
        """Find a story and what is known to be said of it before a message, newest first; say whether more may be.

        Where the story itself is not known, what stands right after it is looked at, too.
        """
        known = await self._store.messages.among(await self._store.messages.of_conversation(story_id))
        found = [] if story_id in known else await _after(place, story_id, before)
        nearby = {message.id for message in found}
        wanted = {each for each, kept in known.items() if kept.channel_id == place.id and each < before} - nearby
        for _page in range(PAGES):
            if not wanted or len(found) >= MOST:
                break
            last = max(wanted)
            page = await _until(place, last)
            found += [message for message in page if message.id in wanted]
            reached = min([last, *(message.id for message in page)])
            wanted = {message_id for message_id in wanted if message_id < reached}
        return found, bool(wanted) or story_id not in known

    async def _under(self, place: Place, scope: Scope, found: Sequence[discord.Message]) -> list[discord.Message]:
        """List what stands in the thread that was made from a story, newest first."""
        story = next((each for each in found if each.id == scope.value), None)
        story = story or await self._quotes.fetch(place.id, scope.value)
        if story is None or not (story.flags.has_thread or story.thread):
            return []
        # A thread made from a message is public: who can open the channel can open it.
        thread = await self._quotes.channel(story.id)
        return await _latest(thread, scope.limit, 0) if isinstance(thread, discord.Thread) else []

    async def _chosen(
        self, scope: Scope, guild_id: int, posts: Sequence[Post], silent: set[int], cut: bool
    ) -> Discussion:
        placements = await self._placements(posts)
        story_id = scope.value if scope.mode is Mode.STORY else _main_story(placements, len(posts))
        if scope.mode is Mode.STORY:
            posts = [post for post in posts if placements[post.id].conversation_id == story_id]
        allowed = [post for post in posts if post.author_id not in silent]
        told = [post for post in allowed if post.id != story_id and (post.by_person or is_story(post))]
        return Discussion(
            scope,
            guild_id,
            await self._story(scope, story_id, allowed),
            tuple(told[-MOST:]),
            len(posts) - len(allowed),
            cut or len(told) > MOST,
            _answered(posts),
        )

    async def _placements(self, posts: Sequence[Post]) -> Mapping[int, Placement]:
        """Place posts as the store knows them, and where it does not, as they would have been placed."""
        kept = await self._store.messages.among([post.id for post in posts])
        conversations = Conversations(_Window(self._store, self._quotes, posts, kept))
        placements: dict[int, Placement] = {}
        for post in posts:
            placements[post.id] = await conversations.place(post)
            row = kept.get(post.id)
            if row is not None and row.placement is not None:
                placements[post.id] = row.placement
                if row.placement.kind is Kind.STORY:
                    conversations.open(post)
        return placements

    async def _story(self, scope: Scope, story_id: int | None, posts: Sequence[Post]) -> Post | None:
        if story_id is None:
            return None
        known = next((post for post in posts if post.id == story_id), None)
        if known is not None:
            return known
        place = await self._quotes.channel(scope.channel_id)
        found = await self._quotes.get(scope.channel_id, story_id)
        if found is None and isinstance(place, discord.Thread):
            found = await self._quotes.get(place.parent_id, story_id)
        if found is None or await self._store.members.opted_out(found.guild_id, found.author_id):
            return None
        return found


class _Window:
    """Answer the questions of `Conversations` from the fetched messages; nothing else is asked of Discord."""

    def __init__(self, store: Store, quotes: Quotes, posts: Sequence[Post], kept: Mapping[int, Kept]) -> None:
        self._store = store
        self._quotes = quotes
        self._posts = {post.id: post for post in posts}
        self._kept = kept

    async def kept(self, message_id: int) -> Kept | None:
        if message_id in self._posts:
            return self._kept.get(message_id)
        return await self._store.messages.get(message_id)

    async def fetched(self, channel_id: int, message_id: int) -> Post | None:
        return self._posts.get(message_id)

    async def starter(self, thread_id: int) -> int | None:
        return await self._quotes.starter(thread_id)

    async def standing(self, channel_id: int, before: int) -> Standing | None:
        return await self._store.messages.standing(channel_id, before)


async def _latest(place: discord.abc.Messageable, limit: int, after: int) -> list[discord.Message]:
    since = discord.Object(after) if after else None
    return [message async for message in place.history(limit=limit, after=since, oldest_first=False)]


async def _until(place: discord.abc.Messageable, last: int) -> list[discord.Message]:
    """Give the page that ends with a message, newest first."""
    return [message async for message in place.history(limit=PAGE, before=discord.Object(last + 1))]


async def _after(place: discord.abc.Messageable, first: int, before: int) -> list[discord.Message]:
    """Give half a page that begins with a message, oldest first, as far as it stands before another."""
    page = [message async for message in place.history(limit=PAGE, around=discord.Object(first))]
    return sorted((each for each in page if first <= each.id < before), key=lambda message: message.id)


def _answered(posts: Sequence[Post]) -> frozenset[int]:
    """Give the ids of posts to which somebody other than their writer replies."""
    writers = {post.id: post.author_id for post in posts}
    replies = ((post.reply_to, post.author_id) for post in posts if post.reply_to in writers)
    return frozenset(answered for answered, replier in replies if answered and writers[answered] != replier)


def _main_story(placements: Mapping[int, Placement], posts: int) -> int | None:
    """Give the story that at least half of the messages are about."""
    counts = Counter(each.conversation_id for each in placements.values() if each.conversation_id is not None)
    if not counts:
        return None
    story_id, count = counts.most_common(1)[0]
    return story_id if 2 * count >= posts else None
