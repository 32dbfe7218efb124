"""The log's pages stay within Discord's limits, and the table says what the pages say."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.render.audit import COLUMNS, PAGE, PRESS, Page, audit_view, details, line, table, wanted_of
from bot.store.audit import ACTIONS, ACTORS, KINDS, Entry, Wanted
from tests.bot.rows import GUILD, NOW

IDS = st.integers(1, 2**63 - 1)
MOMENTS = st.integers(1, 2 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(0, 1) | st.integers(0, 10**9) | st.text(max_size=40),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=20), each, max_size=3),
    max_leaves=8,
)
ENTRIES = st.builds(
    Entry,
    IDS,
    MOMENTS,
    st.none() | IDS,
    st.sampled_from(sorted(frozenset.union(*ACTIONS.values()))) | st.text(min_size=1, max_size=24),
    st.none() | IDS,
    st.dictionaries(st.text(min_size=1, max_size=40), VALUES, max_size=8),
    st.none() | IDS,
)
WANTED = st.builds(
    Wanted,
    st.none() | st.sampled_from(ACTORS),
    st.none() | st.sampled_from(KINDS),
    st.none() | IDS,
    st.none() | MOMENTS,
)


@given(st.lists(ENTRIES, max_size=PAGE), WANTED)
@settings(deadline=None)
def test_any_page_fits_and_its_buttons_keep_the_filters(entries: list[Entry], wanted: Wanted) -> None:
    view = audit_view(Page(GUILD, entries, wanted, 10**7, older=True, newer=True))
    assert view.content_length() <= 4000
    for item in view.walk_children():
        if custom_id := getattr(item, "custom_id", None):
            assert len(custom_id) <= 100
            match = PRESS.fullmatch(custom_id)
            assert match is not None
            assert wanted_of(match) == wanted


@given(st.lists(ENTRIES, max_size=5))
def test_table_can_be_read_back(entries: list[Entry]) -> None:
    head, *rows = list(csv.reader(io.StringIO(table(entries), newline="")))
    assert tuple(head) == COLUMNS
    assert [int(row[0]) for row in rows] == [entry.id for entry in entries]
    assert [json.loads(row[6]) for row in rows] == [json.loads(json.dumps(dict(each.detail))) for each in entries]


def test_line_says_who_what_when_about_what_and_why() -> None:
    detail = {"label": "partisan", "score": 0.9, "from": 0.6, "model": "abc123"}
    said = line(GUILD, Entry(1, NOW, None, "flag", 77, detail, 800))
    for part in (
        "🚩",
        "**flag** by Hindsight",
        f"/{GUILD}/800/77",
        "label partisan, score 90%, from 60%, model abc123",
    ):
        assert part in said
    assert "by a member" in line(GUILD, Entry(1, NOW, None, "opt-out", None, {}))
    assert "⚙️" in line(GUILD, Entry(1, NOW, 5, "preset", None, {}))
    assert "by <@5>" in line(GUILD, Entry(1, NOW + timedelta(days=1), 5, "preset", 800, {}))


def test_settings_say_before_and_after() -> None:
    entry = Entry(1, NOW, 5, "thresholds", None, {"alerts_a_day": [30, 10], "thresholds": [{"partisan": 60}, {}]})
    assert details(entry) == "alerts a day: 30 → 10, thresholds: partisan 60 → none"
