"""Which words moved a score? Leave each out and look."""

import re
from collections.abc import Sequence

import numpy as np

MOST_WORDS = 32
SHOWN = 3
_LINKING = (
    "a an and are as at be been but by can could did do does for from had has have i if in into is it its may might "
    "of on or our shall should so than that the their then there these this those to was were which while will with "
    "would"
)
_SILENT = frozenset(_LINKING.split())
_EDGES = re.compile(r"^\W+|\W+$")


def without(text: str) -> list[str]:
    """Return a text and the same text without one of its words, for each word that may have moved its score.

    Words that only link others are not tried, unless there is no other, and of a long text only 32 words.
    """
    words = text.split()
    tried = _tried(words)
    return [" ".join(words), *(" ".join(words[:index] + words[index + 1 :]) for index in tried)]


def chosen(text: str, scores: Sequence[float] | np.ndarray) -> list[str]:
    """Return up to three words whose absence lowers the score most, in the order of the text.

    `scores` are those of the texts that `without` gave; a word that, left out, does not lower the score is not named.
    """
    words = text.split()
    if len(words) < 2:
        return _bare(words)
    whole, *left = scores
    drops = whole - np.array(left)
    best = [place for place in np.argsort(-drops, kind="stable")[:SHOWN] if drops[place] > 0]
    tried = _tried(words)
    return _bare([words[tried[place]] for place in sorted(best)])


def _tried(words: Sequence[str]) -> list[int]:
    if len(words) < 2:
        return []
    speaking = [index for index, word in enumerate(words) if _EDGES.sub("", word).lower() not in _SILENT]
    return (speaking or list(range(len(words))))[:MOST_WORDS]


def _bare(words: Sequence[str]) -> list[str]:
    stripped = (_EDGES.sub("", word) for word in words)
    return list(dict.fromkeys(word for word in stripped if word))
