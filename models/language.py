"""Is this text in another language than English? Only a clear and long enough yes counts."""

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lingua import LanguageDetector

SURE = 0.9
FEWEST_WORDS = 5
_NAMED = re.compile(r":[\w ’'-]+:|@user|#channel|http")
_COMMON_WORDS = (
    "a about after all also am an and any are as at be because been but by can could did do does for from get had "
    "has have he her his how i if in into is it its just know like more my no not of on one only or our out over "
    "people she should so some than that the their them then there these they this those to up was we were what "
    "when where which who why will with would you your"
)
_COMMON = frozenset(_COMMON_WORDS.split())


def foreign(cleaned: str) -> bool:
    """Say whether a cleaned text is surely not English.

    Text in another script is; otherwise five words are needed and a confidence of 0.9 in one other language.
    """
    text = _NAMED.sub(" ", cleaned)
    letters = [character for character in text if character.isalpha()]
    latin = sum(character < "\u0250" for character in letters)
    if len(letters) >= 3 and latin < len(letters) / 2:
        return True
    words = re.findall(r"[^\W\d_]+", text)
    if len(words) < FEWEST_WORDS or _mostly_english(words):
        return False
    best = _detector().compute_language_confidence_values(text[:400])[0]
    return best.language.iso_code_639_1.name != "EN" and best.value >= SURE


def _mostly_english(words: list[str]) -> bool:
    """Spare the detector what common words settle."""
    return sum(word.lower() in _COMMON for word in words) >= 0.3 * len(words)


@cache
def _detector() -> "LanguageDetector":
    from lingua import Language, LanguageDetectorBuilder

    return (
        LanguageDetectorBuilder.from_languages(
            Language.ENGLISH,
            Language.SPANISH,
            Language.FRENCH,
            Language.GERMAN,
            Language.PORTUGUESE,
            Language.ITALIAN,
            Language.DUTCH,
            Language.POLISH,
            Language.TURKISH,
            Language.SWEDISH,
            Language.INDONESIAN,
        )
        .with_low_accuracy_mode()
        .build()
    )
