"""Earlier claims: find, compare, forget.

Vectors propose, texts decide. The texts of at most three candidates are fetched from Discord, through a budget unless
somebody waits; when it is spent, a candidate stays *suggested* and the claim is put off.
"""

from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.indexes import Indexes
from bot.quotes import Budget, Texts
from bot.records import Claim, MatchState, Occurrence, Post
from bot.render.cards import quoted
from bot.resources import Models
from bot.statements import Stated, closest, stated_in
from bot.store import Store
from models.matcher import Judgement, Pair
from models.statements import parts

FLOOR = 0.4  # cosine under which two texts are not compared at all: a retelling in wholly other words lies at 0.55
ALIKE = 0.55  # and under which a text that cannot be compared now is not even suggested
CANDIDATES = 50  # nearest claims looked at
COMPARED = 3  # candidates whose text is fetched for one claim
SHOWN = 12  # and once one is confirmed, since a card quotes them anyway
TOGETHER = timedelta(minutes=15)  # a story shared in two channels within this time is one occurrence

PUT_OFF = 1_000  # claims that wait for another try

MayCite = Callable[[int], Awaitable[bool]]


class ClaimMemory:
    """Find a claim's earlier occurrences in its server."""

    def __init__(
        self,
        store: Store,
        quotes: Texts,
        indexes: Indexes,
        models: Models,
        budget: Budget | None = None,
    ) -> None:
        self._store = store
        self._quotes = quotes
        self._indexes = indexes
        self._models = models
        self._budget = budget
        self._put_off: OrderedDict[int, Claim] = OrderedDict()

    @property
    def waits(self) -> bool:
        """Say whether a claim waits for another try."""
        return bool(self._put_off)

    def put_off(self, most: int) -> list[Claim]:
        """Give the claims that wait longest for another try; they are not remembered as waiting any more."""
        return [self._put_off.popitem(last=False)[1] for _ in range(min(most, len(self._put_off)))]

    def wait(self, claim: Claim) -> None:
        """Have a claim wait for another try."""
        self._put_off[claim.message_id] = claim
        while len(self._put_off) > PUT_OFF:
            self._put_off.popitem(last=False)

    async def find(
        self, claim: Claim, stated: Stated, may_cite: MayCite, *, first: bool = False
    ) -> tuple[Occurrence, ...]:
        """List earlier occurrences of a claim, oldest first, one for each conversation and for each time it was shared.

        `may_cite` says for a channel id whether its messages may be shown where the answer appears; what may
        not is neither shown nor counted. `first` fetches whatever it takes, for somebody who waits.
        """
        scores = await self._near(claim.guild_id, stated)
        same_url = set(await self._store.claims.same_url(claim.guild_id, claim.urls)) if claim.urls else set()
        scores |= dict.fromkeys(same_url, 1.0)
        scores.pop(claim.message_id, None)
        # What was shared a moment ago elsewhere is the claim itself, unless somebody asks about a text.
        until = claim.at - TOGETHER if claim.message_id else claim.at
        earlier = [
            Occurrence(message_id, channel_id, conversation_id, at, scores[message_id], MatchState.SUGGESTED)
            for message_id, channel_id, conversation_id, at in await self._store.claims.places(list(scores))
            if at <= until and conversation_id != claim.conversation_id and await may_cite(channel_id)
        ]
        met = together(await self._with_tallies(await self._graded(claim, earlier, stated, same_url, first=first)))
        return await self._told_apart(claim, met, stated, same_url, first=first)

    async def judge(self, stated: Stated, post: Post) -> Occurrence | None:
        """Judge a message that is not remembered; None when it says something else."""
        found = Occurrence(post.id, post.channel_id, post.id, post.created_at, 0.0, MatchState.NONE)
        judged = await self._judged(stated, post.full_text, None)
        return None if judged.state is MatchState.NONE else _regraded(found, judged)

    async def judge_again(self, claim: Post, found: Occurrence, edited: Post) -> Occurrence | None:
        """Judge an occurrence whose message was edited; None when it does not say the claim any more.

        What was sure has to be sure again; what a moderator accepted stays unless it says something else.
        """
        judged = await self._judged(await stated_in(self._models, claim.full_text), edited.full_text, None)
        if set(claim.links) & set(edited.links):
            return replace(found, score=1.0, contradicts=_denies(judged))
        if judged.state not in (MatchState.CONFIRMED, found.state):
            return None
        return replace(found, score=judged.score, contradicts=judged.contradicts)

    async def remember(self, claim: Claim) -> None:
        """Have a recorded claim found from now on."""
        await self._indexes.add(claim)

    async def forget(self, guild_id: int, message_ids: list[int]) -> None:
        """Have forgotten claims found no more."""
        for message_id in message_ids:
            self._put_off.pop(message_id, None)
        await self._indexes.remove(guild_id, message_ids)

    async def save(self) -> None:
        """Write to disk what has changed in memory, sealed; what was erased leaves the disk with it."""
        await self._indexes.save()

    async def refresh(self) -> None:
        """Have nothing on disk that is not in the table, of servers that nobody has asked about, too."""
        await self._indexes.refresh()

    async def _graded(
        self, claim: Claim, earlier: list[Occurrence], stated: Stated, same_url: set[int], *, first: bool
    ) -> list[Occurrence]:
        best: dict[int, Occurrence] = {}
        compared, limit = 0, COMPARED
        for found in sorted(earlier, key=lambda occurrence: -occurrence.score):
            if found.conversation_id in best:
                continue
            if found.message_id in same_url:
                best[found.conversation_id] = replace(found, state=MatchState.CONFIRMED)
                limit = SHOWN
            elif compared < limit and (first or await self._affords(found, claim)):
                compared += 1
                graded = await self._compared(found, stated)
                if graded is not None:
                    best[found.conversation_id] = graded
                    limit = SHOWN if graded.state is MatchState.CONFIRMED else limit
            elif found.score >= ALIKE:
                best[found.conversation_id] = found
        return sorted(best.values(), key=lambda occurrence: occurrence.at)

    async def _told_apart(
        self, claim: Claim, met: tuple[Occurrence, ...], stated: Stated, same_url: set[int], *, first: bool
    ) -> tuple[Occurrence, ...]:
        """Judge what shares the claim's link and is quoted: who shares it to deny it does not say the same."""
        sure = [found for found in met if found.state is MatchState.CONFIRMED]
        judged = {found.message_id: found for found in met}
        for found in quoted(sure):
            if found.message_id in same_url and (first or await self._affords(found, claim)):
                post = await self._quotes.get(found.channel_id, found.message_id)
                denied = post is not None and _denies(await self._judged(stated, post.full_text, None))
                judged[found.message_id] = replace(found, contradicts=denied)
        return tuple(judged.values())

    async def _affords(self, found: Occurrence, claim: Claim) -> bool:
        """Say whether a text can be fetched now; if not, put the claim off."""
        if self._budget is None or await self._budget.covers(found.message_id):
            return True
        if claim.message_id:
            self.wait(claim)
        return False

    async def _near(self, guild_id: int, stated: Stated) -> dict[int, float]:
        """Find the claims nearest to any of what is stated, with their cosines."""
        scores: dict[int, float] = {}
        for vector in stated.vectors:
            for found, score in await self._indexes.search(guild_id, vector, CANDIDATES):
                if score >= max(FLOOR, scores.get(found, FLOOR)):
                    scores[found] = score
        return scores

    async def _compared(self, found: Occurrence, stated: Stated) -> Occurrence | None:
        post: Post | None = await self._quotes.get(found.channel_id, found.message_id)
        if post is None:
            return None
        judged = await self._judged(stated, post.full_text, found.score)
        return None if judged.state is MatchState.NONE else _regraded(found, judged)

    async def _judged(self, stated: Stated, text: str, cosine: float | None) -> Judgement:
        """Judge the two statements that are most alike; `cosine` is that of the two whole texts, if it is known."""
        cut = parts(text)
        here, there = closest(stated.statements, cut)
        if cosine is None or not len(cut) == len(stated.statements) == 1:
            (vector,) = await self._models.embed.submit([there])
            cosine = float(here.vector @ vector)
        (judged,) = await self._models.judge.submit([Pair(here.text, there, cosine)])
        return judged

    async def _with_tallies(self, found: list[Occurrence]) -> tuple[Occurrence, ...]:
        tallies = await self._store.messages.tallies([occurrence.conversation_id for occurrence in found])
        return tuple(replace(each, tally=tallies[each.conversation_id]) for each in found)


def together(found: Sequence[Occurrence]) -> tuple[Occurrence, ...]:
    """Count a story that was shared in several channels at once as the earliest of its occurrences.

    `found` is sorted by time; only sure occurrences that say the same are known to be the same story.
    """
    kept: list[Occurrence] = []
    for later in found:
        twin = next((i for i, first in enumerate(kept) if _at_once(first, later)), None)
        if twin is None:
            kept.append(later)
        else:
            tally = Counter(kept[twin].tally) + Counter(later.tally)
            kept[twin] = replace(kept[twin], tally=tally)
    return tuple(kept)


def _regraded(found: Occurrence, judged: Judgement) -> Occurrence:
    return replace(found, score=judged.score, state=judged.state, contradicts=judged.contradicts)


def _denies(judged: Judgement) -> bool:
    """Say whether a text is about the same and denies it; of what is about something else that means nothing."""
    return judged.contradicts and judged.state is not MatchState.NONE


def _at_once(first: Occurrence, later: Occurrence) -> bool:
    sure = first.state is later.state is MatchState.CONFIRMED
    return sure and first.contradicts == later.contradicts and later.at - first.at <= TOGETHER
