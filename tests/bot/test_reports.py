"""How often flags were right and how much they missed, on simulated servers whose truth is known."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.records import Server, Stratum
from bot.reports import SAMPLE, draw, precision, recall, report, window
from bot.store.reports import Happened
from models.labels import LABELS, UNSURE

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
# Replies by the model's label, whether flagged, and how likely they are truly partisan.
TRUTH = {
    ("partisan", True): (120, 0.7),
    ("off-topic", True): (80, 0.1),
    ("partisan", False): (60, 0.4),
    ("skeptical", False): (400, 0.03),
    ("none", False): (1200, 0.01),
    (UNSURE, False): (150, 0.1),
}


def simulated(seed: int, judged: int = 20) -> tuple[list[Stratum], float]:
    """Give strata with some of each judged, and the true recall."""
    random = np.random.default_rng(seed)
    strata, found, every = [], 0, 0
    for (label, flagged), (size, rate) in TRUTH.items():
        truth = random.random(size) < rate
        seen = random.choice(truth, min(size, judged), replace=False)
        strata.append(Stratum(label, flagged, size, {"partisan": int(seen.sum()), "none": int((~seen).sum())}))
        every += int(truth.sum())
        found += int(truth.sum()) if (label, flagged) == ("partisan", True) else 0
    return strata, found / every


def test_intervals_hold_the_truth_nearly_always() -> None:
    runs = [simulated(seed) for seed in range(100)]
    held = [share.low <= truth <= share.high for strata, truth in runs if (share := recall("partisan", strata))]
    assert len(held) == 100
    assert sum(held) >= 88
    widths = [share.high - share.low for strata, _ in runs[:20] if (share := recall("partisan", strata))]
    assert max(widths) < 0.65


def test_recall_narrows_with_more_judged_and_finds_the_truth() -> None:
    (few, _), (many, truth) = simulated(1, 10), simulated(1, 2000)
    wide, narrow = recall("partisan", few), recall("partisan", many)
    assert narrow.value == pytest.approx(truth, abs=0.05)
    assert narrow.high - narrow.low < (wide.high - wide.low) / 2


def test_recall_is_unknown_without_a_sample() -> None:
    strata, _ = simulated(1)
    unjudged = [each if each.flagged else Stratum(each.label, False, each.size) for each in strata]
    assert recall("partisan", unjudged) is None
    assert precision("partisan", unjudged) is not None
    without_one = [Stratum("none", False, 1200) if each.label == "none" else each for each in strata]
    assert recall("partisan", without_one) is None
    # A handful of replies of a rare kind is not waited for.
    assert recall("partisan", [*strata, Stratum("informative", False, 2)]) is not None


@pytest.mark.parametrize(
    ("right", "judged", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (81, 100, 0.7222, 0.8749)]
)
def test_precision_has_wilsons_interval(right: int, judged: int, low: float, high: float) -> None:
    verdicts = {"partisan": right, "dismissed": judged - right}
    share = precision(
        "partisan", [Stratum("partisan", True, 500, verdicts), Stratum("partisan", False, 9, {"none": 9})]
    )
    assert share.value == right / judged
    assert (share.low, share.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))
    assert precision("off-topic", [Stratum("off-topic", True, 5)]) is None


COUNTS = st.dictionaries(st.sampled_from([*LABELS, "dismissed"]), st.integers(0, 50), max_size=4)
STRATA = st.lists(
    st.builds(
        lambda label, flagged, more, verdicts: Stratum(label, flagged, sum(verdicts.values()) + more, verdicts),
        st.sampled_from([*LABELS, UNSURE]),
        st.booleans(),
        st.integers(0, 10**5),
        COUNTS,
    ),
    max_size=10,
)


@given(STRATA)
def test_any_counts_make_a_report(strata: list[Stratum]) -> None:
    made = report(Server(1), NOW - timedelta(days=3), NOW, Happened({}, {}, 0), strata, None, 3)
    for share in (*made.right.values(), *made.found.values()):
        assert 0 <= share.low <= share.value <= share.high <= 1
    assert made.days == 3


def test_sample_holds_some_of_every_kind() -> None:
    waiting = {"none": range(2000), "skeptical": range(2000, 2200), "off-topic": range(3000, 3001), "informative": []}
    drawn = draw(waiting, np.random.default_rng(1))
    kinds = Counter("none" if each < 2000 else "skeptical" if each < 3000 else "off-topic" for each in drawn)
    assert kinds["off-topic"] == 1
    assert kinds["none"] > kinds["skeptical"] >= 4
    assert SAMPLE - 2 <= len(set(drawn)) == len(drawn) <= SAMPLE + 6
    assert draw(waiting, np.random.default_rng(2)) != drawn
    assert draw({}, np.random.default_rng(1)) == []


def test_nothing_is_counted_that_is_not_kept() -> None:
    assert window(14, Server(1), NOW) == NOW - timedelta(days=14)
    assert window(14, Server(1, retention_days=3), NOW) == NOW - timedelta(days=3)
