"""Candidates → key points: who says the same, what matters most, what is said already."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np

from models.candidates import Candidate, says_enough
from models.excerpts import excerpt, term_weights, terms
from models.sides import agree, backs, disputes, opposed

if TYPE_CHECKING:
    from torch import Tensor

Rows = TypeVar("Rows", np.ndarray, "Tensor")

SAME = 0.66
"""Cosine from which two excerpts on one side say the same, so that quoting one may cite both."""
AKIN = 0.54
"""Cosine from which two such excerpts that share a word beyond the story's are told together, both quoted."""
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
    repeats = _repeats(found, cosines)
    chosen: dict[int, KeyPoint] = {}
    passed: list[int] = []
    left = limits.words
    while open_points and len(chosen) < limits.points:
        told = list(chosen)
        worth = {lead: point.value - REDUNDANCY * _repeated(repeats, lead, told) for lead, point in open_points.items()}
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
    points, taken = _disputes(found, cosines, values)
    order = [int(index) for index in np.argsort(-values, kind="stable")]
    for lead in order:
        if lead in taken:
            continue
        text = found[lead].excerpt
        near = [index for index in order if index not in taken | {lead} and cosines[lead, index] >= AKIN]
        near = [index for index in near if agree(found[index].excerpt, text)]
        same = [index for index in near if cosines[lead, index] >= SAME]
        akin = [index for index in near if index not in same and own[lead] & own[index]]
        # What says the same without its figures is told with it, but does not back it.
        told = [lead, *(index for index in same if backs(found[index].excerpt, text))]
        quotes = [text]
        if akin and sum(found[index].words for index in (lead, akin[0])) <= words:
            told.append(akin[0])
            quotes.append(found[akin[0]].excerpt)
        taken.update(told, same)
        value = float(values[lead] + GROWTH * np.log(len({*told, *same})))
        points[lead] = KeyPoint(tuple(quotes), tuple(found[index] for index in told), value)
    return points


def _disputes(
    found: Sequence[Candidate], cosines: np.ndarray, values: np.ndarray
) -> tuple[dict[int, KeyPoint], set[int]]:
    """Join each denied claim, whoever makes it, with what denies it best; return the points and all that is told so."""
    points: dict[int, KeyPoint] = {}
    joined: set[int] = set()
    for claim, index in _denials(found, cosines, values):
        if joined & {claim, index}:
            continue
        denial = found[index]
        # A repeat of the claim is nearer to it than to the denial, and the other way round.
        near = [
            (other, side)
            for other in range(len(found))
            for side in (claim, index)
            if other not in joined | {claim, index} and cosines[other, side] >= SAME
        ]
        near = [(other, side) for other, side in near if agree(found[other].excerpt, found[side].excerpt)]
        same = dict.fromkeys(other for other, side in near if backs(found[other].excerpt, found[side].excerpt))
        joined.update([claim, index, *(other for other, _ in near)])
        members = (found[claim], denial, *(found[other] for other in same))
        value = float(max(values[claim], values[index]) + GROWTH * np.log(len(members)))
        answers = denial.denies == found[claim].position
        turned = "refuted" if answers and denial.kind in {"fact", "reported"} else "disputed"
        points[claim] = KeyPoint((found[claim].excerpt, denial.excerpt), members, value, turned)
    return points, joined


def _denials(found: Sequence[Candidate], cosines: np.ndarray, values: np.ndarray) -> Iterator[tuple[int, int]]:
    """Give pairs (claim, denial), best denials first: replies that deny what they answer, then plain opposites."""
    at = {candidate.position: index for index, candidate in enumerate(found)}
    order = [int(index) for index in np.argsort(-values, kind="stable")]
    for index in order:
        denied = found[index].denies
        claim = at.get(denied) if denied is not None else None
        if claim is not None:
            yield claim, index
    for index in order:
        for claim in order:
            if cosines[claim, index] >= SAME and disputes(found[index].excerpt, found[claim].excerpt):
                yield claim, index


def _centrality(cosines: np.ndarray) -> np.ndarray:
    """Return how near each excerpt's nearest neighbours are: the mean of the second to fourth, 0 where it has none."""
    nearest = -np.sort(-cosines, axis=1)[:, 1:]
    return nearest[:, NEIGHBOURS].mean(axis=1) if nearest.shape[1] > 1 else np.zeros(len(cosines))


def _repeats(found: Sequence[Candidate], cosines: np.ndarray) -> np.ndarray:
    """Return the cosines with 0 for those that are near but opposed: neither repeats the other."""
    repeats = cosines.copy()
    for one, other in np.argwhere(np.triu(cosines >= SAME, 1)):
        if opposed(found[one].excerpt, found[other].excerpt):
            repeats[one, other] = repeats[other, one] = 0.0
    return repeats


def _repeated(cosines: np.ndarray, lead: int, told: Sequence[int]) -> float:
    return max(0.0, float(cosines[lead, told].max()) - REPEATS) if told else 0.0
