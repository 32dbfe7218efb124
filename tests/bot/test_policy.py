"""Pure decisions, held to their borders."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import policy
from bot.records import Kind, MatchState, Occurrence, Placement, Server, Thresholds
from models.labels import LABELS, MARKS, UNSURE
from models.reader import Reading

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SCORES = st.floats(0, 1)


def reading(label: str, score: float, claim: float = 0.0) -> Reading:
    scores = dict.fromkeys(LABELS, 0.0) | ({label: score} if label in LABELS else {})
    return Reading(label, scores, dict.fromkeys(MARKS, 0.0), claim)


def flagging(**flags: float) -> Thresholds:
    return Thresholds({name.replace("_", "-"): score for name, score in flags.items()})


@given(label=st.sampled_from(LABELS), score=SCORES, threshold=SCORES)
def test_reply_is_flagged_from_its_threshold_on(label: str, score: float, threshold: float) -> None:
    decided = policy.decide(Kind.REPLY, reading(label, score), Thresholds({label: threshold}))
    assert (decided.flag_label == label) is (score >= threshold)
    assert decided.labelled


@given(label=st.sampled_from((*LABELS, UNSURE)), score=SCORES)
def test_only_replies_with_a_listed_label_are_flagged(label: str, score: float) -> None:
    assert policy.decide(Kind.REPLY, reading(label, score), flagging()).flag_label is None
    for kind in (Kind.STORY, Kind.CHAT):
        assert policy.decide(kind, reading(label, score), flagging(partisan=0.0, off_topic=0.0)).flag_label is None


def test_unsure_is_never_flagged_and_chat_never_labelled() -> None:
    everything = Thresholds(dict.fromkeys(LABELS, 0.0))
    assert policy.decide(Kind.REPLY, reading(UNSURE, 0.0), everything).flag_label is None
    assert not policy.decide(Kind.CHAT, reading("partisan", 1.0), everything).labelled
    assert not policy.decide(Kind.REPLY, None, everything).labelled


def test_every_story_is_a_claim_and_a_reply_only_when_it_states_one() -> None:
    assert policy.decide(Kind.STORY, reading("none", 1.0), flagging()).is_claim
    assert policy.decide(Kind.REPLY, reading("informative", 1.0, claim=0.5), flagging()).is_claim
    assert not policy.decide(Kind.REPLY, reading("informative", 1.0, claim=0.49), flagging()).is_claim
    assert not policy.decide(Kind.REPLY, reading("partisan", 1.0, claim=1.0), flagging()).is_claim


@given(score=SCORES, label=st.sampled_from(LABELS))
def test_stricter_presets_flag_at_least_as_much(score: float, label: str) -> None:
    quiet, standard, strict = (
        policy.decide(Kind.REPLY, reading(label, score), policy.PRESETS[name]).flag_label
        for name in ("quiet", "standard", "strict")
    )
    assert quiet is None or standard == quiet
    assert standard is None or strict == standard


OWN = st.dictionaries(st.sampled_from(LABELS), st.none() | SCORES, max_size=len(LABELS))


@given(server=st.dictionaries(st.sampled_from(LABELS), SCORES), channel=OWN, thread=OWN)
def test_thread_follows_its_channel_and_the_channel_its_server(
    server: dict[str, float], channel: dict[str, float | None], thread: dict[str, float | None]
) -> None:
    known = Server(1, thresholds=Thresholds(server, claim=0.7, alerts_a_day=3), overrides={10: channel, 20: thread})
    for label in LABELS:
        expected = next(said[label] for said in (thread, channel, server, {label: None}) if label in said)
        assert policy.thresholds_for(known, 20, 10).flags.get(label) == expected
        above = next(said[label] for said in (channel, server, {label: None}) if label in said)
        assert policy.thresholds_for(known, 30, 10).flags.get(label) == above
        assert policy.thresholds_for(known, 10, 10).flags.get(label) == above
    assert policy.thresholds_for(known, 99, 99) == known.thresholds
    held = policy.thresholds_for(known, 20, 10)
    assert (held.claim, held.alerts_a_day) == (0.7, 3)


def test_presets_are_told_apart_and_standard_is_where_servers_begin() -> None:
    assert [policy.preset_of(preset) for preset in policy.PRESETS.values()] == list(policy.PRESETS)
    assert policy.preset_of(Server(1).thresholds) == policy.STANDARD
    assert policy.preset_of(Thresholds({"partisan": 0.5})) is None
    # Doubting a story is no fault, and neither is knowing something about it.
    assert not {"skeptical", "informative", "none"} & {
        label for preset in policy.PRESETS.values() for label in preset.flags
    }
    budgets = [policy.PRESETS[name].alerts_a_day for name in ("quiet", "standard", "strict")]
    assert budgets == sorted(budgets)


@pytest.mark.parametrize(("days", "possible"), [(0, True), (30, True), (30.1, False)])
def test_verdicts_are_taken_back_for_thirty_days(days: float, possible: bool) -> None:
    assert policy.can_undo(NOW - timedelta(days=days), NOW) is possible
    assert not policy.can_undo(None, NOW)


@given(
    words=st.integers(0, 40),
    likeness=st.floats(-1, 1),
    loose=st.booleans(),
    label=st.sampled_from((*LABELS, UNSURE)),
)
def test_only_loose_messages_that_do_nothing_under_the_story_are_chat(
    words: int, likeness: float, loose: bool, label: str
) -> None:
    may_be = policy.may_be_chat(Placement(Kind.REPLY, 1, loose=loose), words, reading(label, 0.9))
    assert may_be is (loose and words >= policy.CHAT_WORDS and label in ("off-topic", "none", UNSURE))
    assert policy.is_chat(likeness) is (likeness < policy.CHAT_BELOW)


def test_card_is_due_when_fresh_and_not_too_soon_after_another() -> None:
    seen = [Occurrence(1, 1, 1, NOW - timedelta(days=300), 0.9, MatchState.CONFIRMED)]
    assert policy.card_is_due(seen, NOW, None, NOW)
    assert not policy.card_is_due([], NOW, None, NOW)
    assert not policy.card_is_due(seen, NOW - policy.PACE.stale_after - timedelta(seconds=1), None, NOW)
    assert not policy.card_is_due(seen, NOW, NOW - policy.PACE.card_pause + timedelta(seconds=1), NOW)
    assert policy.card_is_due(seen, NOW, NOW - policy.PACE.card_pause, NOW)


def test_only_sure_occurrences_are_shown_unasked() -> None:
    sure, likely = (
        Occurrence(number, 1, 1, NOW, 0.9, state)
        for number, state in enumerate((MatchState.CONFIRMED, MatchState.SUGGESTED))
    )
    assert policy.shown([sure, likely]) == (sure,)
