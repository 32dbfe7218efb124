"""The network's raw scores → probabilities that can be taken at their word, and when to keep silent."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.labels import LABELS, UNSURE


@dataclass(frozen=True, slots=True)
class Calibration:
    """Hold what was fitted on held-out threads: how far to trust each voice, and when to speak.

    A score is the softmax or sigmoid of the voices' raw scores, each times its scale, plus a shift.
    `labels_scales` has a number for each voice, `marks_scales` such a tuple for each mark; `sure` gives, for each
    label, the score from which it is said aloud.
    """

    labels_scales: tuple[float, ...]
    labels_shift: tuple[float, ...]
    marks_scales: tuple[tuple[float, ...], ...]
    marks_shift: tuple[float, ...]
    claim_scale: float
    claim_shift: float
    sure: tuple[float, ...]

    @classmethod
    def load(cls, path: Path) -> "Calibration":
        """Read the values from JSON."""
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{name: _frozen(value) for name, value in values.items()})

    def labels(self, raw: np.ndarray) -> np.ndarray:
        """Return the five labels' probabilities (n, 5) of the voices' raw scores (n, voices, 9)."""
        values = self.blend(raw) + np.array(self.labels_shift)
        values = np.exp(values - values.max(axis=1, keepdims=True))
        return values / values.sum(axis=1, keepdims=True)

    def blend(self, raw: np.ndarray) -> np.ndarray:
        """Return the labels' raw scores (n, 5), all voices together."""
        return np.einsum("v,nvk->nk", np.array(self.labels_scales), raw[:, :, : len(LABELS)].astype(np.float64))

    def marks(self, raw: np.ndarray) -> np.ndarray:
        """Return the four marks' probabilities (n, 4) of the voices' raw scores (n, voices, 9)."""
        values = np.einsum("kv,nvk->nk", np.array(self.marks_scales), raw[:, :, len(LABELS) :].astype(np.float64))
        return _sigmoid(values + np.array(self.marks_shift))

    def claim(self, raw: np.ndarray) -> np.ndarray:
        """Return the claim's probability (n,) of raw scores (n,)."""
        return _sigmoid(self.claim_scale * raw.astype(np.float64) + self.claim_shift)

    def decide(self, scores: np.ndarray) -> list[str]:
        """Return each row's best label, or *unsure* where its score is too low to be said."""
        best = scores.argmax(axis=1)
        return [
            LABELS[index] if row[index] >= self.sure[index] else UNSURE for row, index in zip(scores, best, strict=True)
        ]


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(values, -60, 60)))


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
