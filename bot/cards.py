"""Context cards: post each once as a reply to its claim, keep it true, and take it down."""

import asyncio
import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

import aiohttp
import discord

from bot import citing, policy
from bot.claims import ClaimMemory, MayCite
from bot.errors import StoreError
from bot.intake import Intake
from bot.posting import DISCORD_FAILED, NOBODY, find_posted, post_once, settled_in
from bot.quotes import Quotes
from bot.records import Card, Occurrence, Post
from bot.render.cards import PICTURE, PICTURED, Cited, Shown, card_view, gist, quoted
from bot.render.layout import Layout
from bot.render.timeline import alt_text, timeline
from bot.resources import Resources
from bot.store.leftovers import Public
from models.statements import alike, parts

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Content:
    """Hold what a card's message shows."""

    view: Layout
    picture: bytes | None = None
    alt: str | None = None

    def files(self) -> list[discord.File]:
        """Make the files, anew for each try: one is sent only once."""
        if self.picture is None:
            return []
        return [discord.File(io.BytesIO(self.picture), PICTURE, description=self.alt)]


class Cards:
    """Bring cards before members; the texts in them come from Discord each time."""

    def __init__(self, resources: Resources, quotes: Quotes, intake: Intake, memory: ClaimMemory) -> None:
        self._store = resources.store
        self._clock = resources.clock
        self._pace = resources.settings.pace
        self._quotes = quotes
        self._intake = intake
        self._memory = memory
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def post(self, card_id: int, *, again: bool) -> bool:
        """Post a card that is due, once; `again` looks for it in the channel first.

        Say whether that is settled: one that can never be posted is dropped, but where Discord fails the card
        stays due for a later try.
        """
        try:
            async with self._turn(card_id):
                done = await self._is_done(card_id, again=again)
            # What was posted before a crash shows what stood then.
            return done and (not again or await self.refresh(card_id))
        except StoreError as error:
            log.warning("card %s waits: %s", card_id, error)
            return False

    async def refresh(self, card_id: int) -> bool:
        """Bring a posted card in line with what can still be shown, or take it down when nothing can.

        Say whether that is settled; while the card is due, a crash may have left a message that is not known yet.
        """
        async with self._turn(card_id):
            card = await self._store.cards.get(card_id)
            if card is None or card.posted_id is None:
                return card is None or card.state != "pending"
            if card.state != "posted":
                return await self.clear(card)
            content = await self._content(card)
            if content is None:
                await self._store.cards.remove(card_id, "empty", self._clock())
                return await self.clear(card)
            message = await self._message(card.channel_id, card.posted_id)
            if message is None:
                return True
            return await settled_in(
                message.channel,
                lambda: message.edit(view=content.view, attachments=content.files(), allowed_mentions=NOBODY),
                f"card message {card.posted_id}",
            )

    async def judge_again(self, card_id: int, edited: Post) -> bool:
        """Have an edited message leave a card whose claim it does not say any more, and show it as it now is.

        Say whether that is settled.
        """
        async with self._turn(card_id):
            card = await self._store.cards.get(card_id)
            claim = await self._quotes.get(card.channel_id, card.message_id) if card is not None else None
            if card is None or claim is None:
                return True
            for found in card.occurrences:
                if found.message_id == edited.id:
                    judged = await self._memory.judge_again(claim, found, edited)
                    await self._store.cards.regrade(card_id, edited.id, judged)
        return await self.refresh(card_id)

    async def clear(self, card: Card) -> bool:
        """Delete the message of a card that was removed; say whether it is gone for good, else it is tried again."""
        gone = await self.take_down(card.channel_id, card.posted_id)
        if gone:
            await self._store.leftovers.settle(Public("card", card.id, card.channel_id, card.posted_id))
        return gone

    async def take_down(self, channel_id: int, posted_id: int | None) -> bool:
        """Delete the message of a card; say whether it is gone for good."""
        message = await self._message(channel_id, posted_id)
        return message is None or await _deleted(message)

    async def follow(self, public: Public) -> bool:
        """Do with a card's message what a deletion asks for; say whether that is settled."""
        if await self._store.cards.get(public.id) is not None:
            return await self.refresh(public.id)
        if public.posted_id is not None:
            return await self.take_down(public.channel_id, public.posted_id)
        async with self._turn(public.id):
            channel = await self._quotes.channel(public.channel_id)
            left = None if channel is None else await find_posted(channel, "card", public.id)
            return left is None or await _deleted(left)

    async def fetch(
        self, occurrences: Sequence[Occurrence], guild_id: int, may_cite: MayCite, about: Sequence[str]
    ) -> list[Cited]:
        """Fetch the texts of the occurrences that are quoted, oldest first; leave out what may not be shown.

        What turns out to be gone is forgotten, and the next one quoted in its place. `about` is what the claim's
        message states: of a long text, the part that is nearest to it is quoted.
        """
        left = [each for each in occurrences if await may_cite(each.channel_id)]
        texts: dict[int, str] = {}
        gone: list[int] = []
        while missing := [each for each in quoted(left) if each.message_id not in texts]:
            for each in missing:
                post = await self._quotes.get(each.channel_id, each.message_id)
                if post is not None:
                    texts[each.message_id] = _quoted(post, about)
                    continue
                left.remove(each)
                if await self._quotes.is_gone(each.channel_id, each.message_id):
                    gone.append(each.message_id)
        await self._intake.forget(guild_id, gone)
        return [Cited(each, texts.get(each.message_id, "")) for each in left]

    async def _is_done(self, card_id: int, *, again: bool) -> bool:
        card = await self._store.cards.get(card_id)
        return card is None or card.state != "pending" or await self._tried(card, again=again)

    async def _refused(self, card: Card) -> str | None:
        """Say why a card is not posted after all: `shadow`, or `dropped` when late or unwanted."""
        if not (await self._store.servers.get(card.guild_id)).live:
            return "shadow"
        claim = await self._store.messages.get(card.message_id)
        if claim is None or policy.is_stale(card.created_at, self._clock(), self._pace):
            return "dropped"
        return "dropped" if policy.cards_stop(await self._store.cards.unwanted(claim.watched_id)) else None

    async def _tried(self, card: Card, *, again: bool) -> bool:
        try:
            await self._post(card, again=again)
        except (aiohttp.ClientError, OSError) as error:
            log.warning("card %s in %s waits: %s", card.id, card.channel_id, type(error).__name__)
            return False
        except discord.HTTPException as error:
            log.warning("card %s in %s: HTTP %s", card.id, card.channel_id, error.status)
            if error.status >= DISCORD_FAILED:
                return False
            await self._store.cards.give_up(card.id, "dropped", self._clock())
        return True

    async def _post(self, card: Card, *, again: bool) -> None:
        channel = await self._quotes.channel(card.channel_id)
        if again and channel is not None:
            left = await find_posted(channel, "card", card.id, card.message_id)
            if left is not None:
                await self._is_posted(card, left.id)
                return
        if (refused := await self._refused(card)) is not None:
            await self._store.cards.give_up(card.id, refused, self._clock())
            return
        content = await self._content(card)
        if channel is None or content is None:
            await self._store.cards.give_up(card.id, "dropped", self._clock())
            return
        claim = discord.MessageReference(message_id=card.message_id, channel_id=card.channel_id)
        message = await post_once(
            channel,
            "card",
            card.id,
            again=False,
            reference=claim,
            mention_author=False,
            view=content.view,
            files=content.files(),
        )
        await self._is_posted(card, message.id)

    async def _is_posted(self, card: Card, posted_id: int) -> None:
        if not await self._store.cards.posted(card.id, posted_id, self._clock()):
            await self.take_down(card.channel_id, posted_id)

    async def shown(self, card: Card) -> Shown | None:
        """Fetch what a card shows to everyone in its channel; None when nothing is left of it."""
        may_cite = citing.for_channel(self._quotes, card.channel_id)
        post = await self._quotes.get(card.channel_id, card.message_id)
        about = parts(post.full_text) if post is not None else ()
        cited = await self.fetch(card.occurrences, card.guild_id, may_cite, about)
        claim = await self._store.messages.get(card.message_id)
        if claim is None or not (cited or card.checked):
            return None
        return Shown(card.guild_id, claim.created_at, await self._with_tallies(cited), card.checked)

    async def _content(self, card: Card) -> _Content | None:
        """Make what a card's message shows; None when nothing is left to show."""
        shown = await self.shown(card)
        if shown is None:
            return None
        if len(shown.cited) < PICTURED:
            return _Content(card_view(card.id, shown, None))
        alt = alt_text(shown.occurrences, shown.at)
        drawn = await asyncio.to_thread(timeline, shown.occurrences, shown.at)
        return _Content(card_view(card.id, shown, alt), drawn, alt)

    async def _with_tallies(self, cited: Sequence[Cited]) -> list[Cited]:
        tallies = await self._store.messages.tallies([each.occurrence.conversation_id for each in cited])
        return [
            replace(each, occurrence=replace(each.occurrence, tally=tallies[each.occurrence.conversation_id]))
            for each in cited
        ]

    async def _message(self, channel_id: int, posted_id: int | None) -> discord.PartialMessage | None:
        channel = await self._quotes.channel(channel_id) if posted_id is not None else None
        if isinstance(channel, discord.TextChannel | discord.Thread) and posted_id is not None:
            return channel.get_partial_message(posted_id)
        return None

    def _turn(self, card_id: int) -> asyncio.Lock:
        return self._turns.setdefault(card_id, asyncio.Lock())


async def _deleted(message: discord.Message | discord.PartialMessage) -> bool:
    return await settled_in(message.channel, message.delete, f"card message {message.id}")


def _quoted(post: Post, about: Sequence[str]) -> str:
    cut = parts(post.text)
    if post.headline or len(cut) == 1 or not about:
        return gist(post)
    return gist(replace(post, text=max(cut, key=lambda part: max(alike(part, one) for one in about))))
