"""Raw scores of threads that were not learnt from → the calibration that ships."""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from models.calibration import Calibration
from models.labels import LABELS, MARKS

HONEST = 0.022
PROMISES = {"answered": 0.70, "least": 0.56, "spoken": 0.5, "precision": 0.82, "recall": 0.52}
FLAGS = ("partisan", "off-topic")
GRID, ROUNDS = tuple(np.arange(0.25, 0.91, 0.02)), 4


def calibrate(raw: np.ndarray, gold: np.ndarray, gold_marks: np.ndarray, swapped: np.ndarray) -> Calibration:
    """Fit to the voices' raw scores (n, voices, 9), given the gold label (n,) and marks (n, 4) of each row.

    `swapped` holds the raw scores of replies moved under another story; only the mark off-topic is fitted to them.

    The labels' scales and shifts first make the scores honest; then the shifts move as far as the scores
    stay honest to where the mean F1 over the labels is best.
    """
    scales, shift = _fit_labels(torch.tensor(raw[:, :, : len(LABELS)]), torch.tensor(gold))
    marks = []
    for k, name in enumerate(MARKS):
        also = swapped if name == "off-topic" else swapped[:0]
        asked = np.concatenate([raw, also])[:, :, len(LABELS) + k]
        marks.append(_fit_mark(torch.tensor(asked), torch.tensor(np.append(gold_marks[:, k], np.ones(len(also))))))
    found = Calibration(
        labels_scales=scales,
        labels_shift=shift,
        marks_scales=tuple(mark[0] for mark in marks),
        marks_shift=tuple(mark[1] for mark in marks),
        claim_scale=1.0,
        claim_shift=0.0,
        sure=(0.0,) * len(LABELS),
    )
    found = replace(found, labels_shift=_favour_rare(found.blend(raw), np.array(shift), gold))
    return replace(found, sure=thresholds(found.labels(raw), gold))


def thresholds(scores: np.ndarray, gold: np.ndarray) -> tuple[float, ...]:
    """Choose from which score each label is said, given probabilities (n, 5) and gold indices (n,).

    One threshold after the other moves to where the worth of what is said is highest, until none does.
    """
    alike = [np.full(len(LABELS), value) for value in GRID]
    sure = max(alike, key=lambda one: _worth(scores, gold, one))
    worth = _worth(scores, gold, sure)
    for _ in range(ROUNDS):
        for label, value in itertools.product(range(len(LABELS)), GRID):
            moved = sure.copy()
            moved[label] = value
            if (found := _worth(scores, gold, moved)) > worth + 1e-6:
                sure, worth = moved, found
    return tuple(round(float(value), 3) for value in sure)


def ece(scores: np.ndarray, gold: np.ndarray) -> float:
    """Return the expected calibration error of the best score over ten bins."""
    top, right = scores.max(1), scores.argmax(1) == gold
    bins = np.minimum((top * 10).astype(int), 9)
    return sum(abs((top - right)[bins == k].sum()) for k in range(10)) / len(gold)


def macro_f1(found: np.ndarray, gold: np.ndarray) -> float:
    """Return the mean F1 over the labels."""
    hits = [((found == k) & (gold == k)).sum() for k in range(len(LABELS))]
    sizes = [(found == k).sum() + (gold == k).sum() for k in range(len(LABELS))]
    return float(np.mean([2 * hit / max(1, size) for hit, size in zip(hits, sizes, strict=True)]))


def _worth(scores: np.ndarray, gold: np.ndarray, sure: np.ndarray) -> float:
    """Return the accuracy of what is said, less three times what is lacking of each promise."""
    best = scores.argmax(1)
    said = scores.max(1) >= sure[best]
    flags = [LABELS.index(name) for name in FLAGS]
    flagged, wanted = said & np.isin(best, flags), np.isin(gold, flags)
    reached = {
        "answered": said.mean(),
        "least": min(said[gold == k].mean() for k, name in enumerate(LABELS) if name != "off-topic"),
        "spoken": min((said[best == k].mean() if (best == k).any() else 1.0) for k in range(len(LABELS))),
        "precision": (flagged & wanted).sum() / max(1, flagged.sum()),
        "recall": (flagged & wanted).sum() / max(1, wanted.sum()),
    }
    lacking = sum(max(0.0, promise - reached[name]) for name, promise in PROMISES.items())
    return float((best == gold)[said].mean() - 3 * lacking) if said.any() else -1.0


def _favour_rare(raw: np.ndarray, shift: np.ndarray, gold: np.ndarray) -> tuple[float, ...]:
    best, chosen = macro_f1((raw + shift).argmax(1), gold), shift
    for step in itertools.product((0, 0.15, 0.3, 0.45, 0.6), repeat=4):
        moved = shift + np.array([*step, 0.0])
        scores = np.exp(raw + moved)
        scores /= scores.sum(1, keepdims=True)
        reached = macro_f1(scores.argmax(1), gold)
        if reached > best + 0.001 and ece(scores, gold) <= HONEST:
            best, chosen = reached, moved
    return _rounded(chosen)


def _fit_labels(raw: Tensor, gold: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    scales = torch.full((raw.shape[1],), 1 / raw.shape[1], requires_grad=True)
    shift = torch.zeros(len(LABELS), requires_grad=True)
    _minimise(
        [scales, shift],
        lambda: functional.cross_entropy(_sum(scales, raw) + shift, gold) + 1e-3 * shift.square().sum(),
    )
    return _rounded(scales.tolist()), _rounded(shift.tolist())


def _fit_mark(raw: Tensor, gold: Tensor) -> tuple[tuple[float, ...], float]:
    scales = torch.full((raw.shape[1],), 1 / raw.shape[1], requires_grad=True)
    shift = torch.zeros(1, requires_grad=True)
    _minimise(
        [scales, shift], lambda: functional.binary_cross_entropy_with_logits(raw.float() @ scales + shift, gold.float())
    )
    return _rounded(scales.tolist()), round(shift.item(), 4)


def _sum(scales: Tensor, raw: Tensor) -> Tensor:
    return (scales[None, :, None] * raw.float()).sum(1)


def _rounded(values: Iterable[float]) -> tuple[float, ...]:
    return tuple(round(float(value), 4) for value in values)


def _minimise(values: list[Tensor], loss: Callable[[], Tensor]) -> None:
    optimizer = torch.optim.LBFGS(values, max_iter=100)

    def closure() -> float:
        optimizer.zero_grad()
        found = loss()
        found.backward()
        return found.item()

    optimizer.step(closure)  # pyright: ignore[reportArgumentType]
