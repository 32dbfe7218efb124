"""The languages that the bot speaks: gettext catalogues under locale/, the asker's one while an answer is made.

A sentence is marked where it is made, `_("Kept for {days}.").format(days=…)`, and a word in a table with `N_`,
one that counts with `plural`; what a catalogue does not hold is said in English. What everybody sees is in English:
events do not inherit a person's language (`Hindsight.dispatch`), and what is posted is made under `speaking(ENGLISH)`.
"""

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path

import discord
from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Location

FOLDER = Path(__file__).parent / "locale"
DOMAIN = "hindsight"
ENGLISH = "en"
KINDS = {
    Location.command_name: "command",
    Location.group_name: "command",
    Location.parameter_name: "option",
    Location.choice_name: "choice",
    Location.command_description: "description",
    Location.group_description: "description",
    Location.parameter_description: "description",
}

_spoken: ContextVar[str] = ContextVar("language", default=ENGLISH)


def file_of(language: str) -> Path:
    """Give the place of a language's catalogue."""
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


@cache
def languages() -> frozenset[str]:
    """List the languages that there is a catalogue for."""
    return frozenset(file.parents[1].name for file in FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def language_of(locale: discord.Locale | str) -> str:
    """Choose the language for a locale of Discord's: English where there is no catalogue."""
    name = str(locale).split("-")[0]
    return name if name in languages() else ENGLISH


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """Compile a language's catalogue in memory; English has none."""
    if language not in languages():
        return gettext.NullTranslations()
    compiled = BytesIO()
    with file_of(language).open("rb") as file:
        write_mo(compiled, read_po(file, locale=language, domain=DOMAIN))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def speak(locale: discord.Locale | str) -> None:
    """Answer in a person's language from here to the end of the task."""
    _spoken.set(language_of(locale))


@contextmanager
def speaking(locale: discord.Locale | str) -> Iterator[None]:
    """Speak a language inside the block."""
    before = _spoken.set(language_of(locale))
    try:
        yield
    finally:
        _spoken.reset(before)


def spoken() -> str:
    """Name the language that is spoken."""
    return _spoken.get()


def _(text: str) -> str:
    """Say a text in the language that is spoken."""
    return catalogue(_spoken.get()).gettext(text)


def N_(text: str) -> str:  # noqa: N802 - the name that extractors and translators know
    """Mark a text that is said later."""
    return text


def plural(one: str, many: str) -> tuple[str, str]:
    """Mark a text that counts and is said later."""
    return one, many


def ngettext(one: str, many: str, number: int) -> str:
    """Say a text that counts; `{number}` stands for the count in either form."""
    return catalogue(_spoken.get()).ngettext(one, many, number)


def decimal(number: int) -> str:
    """Write a number as the language that is spoken groups it."""
    return format_decimal(number, locale=_spoken.get())


def tenths(number: float) -> str:
    """Write a number with one digit after the point."""
    return format_decimal(round(number, 1), format="#,##0.0", locale=_spoken.get())


def percent(share: float) -> str:
    """Write a share in [0, 1] as a whole percentage."""
    return format_percent(share, format=None, locale=_spoken.get())


def day(moment: date) -> str:
    """Write a day: "1 May 2024"."""
    return format_date(moment, "d MMMM y" if spoken() == ENGLISH else "long", locale=_spoken.get())


def short_day(moment: date) -> str:
    """Write a day of this year, in short: "1 May"."""
    if spoken() == ENGLISH:
        return format_date(moment, "d MMM", locale=ENGLISH)
    return format_skeleton("MMMd", moment, locale=_spoken.get())


def month(moment: date) -> str:
    """Write a month, in short: "Sep 2024"."""
    return format_date(moment, "MMM y", locale=_spoken.get())


class Translator(app_commands.Translator):
    """Translate what Discord shows of commands: names, descriptions, options and choices."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Translate a text; None leaves it English."""
        kind = KINDS.get(context.location)
        if kind is None:
            return None
        said = catalogue(language_of(locale)).pgettext(kind, string.message)
        return None if said == string.message else said


class Tree(app_commands.CommandTree):
    """Run commands, each in the language of the person who asks."""

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Let everybody in, and speak their language."""
        speak(interaction.locale)
        return True
