"""Alerts, the queue and the settings stay within Discord's limits whatever they show."""

from dataclasses import replace
from datetime import UTC, datetime

import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simcord.components import validate_components, walk_components

from bot.policy import PRESETS
from bot.queue import Part
from bot.records import Flag
from bot.render.alerts import (
    DISMISSED,
    Alert,
    Filters,
    Place,
    alert_view,
    around,
    decided_view,
    gone_view,
    queue_end,
    review_view,
    withdrawn_view,
)
from bot.render.labels import sureness
from bot.render.layout import Layout
from bot.render.setup import ask_removal, channel_list, notice, preset_choice, told, watch_added
from bot.render.why import why
from models.labels import LABELS, MARKS, UNSURE
from models.reader import Reading

BIG = 2**64 - 1
AT = datetime(2026, 3, 1, tzinfo=UTC)
IDS = st.integers(1, BIG)
TEXTS = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        ["@everyone", "`" * 3000, "*_~|>#" * 600, "](https://evil.example)", "x" * 4000, "\n\n\n", "ẞ𝔘" * 2000]
    ),
)
FLAGS = st.builds(
    Flag,
    id=st.integers(1, 2**31),
    guild_id=IDS,
    channel_id=IDS,
    message_id=IDS,
    conversation_id=IDS,
    label=st.sampled_from(LABELS),
    score=st.floats(0, 1),
    created_at=st.just(AT),
    asked_by=st.none() | IDS,
)
ALERTS = st.builds(
    Alert,
    FLAGS,
    text=st.none() | TEXTS,
    author_id=st.none() | IDS,
    words=st.lists(TEXTS, max_size=3).map(tuple),
    story=st.none() | TEXTS,
    parent=st.none() | TEXTS,
    right=st.tuples(st.integers(0, 999), st.integers(0, 999)),
    last_of_day=st.booleans(),
)
FILTERS = st.builds(
    Filters,
    st.none() | st.sampled_from(LABELS),
    st.booleans(),
    st.builds(Part, st.none() | IDS, st.none() | st.just(AT)),
)


def hold(view: Layout) -> str:
    """Check a layout as Discord does, and give all that it says."""
    components = view.to_components()
    validate_components(components, flags=discord.MessageFlags(components_v2=True).value)
    assert view.content_length() <= 4000
    assert view.is_finished() or not view.is_dispatching()
    texts = [part.get("content", "") for part in walk_components(components)]
    assert "@everyone" not in "\n".join(texts)
    assert "](https://evil" not in "\n".join(texts)
    return "\n".join(texts)


@given(ALERTS)
@settings(deadline=None)
def test_alerts_hold_any_message(alert: Alert) -> None:
    hold(alert_view(alert))
    assert hold(alert_view(alert, BIG)).startswith(f"<@&{BIG}>\n")


@given(ALERTS, FILTERS, st.integers(0, 999), st.none() | FLAGS)
@settings(deadline=None)
def test_queue_holds_any_message(alert: Alert, filters: Filters, more: int, before: Flag | None) -> None:
    decided = replace(before, verdict=DISMISSED, decided_by=BIG, decided_at=AT) if before else None
    if decided is not None and decided.id == alert.flag.id:
        decided = None
    hold(review_view(alert, Place(filters, more, decided)))
    hold(queue_end(Place(filters, more, decided, suggested=more)))


@given(FLAGS, st.sampled_from((*LABELS, DISMISSED)), TEXTS)
def test_settled_alerts_are_one_line_without_the_message(flag: Flag, verdict: str, extra: str) -> None:
    decided = replace(flag, verdict=verdict, decided_by=BIG, decided_at=AT)
    assert f"<@{BIG}>" in hold(
        decided_view(decided, " ".join(extra.split()).replace("@everyone", "")[:50].replace("](", ""))
    )
    for view in (decided_view(decided), withdrawn_view(flag), gone_view(), gone_view(BIG)):
        assert "\n" not in hold(view).strip()


def test_ids_of_buttons_fit_and_begin_with_the_row() -> None:
    flag = Flag(2**31, BIG, BIG, BIG, BIG, "off-topic", 1.0, AT)
    queue = review_view(Alert(flag, "x"), Place(Filters("off-topic", True, Part(BIG, AT)), 1))
    ids = [part["custom_id"] for view in (queue, alert_view(Alert(flag, "x"))) for part in _pressed(view)]
    assert max(len(custom_id) for custom_id in ids) <= 100
    assert all(custom_id.split(":")[1] == str(flag.id) for custom_id in ids)


@pytest.mark.parametrize(
    ("story", "words"),
    [
        (
            "Harbour bridge at Quellhaven to open\nIt was announced by the mayor.",
            "Harbour bridge at Quellhaven to open",
        ),
        ("wow https://wire.example/b\nHarbour bridge to open\nIt was announced.", "wow · Harbour bridge to open"),
        ("https://wire.example/b", ""),
    ],
)
def test_story_is_said_in_a_line(story: str, words: str) -> None:
    assert around(story, None) == (f"-# **Story** {words}" if words else "")


@pytest.mark.parametrize(
    ("score", "words"), [(0.95, "95%, very sure"), (0.8, "fairly"), (0.61, "leaning"), (0.2, "guess")]
)
def test_sureness_is_said_in_words(score: float, words: str) -> None:
    assert words in sureness(score)


@given(
    channels=st.lists(IDS, max_size=60),
    problems=st.lists(st.text("ab ", min_size=1, max_size=600), max_size=12),
)
def test_list_of_channels_holds_any(channels: list[int], problems: list[str]) -> None:
    hold(told(channel_list(channels, dict(zip(channels, problems, strict=False)))))


def test_small_screens() -> None:
    for view in (notice(), watch_added(BIG, posted=True), watch_added(BIG, posted=False), ask_removal(BIG)):
        hold(view)
    assert all(len(preset_choice(name)) <= 100 for name in PRESETS)


@given(
    label=st.sampled_from((*LABELS, UNSURE)),
    score=st.floats(0, 1),
    words=st.lists(TEXTS, max_size=3),
    flag=st.none() | FLAGS,
)
def test_explanation_fits_a_message(label: str, score: float, words: list[str], flag: Flag | None) -> None:
    reading = Reading(label, dict.fromkeys(LABELS, score), dict.fromkeys(MARKS, score), score)
    if flag is not None:
        flag = replace(flag, state="decided", verdict="skeptical")
    assert 0 < len(why(reading, flag, words)) <= 2000


def _pressed(view: Layout) -> list[dict]:
    return [part for part in walk_components(view.to_components()) if part.get("custom_id")]
