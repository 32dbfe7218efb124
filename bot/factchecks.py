"""Public fact-checks of a claim: the archive's nearest by meaning and by words, judged pair by pair."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Protocol

import numpy as np

from bot.links import names_a_page
from bot.records import Checked, FactCheck, MatchState, Post
from bot.statements import Stated
from bot.store.archive import Archive, State
from models.batcher import Batcher
from models.matcher import Judgement, Pair, denies
from models.ranking import CANDIDATES, JUDGED, fuse, nearest
from models.wording import plain

LOOKED_AT = timedelta(minutes=1)  # how long an import by another process may stay unnoticed
QUESTION = 300  # characters that leave the bot at most
STATEMENTS = 3  # statements of one text that fact-checks are sought for


class Source(Protocol):
    """Ask somebody else for fact-checks; nothing but the question leaves the bot."""

    async def ask(self, question: str) -> Sequence[FactCheck]:
        """Give what is found and was not given before, within seconds; nothing when the source fails."""
        ...


@dataclass(frozen=True, slots=True)
class Loaded:
    """Hold the archive's vectors: ids (n,) ascending, unit rows (n, 384) float32."""

    state: State
    ids: np.ndarray
    vectors: np.ndarray

    def cosines(self, vector: np.ndarray) -> np.ndarray:
        return self.vectors @ vector

    def places(self, ids: Sequence[int]) -> list[int]:
        """Find rows by id, in the same order; those without a vector are left out."""
        if not len(self.ids):
            return []
        found = np.searchsorted(self.ids, ids).clip(max=len(self.ids) - 1)
        return [int(place) for place, each in zip(found, ids, strict=True) if self.ids[place] == each]


class FactChecks:
    """Find fact-checks in the archive, and add to it."""

    def __init__(
        self,
        archive: Archive,
        embed: Batcher[str, np.ndarray],
        choose: Batcher[tuple[Pair, ...], list[Judgement]],
        model: str,
        clock: Callable[[], datetime],
        source: Source | None = None,
    ) -> None:
        self._archive = archive
        self._embed = embed
        self._choose = choose
        self._model = model
        self._clock = clock
        self._source = source
        self._loaded: Loaded | None = None
        self._looked_at: datetime | None = None
        self._turn = asyncio.Lock()

    async def of(self, stated: Stated, links: Sequence[str] = (), question: str | None = None) -> tuple[Checked, ...]:
        """List fact-checks of what a text states, the surest first; links and question as in `find`."""
        best: dict[int, Checked] = {}
        for statement in stated.statements[:STATEMENTS]:
            for each in await self.find(statement.text, statement.vector, links, question):
                if each.found.id not in best or each.score > best[each.found.id].score:
                    best[each.found.id] = each
            question = None
        return tuple(sorted(best.values(), key=lambda each: -each.score))

    async def find(
        self, text: str, vector: np.ndarray, links: Sequence[str] = (), question: str | None = None
    ) -> tuple[Checked, ...]:
        """List fact-checks of what a text claims, the surest first.

        `links` are the pages that the text shares. `question` may be asked elsewhere: it must hold nothing that a
        member wrote.
        """
        if self._source is not None and question:
            await self.take(await self._source.ask(question[:QUESTION]))
        loaded = await self._ready()
        if not len(loaded.ids):
            return ()
        cosines, near = await asyncio.to_thread(_near, loaded, vector)
        shared = loaded.places(await self._archive.on_pages([link for link in links if names_a_page(link)]))
        words = loaded.places(await self._archive.with_words(plain(text), CANDIDATES))
        ranking = [place for place in fuse([near, words]) if place not in shared][:JUDGED]
        shared = sorted(shared, key=lambda place: -cosines[place])[:JUDGED]
        known = await self._archive.get([int(loaded.ids[place]) for place in (*shared, *ranking)])
        same = [Checked(known[i], 1.0, MatchState.CONFIRMED) for i in loaded.ids[shared] if i in known]
        pairs = [
            (found, Pair(text, f"{found.title}\n{found.claim}".strip(), float(cosines[place])))
            for place in ranking
            if (found := known.get(int(loaded.ids[place])))
        ]
        (judged,) = await self._choose.submit([tuple(pair for _, pair in pairs)])
        return (*same, *graded(text, [(found, each) for (found, _), each in zip(pairs, judged, strict=True)]))

    async def take(self, found: Sequence[FactCheck]) -> None:
        """Add fact-checks and have them found from now on."""
        if found:
            await self._archive.write(found, self._clock())
            await self.encode()

    async def encode(self) -> None:
        """Give every fact-check that lacks it the vector of this embedder; live messages go first."""
        async for waiting in self._archive.to_encode(self._model):
            vectors = await self._embed.submit([text for _, text in waiting], first=False)
            await self._archive.write_vectors([each for each, _ in waiting], np.stack(vectors), self._model)
        self._looked_at = None

    async def _ready(self) -> Loaded:
        """Load the vectors when they are first needed, and again after an import."""
        async with self._turn:
            now = self._clock()
            if self._loaded is None or self._looked_at is None or now - self._looked_at >= LOOKED_AT:
                state = await self._archive.state(self._model)
                if self._loaded is None or self._loaded.state != state:
                    ids, packed = await self._archive.vectors(self._model)
                    self._loaded = Loaded(state, ids, await asyncio.to_thread(packed.astype, np.float32))
                self._looked_at = now
            return self._loaded


def graded(text: str, judged: Sequence[tuple[FactCheck, Judgement]]) -> list[Checked]:
    """Sort what was judged; none is sure below one that is not, as the thresholds were fitted.

    A fact-check's headline often denies its own claim ("No, …"), so only the claim says what is contradicted.
    """
    best = sorted(judged, key=lambda each: -each[1].score)
    sure = len(list(takewhile(lambda each: each[1].state is MatchState.CONFIRMED, best)))
    return [
        Checked(
            found,
            judgement.score,
            MatchState.CONFIRMED if place < sure else MatchState.SUGGESTED,
            denies(text) != denies(found.claim),
        )
        for place, (found, judgement) in enumerate(best)
        if judgement.state is not MatchState.NONE
    ]


def question_of(post: Post) -> str | None:
    """Give what a source may be asked about a story: its page's title, else the address; no member's words.

    A bot may show in an embed what a member wrote, and a forward may be anybody's.
    """
    return ("" if post.forwarded else post.title.strip()) or next(iter(post.links), None)


def _near(loaded: Loaded, vector: np.ndarray) -> tuple[np.ndarray, list[int]]:
    cosines = loaded.cosines(vector)
    return cosines, nearest(cosines)
