"""The report and the sample stay within Discord's limits whatever they show, and say what they know and no more."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.records import Sample, Server, Stratum
from bot.render import reports as render
from bot.reports import report
from bot.store.reports import Happened
from bot.tuning import Proposal
from models.labels import LABELS, MARKS, UNSURE
from tests.bot.test_render_alerts import BIG, IDS, TEXTS, _pressed, hold

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=14)
DAYS = st.dates(SINCE.date(), NOW.date())
COUNT = st.integers(1, 10**7)
HAPPENED = st.builds(
    Happened,
    st.dictionaries(st.tuples(DAYS, IDS, st.sampled_from(LABELS)), COUNT, max_size=30),
    st.dictionaries(st.tuples(DAYS, IDS), COUNT, max_size=20),
    st.integers(0, 10**8),
)
STRATA = st.lists(
    st.builds(
        lambda label, flagged, verdicts: Stratum(label, flagged, sum(verdicts.values()) + 3, verdicts),
        st.sampled_from([*LABELS, UNSURE]),
        st.booleans(),
        st.dictionaries(st.sampled_from([*LABELS, "dismissed"]), st.integers(0, 10**5), max_size=6),
    ),
    max_size=12,
)
PERCENTS = st.dictionaries(st.sampled_from(MARKS), st.integers(1, 100))
PROPOSALS = st.builds(
    Proposal,
    PERCENTS,
    PERCENTS,
    st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    st.integers(50, 10**6),
)
FIRST = date(2026, 3, 10)
HALF = Happened({(FIRST, 7, "partisan"): 28, (FIRST, 8, "off-topic"): 14}, {(FIRST, 7): 7}, 700)
JUDGED = [
    Stratum("partisan", True, 28, {"partisan": 9, "dismissed": 1}),
    Stratum("off-topic", True, 14),
    Stratum("none", False, 600, {"none": 20}),
    Stratum("skeptical", False, 58, {"skeptical": 9, "partisan": 1}),
]


@given(HAPPENED, STRATA, st.none() | PROPOSALS, st.booleans(), st.booleans(), st.integers(0, 10**6))
@settings(deadline=None)
def test_report_holds_any_counts(
    happened: Happened, strata: list[Stratum], proposal: Proposal | None, live: bool, drawn: bool, verdicts: int
) -> None:
    made = report(Server(1, live=live), SINCE, NOW, happened, strata, proposal, verdicts)
    view = render.report_view(made, drawn=drawn)
    said = hold(view)
    assert "nan" not in said
    ids = [part["custom_id"] for part in _pressed(view)]
    assert max(map(len, ids)) <= 100
    assert ("report:live" in ids) is not live


@given(PERCENTS, PERCENTS)
def test_thresholds_come_back_from_the_id_of_a_button(before: dict[str, int], after: dict[str, int]) -> None:
    found = re.fullmatch(render.TUNE, render.tune("apply", before, after))
    assert found is not None
    assert render.decoded(found["now"]) == before
    assert render.decoded(found["then"]) == after
    for undone in (True, False):
        hold(render.tuned(before, after, undone=undone))


@given(
    st.integers(1, 2**64 - 1),
    TEXTS,
    st.none() | TEXTS,
    st.none() | TEXTS,
    st.integers(0, 999),
    st.none() | st.integers(1, 5),
)
def test_sample_holds_any_message_and_does_not_say_the_models_label(
    message_id: int, text: str, story: str | None, parent: str | None, more: int, before: int | None
) -> None:
    sample = Sample(message_id, BIG, BIG, "skeptical", 0.987)
    view = render.sample_view(render.Shown(sample, text or "(no text)", story, parent, more, before))
    said = hold(view)
    other = replace(sample, label="partisan", score=0.123)
    assert hold(render.sample_view(render.Shown(other, text or "(no text)", story, parent, more, before))) == said
    assert max(len(part["custom_id"]) for part in _pressed(view)) <= 100
    hold(render.sample_end(before))


def test_report_says_what_is_known() -> None:
    made = report(Server(1), SINCE, NOW, HALF, JUDGED, None, 10)
    said = hold(render.report_view(made, drawn=True))
    for part in (
        "What would have happened, were this server live: the last 14 days",
        "**700 replies read**, **42 flags** (3.0 a day), **seven cards** that would have been posted (0.5 a day)",
        "**Partisan**: 28 flags, right 90% (60% to 98%) of 10 judged; of all that is partisan, about",
        "**Off-topic**: 14 flags, none judged so far",
        "from 50 verdicts on: 10 so far",
    ):
        assert part in said
    young = replace(HALF, began=NOW - timedelta(days=2))
    said = hold(render.report_view(report(Server(1), SINCE, NOW, young, JUDGED, None, 10), drawn=True))
    assert "**42 flags** (21.0 a day)" in said
    live = report(Server(1, live=True), SINCE, NOW, HALF, [*JUDGED[:2], Stratum("none", False, 600)], None, 60)
    said = hold(render.report_view(live, drawn=True))
    for part in ("What happened", "**What is missed** is unknown", "(0 so far)", "fit this server already"):
        assert part in said
    assert "of all that is" not in said


def test_proposal_shows_before_and_after() -> None:
    proposal = Proposal({"partisan": 60}, {"partisan": 72}, (5.04, 4.96), (0.62, 0.71), 64)
    said = hold(render.report_view(report(Server(1), SINCE, NOW, HALF, [], proposal, 64), drawn=False))
    for part in ("partisan from 72 % (was 60 %)", "5.0 → 5.0", "62% → 71%", "64 verdicts"):
        assert part in said


@pytest.mark.parametrize("happened", [HALF, Happened({}, {(FIRST, 7): 3}, 3), Happened({}, {}, 0)])
@pytest.mark.parametrize("name", ["#news", "$x^2$ _{", "量子", "", "x" * 100])
def test_anything_is_drawn(happened: Happened, name: str) -> None:
    made = report(Server(1), SINCE, NOW, happened, JUDGED, None, 10)
    assert render.draw(made, {7: name}).startswith(b"\x89PNG")
