"""Two texts → whether they make the same claim: *confirmed*, *suggested* or none, and whether one denies the other."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
from safetensors.numpy import load_file

from models.cross_encoder import CrossEncoder
from models.entities import names_differ, numbers_differ, share_number
from models.sentences import split_sentences
from models.wording import bucket, plain, stems

if TYPE_CHECKING:
    from models.embedder import Embedder

WEIGHTS = Path(__file__).parent / "weights" / "matcher"
WEIGHTS_FILE = "matcher.safetensors"
FEWEST_WORDS = 8
MOST_SENTENCES = 6
ABOUT_AS_ALIKE = 0.75
FAR = 3.0  # farther above the next is no surer: in a small archive nothing else is near
READ_FROM = -6.0  # log-odds by words and vectors below which a pair is not read
UNREAD = -6.0  # what reading says of such a pair, and at least of any other
COPIED = 8.0  # what it would say of a copy, which need not be read
RELATED_FROM = 0.0  # log-odds by words and vectors from which a pair is at least related
_SIGNS = re.compile(r"[^\w\s]")
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


@dataclass(frozen=True, slots=True)
class Fitted:
    """Hold what models/training/matcher.py has fitted.

    `rarity` (32768,) of hashed stems; `weights` (10,) of the features; `pair` (2,) says how much reading
    counts in a pair by itself, and what is added; `thresholds` (2,) confirm and suggest it; `standing` (5,) says
    how much a score and how much standing out count in an archive, what is added, and the thresholds that confirm (of
    the sum) and suggest (of a candidate) there.
    """

    rarity: np.ndarray
    weights: np.ndarray
    pair: np.ndarray
    thresholds: np.ndarray
    standing: np.ndarray


class Matcher:
    """Judge texts and earlier claims by meaning, rare words and what they name; pairs by themselves by reading them."""

    def __init__(self, fitted: Fitted, cross_encoder: CrossEncoder) -> None:
        self._rarity = fitted.rarity.astype(np.float32)
        self.fitted = fitted
        self.cross_encoder = cross_encoder

    @classmethod
    def from_pretrained(cls, embedder: "Embedder", path: Path = WEIGHTS) -> Self:
        """Load the weights that lie in `path` and the cross-encoder's; nothing is fetched from anywhere."""
        return cls(Fitted(**load_file(path / WEIGHTS_FILE)), CrossEncoder.from_pretrained(embedder))

    def judge(self, pairs: Sequence[Pair]) -> list[Judgement]:
        """Return a judgement for every pair, in order; those that words and vectors find likely are read together."""
        known = [self.features(pair) for pair in pairs]
        at_first = self.at_first(known)
        same, denied = self.read(pairs, at_first)
        counts, added = self.fitted.pair
        scores = probability(counts * same + added)
        confirm_at, suggest_at = self.fitted.thresholds
        # What is so like in words and vectors is related, whatever reading says.
        likely = (scores >= suggest_at) | (at_first >= RELATED_FROM)
        allowed = [_long(pair.claim) and may_be_sure(pair, each) for pair, each in zip(pairs, known, strict=True)]
        sure = (scores >= confirm_at) & np.array(allowed, bool)
        return [_judgement(*found) for found in zip(scores, denied, sure, likely, strict=True)]

    def choose(self, pairs: Sequence[Pair]) -> list[Judgement]:
        """Return a judgement for every candidate that an archive has for one text, in order.

        An archive holds a claim once or a few times, so what is meant stands out from what is only near: the best
        candidate, and those that say the same as it does, are confirmed by how far they are above the next.
        """
        if not pairs:
            return []
        known = [self.features(pair) for pair in pairs]
        logits = self.at_first(known)
        best, out = self.stands_out(logits, [pair.claim for pair in pairs])
        high, far, added, confirm_at, suggest_at = self.fitted.standing
        chosen = []
        for place, (pair, features, score) in enumerate(zip(pairs, known, probability(logits), strict=True)):
            stands = place in best and high * logits[place] + far * out + added >= confirm_at
            sure = stands and may_be_sure(pair, features)
            chosen.append(_judgement(score, _denied(pair), sure, score >= suggest_at))
        return chosen

    def read(self, pairs: Sequence[Pair], at_first: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Read pairs of which `at_first` (n,) holds the log-odds by words and vectors, as far as these are likely.

        Returns the log-odds (n,) that both texts make the same claim, and (n,) whether one denies the other.
        """
        copied = np.array([_copied(pair) for pair in pairs], bool)
        likely = np.flatnonzero((at_first >= READ_FROM) & ~copied).tolist()
        read = self.cross_encoder.score([(pairs[place].text, pairs[place].claim) for place in likely])
        same = np.where(copied, COPIED, UNREAD).astype(np.float32)
        same[likely] = read[:, 0].clip(min=UNREAD)
        denied = np.array([_denied(pair) for pair in pairs], bool)
        denied[likely] = read[:, 1] > 0
        return same, denied

    def at_first(self, known: Sequence[np.ndarray]) -> np.ndarray:
        """Return the log-odds (n,) by words and vectors that pairs of these features make the same claim."""
        return np.array(known, np.float32).reshape(-1, len(self.fitted.weights)) @ self.fitted.weights

    def stands_out(self, logits: np.ndarray, claims: Sequence[str]) -> tuple[list[int], float]:
        """Return the places of the best claim and of those like it, and how far it is above the next, in [0, 3]."""
        found = [stems(claim) for claim in claims]
        best = int(np.argmax(logits))
        same = [place for place in range(len(claims)) if self._likeness(found[best], found[place]) >= ABOUT_AS_ALIKE]
        others = [logits[place] for place in range(len(claims)) if place not in same and place != best]
        return sorted({best, *same}), float(min(logits[best] - max(others, default=self.fitted.weights[-1]), FAR))

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

    def _mass(self, words: frozenset[str]) -> float:
        return float(self._rarity[[bucket(word) for word in words]].sum()) if words else 0.0


def probability(logits: np.ndarray) -> np.ndarray:
    """Return log-odds as probabilities."""
    return 1 / (1 + np.exp(-logits))


def _copied(pair: Pair) -> bool:
    """Say whether one text holds the other word for word, signs and capitals aside."""
    shorter, longer = sorted((_SIGNS.sub("", plain(text).lower()).split() for text in (pair.text, pair.claim)), key=len)
    return len(shorter) >= FEWEST_WORDS and f" {' '.join(shorter)} " in f" {' '.join(longer)} "


def _denied(pair: Pair) -> bool:
    return denies(pair.text) != denies(pair.claim)


def _judgement(score: float, denied: bool, sure: bool, likely: bool) -> Judgement:
    """Return a judgement; what is not even likely is never sure."""
    state = State.NONE if not likely else State.CONFIRMED if sure else State.SUGGESTED
    return Judgement(float(score), state, bool(likely and denied))


def may_be_sure(pair: Pair, features: np.ndarray) -> bool:
    """Say whether a pair may be confirmed at all: long enough, and naming nothing that the other contradicts."""
    return _long(pair.text) and not (features[7] > 0 or features[8] > 0)


def _long(text: str) -> bool:
    return len(plain(text).split()) >= FEWEST_WORDS


def _facts(left: str, right: str) -> tuple[float, float, float]:
    """Say of two sentences whether they share a number or date, differ in one, differ in a name (1 or 0 each)."""
    return float(share_number(left, right)), float(numbers_differ(left, right)), float(names_differ(left, right))


def _sentences(text: str) -> list[tuple[str, frozenset[str]]]:
    """Return the first sentences of a text, each with its stems."""
    found = [plain(sentence) for sentence in split_sentences(text)[:MOST_SENTENCES]] or [""]
    return [(sentence, stems(sentence)) for sentence in found]


def denies(text: str) -> bool:
    """Say whether a text denies something, by its words: an odd number of denials."""
    return len(_DENIALS.findall(text)) % 2 == 1
