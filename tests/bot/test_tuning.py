"""Thresholds fitted to verdicts: on simulated servers flags are right more often, and are as many as before."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.records import Judged, Scored, Server, Spread, Thresholds
from bot.tuning import LEAST_VERDICTS, Line, fit, flags_a_day, percents, propose
from models.labels import LABELS

DAYS = 14
# How moderators of an invented server see it: slope and offset of "right" by the model's score, and replies a day.
# The least gain is two thirds of what could be had if the taste were known.
TASTES = {
    "jokes welcome, politics not": {"partisan": (1.0, 1.2, 60), "off-topic": (0.8, -1.6, 200)},
    "politics welcome, drifting not": {"partisan": (1.0, -1.5, 150), "off-topic": (1.1, 0.8, 50)},
    "flat scores for one label": {"partisan": (0.3, -0.6, 120), "off-topic": (1.5, 0.4, 120)},
}
LIKE_TRAINING = {"partisan": (1.0, 0.0, 100), "off-topic": (1.0, 0.0, 100)}

Taste = dict[str, tuple[float, float, int]]
Replies = dict[str, tuple[np.ndarray, np.ndarray]]


def live_through(taste: Taste, random: np.random.Generator) -> Replies:
    """Draw two weeks of scores by label, and whether moderators would find each label right."""
    replies = {}
    for label, (slope, offset, a_day) in taste.items():
        logits = random.normal(0.4, 1.1, a_day * DAYS)
        right = random.random(logits.size) < 1 / (1 + np.exp(-slope * logits - offset))
        replies[label] = (1 / (1 + np.exp(-logits)), right)
    return replies


def spread_of(replies: Replies) -> Spread:
    rows = [
        Scored(0, 7, label, int(percent), int(count))
        for label, (scores, _) in replies.items()
        for percent, count in zip(*np.unique((100 * scores).astype(int), return_counts=True), strict=True)
    ]
    return Spread(DAYS, rows)


def judge(replies: Replies, server: Server, verdicts: int, random: np.random.Generator) -> list[Judged]:
    """Let moderators decide some of the flags, as they come."""
    flagged = [
        Judged(label, float(score), label if right else "dismissed")
        for label, (scores, truth) in replies.items()
        for score, right in zip(scores, truth, strict=True)
        if score >= server.thresholds.flags[label]
    ]
    return [flagged[index] for index in random.choice(len(flagged), verdicts, replace=False)]


def measured(replies: Replies, cut: dict[str, int]) -> tuple[float, float]:
    """Give how often flags are right, and how many there are a day."""
    right = np.concatenate([truth[scores >= cut[label] / 100] for label, (scores, truth) in replies.items()])
    return float(right.mean()), right.size / DAYS


LEAST = dict(zip(TASTES, (0.06, 0.045, 0.02), strict=True))


@pytest.mark.parametrize("taste", list(TASTES))
@pytest.mark.parametrize("seed", range(5))
def test_flags_are_right_more_often_and_as_many(taste: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    server, past = Server(1), live_through(TASTES[taste], random)
    judged = judge(past, server, 250, random)
    proposal = propose(server, judged, spread_of(past))
    assert proposal is not None
    # Measured on two weeks that the fit has not seen.
    future = live_through(TASTES[taste], random)
    before, after = measured(future, dict(proposal.before)), measured(future, dict(proposal.after))
    assert after[0] - before[0] > LEAST[taste]
    assert after[1] == pytest.approx(before[1], rel=0.1)
    assert proposal.precision[1] == pytest.approx(after[0], abs=0.12)
    assert proposal.flags_a_day[1] == pytest.approx(proposal.flags_a_day[0], rel=0.05)
    # Verdicts that have nothing to do with labels must not do as well, be they lucky now and then.
    blind = [propose(server, mixed(judged, random), spread_of(past)) for _ in range(10)]
    gained = [measured(future, dict(each.after))[0] - before[0] if each else 0.0 for each in blind]
    assert np.mean(gained) < (after[0] - before[0]) / 2


def mixed(judged: list[Judged], random: np.random.Generator) -> list[Judged]:
    """Deal the verdicts out anew, whatever they were given for."""
    dealt = random.permutation([each.right for each in judged])
    pairs = zip(judged, dealt, strict=True)
    return [replace(each, verdict=each.label if right else "dismissed") for each, right in pairs]


@pytest.mark.parametrize("seed", range(5))
def test_server_like_training_is_not_made_worse(seed: int) -> None:
    random = np.random.default_rng(seed)
    server, past = Server(1), live_through(LIKE_TRAINING, random)
    proposal = propose(server, judge(past, server, 60, random), spread_of(past))
    if proposal is not None:
        future = live_through(LIKE_TRAINING, random)
        after, before = measured(future, dict(proposal.after)), measured(future, dict(proposal.before))
        assert after[0] - before[0] > -0.03


def test_fifty_verdicts_are_needed_and_readings_too() -> None:
    random = np.random.default_rng(3)
    taste = TASTES["jokes welcome, politics not"]
    server, past = Server(1), live_through(taste, random)
    judged = judge(past, server, LEAST_VERDICTS, random)
    assert propose(server, judged, spread_of(past)) is not None
    assert propose(server, judged[1:], spread_of(past)) is None
    assert propose(server, judged, Spread(DAYS, [])) is None
    # Verdicts on labels that the server does not flag count for nothing.
    others = [replace(each, label="skeptical") for each in judged]
    assert propose(server, others, spread_of(past)) is None


def test_few_verdicts_move_the_line_little_and_many_find_it() -> None:
    random = np.random.default_rng(5)
    assert fit([]) == Line(1.0, 0.0)
    scores = random.uniform(0.05, 0.95, 3000)
    likely = 1 / (1 + np.exp(-(2.0 * np.log(scores / (1 - scores)) - 1.0)))
    judged = [
        Judged("partisan", float(score), "partisan" if right else "none")
        for score, right in zip(scores, random.random(3000) < likely, strict=True)
    ]
    many, few = fit(judged), fit(judged[:5])
    assert (many.slope, many.offset) == (pytest.approx(2.0, abs=0.2), pytest.approx(-1.0, abs=0.2))
    assert abs(few.slope - 1.0) < abs(many.slope - 1.0)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60),
)
def test_line_always_rises(verdicts: list[tuple[float, bool]]) -> None:
    line = fit([Judged("partisan", score, "partisan" if right else "dismissed") for score, right in verdicts])
    at = line.at(np.arange(101))
    assert np.isfinite(at).all()
    assert (np.diff(at) >= 0).all()
    assert ((at > 0) & (at < 1)).all()


ROWS = st.lists(
    st.builds(
        Scored, st.sampled_from([0, 8]), st.sampled_from([5, 6]), st.sampled_from(LABELS), st.integers(0, 100),
        st.integers(1, 9)
    ),
    max_size=30,
)  # fmt: skip


@given(ROWS, st.integers(1, 99), st.integers(1, 99))
def test_flags_a_day_follow_the_place(rows: list[Scored], first: int, second: int) -> None:
    server = Server(1, thresholds=Thresholds({"partisan": first / 100}), overrides={5: {"partisan": second / 100}})
    server = replace(server, overrides={**server.overrides, 8: {"partisan": None, "none": 0.0}})
    expected = {"partisan": 0, "none": 0}
    for row in rows:
        if row.channel_id == 8:
            expected["none"] += row.count if row.label == "none" else 0
        elif row.label == "partisan" and row.percent >= (second if row.watched_id == 5 else first):
            expected["partisan"] += row.count
    found = flags_a_day(server, Spread(10, rows))
    for label, number in expected.items():
        assert found.get(label, 0.0) * 10 == pytest.approx(number)
    assert set(found) <= set(expected)


def test_channels_with_thresholds_of_their_own_are_left_out_of_a_fit() -> None:
    random = np.random.default_rng(1)
    server, past = Server(1), live_through(TASTES["politics welcome, drifting not"], random)
    judged, spread = judge(past, server, 150, random), spread_of(past)
    elsewhere = [replace(row, watched_id=9, count=50) for row in spread.rows]
    apart = replace(server, overrides={9: dict.fromkeys(("partisan", "off-topic"), 0.2)})
    assert propose(apart, judged, Spread(DAYS, [*spread.rows, *elsewhere])) == propose(server, judged, spread)


@given(st.integers(0, 100))
def test_percents_are_whole(percent: int) -> None:
    assert percents({"partisan": percent / 100}) == {"partisan": percent}
