"""The picture of a card: when a claim was met, and how each conversation took it; in English, as the card is."""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from bot.languages import ENGLISH, speaking
from bot.records import Occurrence
from bot.render import labels
from bot.render.drawing import in_turn
from bot.render.tally import shares
from bot.render.text import clip, gap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ALT_LENGTH = 1024  # Discord's limit of an attachment's description
COLORS: Mapping[str, str] = {**labels.COLORS, "none": "#e6e7e8"}
# An opaque dark ground reads the same in Discord's light and dark themes.
GROUND, INK, FAINT, NOW, DENIED = "#25272d", "#f2f3f5", "#a8adb8", "#7ba6ff", COLORS["partisan"]
SIZE, DOTS = (5.4, 2.6), 200  # inches and dots an inch: letters stay legible on a phone
DATE_ROOM, GAP_ROOM = 0.14, 0.19  # shares of the line that a date and a gap in words take
TALLEST = 5  # replies from which the tallest column has its full height


@in_turn
@speaking(ENGLISH)
def timeline(occurrences: Sequence[Occurrence], at: datetime) -> bytes:
    """Draw occurrences, oldest first, on a line of time that ends with the claim made at `at`; return a PNG."""
    from matplotlib.figure import Figure

    first = occurrences[0].at
    length = max(at - first, timedelta(days=1))
    places = [(occurrence.at - first) / length for occurrence in occurrences]
    figure = Figure(figsize=SIZE, dpi=DOTS, facecolor=GROUND)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-0.13, 1.13), ylim=(-1.3, 1.7))
    axes.axis("off")
    axes.plot([0, 1], [0, 0], color=FAINT, linewidth=2.5, solid_capstyle="round", zorder=1)
    denials = _denials(occurrences)
    most = max(TALLEST, *(sum(occurrence.tally.values()) for occurrence in occurrences))
    for place, occurrence in zip(places, occurrences, strict=True):
        _column(axes, place, occurrence, most)
        axes.plot(place, 0, "o", markersize=10, color=DENIED if occurrence in denials else INK, zorder=3)
    axes.plot(1, 0, "o", markersize=13, markerfacecolor=GROUND, markeredgecolor=NOW, markeredgewidth=3, zorder=3)
    _dates(axes, {place: _month(found.at, length) for place, found in zip(places, occurrences, strict=True)})
    _gaps(axes, [*places, 1.0], length)
    if denials:
        _legend(axes)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", facecolor=GROUND)
    return buffer.getvalue()


def alt_text(occurrences: Sequence[Occurrence], at: datetime) -> str:
    """Say what the picture shows, for those who do not see it."""
    denials = _denials(occurrences)
    said = [
        f"{'denied' if denied else 'seen'} {', '.join(_day(each.at) for each in together)}"
        for denied, together in groupby(occurrences, denials.__contains__)
    ]
    what = "a claim" if denials or not occurrences[0].contradicts else "what a claim contradicts"
    return clip(f"Timeline of {what}: {', '.join(said)}, and now, {_day(at)}.", ALT_LENGTH)


def _denials(occurrences: Sequence[Occurrence]) -> Sequence[Occurrence]:
    """Choose those that deny what others say: where all contradict the claim, they are what was reported."""
    denials = [occurrence for occurrence in occurrences if occurrence.contradicts]
    return denials if len(denials) < len(occurrences) else []


def _column(axes: "Axes", place: float, occurrence: Occurrence, most: int) -> None:
    """Stand the shares of the replies' labels on the occurrence's place; its height is their number."""
    shown, replies = shares(occurrence.tally), sum(occurrence.tally.values())
    height, bottom = 1.2 / most, 0.26
    for label, number in (shown or {"none": replies}).items():
        color = COLORS[label] if shown else FAINT
        axes.bar(place, height * number, 0.04, bottom=bottom, color=color, edgecolor=GROUND, linewidth=0.8, zorder=2)
        bottom += height * number


def _legend(axes: "Axes") -> None:
    """Say what a dot of the other colour is."""
    axes.plot(-0.09, -1.12, "o", markersize=8, color=DENIED)
    axes.text(-0.065, -1.12, "denied", color=FAINT, fontsize=12, ha="left", va="center")


def _dates(axes: "Axes", dates: Mapping[float, str]) -> None:
    """Name the days below the line: first and now always, the others from the latest on where there is room."""
    axes.text(1, -0.34, "now", color=NOW, fontsize=15, ha="center", va="top", weight="bold")
    taken = [1.0]
    first, *others = dates
    for place in (first, *reversed(others)):
        if place == first or all(abs(place - other) >= DATE_ROOM for other in taken):
            axes.text(place, -0.34, dates[place], color=INK, fontsize=15, ha="center", va="top")
            taken.append(place)


def _gaps(axes: "Axes", places: Sequence[float], length: timedelta) -> None:
    """Say between two dots how long nothing was heard, where there is room."""
    for earlier, later in pairwise(places):
        if later - earlier >= GAP_ROOM:
            words = gap((later - earlier) * length).replace(" ", "\n", 1)
            middle = (earlier + later) / 2
            axes.text(middle, 0.14, words, color=FAINT, fontsize=12, ha="center", va="bottom", linespacing=1)


def _month(moment: datetime, length: timedelta) -> str:
    return f"{moment:%b}\n{moment.year}" if length > timedelta(days=300) else f"{moment.day} {moment:%b}\n{moment.year}"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B} {moment.year}"
