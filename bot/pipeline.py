"""The way of one message, from the row that keeps it to the outcome that the edge shows.

keep → place → read → decide → record; each step takes the values of the one before.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Collection, Iterable
from dataclasses import replace
from typing import TypeVar

from bot import policy
from bot.claims import ClaimMemory, MayCite
from bot.conversation import Conversations
from bot.errors import ReadingPaused, StoreError
from bot.factchecks import question_of
from bot.quotes import Texts
from bot.records import (
    SUGGESTED,
    Card,
    Checked,
    Claim,
    Context,
    Decision,
    Flag,
    Kind,
    Occurrence,
    Outcome,
    Placement,
    Post,
    Server,
)
from bot.resources import Resources
from bot.statements import Stated, stated_in
from bot.store.messages import Public
from bot.store.outcomes import Recorded, Result
from models.batcher import BatchError
from models.reader import Passage, Reading

T = TypeVar("T")

GONE = 20_000  # deleted messages and channels remembered: a deletion may overtake a message in the queue of its channel

log = logging.getLogger(__name__)


class Pipeline:
    """Take posts the whole way, and forget them again."""

    def __init__(self, resources: Resources, quotes: Texts, conversations: Conversations, memory: ClaimMemory) -> None:
        self._store = resources.store
        self._fact_checks = resources.fact_checks
        self._models = resources.models
        self._clock = resources.clock
        self._pace = resources.settings.pace
        self._quotes = quotes
        self._conversations = conversations
        self._memory = memory
        self._order: dict[int, asyncio.Lock] = {}
        self._gone: OrderedDict[int, None] = OrderedDict()
        self._dropped: OrderedDict[int, None] = OrderedDict()
        self._missed: dict[int, tuple[int, int]] = {}
        self._noting = asyncio.Lock()
        self.behind: dict[int, int] = {}

    async def accept(self, post: Post, may_cite: MayCite, *, past: Conversations | None = None) -> Outcome | None:
        """Read a post; give None when there is nothing to do (read before, opted out, gone meanwhile).

        Posts of a backfill or catch-up bring the conversations of their own time in `past` and wait for live
        ones; no card is sought for those that are stale.
        """
        conversations = past or self._conversations
        async with self._order.setdefault(post.channel_id, asyncio.Lock()):
            if self._is_gone(post) or not await self._keep(post):
                return None
            self._quotes.remember(post)
            placement = await conversations.place(post)
        context = await self._context(post, placement)
        reading = await self._read(post, context, live=past is None)
        if await self._is_chat(post, placement, context, reading, live=past is None):
            placement = Placement(Kind.CHAT, None, loose=True)
        elif policy.reports_event(placement, len(post.full_text.split()), reading):
            placement = Placement(Kind.STORY, post.id)
        if placement.kind is Kind.STORY and not post.in_thread:
            conversations.open(post)
        server = await self._store.servers.get(post.guild_id)
        decision = policy.decide(
            placement.kind, reading, policy.thresholds_for(server, post.channel_id, post.watched_id)
        )
        # What an old card shows is judged again whenever its message was edited, and then completely.
        answered = post.edited_at is not None and await self._store.cards.answers(post.id)
        seeks = answered or past is None or not policy.is_stale(post.created_at, self._clock(), self._pace)
        sought = may_cite if seeks else None
        result = await self._result(post, placement, reading, decision, server, sought, wholly=answered)
        return await self._record(result, decision)

    async def note_missed(self) -> None:
        """Write down which channels have messages that were not kept; `behind` says from then on since which id."""
        async with self._noting:
            missed, self._missed = self._missed, {}
            for channel_id, (_, after) in missed.items():
                self.behind[channel_id] = min(after, self.behind.get(channel_id, after))
            try:
                for channel_id, (guild_id, after) in missed.items():
                    await self._store.gaps.open(channel_id, guild_id, after)
            except StoreError:
                self._missed |= missed
                raise

    async def close_gaps(self, beside: Collection[int] = ()) -> None:
        """Let the note of gaps go, but for some channels' and those that are new."""
        async with self._noting:
            await self._store.gaps.close({*beside, *self.behind, *self._missed})

    def missed_since(self) -> int | None:
        """Give the id after which the first message stands that was left to be read from the history."""
        return min((*self.behind.values(), *(after for _, after in self._missed.values())), default=None)

    def miss(self, post: Post) -> None:
        """Leave a message, and what comes after it in its channel, to be read from the history."""
        self._missed.setdefault(post.channel_id, (post.guild_id, post.id - 1))

    def bury(self, message_ids: Iterable[int]) -> None:
        """Let messages that are deleted for good not be kept any more, wherever they are on their way."""
        _remember(self._gone, message_ids)

    def bury_channel(self, channel_id: int) -> None:
        """Let what was said in a channel or thread that is deleted not be kept any more."""
        _remember(self._dropped, [channel_id])

    async def forget(self, guild_id: int, message_ids: list[int]) -> list[Public]:
        """Forget deleted messages; give the bot's own messages that showed them."""
        for message_id in message_ids:
            self._quotes.forget(message_id)
            self._conversations.forget(message_id)
        await self._memory.forget(guild_id, message_ids)
        return list(await self._store.messages.forget(message_ids))

    async def passage(self, post: Post) -> Passage:
        """Give a post as the reader sees it, story and parent included."""
        kept = await self._store.messages.get(post.id)
        placement = (kept and kept.placement) or Placement(Kind.CHAT, None, post.reply_to)
        context = await self._context(post, placement)
        return Passage(post.full_text, context.story, context.parent)

    async def _keep(self, post: Post) -> bool:
        try:
            if self._missed:
                await self.note_missed()
            wanted = await self._store.messages.keep(post)
        except StoreError:
            self.miss(post)
            raise
        if self._is_gone(post):
            await self._store.messages.forget([post.id])
            return False
        return wanted

    def _is_gone(self, post: Post) -> bool:
        return post.id in self._gone or post.channel_id in self._dropped or post.watched_id in self._dropped

    async def _context(self, post: Post, placement: Placement) -> Context:
        story = parent = None
        if placement.kind is Kind.REPLY and placement.conversation_id is not None:
            story = await self._text(post, placement.conversation_id)
        if placement.parent_id is not None and placement.parent_id != placement.conversation_id:
            parent = await self._text(post, placement.parent_id)
        return Context(story, parent)

    async def _text(self, post: Post, message_id: int) -> str | None:
        found = await self._quotes.get(post.channel_id, message_id)
        if found is None and post.in_thread:
            found = await self._quotes.get(post.watched_id, message_id)
        return found.full_text if found is not None else None

    async def _read(self, post: Post, context: Context, *, live: bool) -> Reading:
        passage = Passage(post.full_text, context.story, context.parent)
        (reading,) = await _or_pause(self._models.read.submit([passage], first=live))
        return reading

    async def _is_chat(
        self, post: Post, placement: Placement, context: Context, reading: Reading, *, live: bool
    ) -> bool:
        """Say whether a message is no reply after all; only for those that may be none is a vector made."""
        if placement.kind is not Kind.REPLY or not policy.may_be_chat(placement, len(post.full_text.split()), reading):
            return False
        if context.story is None:
            return True
        reply, story = await _or_pause(self._models.embed.submit([post.full_text, context.story], first=live))
        return policy.is_chat(float(reply @ story))

    async def _result(
        self,
        post: Post,
        placement: Placement,
        reading: Reading,
        decision: Decision,
        server: Server,
        may_cite: MayCite | None,
        *,
        wholly: bool,
    ) -> Result:
        claim = card = None
        found: tuple[Occurrence, ...] = ()
        if decision.is_claim and placement.conversation_id is not None:
            stated = await _or_pause(stated_in(self._models, post.full_text, first=may_cite is not None))
            place = (post.guild_id, post.channel_id, post.id, placement.conversation_id)
            claim = Claim(*place, post.created_at, stated.vector, post.links)
            if may_cite is not None:
                found = await _or_pause(self._memory.find(claim, stated, may_cite, first=wholly))
                occurrences = policy.shown(found)
                checked = await _or_pause(self._checked(post, placement.kind, stated))
                if occurrences or checked:
                    card = self._card(claim, occurrences, checked, server)
                else:
                    card = self._suggestion(claim, placement.kind, found)
        return Result(
            post,
            placement,
            reading if decision.labelled else None,
            flag=_flag(post, placement, decision),
            flag_from=decision.flag_from,
            claim=claim,
            card=card,
            found=found,
            card_stands=may_cite is None,
            pace=self._pace,
            fresh=not policy.is_stale(post.edited_at or post.created_at, self._clock(), self._pace),
        )

    async def _checked(self, post: Post, kind: Kind, stated: Stated) -> tuple[Checked, ...]:
        question = question_of(post) if kind is Kind.STORY else None
        found = await self._fact_checks.of(stated, post.links, question)
        return policy.shown_checks(found, post.links)

    def _card(
        self, claim: Claim, occurrences: tuple[Occurrence, ...], checked: tuple[Checked, ...], server: Server
    ) -> Card:
        state = "pending" if server.live else "shadow"
        place = (claim.guild_id, claim.channel_id, claim.message_id, claim.conversation_id)
        return Card(0, *place, occurrences, self._clock(), state, checked=checked)

    def _suggestion(self, claim: Claim, kind: Kind, found: tuple[Occurrence, ...]) -> Card | None:
        now = self._clock()
        if not policy.suggested(found, kind, claim.at, now, self._pace):
            return None
        place = (claim.guild_id, claim.channel_id, claim.message_id, claim.conversation_id)
        return Card(0, *place, policy.surest(found), now, SUGGESTED)

    async def _record(self, result: Result, decision: Decision) -> Outcome | None:
        models = self._models
        recorded = await self._store.outcomes.record(
            result, models.reader.version, models.embedder.version, self._clock()
        )
        if recorded is None:
            return None
        if result.claim is not None:
            await self._memory.remember(result.claim)
        if result.claim is None or self._is_gone(result.post):
            await self._memory.forget(result.post.guild_id, [result.post.id])
        log.debug("read message %s as %s", result.post.id, result.reading.label if result.reading else "chat")
        return _outcome(result, decision, recorded)


async def _or_pause(answer: Awaitable[T]) -> T:
    """Wait for a model; what it cannot read now is read again later."""
    try:
        return await answer
    except BatchError as error:
        raise ReadingPaused(f"A model failed: {error}.") from error


def _remember(gone: OrderedDict[int, None], ids: Iterable[int]) -> None:
    gone.update(dict.fromkeys(ids))
    while len(gone) > GONE:
        gone.popitem(last=False)


def _flag(post: Post, placement: Placement, decision: Decision) -> Flag | None:
    if decision.flag_label is None:
        return None
    return Flag(
        0,
        post.guild_id,
        post.channel_id,
        post.id,
        placement.conversation_id,
        decision.flag_label,
        decision.flag_score,
        post.created_at,
    )


def _outcome(result: Result, decision: Decision, recorded: Recorded) -> Outcome:
    return Outcome(
        result.post,
        result.placement,
        result.reading,
        replace(decision, card=recorded.card is not None),
        recorded.flag,
        recorded.card,
        recorded.withdrawn_flag,
        recorded.withdrawn_card,
        recorded.changed_card,
        recorded.flag_opened,
        recorded.left,
    )
