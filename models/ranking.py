"""Which fact-checks are worth judging: the nearest by meaning and the nearest by words, merged."""

from collections.abc import Sequence

import numpy as np

CANDIDATES = 100  # looked at from each side
JUDGED = 20  # pairs that the matcher reads for one text
FUSION_CONSTANT = 60


def nearest(cosines: np.ndarray) -> list[int]:
    """List the places of the highest cosines, best first."""
    if len(cosines) > CANDIDATES:
        best = np.argpartition(-cosines, CANDIDATES)[:CANDIDATES]
        return best[np.argsort(-cosines[best], kind="stable")].tolist()
    return np.argsort(-cosines, kind="stable").tolist()


def fuse(rankings: Sequence[Sequence[int]]) -> list[int]:
    """Merge rankings by reciprocal rank (Cormack et al. 2009), best first."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, number in enumerate(ranking, 1):
            scores[number] = scores.get(number, 0.0) + 1 / (FUSION_CONSTANT + rank)
    return sorted(scores, key=lambda number: -scores[number])
