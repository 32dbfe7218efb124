"""What all pictures share: their paper and ink, and that they are drawn one at a time.

Matplotlib shares its font caches between threads and does not lock them.
"""

import threading
from collections.abc import Callable
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

# The background is the picture's own, so that it reads the same on a dark and on a light page.
PAPER = "#26282e"
INK = "#f2f3f5"
SIZE = 12
FEW = 3  # bars from which they fill their axes

_turn = threading.Lock()


def in_turn(draw: Callable[P, R]) -> Callable[P, R]:
    """Let a drawing function wait until no other one draws."""

    @wraps(draw)
    def waiting(*args: P.args, **kwargs: P.kwargs) -> R:
        with _turn:
            return draw(*args, **kwargs)

    return waiting


def sheet(bars: int) -> tuple[Any, Any, Any]:
    """Give a figure with axes above for days, and two beside each other below with room for so many lying bars."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    above, below = 3.1, 1.3 + 0.42 * max(bars, FEW)
    figure = Figure(
        figsize=(9, above + below), dpi=110, facecolor=PAPER, layout=ConstrainedLayoutEngine(h_pad=0.12, w_pad=0.1)
    )
    grid = figure.add_gridspec(2, 2, height_ratios=(above, below), hspace=0.1)
    return figure, figure.add_subplot(grid[0, :]), [figure.add_subplot(grid[1, column]) for column in (0, 1)]


def plain(axes: Any, title: str, rows: int) -> None:
    """Give axes a title above so many rows of a legend, and take everything away that says nothing."""
    axes.set_facecolor(PAPER)
    axes.set_title(title, color=INK, fontsize=SIZE + 2, loc="left", fontweight="bold", pad=8 + 20 * rows)
    axes.tick_params(length=0, colors=INK, labelsize=SIZE)
    for spine in axes.spines.values():
        spine.set_visible(False)


def thin(axes: Any, bars: int) -> None:
    """Keep lying bars from growing fat where there are few: they stand at the top of axes with room for more."""
    axes.set_ylim(bars - max(bars, FEW) - 0.5, bars - 0.5)


def legend(axes: Any, columns: int) -> None:
    """Say above the axes what the colours mean."""
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(-0.02, 0.98),
        ncols=columns,
        fontsize=SIZE - 1,
        labelcolor=INK,
        frameon=False,
        handlelength=0.9,
        columnspacing=0.9,
        handletextpad=0.4,
    )


def drawable(name: str) -> str:
    """Keep the letters that the chart's font has."""
    return "".join(letter for letter in name if ord(letter) in _letters()).strip("- ")


@cache
def _letters() -> frozenset[int]:
    from matplotlib import font_manager

    return frozenset(font_manager.get_font(font_manager.findfont("DejaVu Sans")).get_charmap())
