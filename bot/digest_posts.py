"""Public digests: posted for all who read a channel, and kept true to what they cite.

The row that says what a digest cites stands in the store before any of its words stand in the channel.
"""

import logging
from collections.abc import Collection, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

import discord

from bot import citing, needs
from bot.digest import Digest
from bot.errors import NotAllowed
from bot.history import Place
from bot.languages import ENGLISH, N_, _, speaking
from bot.posting import NOBODY, settled
from bot.quotes import Quotes
from bot.render.digests import WRITING, Shown, digest_view, files, has_picture, nothing, notice, outdate, trim
from bot.render.layout import Layout
from bot.resources import Clock
from bot.store import Store
from bot.summaries import Edits, drawn

LATEST = 50  # digests looked at after a start
SHADOW = N_("This server tries me out in private so far, so I post nothing. A moderator ends that with `/golive`.")
MUTED = N_("You cannot write here, so I cannot post for you. Without `public` I show the digest to you alone.")
HIDDEN = N_("Not everyone here can open the messages of this digest, so I show it to you alone.")

log = logging.getLogger(__name__)


class DigestPosts:
    """Post digests, refill them and take out what may no longer be shown.

    `gone` holds ids just deleted, `edits` says what was just edited.
    """

    def __init__(self, store: Store, quotes: Quotes, clock: Clock, gone: Collection[int], edits: Edits) -> None:
        self._store = store
        self._quotes = quotes
        self._clock = clock
        self._gone = gone
        self._edits = edits

    async def allowed(self, interaction: discord.Interaction) -> Place:
        """Give the channel to post in; raise `NotAllowed` when the server, the asker or the bot may not."""
        place = interaction.channel
        if not isinstance(place, Place) or interaction.guild_id is None:
            raise NotAllowed(_("I can post digests in text channels and threads only."))
        if not (await self._store.servers.get(interaction.guild_id)).live:
            raise NotAllowed(_(SHADOW))
        if not _may_write(interaction.permissions, place):
            raise NotAllowed(_(MUTED))
        if lacking := needs.missing(place, needs.READ | needs.to_watch(place)):
            raise NotAllowed(needs.mend(place, lacking))
        return place

    async def publish(self, interaction: discord.Interaction, digest: Digest) -> discord.Message:
        """Post what of a digest everyone in the asker's channel can open."""
        place = await self.allowed(interaction)
        public = await self.public(digest, place.id)
        if not public.points:
            raise NotAllowed(_(HIDDEN) if digest.points else nothing(public))
        message = await place.send(view=notice(WRITING))
        async with AsyncExitStack() as unless_filled:
            unless_filled.push_async_callback(_withdraw, message)
            await self.fill(message, digest, Shown(interaction.user.id, public=True))
            unless_filled.pop_all()
        return message

    async def fill(self, message: discord.Message, made: Digest, shown: Shown) -> None:
        """Put a digest into its message, in place of what stands there."""
        digest = await self.public(made, message.channel.id)
        cited = digest.cited()
        await self._store.digests.add(digest.guild_id, message.channel.id, message.id, cited, self._clock())
        true = self._true(digest, shown)
        await _show(message, digest, true)
        # What was forgotten or edited since the row was written found nothing to take out or to mark yet.
        kept = await self._store.digests.cites(message.id)
        forgotten = cited.keys() - kept if kept is not None else set()
        if forgotten or self._true(digest, shown) != true:
            left = digest.without(forgotten)
            await _show(message, left, self._true(left, shown))

    async def trim(self, posted_id: int, channel_id: int) -> None:
        """Take out of a posted digest what it no longer cites."""
        cited = await self._store.digests.cites(posted_id)
        if cited is None:
            return
        message = await self._quotes.fetch(channel_id, posted_id)
        if message is None:
            await self._store.digests.forget([posted_id])
        elif (view := trim(message, cited)) is not None:
            await _edit(message, view)

    async def trim_latest(self) -> None:
        """Take out of the latest digests what was forgotten just before a stop."""
        for posted in await self._store.digests.latest(LATEST):
            await self.trim(posted.posted_id, posted.channel_id)

    async def outdate(self, message_id: int) -> None:
        """Mark the digests that cite an edited message."""
        for posted in await self._store.digests.citing(message_id):
            message = await self._quotes.fetch(posted.channel_id, posted.posted_id)
            if message is not None and (view := outdate(message)) is not None:
                await _edit(message, view)

    async def forget(self, message_ids: Sequence[int]) -> None:
        """Forget digests whose own messages were deleted."""
        await self._store.digests.forget(message_ids)

    def _true(self, digest: Digest, shown: Shown) -> Shown:
        """Mark a digest that cites what was edited since it was begun."""
        return replace(shown, outdated=True) if self._edits.touch(digest) else shown

    async def public(self, digest: Digest, channel_id: int) -> Digest:
        """Give what of a digest everyone in a channel can open, without who opted out and what was deleted."""
        may_cite = citing.for_channel(self._quotes, channel_id)
        cited = digest.cited()
        open_to_all = {each for each in {source.channel_id for source in cited.values()} if await may_cite(each)}
        silent = await self._store.members.opted_out_of(digest.guild_id, {each.author_id for each in cited.values()})
        hidden = {message_id for message_id, source in cited.items() if source.author_id in silent}
        return digest.within(open_to_all).without(hidden.union(self._gone))


def _may_write(permissions: discord.Permissions, place: Place) -> bool:
    return permissions.send_messages_in_threads if isinstance(place, discord.Thread) else permissions.send_messages


async def _withdraw(message: discord.Message) -> None:
    await settled(message.delete(), f"digest {message.id}")


async def _show(message: discord.Message, digest: Digest, shown: Shown) -> None:
    # Whoever pressed a button: everybody reads this.
    with speaking(ENGLISH):
        picture = await drawn(digest)
        view = digest_view(digest, shown, picture=picture is not None)
        await message.edit(view=view, attachments=files(view, picture), allowed_mentions=NOBODY)


async def _edit(message: discord.Message, view: Layout) -> None:
    try:
        if has_picture(view):
            await message.edit(view=view, allowed_mentions=NOBODY)
        else:
            await message.edit(view=view, attachments=[], allowed_mentions=NOBODY)
    except discord.NotFound:
        log.debug("digest %s was deleted meanwhile", message.id)
