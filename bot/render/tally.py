"""How a conversation took a story: the shares of its replies' labels, as a small bar and in words."""

from collections.abc import Mapping

from bot.languages import _
from bot.render.labels import name_of
from bot.render.text import numbered

FEWEST = 3  # replies below which shares would point at single people
WIDTH = 6
SQUARES: Mapping[str, str] = {
    "skeptical": "🟨",
    "partisan": "🟥",
    "off-topic": "🟪",
    "informative": "🟦",
    "none": "⬜",
}

Tally = Mapping[str, int]


def shares(tally: Tally) -> dict[str, int]:
    """Keep what may be shown of a tally: nothing of a handful of replies; *unsure* counts as none of the labels."""
    if sum(tally.values()) < FEWEST:
        return {}
    shown = {label: tally.get(label, 0) for label in SQUARES}
    shown["none"] += tally.get("unsure", 0)
    return {label: number for label, number in shown.items() if number}


def bar(tally: Tally) -> str:
    """Draw the shares as a row of squares, the largest remainders rounded up; empty where nothing may be shown."""
    shown = shares(tally)
    total = sum(shown.values())
    exact = {label: number * WIDTH / total for label, number in shown.items()}
    squares = {label: int(length) for label, length in exact.items()}
    for label in sorted(exact, key=lambda label: squares[label] - exact[label])[: WIDTH - sum(squares.values())]:
        squares[label] += 1
    return "".join(SQUARES[label] * length for label, length in squares.items())


def in_words(tally: Tally) -> str:
    """Say how many replies there were and what most of them did: "14 replies, mostly skeptical"."""
    total = sum(tally.values())
    replies = numbered("{number} reply", "{number} replies", total)
    shown = {label: number for label, number in shares(tally).items() if label != "none"}
    if not shown:
        return replies
    label = max(shown, key=lambda label: shown[label])
    if shown[label] * 4 < total:
        return _("{replies}, mixed").format(replies=replies)
    said = _("{replies}, mostly {label}") if shown[label] * 2 > total else _("{replies}, some {label}")
    return said.format(replies=replies, label=name_of(label))


def legend(tallies: list[Tally]) -> str:
    """Explain the squares that stand in the bars of some tallies."""
    used = {label for tally in tallies for label in shares(tally)}
    return " · ".join(f"{square} {meant(label)}" for label, square in SQUARES.items() if label in used)


def meant(label: str) -> str:
    """Name a label among shares, where those that bear none are the others."""
    return _("other") if label == "none" else name_of(label)
