"""How a discussion went, as a picture: label shares from its first to its last messages."""

import io
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from bot.languages import _, ngettext, percent
from bot.render import labels
from bot.render.drawing import INK, PAPER, in_turn
from bot.render.tally import meant
from bot.render.text import gap
from models.labels import LABELS, MARKS, UNSURE

Course = Sequence[tuple[datetime, str]]

NAME = "course.png"
FEWEST = 10  # messages below which shares say nothing
FEWEST_MARKED = 3
STEPS = 10
SHOWN = (*LABELS, UNSURE)

COLORS = {**labels.COLORS, "none": "#7d838f", "unsure": "#4a4e58"}


def deserves_chart(course: Course) -> bool:
    """Say whether there are messages enough for a picture, and something to see in it."""
    return len(course) >= FEWEST and sum(label in MARKS for _, label in course) >= FEWEST_MARKED


@in_turn
def draw(course: Course) -> bytes:
    """Draw the label shares of a discussion from first to last as a PNG; slow, so off the event loop."""
    from matplotlib.figure import Figure

    steps = _steps(course)
    figure = Figure(figsize=(6.4, 3.4), dpi=130, facecolor=PAPER, layout="constrained")
    axes = figure.add_subplot(facecolor=PAPER)
    below = [0.0] * len(steps)
    for label in (each for each in SHOWN if any(step[each] for step in steps)):
        shares = [100 * step[label] / step.total() for step in steps]
        axes.bar(
            range(len(steps)),
            shares,
            width=0.86,
            bottom=below,
            color=COLORS[label],
            label=meant(label),
            hatch="///" if label == UNSURE else None,
            edgecolor=PAPER,
            linewidth=0.8,
        )
        below = [under + share for under, share in zip(below, shares, strict=True)]
    times = _times(course)
    marks = range(0, len(steps), 2 if len(steps) > 6 else 1)
    axes.set_xticks(list(marks), [times[mark] for mark in marks], fontsize=13, color=INK)
    axes.set_yticks([0, 50, 100], ["0", "50", "100 %"], fontsize=13, color=INK)
    axes.set_xlim(-0.5, len(steps) - 0.5)
    axes.set_ylim(0, 100)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    figure.legend(
        loc="outside upper left", ncols=3, fontsize=13, labelcolor=INK, frameon=False, handlelength=1, columnspacing=1.2
    )
    picture = io.BytesIO()
    figure.savefig(picture, format="png", facecolor=PAPER)
    return picture.getvalue()


def describe(course: Course) -> str:
    """Say in words what the picture shows."""
    steps = _steps(course)
    whole = sum(steps, Counter())
    parts = [
        f"{meant(label)} {percent(whole[label] / whole.total())}{_trend(steps, label)}"
        for label, _number in sorted(whole.items(), key=lambda found: (-found[1], SHOWN.index(found[0])))
    ]
    said = ngettext(
        "Bar chart: what {number} message did over {span}. {shares}.",
        "Bar chart: what {number} messages did over {span}. {shares}.",
        len(course),
    )
    span = gap(course[-1][0] - course[0][0])
    return said.format(number=len(course), span=span, shares=", ".join(parts))


def _trend(steps: Sequence[Counter[str]], label: str) -> str:
    """Say how a label's share changed from the first to the second half, where that is a fifth of all or more."""
    half = len(steps) // 2
    early, late = sum(steps[:half], Counter()), sum(steps[half:], Counter())
    before, after = early[label] / early.total(), late[label] / late.total()
    if abs(after - before) < 0.2:
        return ""
    said = _("(from {before} in the first half to {after} in the second)")
    return " " + said.format(before=percent(before), after=percent(after))


def _steps(course: Course) -> list[Counter[str]]:
    """Cut the course into steps of as many messages each, so that a quiet night is not an empty page."""
    return [Counter(label for _, label in course[start:end]) for start, end in _bounds(len(course))]


def _times(course: Course) -> list[str]:
    """Say when each step begins, counted from the first message."""
    began = course[0][0]
    return [_("start") if not start else _after(course[start][0] - began) for start, _end in _bounds(len(course))]


def _bounds(messages: int) -> list[tuple[int, int]]:
    steps = min(STEPS, max(2, messages // 4))
    edges = [round(messages * step / steps) for step in range(steps + 1)]
    return list(pairwise(edges))


def _after(span: timedelta) -> str:
    """Say a span in what fits under a bar: "+54 min", "+1:20 h", "+3 d"."""
    minutes = int(span.total_seconds()) // 60
    if minutes < 60:
        return f"+{minutes} min"
    if minutes < 24 * 60:
        return f"+{minutes // 60}:{minutes % 60:02} h"
    return _("+{days} d").format(days=span.days)
