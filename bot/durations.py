"""How far back? "2h", "90 min", "yesterday", a day of the week or a date become a time."""

import re
from datetime import UTC, datetime, timedelta

from bot.errors import UserError
from bot.languages import _

UNITS = {
    "m": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "minute": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "hr": timedelta(hours=1),
    "hour": timedelta(hours=1),
    "d": timedelta(days=1),
    "day": timedelta(days=1),
    "w": timedelta(weeks=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WORDS = {"a": 1.0, "an": 1.0, "one": 1.0, "two": 2.0, "three": 3.0, "half": 0.5, "half a": 0.5, "half an": 0.5}

_NUMBER = r"\d{1,6}(?:[.,]\d{1,3})?|half(?: an?)?|an?|one|two|three"
_UNIT = r"minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w|months?|years?"
_PART = re.compile(rf"({_NUMBER})\s*({_UNIT})(?![a-z])[\s,]*(?:and\s+)?")
_STAMP = re.compile(r"<t:(\d{1,11})(?::[a-zA-Z])?>")
_AROUND = re.compile(r"^(?:since|for|from|the\s+last|last|the\s+past|past)\s+|\s+ago$")


def parse_since(text: str, now: datetime) -> datetime:
    """Return the time that `text` means, seen from `now`; dates and days are UTC.

    Raises:
        UserError: the text is no time, or one that is still to come.
    """
    words = " ".join(text.lower().split())
    found = _day(words, now) or _ago(words, now) or _moment(text.strip())
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


def _day(words: str, now: datetime) -> datetime | None:
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    name = _AROUND.sub("", words)
    if name in ("today", "yesterday"):
        return midnight - timedelta(days=name == "yesterday")
    if name in DAYS:
        return midnight - timedelta(days=(midnight.weekday() - DAYS.index(name)) % 7)
    return None


def _ago(words: str, now: datetime) -> datetime | None:
    rest = _AROUND.sub("", _AROUND.sub("", words))
    if re.fullmatch(_UNIT, rest) and len(rest) > 1:
        rest = f"one {rest}"
    span, end = timedelta(), 0
    try:
        while part := _PART.match(rest, end):
            span += _number(part[1]) * _unit(part[2])
            end = part.end()
        return now - span if end and end == len(rest) else None
    except OverflowError:
        return None


def _number(word: str) -> float:
    return WORDS[word] if word in WORDS else float(word.replace(",", "."))


def _unit(word: str) -> timedelta:
    return UNITS[word] if word in UNITS else UNITS[word.removesuffix("s")]


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
