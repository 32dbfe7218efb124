"""A file of public fact-checks, as the `match` filter reads it: searched by words and by meaning, judged in pairs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

import numpy as np

from bot.errors import RowError
from bot.jsonl import Day, QueryRow, Row, read_rows
from bot.links import canonical_url, find_links, names_a_page
from bot.store.terms import TermIndex
from bot.vector_cache import Progress, VectorCache
from models.embedder import Embedder
from models.matcher import Judgement, Matcher, Pair, State
from models.ranking import CANDIDATES, JUDGED, fuse, nearest
from models.wording import plain


class ArchiveRow(Row):
    """Carry one fact-check: `text` is the claim, `title` the publisher's headline, `rating` its verdict."""

    text: str
    title: str | None = None
    date: Day = None
    url: str | None = None
    rating: str | None = None

    @property
    def whole(self) -> str:
        return f"{self.title}\n{self.text}" if self.title else self.text


@dataclass(frozen=True, slots=True)
class Match:
    """Hold one earlier claim and how surely it is the same, in [0, 1]."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class MatchResult:
    """Hold what an archive says of one query: the first match's state, and the matches, best first."""

    id: str
    state: State
    matches: tuple[Match, ...]


class Archive:
    """Search a collection of fact-checks for earlier claims."""

    def __init__(self, rows: Sequence[ArchiveRow], vectors: np.ndarray, embedder: Embedder, matcher: Matcher) -> None:
        self.rows = list(rows)
        self._vectors = vectors
        self._embedder = embedder
        self._matcher = matcher
        self._terms = TermIndex([(row.title or "", row.text) for row in self.rows])
        self._by_url: dict[str, list[int]] = {}
        for number, row in enumerate(self.rows):
            if row.url and (address := canonical_url(row.url)) and names_a_page(address):
                self._by_url.setdefault(address, []).append(number)

    @classmethod
    def open(
        cls,
        path: Path,
        embedder: Embedder,
        matcher: Matcher | None = None,
        *,
        report: Callable[[RowError], None] | None = None,
        progress: Progress | None = None,
        cache: Path | None = None,
    ) -> Self:
        """Read JSON Lines from `path` and encode what the cache does not hold.

        `report` hears of malformed rows, which are left out; `progress` hears (encoded, to encode). Of rows with
        the same id the last counts. Raises OSError when the file cannot be read.
        """
        with path.open(encoding="utf-8", errors="surrogateescape") as lines:
            rows = list({row.id: row for row in read_rows(ArchiveRow, lines, report or _ignore)}.values())
        vectors = VectorCache(embedder, cache).encode([row.whole for row in rows], progress)
        return cls(rows, vectors, embedder, matcher or Matcher.from_pretrained(embedder))

    def match(self, queries: Sequence[QueryRow], *, any_date: bool = False, top: int = 10) -> list[MatchResult]:
        """Return a result for every query, in order, with at most `top` matches each.

        Only rows dated before the query count, unless `any_date`; a missing date counts as earlier.
        """
        vectors = self._embedder.encode([plain(query.text) for query in queries])
        return [
            self._match(query, vector, None if any_date else query.date, top)
            for query, vector in zip(queries, vectors, strict=True)
        ]

    def _match(self, query: QueryRow, vector: np.ndarray, before: date | None, top: int) -> MatchResult:
        shared = self._same_address(query.text, before)
        cosines = self._vectors @ vector
        terms = [number for number, _ in self._terms.search(plain(query.text), CANDIDATES)]
        ranking = [
            number
            for number in fuse([nearest(cosines), terms])
            if number not in shared and self._is_earlier(number, before)
        ]
        pairs = [Pair(query.text, self.rows[n].whole, float(cosines[n])) for n in ranking[: max(JUDGED, top)]]
        judged = sorted(zip(ranking, self._matcher.choose(pairs), strict=False), key=lambda item: -item[1].score)
        return self._result(query.id, shared, judged, top)

    def _result(
        self, query_id: str, shared: Sequence[int], judged: Sequence[tuple[int, Judgement]], top: int
    ) -> MatchResult:
        matches = [Match(self.rows[n].id, 1.0) for n in shared]
        matches += [Match(self.rows[n].id, judgement.score) for n, judgement in judged]
        state = State.CONFIRMED if shared else judged[0][1].state if judged else State.NONE
        return MatchResult(query_id, state, tuple(matches[:top]))

    def _same_address(self, text: str, before: date | None) -> list[int]:
        """Find the rows whose page the text links to."""
        addresses = [canonical_url(link) for link in find_links(text)]
        found = [number for address in addresses if address for number in self._by_url.get(address, [])]
        return [number for number in dict.fromkeys(found) if self._is_earlier(number, before)]

    def _is_earlier(self, number: int, before: date | None) -> bool:
        day = self.rows[number].date
        return before is None or day is None or day < before


def _ignore(_: RowError) -> None:
    return
