"""Two texts → whether they make the same claim: *confirmed*, *suggested* or none, and whether one denies the other."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Self

import numpy as np
from safetensors.numpy import load_file

from models.entities import dates, disagree, names_differ, numbers
from models.sentences import split_sentences
from models.wording import bucket, plain, stems

WEIGHTS = Path(__file__).parent / "weights" / "matcher"
WEIGHTS_FILE = "matcher.safetensors"
FEWEST_WORDS = 8
MOST_SENTENCES = 6
ABOUT_AS_ALIKE = 0.75
FAR = 3.0  # farther above the next is no surer: in a small archive nothing else is near
_DENIALS = re.compile(
    r"\b(?:not?|never|neither|nor|without|none|nobody|cannot|false|fake|hoax|myth|debunk\w*|den(?:y|ies|ied)|untrue"
    r"|refut\w*|disprov\w*|\w+n['’]t)\b",
    re.IGNORECASE,
)


class State(StrEnum):
    """How sure a match is: shown by itself, shown to who asks, or not a match."""

    CONFIRMED = "confirmed"
    SUGGESTED = "suggested"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Pair:
    """Hold a text and an earlier claim that may be the same, with the cosine of their vectors."""

    text: str
    claim: str
    cosine: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """Hold what the matcher says of a pair: how surely it is the same in [0, 1], its state, whether one denies it."""

    score: float
    state: State
    contradicts: bool = False


class Matcher:
    """Judge pairs of a text and an earlier claim by meaning, rare words and what they name.

    The weights were fitted on judged pairs and so are the two thresholds (models/training/matcher.py). `standing`
    (4,) says how much a score and how much standing out count in an archive, what is added, and the threshold there.
    """

    def __init__(self, rarity: np.ndarray, weights: np.ndarray, thresholds: np.ndarray, standing: np.ndarray) -> None:
        self._rarity = rarity.astype(np.float32)
        self._weights = weights
        self._confirm_at, self._suggest_at = (float(value) for value in thresholds)
        *self._standing, self._stands_at = (float(value) for value in standing)

    @classmethod
    def from_pretrained(cls, path: Path = WEIGHTS) -> Self:
        """Load the weights that lie in `path`; nothing is fetched from anywhere."""
        stored = load_file(path / WEIGHTS_FILE)
        return cls(stored["rarity"], stored["weights"], stored["thresholds"], stored["standing"])

    def judge(self, pairs: Sequence[Pair]) -> list[Judgement]:
        """Return a judgement for every pair, in order."""
        return [self._judge(pair, self.features(pair)) for pair in pairs]

    def choose(self, pairs: Sequence[Pair]) -> list[Judgement]:
        """Return a judgement for every candidate that an archive has for one text, in order.

        An archive holds a claim once or a few times, so what is meant stands out from what is only near: the best
        candidate, and those that say the same as it does, are confirmed by how far they are above the next.
        """
        if not pairs:
            return []
        known = [self.features(pair) for pair in pairs]
        logits = np.array(known) @ self._weights
        best, out = self.stands_out(logits, [pair.claim for pair in pairs])
        high, far, added = self._standing
        chosen = []
        for place, (pair, features) in enumerate(zip(pairs, known, strict=True)):
            judged = self._judge(pair, features)
            stands = place in best and high * logits[place] + far * out + added >= self._stands_at
            if judged.state is not State.NONE:
                sure = stands and _may_be_sure(pair, features)
                judged = replace(judged, state=State.CONFIRMED if sure else State.SUGGESTED)
            chosen.append(judged)
        return chosen

    def stands_out(self, logits: np.ndarray, claims: Sequence[str]) -> tuple[list[int], float]:
        """Return the places of the best claim and of those like it, and how far it is above the next, in [0, 3]."""
        found = [stems(claim) for claim in claims]
        best = int(np.argmax(logits))
        same = [place for place in range(len(claims)) if self._likeness(found[best], found[place]) >= ABOUT_AS_ALIKE]
        others = [logits[place] for place in range(len(claims)) if place not in same and place != best]
        return sorted({best, *same}), float(min(logits[best] - max(others, default=self._weights[-1]), FAR))

    def features(self, pair: Pair) -> np.ndarray:
        """Return what is known of a pair, float32 (10,), the last always 1."""
        here, there = stems(pair.text), stems(pair.claim)
        mass, own, shared = self._mass(there), self._mass(here), self._mass(here & there)
        covered = shared / mass if mass else 0.0
        facts = _facts(*self._closest(pair))
        return np.array(
            [
                pair.cosine,
                max(0.0, pair.cosine - 0.6),
                covered,
                shared / own if own else 0.0,
                np.log1p(shared),
                pair.cosine * covered,
                *facts,
                1.0,
            ],
            np.float32,
        )

    def _closest(self, pair: Pair) -> tuple[str, str]:
        """Return the two sentences that are most alike: what others say beside them makes no other claim.

        Of sentences about equally alike, those that name the same things.
        """
        here, there = _sentences(pair.text), _sentences(pair.claim)
        if len(here) == len(there) == 1:
            return here[0][0], there[0][0]
        found = sorted(
            ((self._likeness(a[1], b[1]), a[0], b[0]) for a in here for b in there), key=lambda each: -each[0]
        )
        alike = [(left, right) for likeness, left, right in found if likeness >= ABOUT_AS_ALIKE * found[0][0]]
        return next(((left, right) for left, right in alike if not any(_facts(left, right)[1:])), alike[0])

    def _likeness(self, left: frozenset[str], right: frozenset[str]) -> float:
        mass = self._mass(left) + self._mass(right)
        return 2 * self._mass(left & right) / mass if mass else 0.0

    def _judge(self, pair: Pair, features: np.ndarray) -> Judgement:
        score = float(1 / (1 + np.exp(-features @ self._weights)))
        sure = score >= self._confirm_at and _may_be_sure(pair, features)
        state = State.CONFIRMED if sure else State.SUGGESTED if score >= self._suggest_at else State.NONE
        return Judgement(score, state, state is not State.NONE and denies(pair.text) != denies(pair.claim))

    def _mass(self, words: frozenset[str]) -> float:
        return float(self._rarity[[bucket(word) for word in words]].sum()) if words else 0.0


def _may_be_sure(pair: Pair, features: np.ndarray) -> bool:
    """Say whether a pair may be confirmed at all: long enough, and naming nothing that the other contradicts."""
    return len(plain(pair.text).split()) >= FEWEST_WORDS and not (features[7] > 0 or features[8] > 0)


def _facts(left: str, right: str) -> tuple[float, float, float]:
    """Say of two sentences whether they share a number or date, differ in one, differ in a name (1 or 0 each)."""
    facts = [(find(left), find(right)) for find in (numbers, dates)]
    shared, other = any(a & b for a, b in facts), any(disagree(a, b) for a, b in facts)
    return float(shared), float(other), float(names_differ(left, right))


def _sentences(text: str) -> list[tuple[str, frozenset[str]]]:
    """Return the first sentences of a text, each with its stems."""
    found = [plain(sentence) for sentence in split_sentences(text)[:MOST_SENTENCES]] or [""]
    return [(sentence, stems(sentence)) for sentence in found]


def denies(text: str) -> bool:
    """Say whether a text denies something, by its words: an odd number of denials."""
    return len(_DENIALS.findall(text)) % 2 == 1
