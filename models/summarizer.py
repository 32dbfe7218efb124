"""A thread → a digest: sentences out of its messages, each citing those that say it.

Extractive and compressive: every word in quotation marks is a member's own; what only attacks a political side is told
neutrally or left out. Nothing here draws a random number, so
the same thread gives the same digest.
"""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from models.camps import told_neutrally
from models.candidates import SHOT, SMALL_THREAD, Candidate, Draft, Thread, Utterance, candidates, drafts
from models.excerpts import terms
from models.keypoints import KeyPoint, Limits, key_points
from models.reader import Passage, Reading

__all__ = ["SECTIONS", "Sentence", "Summarizer", "Thread", "Utterance"]

SECTIONS = {
    "reported": "Reported",
    "doubt": "Doubts",
    "fact": "Added facts and sources",
    "position": "Positions",
    "unanswered": "Unanswered",
}
QUOTE_WORDS = 34
MOST_READ = 120
"""Messages read for one digest: with what is known already, 500 messages stay within ten seconds on two cores."""
SHORTLIST = 120
"""Messages whose excerpts are compared with each other: what a long thread's best sentences come from."""

SHOTS = 0.1
"""Share of what was said from which partisan shots are told; below it they are left out."""

_DOUBLE_MARK = re.compile(r"[“”„\"«»]")


@dataclass(frozen=True, slots=True)
class Sentence:
    """Hold one sentence of a digest, the section it stands in (a key of `SECTIONS`) and the messages that say it."""

    text: str
    kind: str
    cites: tuple[str, ...]


class Reads(Protocol):
    """Tell what messages do, as `models.reader.Reader` does."""

    def predict(self, passages: Sequence[Passage], /) -> Sequence[Reading]: ...


class Encodes(Protocol):
    """Turn texts into unit rows, as `models.embedder.Embedder` does."""

    def encode(self, texts: Sequence[str], /) -> np.ndarray: ...

    def for_points(self) -> "Encodes": ...


class Summarizer:
    """Condense threads with an embedder, which groups what is said, and a reader, which says what it does.

    Without a reader, only messages whose readings are given are condensed.
    """

    def __init__(self, embedder: Encodes, reader: Reads | None = None) -> None:
        self._embedder = embedder.for_points()
        self._reader = reader

    def summarize(
        self, threads: Sequence[Thread], words: int = 120, readings: Mapping[str, Reading] | None = None
    ) -> list[list[Sentence]]:
        """Return a digest of at most `words` words for each thread; one of nothing but noise has no sentence.

        `readings` are those already known, by message id; only the other messages are read.
        """
        return [self._digest(thread, words, readings or {}) for thread in threads]

    def wanted(self, thread: Thread, words: int = 120, known: Container[str] = ()) -> list[str]:
        """Return the ids of the messages whose readings `summarize` wants beside the known ones."""
        return [draft.message.id for draft in _wanted(drafts(thread, min(QUOTE_WORDS, words)), known)]

    def _digest(self, thread: Thread, words: int, known: Mapping[str, Reading]) -> list[Sentence]:
        quote = min(QUOTE_WORDS, words)
        written = drafts(thread, quote)
        judged = candidates(written, self._read(thread, written, known))
        found = _shortlist([candidate for candidate in judged if candidate.kind != SHOT])
        one_line = bool(found) and len(thread.messages) <= SMALL_THREAD
        shots = [] if one_line else _shots([one for one in judged if one.kind == SHOT], len(found))
        points: list[KeyPoint] = []
        if found:
            vectors = self._embedder.encode([candidate.excerpt for candidate in found])
            left = words - sum(len(sentence.text.split()) for sentence in shots)
            limits = Limits(left, _most_points(thread, written), quote)
            points = key_points(found, vectors, thread.story or "", limits)
        return _in_sections([*map(_sentence, points), *shots])

    def _read(self, thread: Thread, written: Sequence[Draft], known: Mapping[str, Reading]) -> dict[str, Reading]:
        """Add the readings that are wanted."""
        if self._reader is None:
            return dict(known)
        unread = _wanted(written, known)
        passages = [
            Passage(
                draft.message.text,
                thread.story,
                draft.message.parent if draft.parent is None else thread.messages[draft.parent].text,
            )
            for draft in unread
        ]
        fresh = self._reader.predict(passages) if passages else []
        return {**known, **{draft.message.id: reading for draft, reading in zip(unread, fresh, strict=True)}}


def _wanted(written: Sequence[Draft], known: Container[str]) -> list[Draft]:
    """Choose the drafts to be read: those that say most where there are too many."""
    unread = [draft for draft in written if draft.message.id not in known]
    return sorted(unread, key=lambda draft: (-len(terms(draft.excerpt)), draft.position))[:MOST_READ]


def _shortlist(found: list[Candidate]) -> list[Candidate]:
    best = sorted(found, key=lambda candidate: (-candidate.value, candidate.position))[:SHORTLIST]
    return sorted(best, key=lambda candidate: candidate.position)


def _shots(shots: Sequence[Candidate], others: int) -> list[Sentence]:
    """Tell partisan shots in one neutral sentence where they are much of what was said."""
    told = told_neutrally([shot.excerpt for shot in shots]) if len(shots) >= SHOTS * (len(shots) + others) else None
    return [Sentence(told, "position", tuple(shot.id for shot in shots))] if shots and told else []


def _most_points(thread: Thread, written: Sequence[Draft]) -> int:
    """Keep a digest shorter than what it condenses: at most one sentence for three messages, then for every two.

    Where messages are long, one for every two quotes' worth of words.
    """
    if len(thread.messages) <= SMALL_THREAD:
        return 1
    said = sum(len(sentence.split()) for draft in written for sentence in draft.sentences)
    return max((len(thread.messages) + 1) // 2, said // (2 * QUOTE_WORDS))


def _sentence(point: KeyPoint) -> Sentence:
    cited = sorted(point.members, key=lambda candidate: candidate.position)
    text = (f" — {point.turned}: " if point.turned else "; ").join(map(_quoted, point.quotes))
    kind = "doubt" if point.turned else point.lead.kind
    return Sentence(text, kind, tuple(candidate.id for candidate in cited))


def _quoted(text: str) -> str:
    """Put a member's words in quotation marks; their own double marks become single ones."""
    return f"“{_DOUBLE_MARK.sub(_single, text)}”"


def _single(mark: re.Match[str]) -> str:
    before = mark.string[: mark.start()]
    return "‘" if not before or before[-1].isspace() or before[-1] in "([-–—" else "’"


def _in_sections(sentences: Iterable[Sentence]) -> list[Sentence]:
    order = list(SECTIONS)
    return sorted(sentences, key=lambda sentence: order.index(sentence.kind))
