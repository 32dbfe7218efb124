"""Fact-checks on cards and in answers: always the publisher's rating in the publisher's words."""

from collections.abc import Sequence

from bot.languages import N_, _, day
from bot.links import in_markup
from bot.records import Checked
from bot.render.text import capital, numbered, quote
from models.decency import repeatable

RATED, PUBLISHED_BY, QUOTED = 80, 60, 140  # characters
UNSAID = N_("*(not repeated here)*")
NOTE = N_("-# Ratings are their publishers’ own.")


def entries(checked: Sequence[Checked], room: int) -> list[str]:
    """Show as many fact-checks, the surest first, as `room` characters hold, and whose the ratings are."""
    shown: list[str] = []
    room -= len(_(NOTE))
    for each in checked:
        said = _entry(each)
        room -= len(said)
        if room < 0:
            break
        shown.append(said)
    return [*shown, _(NOTE)] if shown else []


def heading(checked: Sequence[Checked]) -> str:
    """Say that there are fact-checks, where nothing else is to be said."""
    return capital(numbered("{number} fact-check of this", "{number} fact-checks of this", len(checked)))


def _entry(checked: Checked) -> str:
    found = checked.found
    rated = _("**Rated “{rating}” by {publisher}**").format(
        rating=quote(found.rating, RATED), publisher=quote(found.publisher, PUBLISHED_BY)
    )
    published = f" · {day(found.published)}" if found.published else ""
    claim = quote(found.claim, QUOTED) if repeatable(found.claim) else _(UNSAID)
    opposite = f"\n-# ⚡ {_('of what this contradicts')}" if checked.contradicts else ""
    return f"🔎 {rated}{published} · [{_('fact-check')}]({in_markup(found.url)}){opposite}\n> {claim}"
