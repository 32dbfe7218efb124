"""Which words moved a score? Leave each out and look."""

import re
from collections.abc import Callable, Sequence

import numpy as np

MOST_WORDS = 64
SHOWN = 3
_EDGES = re.compile(r"^\W+|\W+$")


def telling(text: str, score: Callable[[Sequence[str]], np.ndarray]) -> list[str]:
    """Return up to three words whose absence lowers the score most, in the order of the text.

    `score` maps n texts to n numbers. Only the first 64 words are tried; a word that, left out, does not
    lower the score is not named.
    """
    words = text.split()[:MOST_WORDS]
    if len(words) < 2:
        return _bare(words)
    without = [" ".join(words[:index] + words[index + 1 :]) for index in range(len(words))]
    whole, *left = score([" ".join(words), *without])
    drops = whole - np.array(left)
    chosen = [index for index in np.argsort(-drops, kind="stable")[:SHOWN] if drops[index] > 0]
    return _bare([words[index] for index in sorted(chosen)])


def _bare(words: Sequence[str]) -> list[str]:
    stripped = (_EDGES.sub("", word) for word in words)
    return list(dict.fromkeys(word for word in stripped if word))
