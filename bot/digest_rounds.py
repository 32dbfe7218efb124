"""Digests that nobody asked for: one under a story whose discussion has come to rest, edited when people go on."""

import logging
from collections.abc import Sequence

import discord

from bot import needs
from bot.digest import Digest
from bot.digest_plan import LATE, Talk, counted_until, is_due
from bot.digest_posts import DigestPosts
from bot.discussion import Mode, Scope
from bot.errors import HindsightError, NotFound
from bot.history import Place
from bot.intake import Intake
from bot.languages import _
from bot.posting import post_once
from bot.quotes import Quotes
from bot.render.digests import STORY_KIND, Shown, being_written
from bot.resources import Clock
from bot.store import Store
from bot.store.story_digests import StoryDigest
from bot.summaries import Summaries

MOST = 5  # digests made for a server in one round; the others follow in the next

log = logging.getLogger(__name__)


class Rounds:
    """Look which stories are due, and post or edit their digests."""

    def __init__(self, store: Store, quotes: Quotes, intake: Intake, clock: Clock) -> None:
        self._store = store
        self._quotes = quotes
        self._intake = intake
        self._clock = clock

    async def go(self, summaries: Summaries, posts: DigestPosts) -> None:
        """Make what is due in all servers that are live; what fails is tried again in the next round."""
        now = self._clock()
        after = discord.utils.time_snowflake(now - 2 * LATE)
        for plan in await self._store.story_digests.plans():
            if not (await self._store.servers.get(plan.guild_id)).live:
                continue
            until = counted_until(plan, now)
            talks = await self._store.story_digests.talks(plan.guild_id, max(0, after), until)
            await self._make([talk for talk in talks if is_due(plan, talk, now)], summaries, posts)

    async def refresh(self, digest_id: int, summaries: Summaries, posts: DigestPosts) -> None:
        """Make a posted digest anew; raise `NotFound` when it is no longer kept up to date."""
        row = await self._store.story_digests.get(digest_id)
        if row is None or row.closed or row.posted_id is None:
            raise NotFound(_("The story of this digest is gone, so I cannot make it anew."))
        digest = await summaries.ask(_scope(row.channel_id, row.conversation_id)).task
        message = await self._quotes.fetch(row.channel_id, row.posted_id)
        if message is not None:
            await posts.fill(message, digest, _shown(row))

    async def _make(self, due: Sequence[Talk], summaries: Summaries, posts: DigestPosts) -> None:
        """Make as many digests as a round may hold; what cannot be made keeps no other waiting."""
        made = 0
        for talk in due:
            made += await self._try(talk, summaries, posts)
            if made == MOST:
                return

    async def _try(self, talk: Talk, summaries: Summaries, posts: DigestPosts) -> bool:
        """Make a story's digest; say whether it stands now, or nothing is to be told."""
        place = await self._quotes.channel(talk.channel_id)
        if not isinstance(place, Place) or not self._intake.watches(place):
            return False
        if lacking := needs.missing(place, needs.READ | needs.to_watch(place)):
            log.warning("digest of story %s waits: %s lacking", talk.conversation_id, ", ".join(lacking))
            return False
        try:
            digest = await summaries.ask(_scope(talk.channel_id, talk.conversation_id)).task
            return await self._tell(talk, place, digest, posts)
        except (discord.HTTPException, HindsightError, RuntimeError) as error:
            log.warning("digest of story %s waits: %s", talk.conversation_id, type(error).__name__)
            return False

    async def _tell(self, talk: Talk, place: Place, digest: Digest, posts: DigestPosts) -> bool:
        row = await self._store.story_digests.begin(talk)
        if row.posted_id is not None or (await posts.public(digest, place.id)).points:
            message = await self._message(row, place)
            if message is None:
                return False
            await posts.fill(message, digest, _shown(row))
        await self._store.story_digests.told(row.id, talk.latest_id)
        return True

    async def _message(self, row: StoryDigest, place: Place) -> discord.Message | None:
        """Give the message of a digest, posted now unless it is there; None when it cannot be had."""
        if row.posted_id is not None:
            if await self._quotes.is_gone(place.id, row.posted_id):
                await self._store.digests.forget([row.posted_id])
                return None
            return await self._quotes.fetch(place.id, row.posted_id)
        story = discord.MessageReference(message_id=row.conversation_id, channel_id=place.id)
        view = being_written(row.id)
        message = await post_once(place, STORY_KIND, row.id, again=row.again, view=view, reference=story)
        await self._store.story_digests.posted(row.id, message.id)
        return message


def _scope(channel_id: int, story_id: int) -> Scope:
    return Scope(channel_id, Mode.STORY, story_id)


def _shown(row: StoryDigest) -> Shown:
    return Shown(0, public=True, story_digest=row.id)
