"""What makes two like sentences speak of different things: numbers, dates, places and people."""

import re
from difflib import SequenceMatcher

_WORD = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*")
_SCALES = {
    "hundred": 1e2,
    "thousand": 1e3,
    "k": 1e3,
    "million": 1e6,
    "mln": 1e6,
    "m": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "trillion": 1e12,
}
_TEENS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SPELT = {word: float(value) for value, word in enumerate(_TEENS.split())} | {
    word: 10.0 * value for value, word in enumerate(_TENS.split(), 2)
}
del _SPELT["one"]  # "one of them", "no one": seldom a number
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = tuple(
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)
_MONTH_SHORT = {month[:3]: month for month in _MONTHS} | {"sept": "september"}
# "may" and "march" are mostly verbs; they count where a number stands beside them.
_DOUBTFUL = {"may", "march", "mar", "sun", "sat", "wed", "mon"}
ALIKE = 0.5
SAME_NUMBER = 0.02
ROUNDED_FROM = 1000


def numbers(text: str) -> frozenset[float]:
    """Return the numbers in a text, digits or words, with their scale ("1.2 million")."""
    words = _lower(_WORD.findall(text))
    found = set()
    for place, word in enumerate(words):
        value = _value(word)
        if value is None:
            continue
        after = words[place + 1] if place + 1 < len(words) else ""
        found.add(value * _SCALES.get(after, 1))
    return frozenset(found)


def dates(text: str) -> frozenset[str]:
    """Return the weekdays and months that a text names."""
    words = _lower(_WORD.findall(text))
    found = set()
    for place, word in enumerate(words):
        beside = words[max(0, place - 1) : place] + words[place + 1 : place + 2]
        if word in _DOUBTFUL and not any(other[0].isdecimal() for other in beside):
            continue
        if word in _DAYS:
            found.add(word)
        elif word in _MONTHS or word in _MONTH_SHORT:
            found.add(_MONTH_SHORT.get(word, word))
    return frozenset(found)


def _value(word: str) -> float | None:
    if word in _SPELT:
        return _SPELT[word]
    if not word[0].isdecimal():
        return None
    try:
        return float(word.replace(",", ""))
    except ValueError:  # 10:30, 1.2.2020: a time or a date, compared as written
        return float("".join(filter(str.isdecimal, word)))


def disagree(left: frozenset, right: frozenset) -> bool:
    """Say whether each side names something that the other does not."""
    return bool(_missing(left, right)) and bool(_missing(right, left))


def _missing(here: frozenset, there: frozenset) -> list:
    return [value for value in here if not any(_same(value, other) for other in there)]


def _same(value: float | str, other: float | str) -> bool:
    if isinstance(value, float) and isinstance(other, float) and min(value, other) >= ROUNDED_FROM:
        is_year = 1900 <= value <= 2100 and 1900 <= other <= 2100
        return value == other if is_year else abs(value - other) <= SAME_NUMBER * max(value, other)
    return value == other


def share_number(text: str, claim: str) -> bool:
    """Say whether two sentences name one number or date alike."""
    return any(find(text) & find(claim) for find in (numbers, dates))


def numbers_differ(text: str, claim: str) -> bool:
    """Say whether sentences that are otherwise alike name different numbers or dates.

    Retellings in other words round, or count something else: "23 hurt" is told as "some two dozen, 4 of them badly".
    """
    differ = any(disagree(find(text), find(claim)) for find in (numbers, dates))
    left, right = (_lower(_WORD.findall(side)) for side in (text, claim))
    return differ and SequenceMatcher(None, left, right, autojunk=False).ratio() >= ALIKE


def names_differ(text: str, claim: str) -> bool:
    """Say whether sentences that are otherwise alike have a name where the other has a different word."""
    sides = _WORD.findall(text), _WORD.findall(claim)
    left, right = (_lower(side) for side in sides)
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    if matcher.ratio() < ALIKE:
        return False
    names = [_names(side) for side in sides]
    return any(
        _replaced((set(left[a:b]), set(right[c:d])), names)
        for kind, a, b, c, d in matcher.get_opcodes()
        if kind == "replace"
    )


def _lower(words: list[str]) -> list[str]:
    return [word.lower() for word in words]


def _names(words: list[str]) -> set[str] | None:
    """Return, in lower case, the words capitalised inside a sentence; None where capitals tell nothing."""
    inner = words[1:]
    capitals = sum(word[0].isupper() for word in inner)
    if capitals in (0, len(inner)) or sum(word.isupper() for word in words) > len(words) / 2:
        return None
    return {word.lower() for word in inner if word[0].isupper()}


def _replaced(words: tuple[set[str], set[str]], names: list[set[str] | None]) -> bool:
    """Say whether a name stands against another; where a text has no capitals, any word may be one.

    Where neither has, only a single word against a single one is taken for a name.
    """
    if names == [None, None] and any(len(side) != 1 for side in words):
        return False
    known = set().union(*(found for found in names if found))
    if known and not any(side & known for side in words):
        return False
    if not all(found is None or side & known for side, found in zip(words, names, strict=True)):
        return False
    return not _is_short_for(*words) and not _is_short_for(*reversed(words))


def _is_short_for(long: set[str], short: set[str]) -> bool:
    """Say whether one word is made of the others' first letters ("US", "United States")."""
    initials = sorted(word[0] for word in long)
    return len(long) > 1 and any(sorted(word) == initials for word in short)
