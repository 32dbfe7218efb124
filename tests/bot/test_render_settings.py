"""The settings panel stays within Discord's limits whatever is set, and says what changes come to."""

from dataclasses import replace
from pathlib import Path

import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.policy import PRESETS
from bot.records import Scored, Server, Spread, Thresholds
from bot.render import settings as render
from bot.render.setup import PRESET_WORDS
from models.labels import LABELS, MARKS
from tests.bot.test_render_alerts import BIG, IDS, TEXTS, hold

FLAGS = st.dictionaries(st.sampled_from(LABELS), st.floats(0, 1))
SERVERS = st.builds(
    Server,
    st.just(1),
    live=st.booleans(),
    alerts_channel_id=st.none() | IDS,
    alerts_role_id=st.none() | IDS,
    thresholds=st.builds(Thresholds, FLAGS, alerts_a_day=st.integers(0, 10**6)),
    retention_days=st.integers(1, 30),
    claim_days=st.none() | st.integers(1, 9999),
    overrides=st.dictionaries(IDS, st.dictionaries(st.sampled_from(LABELS), st.none() | st.floats(0, 1)), max_size=40),
)
SPREADS = st.builds(
    Spread,
    st.integers(1, 30),
    st.lists(
        st.builds(
            Scored, st.just(0), IDS, st.sampled_from(LABELS), st.integers(0, 100), st.integers(1, 10**7)
        ),
        max_size=8,
    ),
)  # fmt: skip
TEN_A_DAY = Spread(14, [Scored(0, 5, "partisan", 70, 84), Scored(0, 5, "off-topic", 95, 56)])
SERVER = Server(1)


@given(
    SERVERS,
    SPREADS,
    TEXTS,
    st.lists(IDS, max_size=60),
    st.lists(st.text("ab ", min_size=1, max_size=600), max_size=12),
    st.integers(0, 10**7),
    st.sampled_from(["", "x" * 3000]),
)
@settings(deadline=None)
def test_panel_holds_any_server(
    server: Server, spread: Spread, name: str, channels: list[int], problems: list[str], waiting: int, said: str
) -> None:
    shown = render.Overview(name, server, channels, waiting, waiting, problems, spread)
    view = render.panel(shown, said)
    hold(view)
    assert view.total_children_count <= 40
    for part in view.walk_children():
        if isinstance(part, discord.ui.Select):
            assert len(part.options) <= 25
            assert all(len(option.description or "") <= 100 for option in part.options)


def test_longest_panel_fits() -> None:
    overrides = {BIG - each: dict.fromkeys(MARKS, 0.99) for each in range(40)}
    server = Server(1, False, BIG, Thresholds(dict.fromkeys(MARKS, 0.99), alerts_a_day=200), 30, 1825, overrides)
    shown = render.Overview("*" * 100, server, [BIG] * 60, 10**6, 10**6, ["x" * 600] * 12, TEN_A_DAY)
    hold(render.panel(shown, "x" * 3000))


@given(SERVERS, SERVERS, SPREADS)
@settings(deadline=None)
def test_any_change_is_said(before: Server, after: Server, spread: Spread) -> None:
    for said in (render.effect(before, after, spread), render.daily(after, spread), render.typed(before, after)):
        assert 0 < len(said) < 900
        assert "nan" not in said


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"partisan": 0.6, "off-topic": 0.96}, "about four flags a day fewer, by the last 14 days' readings"),
        ({"partisan": 0.71, "off-topic": 0.6}, "about six flags a day fewer"),
        ({"partisan": 0.7, "off-topic": 0.95}, "changes next to nothing: about ten flags a day"),
        ({}, "about ten flags a day fewer"),
    ],
)
def test_effect_is_counted_from_readings(flags: dict[str, float], words: str) -> None:
    after = replace(SERVER, thresholds=Thresholds(flags))
    assert words in render.effect(SERVER, after, TEN_A_DAY)
    assert "Nothing has been read" in render.effect(SERVER, after, Spread(1, []))


def test_effect_the_other_way_and_beyond_the_budget() -> None:
    few = replace(SERVER, thresholds=Thresholds({"partisan": 0.9}, alerts_a_day=4))
    many = replace(SERVER, thresholds=Thresholds({"partisan": 0.6}, alerts_a_day=4))
    assert "about six flags a day more" in render.effect(few, many, TEN_A_DAY)
    assert "about two of them without an alert" in render.effect(few, many, TEN_A_DAY).replace("2", "two")
    assert render.daily(few, TEN_A_DAY).startswith("No flag a day")
    elsewhere = replace(SERVER, overrides={5: {"partisan": None}})
    assert "about six flags a day fewer" in render.effect(SERVER, elsewhere, TEN_A_DAY)


def test_presets_are_described_by_what_they_flag_here() -> None:
    shown = render.Overview("x", SERVER, [], 0, 0, [], TEN_A_DAY)
    (select,) = [
        part
        for part in render.panel(shown).walk_children()
        if isinstance(part, discord.ui.Select) and part.custom_id == "settings:preset"
    ]
    found = {option.value: option.description for option in select.options}
    assert set(found) == set(PRESETS)
    assert "about ten flags a day" in found["standard"]
    assert "about four flags a day" in found["quiet"]
    assert [option.value for option in select.options if option.default] == ["standard"]


def test_what_was_typed_is_said_with_what_it_was() -> None:
    after = replace(SERVER, thresholds=Thresholds({"partisan": 0.72, "skeptical": 0.9}, alerts_a_day=5))
    said = render.typed(SERVER, after)
    for part in ("partisan from 72% (was from 60%)", "off-topic never (was from 60%)", "up to 5 alerts a day (was 30)"):
        assert part in said.lower()
    assert render.typed(SERVER, SERVER) == "Everything is as it was."
    assert "follows what is around it" in render.placed(5, SERVER, read=True)
    assert "/watch add" in render.placed(5, SERVER, read=False)


def test_document_has_the_numbers_of_the_presets() -> None:
    document = (Path(__file__).parents[2] / "docs" / "server-owners.md").read_text()
    for name, preset in PRESETS.items():
        scores = " | ".join(f"{preset.flags[label]:.0%}" for label in ("partisan", "off-topic"))
        assert f"| *{name}*: {PRESET_WORDS[name]} | {scores} | {preset.alerts_a_day} |" in document
