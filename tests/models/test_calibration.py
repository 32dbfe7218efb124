"""Scores fitted on one half are honest on the other, and thresholds keep their promises."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from models.calibration import Calibration
from models.labels import LABELS, UNSURE
from models.training.calibrate import calibrate, ece, macro_f1, thresholds

SHARES = (0.15, 0.2, 0.04, 0.16, 0.45)


def made_up(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the raw scores of a voice that is too loud by a factor of three and of one that knows nothing."""
    gold = rng.choice(len(LABELS), rows, p=SHARES)
    raw = rng.normal(0, 1, (rows, len(LABELS))) + 1.6 * np.eye(len(LABELS))[gold]
    gold_marks = (np.eye(len(LABELS))[gold][:, :4] > 0) | (rng.random((rows, 4)) < 0.05)
    marks = 2 * gold_marks - 1 + rng.normal(0, 1, (rows, 4))
    loud = 3 * np.concatenate([raw, marks], axis=1)
    return np.stack([loud, rng.normal(0, 1, loud.shape)], axis=1), gold, gold_marks


def test_loud_scores_become_honest() -> None:
    rng = np.random.default_rng(3)
    raw, gold, gold_marks = made_up(rng, 3_000)
    fitted = calibrate(raw[:1_500], gold[:1_500], gold_marks[:1_500], raw[:0])
    scores = fitted.labels(raw[1_500:])
    unfitted = dataclasses.replace(fitted, labels_scales=(1.0, 0.0), labels_shift=(0.0,) * 5).labels(raw[1_500:])
    assert ece(scores, gold[1_500:]) < 0.06 < ece(unfitted, gold[1_500:])
    assert macro_f1(scores.argmax(1), gold[1_500:]) > macro_f1(unfitted.argmax(1), gold[1_500:]) - 0.02
    assert np.allclose(scores.sum(1), 1)
    found = fitted.marks(raw[1_500:])
    assert ((found >= 0) & (found <= 1)).all()
    assert abs(found.mean() - gold_marks[1_500:].mean()) < 0.03
    assert abs(fitted.labels_scales[1]) < 0.15 < fitted.labels_scales[0]


def test_thresholds_raise_accuracy_without_silencing_a_label() -> None:
    rng = np.random.default_rng(4)
    raw, gold, gold_marks = made_up(rng, 2_000)
    fitted = calibrate(raw, gold, gold_marks, raw[:0])
    scores = fitted.labels(raw)
    fitted = dataclasses.replace(fitted, sure=thresholds(scores, gold))
    said = np.array(fitted.decide(scores))
    answered = said != UNSURE
    right = scores.argmax(1) == gold
    assert answered.mean() >= 0.7
    assert right[answered].mean() > right.mean() + 0.02
    assert min(answered[gold == k].mean() for k, name in enumerate(LABELS) if name != "off-topic") >= 0.5
    assert all(label in (UNSURE, LABELS[best]) for label, best in zip(said, scores.argmax(1), strict=True))


def test_extreme_scores_stay_numbers() -> None:
    loud = Calibration((1.0,), (0.0,) * 5, ((1.0,),) * 4, (0.0,) * 4, 1.0, 0.0, (0.5,) * 5)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert loud.labels(np.array([[[1e4, -1e4, 0, 0, 0, 0, 0, 0, 0]]])).tolist() == [[1, 0, 0, 0, 0]]
        assert loud.claim(np.array([-1e6, 1e6])).round(6).tolist() == [0, 1]


def test_values_survive_their_file(tmp_path: Path) -> None:
    kept = Calibration((1.1, 0.2), (0.1,) * 5, ((1.2, 0.1),) * 4, (0.3,) * 4, 0.9, 0.2, (0.5,) * 5)
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps(dataclasses.asdict(kept)), encoding="utf-8")
    assert Calibration.load(path) == kept


def test_a_misspelt_value_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_text('{"label_scale": 1}', encoding="utf-8")
    with pytest.raises(TypeError, match="label_scale"):
        Calibration.load(path)
