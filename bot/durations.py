"""How far back? "2h", "90 min", "yesterday", "vor 3 Tagen", a day of the week or a date become a time.

English and German are understood whoever asks.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bot.errors import UserError
from bot.languages import _

SPANS = {
    timedelta(minutes=1): "m min mins minute minutes minuten",
    timedelta(hours=1): "h hr hrs hour hours std stunde stunden",
    timedelta(days=1): "d day days tag tage tagen",
    timedelta(weeks=1): "w week weeks woche wochen",
    timedelta(days=30): "month months monat monate monaten",
    timedelta(days=365): "year years jahr jahre jahren",
}
NUMBERS = {
    0.5: "half, half a, half an, eine halbe, einer halben, einem halben, ein halbes",
    1.0: "a, an, one, ein, eine, einen, einer, einem",
    1.5: "anderthalb, eineinhalb",
    2.0: "two, zwei",
    3.0: "three, drei",
}
DAYS = (
    "monday montag",
    "tuesday dienstag",
    "wednesday mittwoch",
    "thursday donnerstag",
    "friday freitag",
    "saturday samstag sonnabend",
    "sunday sonntag",
)
BEFORE = {"today": 0, "heute": 0, "yesterday": 1, "gestern": 1, "vorgestern": 2}
AROUND = "since for from on the last past seit vor am ab in der den die letzte letzten letztes vergangene vergangenen"
UNITS = {word: span for span, words in SPANS.items() for word in words.split()}
WORDS = {word: number for number, words in NUMBERS.items() for word in words.split(", ")}
WEEKDAYS = {word: number for number, words in enumerate(DAYS) for word in words.split()}


def _any(words: Iterable[str]) -> str:
    """Match one of some words, the longest that fits."""
    return "|".join(sorted(words, key=len, reverse=True))


_PART = re.compile(rf"(\d{{1,6}}(?:[.,]\d{{1,3}})?|{_any(WORDS)})\s*({_any(UNITS)})(?![a-z])[\s,]*(?:(?:and|und)\s+)?")
_STAMP = re.compile(r"<t:(\d{1,11})(?::[a-zA-Z])?>")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:,?\s+(\d{1,2})[:.](\d{2}))?(?:\s+uhr)?")
_AROUND = re.compile(rf"^(?:(?:{_any(AROUND.split())})\s+)+|\s+ago$")
_SHORTENED = re.compile(r"(?<=[a-z])\.")


def parse_since(text: str, now: datetime) -> datetime:
    """Return the time that `text` means, seen from `now`; dates and days are UTC.

    Raises:
        UserError: the text is no time, or one that is still to come.
    """
    words = " ".join(text.lower().split())
    plain = _AROUND.sub("", _SHORTENED.sub("", words))
    found = _day(plain, now) or _ago(plain, now) or _moment(text.strip()) or _dotted(plain)
    if found is None:
        raise UserError(
            _(
                "`since`: I cannot read “{text}” as a time. "
                "Try `2h`, `90 min`, `3 days`, `yesterday`, `monday` or a date such as `2026-03-01 14:00` (UTC)."
            ).format(text=words[:40])
        )
    if found > now:
        raise UserError(_("`since`: that is still to come. Give a time in the past, such as `2h` or `yesterday`."))
    return found


def _day(name: str, now: datetime) -> datetime | None:
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if name in BEFORE:
        return midnight - timedelta(days=BEFORE[name])
    if name in WEEKDAYS:
        return midnight - timedelta(days=(midnight.weekday() - WEEKDAYS[name]) % 7)
    return None


def _ago(words: str, now: datetime) -> datetime | None:
    rest = f"one {words}" if words in UNITS and len(words) > 1 else words
    span, end = timedelta(), 0
    try:
        while part := _PART.match(rest, end):
            span += _number(part[1]) * UNITS[part[2]]
            end = part.end()
        return now - span if end and end == len(rest) else None
    except OverflowError:
        return None


def _number(word: str) -> float:
    return WORDS[word] if word in WORDS else float(word.replace(",", "."))


def _moment(text: str) -> datetime | None:
    if stamp := _STAMP.fullmatch(text):
        return datetime.fromtimestamp(int(stamp[1]), UTC)
    try:
        found = datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        return None
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError:
        return None


def _dotted(text: str) -> datetime | None:
    found = _DOTTED.fullmatch(text)
    if found is None:
        return None
    day, month, year, hour, minute = (int(part or 0) for part in found.groups())
    try:
        return datetime(year, month, day, hour, minute, tzinfo=UTC)
    except ValueError:
        return None
