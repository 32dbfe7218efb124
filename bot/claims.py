"""Earlier claims: find, compare, forget.

Vectors propose, texts decide. The texts of at most three candidates are fetched from Discord, through a budget;
when it is spent, a candidate stays *suggested*.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import numpy as np

from bot.quotes import Texts
from bot.records import Claim, MatchState, Occurrence, Post
from bot.store import Store
from models.batcher import Batcher
from models.matcher import Judgement, Pair

FLOOR = 0.55  # cosine under which two texts are not compared at all
CANDIDATES = 50  # nearest claims looked at
COMPARED = 3  # candidates whose text is fetched for one claim
SHOWN = 12  # and once one is confirmed, since a card quotes them anyway
SERVERS = 64  # indexes in memory

MayCite = Callable[[int], Awaitable[bool]]


class Index:
    """Hold one server's claim vectors for exact search."""

    def __init__(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        self._ids = list(ids.tolist())
        self._rows = vectors

    def add(self, message_id: int, vector: np.ndarray) -> None:
        """Add a claim, or replace it."""
        self.remove(message_id)
        self._ids.append(message_id)
        self._rows = np.vstack([self._rows.reshape(-1, vector.size), vector[None]])

    def remove(self, message_id: int) -> None:
        """Remove a claim, if it is there."""
        if message_id in self._ids:
            place = self._ids.index(message_id)
            del self._ids[place]
            self._rows = np.delete(self._rows, place, axis=0)

    def search(self, vector: np.ndarray, count: int) -> list[tuple[int, float]]:
        """Give the nearest claims as (message id, cosine), best first."""
        if not self._ids:
            return []
        scores = self._rows @ vector
        best = np.argsort(-scores, kind="stable")[:count]
        return [(self._ids[i], float(scores[i])) for i in best]


class ClaimMemory:
    """Find a claim's earlier occurrences in its server."""

    def __init__(self, store: Store, quotes: Texts, model: str, judge: Batcher[Pair, Judgement]) -> None:
        self._store = store
        self._quotes = quotes
        self._model = model
        self._judge = judge
        self._indexes: OrderedDict[int, Index] = OrderedDict()

    async def find(self, claim: Claim, text: str, may_cite: MayCite) -> tuple[Occurrence, ...]:
        """List earlier occurrences of a claim, oldest first, one for each conversation.

        `may_cite` says for a channel id whether its messages may be shown where the answer appears; what may
        not is neither shown nor counted.
        """
        index = await self._index(claim.guild_id)
        same_url = set(await self._store.claims.same_url(claim.guild_id, claim.urls)) if claim.urls else set()
        scores = {found: score for found, score in index.search(claim.vector, CANDIDATES) if score >= FLOOR}
        scores |= dict.fromkeys(same_url, 1.0)
        scores.pop(claim.message_id, None)
        earlier = [
            Occurrence(message_id, channel_id, conversation_id, at, scores[message_id], MatchState.SUGGESTED)
            for message_id, channel_id, conversation_id, at in await self._store.claims.places(list(scores))
            if at < claim.at and conversation_id != claim.conversation_id and await may_cite(channel_id)
        ]
        return await self._with_tallies(await self._graded(earlier, text, same_url))

    def remember(self, claim: Claim) -> None:
        """Add a recorded claim to the server's index, if that is in memory."""
        if (index := self._indexes.get(claim.guild_id)) is not None:
            index.add(claim.message_id, claim.vector)

    def forget(self, guild_id: int, message_ids: Sequence[int]) -> None:
        """Take forgotten claims out of the server's index."""
        if (index := self._indexes.get(guild_id)) is not None:
            for message_id in message_ids:
                index.remove(message_id)

    async def _index(self, guild_id: int) -> Index:
        index = self._indexes.get(guild_id)
        if index is None:
            index = Index(*await self._store.claims.vectors(guild_id, self._model))
            self._indexes[guild_id] = index
            if len(self._indexes) > SERVERS:
                self._indexes.popitem(last=False)
        self._indexes.move_to_end(guild_id)
        return index

    async def _graded(self, earlier: list[Occurrence], text: str, same_url: set[int]) -> list[Occurrence]:
        best: dict[int, Occurrence] = {}
        compared, limit = 0, COMPARED
        for found in sorted(earlier, key=lambda occurrence: -occurrence.score):
            if found.conversation_id in best:
                continue
            if found.message_id in same_url:
                best[found.conversation_id] = replace(found, state=MatchState.CONFIRMED)
                limit = SHOWN
            elif compared < limit:
                compared += 1
                graded = await self._compared(found, text)
                if graded is not None:
                    best[found.conversation_id] = graded
                    limit = SHOWN if graded.state is MatchState.CONFIRMED else limit
            else:
                best[found.conversation_id] = found
        return sorted(best.values(), key=lambda occurrence: occurrence.at)

    async def _compared(self, found: Occurrence, text: str) -> Occurrence | None:
        post: Post | None = await self._quotes.get(found.channel_id, found.message_id)
        if post is None:
            return None
        (judged,) = await self._judge.submit([Pair(text, post.full_text, found.score)])
        if judged.state is MatchState.NONE:
            return None
        return replace(found, score=judged.score, state=judged.state, contradicts=judged.contradicts)

    async def _with_tallies(self, found: list[Occurrence]) -> tuple[Occurrence, ...]:
        tallies = await self._store.messages.tallies([occurrence.conversation_id for occurrence in found])
        return tuple(replace(each, tally=tallies[each.conversation_id]) for each in found)
