"""Texts → their words as a search compares them, and how rare those are."""

import re
import unicodedata
import zlib

import numpy as np

BUCKETS = 1 << 15
STEM = 6
_ADDRESS = re.compile(r"https?://\S+|pic\.twitter\.com/\S+|\bwww\.\S+")
_HANDLE = re.compile(r"[#@](\w+)")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-zA-Z])(?=\d)|_")
_WORD = re.compile(r"\w+")


def plain(text: str) -> str:
    """Return a text without addresses, its #HashTags and @NamesLikeThis taken apart into words."""
    text = _ADDRESS.sub(" ", text)
    return " ".join(_HANDLE.sub(lambda found: _HUMP.sub(" ", found[1]), text).split())


def stems(text: str) -> frozenset[str]:
    """Return the words of a text without case, accents and endings (cut after six letters)."""
    letters = unicodedata.normalize("NFKD", plain(text).lower())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return frozenset(word[:STEM] for word in _WORD.findall(bare) if len(word) > 1 or word.isdigit())


def bucket(stem: str) -> int:
    """Return the place of a stem in a table of rarities."""
    return zlib.crc32(stem.encode()) % BUCKETS


def rarities(texts: list[str]) -> np.ndarray:
    """Count in how few of `texts` each word stands: float16 (32768,), 0 for one in all, 1 for the rarest."""
    counts = np.zeros(BUCKETS)
    for text in texts:
        counts[list({bucket(stem) for stem in stems(text)})] += 1
    inverse = np.log((len(texts) + 1) / (counts + 1))
    return (inverse / np.log(len(texts) + 1)).astype(np.float16)
