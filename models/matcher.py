"""Two claims → whether the one has been made before: *confirmed*, *suggested* or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

CONFIRM_AT = 0.84
SUGGEST_AT = 0.62
FEWEST_WORDS = 8


class State(StrEnum):
    """How sure a match is: shown by itself, shown to who asks, or not a match."""

    CONFIRMED = "confirmed"
    SUGGESTED = "suggested"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Pair:
    """Hold a text and an earlier claim that may be the same, with what their search found.

    `cosine` is that of their vectors; `terms` is the BM25 score, or 0 where no term index exists.
    """

    text: str
    claim: str
    cosine: float
    terms: float = 0.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """Hold what the matcher says of a pair: `score` in [0, 1], its state, and whether one denies the other."""

    score: float
    state: State
    contradicts: bool = False


class Matcher:
    """Judge pairs of a text and an earlier claim."""

    @classmethod
    def from_pretrained(cls) -> Self:
        return cls()

    def judge(self, pairs: Sequence[Pair]) -> list[Judgement]:
        """Return a judgement for every pair, in order."""
        return [self._judge(pair) for pair in pairs]

    def _judge(self, pair: Pair) -> Judgement:
        score = min(1.0, max(0.0, 0.8 * pair.cosine + 0.2 * pair.terms / (pair.terms + 20)))
        if score >= CONFIRM_AT and len(pair.text.split()) >= FEWEST_WORDS:
            return Judgement(score, State.CONFIRMED)
        return Judgement(score, State.SUGGESTED if score >= SUGGEST_AT else State.NONE)
