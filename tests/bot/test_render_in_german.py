"""German is longer than English: what moderators see stays within Discord's limits in it, too."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from simcord.components import validate_modal

from bot.languages import speaking
from bot.policy import PRESETS
from bot.queue import Part
from bot.records import Sample, Server, Thresholds
from bot.render import audit, reports, settings, setup, statistics
from bot.render.alerts import DISMISSED, Alert, Filters, Place, queue_end, review_view
from bot.render.layout import Layout
from bot.reports import report
from bot.store.audit import ACTORS, Entry, Wanted
from bot.store.statistics import Figures
from cogs.sanctions import Deletion, TimeOut
from cogs.settings import Import, PlaceThresholds
from cogs.settings import Thresholds as ThresholdsForm
from models.labels import LABELS, MARKS
from tests.bot.test_render_alerts import AT, BIG, Flag, hold
from tests.bot.test_render_reports import HALF, JUDGED, NOW, SINCE
from tests.bot.test_render_settings import TEN_A_DAY

OVERRIDES = {BIG - each: dict.fromkeys(MARKS, 0.99) for each in range(40)}
SERVER = Server(1, False, BIG, Thresholds(dict.fromkeys(MARKS, 0.99), 200), 30, 1825, OVERRIDES, True, BIG)
FLAG = Flag(2**31, BIG, BIG, BIG, BIG, "off-topic", 0.7, AT, asked_by=BIG, disputed_at=AT, judged_by=BIG)
FIGURES = Figures(
    SINCE.date(),
    NOW.date(),
    {(SINCE.date(), label): 10**6 for label in (*LABELS, "unsure")},
    {(BIG, "none"): 10**6},
    {(label, outcome): 10**6 for label in LABELS for outcome in statistics.OUTCOMES},
    dict.fromkeys((*statistics.TAKEN_DOWN, "posted", "shadow"), 10**6),
    10**6,
    10**6,
)


@pytest.fixture(autouse=True)
def german() -> Iterator[None]:
    """Speak German in every test here."""
    with speaking("de"):
        yield


def views() -> Iterator[Layout]:
    """Show what there is to be seen, at its longest."""
    alert = Alert(FLAG, "x" * 4000, BIG, ("w" * 99,) * 3, "s" * 999, "p" * 999, (999, 999), last_of_day=True)
    before = replace(FLAG, id=1, verdict=DISMISSED, decided_by=BIG, decided_at=AT)
    yield review_view(alert, Place(Filters("off-topic", True, Part(BIG)), 999, before))
    yield queue_end(Place(Filters(), 999, before))
    yield settings.panel(settings.Overview("*" * 100, SERVER, [BIG] * 60, 10**6, 10**6, ["x" * 600] * 9, TEN_A_DAY))
    for name in PRESETS:
        yield setup.told(setup.preset_words(PRESETS[name]))
    yield setup.ask_removal(BIG)
    yield setup.watch_added(BIG, posted=False)
    made = report(Server(1), SINCE, NOW, HALF, JUDGED, None, 10)
    yield reports.report_view(made, drawn=True)
    yield reports.sample_view(reports.Shown(Sample(7, BIG, BIG, "none", 0.9), "x" * 999, "s" * 999, "p" * 999, 99, 3))
    yield reports.tuned(dict.fromkeys(MARKS, 99), dict.fromkeys(MARKS, 98), undone=False)
    yield statistics.stats_view(FIGURES, drawn=True)
    models = {"reader": "a" * 64, "embedder": "b" * 64}
    yield statistics.about_view(statistics.About("1.2.3", SERVER, [BIG] * 30, 10**6, models, ["x" * 600] * 9, AT))
    entry = Entry(1, AT, BIG, "unwatch and forget", BIG, {"thresholds": [{"partisan": 60}, {}], "label": "none"}, BIG)
    for actor in ACTORS:
        yield audit.audit_view(audit.Page(BIG, [entry] * 10, Wanted(actor, "settings", BIG, AT), 10**6, True, True))


def test_every_screen_fits() -> None:
    for view in views():
        hold(view)


async def test_every_form_fits() -> None:
    forms = (
        Deletion(1, None),
        TimeOut(1, None),
        ThresholdsForm(SERVER),
        PlaceThresholds(SERVER, BIG, BIG - 1),
        Import(),
    )
    for form in forms:
        shown = form.to_dict()
        validate_modal(shown)
        assert len(shown["title"]) <= 45
        for label in shown["components"]:
            assert len(label["label"]) <= 45, label
            assert len(label.get("description") or "") <= 100, label
            assert len(label["component"].get("placeholder") or "") <= 100, label


def test_pictures_are_drawn_in_german() -> None:
    made = report(Server(1), SINCE, NOW, HALF, JUDGED, None, 10)
    assert reports.draw(made, {7: "news"}).startswith(b"\x89PNG")
    small = replace(FIGURES, until=FIGURES.since + timedelta(days=2))
    assert statistics.draw(small, lambda _: "news").startswith(b"\x89PNG")


def test_unset_thresholds_are_said() -> None:
    none = Thresholds({}, alerts_a_day=5)
    assert (
        setup.preset_words(none)
        == "Eigene Schwellen\n-# Bis zu 5 Hinweise am Tag, der Rest wartet in der Warteschlange"
    )
    after = Server(1, thresholds=none)
    assert "Am Tag weniger: etwa 10 Markierungen" in settings.effect(Server(1), after, TEN_A_DAY)
