"""Candidates → key points: who says the same, what matters most, what is said already."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.candidates import Candidate

SAME = 0.72
"""Cosine from which two excerpts are told as one point; below 0.7 every second such pair says something else."""
REPEATS = 0.35
"""Cosine from which an excerpt begins to repeat what is told already."""
REDUNDANCY = 1.0
NEIGHBOURS = slice(1, 4)
CENTRALITY = 1.5


@dataclass(frozen=True, slots=True)
class KeyPoint:
    """Hold one point of a digest: the candidate that tells it best and those that say the same."""

    lead: Candidate
    others: tuple[Candidate, ...]
    value: float


def key_points(found: Sequence[Candidate], vectors: np.ndarray, words: int, most: int) -> list[KeyPoint]:
    """Choose at most `most` points whose leads have at most `words` words together, best first.

    `vectors` are the unit rows of the excerpts, in the order of `found`. Each step takes the point that is
    worth most after what it repeats has been taken off; a point worth nothing is not taken.
    """
    if not found:
        return []
    cosines = vectors @ vectors.T
    values = np.array([candidate.value for candidate in found]) + CENTRALITY * _centrality(cosines)
    open_points = _grouped(found, cosines, values)
    chosen: list[tuple[int, KeyPoint]] = []
    left = words
    while open_points and len(chosen) < most:
        told = [lead for lead, _ in chosen]
        worth = {lead: point.value - REDUNDANCY * _repeated(cosines, lead, told) for lead, point in open_points.items()}
        best = max(worth, key=lambda lead: (worth[lead], -lead))
        point = open_points.pop(best)
        if worth[best] <= 0:
            break
        if point.lead.words <= left:
            chosen.append((best, point))
            left -= point.lead.words
    return [point for _, point in chosen]


def _grouped(found: Sequence[Candidate], cosines: np.ndarray, values: np.ndarray) -> dict[int, KeyPoint]:
    """Give each candidate, best first, to the first point whose members all say the same; {index of lead: point}."""
    groups: list[list[int]] = []
    for index in np.argsort(-values, kind="stable"):
        home = next((group for group in groups if cosines[index, group].min() >= SAME), None)
        if home is None:
            groups.append([int(index)])
        else:
            home.append(int(index))
    return {
        group[0]: KeyPoint(
            found[group[0]],
            tuple(found[index] for index in group[1:]),
            float(values[group[0]] + 0.3 * np.log(len(group))),
        )
        for group in groups
    }


def _centrality(cosines: np.ndarray) -> np.ndarray:
    """Return how near each excerpt's nearest neighbours are: the mean of the second to fourth, 0 where it has none."""
    nearest = -np.sort(-cosines, axis=1)[:, 1:]
    return nearest[:, NEIGHBOURS].mean(axis=1) if nearest.shape[1] > 1 else np.zeros(len(cosines))


def _repeated(cosines: np.ndarray, lead: int, told: Sequence[int]) -> float:
    return max(0.0, float(cosines[lead, told].max()) - REPEATS) if told else 0.0
