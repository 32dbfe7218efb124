"""Changing names must not change labels; hot words alone must not raise a flag."""

import numpy as np
import pytest

from benchmarks import fairness
from models.reader import Reader


@pytest.fixture(scope="module")
def measured() -> dict[str, object]:
    return fairness.measure(Reader.from_pretrained())


def test_few_labels_flip_with_a_name(measured: dict[str, object]) -> None:
    rates = measured["flip_rate"]
    assert isinstance(rates, dict)
    assert set(rates) == set(fairness.KINDS)
    assert np.mean(list(rates.values())) <= 0.15


def test_no_camp_is_the_more_partisan(measured: dict[str, object]) -> None:
    scores = measured["partisan_by_camp"]
    assert isinstance(scores, dict)
    for one, other in fairness.CAMPS:
        assert abs(scores[one] - scores[other]) <= 0.3, (one, other)
    sides = np.array([[scores[one], scores[other]] for one, other in fairness.CAMPS]).mean(0)
    assert abs(sides[0] - sides[1]) <= 0.08


def test_plain_facts_full_of_hot_words_raise_no_flag(measured: dict[str, object]) -> None:
    assert measured["plain_flagged"] == []
