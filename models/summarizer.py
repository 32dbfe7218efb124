"""A thread → a digest: sentences out of its messages, each citing those that say it.

Extractive and compressive: every word in quotation marks is a member's own. Nothing here draws a random number, so
the same thread gives the same digest.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from models.compress import sentences_of
from models.excerpts import excerpt, term_weights, terms
from models.keypoints import Candidate, KeyPoint, key_points
from models.reader import Passage, Reading

SECTIONS = {
    "reported": "Reported",
    "doubt": "Doubts",
    "fact": "Added facts and sources",
    "position": "Positions",
    "unanswered": "Unanswered",
}
EXCERPT_WORDS = 36
SHORTLIST = 160
"""Messages whose excerpts are compared with each other: what a long thread's best sentences come from."""
OFF_TOPIC = 0.4
_WEIGHTS = {"skeptical": 0.0, "partisan": -0.2, "off-topic": -1.5, "informative": 0.3, "none": -0.7}
_RELAYS = re.compile(
    r"\b(?:reported|reportedly|reports?|according to|article|announced|statement|officials?|quoted)\b", re.IGNORECASE
)
_DOUBLE_MARK = re.compile(r"[“”„\"«»]")


@dataclass(frozen=True, slots=True)
class Utterance:
    """Hold one message of a thread; `parent` is the id, or where there is none the text, of what it answers."""

    id: str
    text: str
    author: str | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """Hold a discussion: the story's text, if there is one, and its messages in order."""

    id: str
    story: str | None
    messages: tuple[Utterance, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """Hold one sentence of a digest, the section it stands in (a key of `SECTIONS`) and the messages that say it."""

    text: str
    kind: str
    cites: tuple[str, ...]


class Reads(Protocol):
    def predict(self, passages: Sequence[Passage], /) -> Sequence[Reading]: ...


class Encodes(Protocol):
    def encode(self, texts: Sequence[str], /) -> np.ndarray: ...


@dataclass(frozen=True, slots=True)
class _Draft:
    position: int
    message: Utterance
    sentences: list[str]
    parent: int | None


class Summarizer:
    """Condense threads with an embedder, which groups what is said, and a reader, which says what it does."""

    def __init__(self, embedder: Encodes, reader: Reads) -> None:
        self.embedder = embedder
        self.reader = reader

    def summarize(
        self, threads: Sequence[Thread], words: int = 120, readings: Mapping[str, Reading] | None = None
    ) -> list[list[Sentence]]:
        """Return a digest of at most `words` words for each thread; one of nothing but noise has no sentence.

        `readings` are those already known, by message id; only the others are read.
        """
        return [self._digest(thread, words, readings or {}) for thread in threads]

    def _digest(self, thread: Thread, words: int, known: Mapping[str, Reading]) -> list[Sentence]:
        drafts = _drafts(thread)
        readings = self._readings(thread, drafts, known)
        candidates = _shortlist(_candidates(thread, drafts, readings, min(EXCERPT_WORDS, words)))
        if not candidates:
            return []
        vectors = self.embedder.encode([candidate.excerpt for candidate in candidates])
        points = key_points(candidates, vectors, words, _most_points(len(thread.messages)))
        return _in_sections(map(_sentence, points))

    def _readings(self, thread: Thread, drafts: Sequence[_Draft], known: Mapping[str, Reading]) -> dict[str, Reading]:
        unread = [draft for draft in drafts if draft.message.id not in known]
        passages = [
            Passage(draft.message.text, thread.story, _parent_text(thread, draft.message, draft.parent))
            for draft in unread
        ]
        fresh = self.reader.predict(passages) if passages else []
        return {**known, **{draft.message.id: reading for draft, reading in zip(unread, fresh, strict=True)}}


def _drafts(thread: Thread) -> list[_Draft]:
    positions = {message.id: index for index, message in enumerate(thread.messages)}
    by_text = {message.text: index for index, message in reversed(list(enumerate(thread.messages)))}
    drafts = []
    for index, message in enumerate(thread.messages):
        if sentences := sentences_of(message.text):
            parent = positions.get(message.parent or "", by_text.get(message.parent or ""))
            drafts.append(_Draft(index, message, sentences, parent))
    return drafts


def _parent_text(thread: Thread, message: Utterance, parent: int | None) -> str | None:
    return message.parent if parent is None else thread.messages[parent].text


def _candidates(
    thread: Thread, drafts: Sequence[_Draft], readings: Mapping[str, Reading], words: int
) -> list[Candidate]:
    weights = term_weights((draft.message.text for draft in drafts), thread.story)
    answered = {draft.parent for draft in drafts}
    candidates = []
    for draft in drafts:
        reading = readings[draft.message.id]
        text = excerpt(draft.sentences, weights, words)
        if text is None or reading.scores["off-topic"] >= OFF_TOPIC or len(terms(text)) < 2:
            continue
        kind = _kind(text, reading, draft.position in answered)
        value = _value(text, reading)
        candidates.append(Candidate(draft.message.id, draft.position, text, kind, value, draft.parent))
    return candidates


def _value(text: str, reading: Reading) -> float:
    """Weigh an excerpt: how much it says, and how likely a digest is to want what the message does."""
    says = math.log(1 + len(terms(text)))
    does = sum(weight * reading.scores[label] for label, weight in _WEIGHTS.items())
    return says + does - 0.3 * text.endswith("?") - 0.2 * text.endswith("!")


def _kind(text: str, reading: Reading, answered: bool) -> str:
    label = reading.primary
    if text.endswith("?") and not answered and label in {"none", "off-topic"}:
        return "unanswered"
    if label == "informative":
        return "reported" if _RELAYS.search(text) else "fact"
    return "doubt" if label == "skeptical" else "position"


def _shortlist(candidates: list[Candidate]) -> list[Candidate]:
    best = sorted(candidates, key=lambda candidate: (-candidate.value, candidate.position))[:SHORTLIST]
    return sorted(best, key=lambda candidate: candidate.position)


def _most_points(messages: int) -> int:
    """Keep a digest shorter than what it condenses: one sentence for three messages, at most one for every two."""
    return 1 if messages <= 3 else math.ceil(messages / 2)


def _sentence(point: KeyPoint) -> Sentence:
    cited = sorted((point.lead, *point.others), key=lambda candidate: candidate.position)
    return Sentence(_quoted(point.lead.excerpt), point.lead.kind, tuple(candidate.id for candidate in cited))


def _quoted(text: str) -> str:
    """Put a member's words in quotation marks; their own double marks become single ones."""
    return f"“{_DOUBLE_MARK.sub(_single, text)}”"


def _single(mark: re.Match[str]) -> str:
    before = mark.string[: mark.start()]
    return "‘" if not before or before[-1].isspace() or before[-1] in "([-–—" else "’"


def _in_sections(sentences: Iterable[Sentence]) -> list[Sentence]:
    order = list(SECTIONS)
    return sorted(sentences, key=lambda sentence: order.index(sentence.kind))
