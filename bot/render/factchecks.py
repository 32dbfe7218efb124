"""Fact-checks on cards and in answers: always the publisher's rating in the publisher's words."""

from collections.abc import Sequence

from bot.links import in_markup
from bot.records import Checked
from bot.render.text import count, quote
from models.decency import repeatable

RATED, PUBLISHED_BY, QUOTED = 80, 60, 140  # characters
UNSAID = "*(not repeated here)*"
NOTE = "-# Ratings are their publishers’ own."


def entries(checked: Sequence[Checked], room: int) -> list[str]:
    """Show as many fact-checks, the surest first, as `room` characters hold, and whose the ratings are."""
    shown: list[str] = []
    room -= len(NOTE)
    for each in checked:
        said = _entry(each)
        room -= len(said)
        if room < 0:
            break
        shown.append(said)
    return [*shown, NOTE] if shown else []


def heading(checked: Sequence[Checked]) -> str:
    """Say that there are fact-checks, where nothing else is to be said."""
    return f"{count(len(checked), 'fact-check').capitalize()} of this"


def _entry(checked: Checked) -> str:
    found = checked.found
    day = f" · {found.published.day} {found.published:%B %Y}" if found.published else ""
    rated = f"🔎 **Rated “{quote(found.rating, RATED)}” by {quote(found.publisher, PUBLISHED_BY)}**"
    claim = quote(found.claim, QUOTED) if repeatable(found.claim) else UNSAID
    opposite = "\n-# ⚡ of what this contradicts" if checked.contradicts else ""
    return f"{rated}{day} · [fact-check]({in_markup(found.url)}){opposite}\n> {claim}"
