"""Invented news stories, how else they are told, and what only looks like them (`stories.jsonl`, all of it made up).

Two thirds teach the cross-encoder, a sixth fits what it counts for, and a sixth is kept to measure.
"""

import json
import random
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.embedder import Embedder
from models.matcher import Pair
from models.sentences import split_sentences
from models.wording import plain

FILE = Path(__file__).parent / "stories.jsonl"
PARTS = ("held", "learnt", "learnt", "test", "learnt", "learnt")


@dataclass(frozen=True, slots=True)
class Story:
    """Hold a story in seven texts.

    `retold` and `chat` make its claim, `denial` denies it; `near` makes another that looks like it, `update` tells
    a later step, `topic` is about the subject only.
    """

    story: str
    retold: str
    chat: str
    denial: str
    near: str
    update: str
    topic: str


COPIED = "copied"
SAME = (COPIED, "retold", "chat", "denial")
OTHER = ("near", "update", "topic")


def read_stories(part: str) -> list[Story]:
    """Return the stories of a part: `learnt`, `held` or `test`."""
    rows = [json.loads(line) for line in FILE.read_text().splitlines()]
    return [Story(**row) for row in rows if PARTS[zlib.crc32(row["story"].encode()) % len(PARTS)] == part]


def story_pairs(stories: Sequence[Story], kinds: Sequence[str], embedder: Embedder) -> list[Pair]:
    """Return pairs of a story's texts of some kinds, or of a copy, kind by kind, with the story."""
    earlier = embedder.encode([plain(each.story) for each in stories])
    found = []
    for kind in kinds:
        texts = [_copy(each.story) if kind == COPIED else getattr(each, kind) for each in stories]
        cosines = (embedder.encode([plain(text) for text in texts]) * earlier).sum(axis=1)
        found += [Pair(text, each.story, float(c)) for text, each, c in zip(texts, stories, cosines, strict=True)]
    return found


def copied(text: str, rng: random.Random) -> str:
    """Return a text as people pass it on without saying it anew: whole, shortened, with a word before or after."""
    words = text.split()
    kind = rng.randrange(7)
    if kind == 0:
        return rng.choice(["BREAKING: ", "Just in: ", "Report: ", "so ", "wow. ", "Remember this? "]) + text
    if kind == 1:
        return text + rng.choice([" (via a friend)", " | Evening edition", " – is this true?", " smh", " 👀", " #news"])
    if kind == 2:
        return rng.choice([text.lower(), text.upper()])
    if kind == 3 and len(words) > 10:  # names and numbers stay
        plain_words = [n for n, word in enumerate(words) if word.islower() and word.isalpha()]
        gone = set(rng.sample(plain_words, min(2, len(plain_words))))
        return " ".join(word for n, word in enumerate(words) if n not in gone)
    if kind == 4:
        sentences = split_sentences(text)
        return " ".join(sentences[::-1])
    return text


def _copy(text: str) -> str:
    return copied(text, random.Random(text))  # noqa: S311 - the same at every run
