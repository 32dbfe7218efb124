"""Candidates → key points: who says the same, what matters most, what is said already."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np

from models.candidates import Candidate, says_enough
from models.excerpts import excerpt, term_weights, terms

if TYPE_CHECKING:
    from torch import Tensor

Rows = TypeVar("Rows", np.ndarray, "Tensor")

SAME = 0.66
"""Cosine from which two excerpts say the same, so that quoting one may cite both."""
AKIN = 0.54
"""Cosine from which two excerpts that share a word beyond the story's are told together, both quoted."""
REPEATS = 0.29
"""Cosine from which an excerpt begins to repeat what is told already."""
REDUNDANCY = 1.0
DISPUTE_WORDS = 2
SHORTEST = 8
"""Words that must be left for one more quote."""
GROWTH = 0.3
"""What a point gains with the logarithm of how many say it."""
NEIGHBOURS = slice(1, 4)
COMMON, FEW = 0.5, 4
"""How much of what all vectors have in common is taken off: all speak of one story. Of a few it is not yet known."""
CENTRALITY = 1.5


@dataclass(frozen=True, slots=True)
class Limits:
    """Hold how many words and points a digest may have, and how many words the quotes of one point."""

    words: int
    points: int
    quote: int


@dataclass(frozen=True, slots=True)
class KeyPoint:
    """Hold one point of a digest: what is quoted for it, and all candidates that say it (the first leads).

    Where it is `turned` ("disputed", or "refuted" by facts), the first quote is a claim and the second says that it is
    not so.
    """

    quotes: tuple[str, ...]
    members: tuple[Candidate, ...]
    value: float
    turned: str = ""

    @property
    def lead(self) -> Candidate:
        return self.members[0]

    @property
    def words(self) -> int:
        return sum(len(quote.split()) for quote in self.quotes) + DISPUTE_WORDS * bool(self.turned)


def apart(vectors: Rows, members: int) -> Rows:
    """Take half of what the first `members` rows have in common off all rows (n, 384), and make them units again."""
    rest = vectors - COMMON * vectors[:members].sum(0) / (members + FEW)
    return cast("Rows", rest / ((rest * rest).sum(1)[:, None] ** 0.5 + 1e-9))


def key_points(found: Sequence[Candidate], vectors: np.ndarray, story: str, limits: Limits) -> list[KeyPoint]:
    """Choose the points that are worth most and fit `limits` together, best first.

    `vectors` are the unit rows of the excerpts, in the order of `found`. Each step takes the point that is worth
    most after what it repeats has been taken off; a point worth nothing is not taken.
    """
    if not found:
        return []
    rows = apart(vectors, len(vectors))
    cosines = rows @ rows.T
    values = np.array([candidate.value for candidate in found]) + CENTRALITY * _centrality(cosines)
    open_points = _points(found, cosines, values, story, limits.quote)
    chosen: dict[int, KeyPoint] = {}
    passed: list[int] = []
    left = limits.words
    while open_points and len(chosen) < limits.points:
        told = list(chosen)
        worth = {lead: point.value - REDUNDANCY * _repeated(cosines, lead, told) for lead, point in open_points.items()}
        best = max(worth, key=lambda lead: (worth[lead], -lead))
        point = open_points.pop(best)
        if worth[best] <= 0:
            break
        if point.words <= left:
            chosen[best] = point
            left -= point.words
        elif not point.turned:
            passed.append(best)
    return [*chosen.values(), *_shorter(found, story, passed, left)][: limits.points]


def _shorter(found: Sequence[Candidate], story: str, passed: Sequence[int], left: int) -> list[KeyPoint]:
    """Tell in the words that are left what did not fit whole: a shorter excerpt of it, cited alone."""
    points: list[KeyPoint] = []
    weights = term_weights((" ".join(one.sentences) for one in found), story) if passed and left >= SHORTEST else {}
    for lead in passed:
        text = excerpt(found[lead].sentences, weights, left) if left >= SHORTEST else None
        if text is not None and says_enough(text) and (text.endswith("?") or found[lead].kind != "unanswered"):
            points.append(KeyPoint((text,), (found[lead],), 0.0))
            left -= len(text.split())
    return points


def _points(
    found: Sequence[Candidate], cosines: np.ndarray, values: np.ndarray, story: str, words: int
) -> dict[int, KeyPoint]:
    """Let each candidate, best first, lead a point unless an earlier point says the same; {index of lead: point}."""
    own = [terms(candidate.excerpt) - terms(story) for candidate in found]
    points = _disputes(found, cosines, values)
    taken = {index for index, one in enumerate(found) if any(one in point.members for point in points.values())}
    order = [int(index) for index in np.argsort(-values, kind="stable")]
    for lead in order:
        if lead in taken:
            continue
        free = [index for index in order if index not in taken and index != lead]
        same = [index for index in free if cosines[lead, index] >= SAME]
        akin = [index for index in free if AKIN <= cosines[lead, index] < SAME and own[lead] & own[index]]
        told = [lead, *same]
        quotes = [found[lead].excerpt]
        if akin and sum(found[index].words for index in (lead, akin[0])) <= words:
            told.append(akin[0])
            quotes.append(found[akin[0]].excerpt)
        taken.update(told)
        value = float(values[lead] + GROWTH * np.log(len(told)))
        points[lead] = KeyPoint(tuple(quotes), tuple(found[index] for index in told), value)
    return points


def _disputes(found: Sequence[Candidate], cosines: np.ndarray, values: np.ndarray) -> dict[int, KeyPoint]:
    """Join each denied claim, whoever makes it, with the reply that denies it best, so that none is told alone."""
    at = {candidate.position: index for index, candidate in enumerate(found)}
    points: dict[int, KeyPoint] = {}
    for index in np.argsort(-values, kind="stable"):
        denial = found[index]
        claim = at.get(denial.denies) if denial.denies is not None else None
        joined = {member for point in points.values() for member in point.members}
        if claim is not None and not joined & {found[claim], denial}:
            # A repeat of the claim is nearer to it than to the denial, and the other way round.
            same = [
                other
                for other, one in enumerate(found)
                if other not in (claim, index)
                and one not in joined
                and max(cosines[other, claim], cosines[other, index]) >= SAME
            ]
            members = (found[claim], denial, *(found[other] for other in same))
            value = float(max(values[claim], values[index]) + GROWTH * np.log(len(members)))
            turned = "refuted" if denial.kind in {"fact", "reported"} else "disputed"
            points[claim] = KeyPoint((found[claim].excerpt, denial.excerpt), members, value, turned)
    return points


def _centrality(cosines: np.ndarray) -> np.ndarray:
    """Return how near each excerpt's nearest neighbours are: the mean of the second to fourth, 0 where it has none."""
    nearest = -np.sort(-cosines, axis=1)[:, 1:]
    return nearest[:, NEIGHBOURS].mean(axis=1) if nearest.shape[1] > 1 else np.zeros(len(cosines))


def _repeated(cosines: np.ndarray, lead: int, told: Sequence[int]) -> float:
    return max(0.0, float(cosines[lead, told].max()) - REPEATS) if told else 0.0
