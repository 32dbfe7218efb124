"""Labelled replies and sentences → training examples."""

import gzip
import json
import random
import re
import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from models.labels import LABELS, MARKS
from models.text import clean, split_quote

_CONTENT = re.compile(r"[a-z]{4,}")
_EVERYWHERE = frozenset({"http", "user", "event", "that", "this", "with", "from", "have"})


@dataclass(frozen=True, slots=True)
class Example:
    """Hold one thing to learn from; a target of None is not learnt from.

    `text`, `story` and `parent` are cleaned. `label` holds five probabilities, `marks` four targets in
    [0, 1] or None each, `claim` a target in [0, 1]. `weight` scales the label's loss.
    """

    text: str
    story: str = ""
    parent: str = ""
    thread: str = ""
    label: tuple[float, ...] | None = None
    marks: tuple[float | None, ...] = (None,) * len(MARKS)
    claim: float | None = None
    weight: float = 1.0


def rows(path: Path) -> list[dict[str, Any]]:
    """Read JSON Lines, compressed or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def parts(text: str, story: str | None, parent: str | None) -> tuple[str, str, str]:
    """Clean the three texts of a passage; a quotation in the reply stands in for a missing parent."""
    own, quoted = split_quote(text)
    return clean(own), clean(story or ""), clean(parent or quoted)


def example(row: dict[str, Any], smoothing: float = 0.1) -> Example:
    """Turn an annotated row into an example, its label softened towards the marks beside it."""
    text, story, parent = parts(row["text"], row["story"], row["parent"])
    marks = tuple(float(row["marks"][mark]) for mark in MARKS)
    near = [name for name, share in zip(LABELS, (*marks, 1.0), strict=True) if share >= 0.5 and name != row["label"]]
    target: dict[str, float] = dict.fromkeys(LABELS, smoothing / 2 / len(LABELS))
    for name in near or LABELS:
        target[name] += smoothing / 2 / len(near or LABELS)
    target[row["label"]] += 1 - smoothing
    return Example(text, story, parent, row["thread"], tuple(target.values()), marks)


def held_out(thread: str, share: float = 0.15) -> bool:
    """Say whether a thread belongs to the fixed held-out part of train."""
    return zlib.crc32(thread.encode()) % 1000 < share * 1000


def swapped(examples: Sequence[Example], count: int, rng: random.Random) -> list[Example]:
    """Put replies under stories that share no content word with them or their own story: off-topic by construction."""
    long_enough = [one for one in examples if len(one.text.split()) >= 6 and one.story]
    found: list[Example] = []
    while len(found) < count:
        one, other = rng.choice(long_enough), rng.choice(long_enough)
        if _words([one.text, one.story]).isdisjoint(_words([other.story])):
            target = tuple(0.9 if name == "off-topic" else 0.025 for name in LABELS)
            marks = tuple(1.0 if mark == "off-topic" else None for mark in MARKS)
            found.append(replace(one, story=other.story, parent="", label=target, marks=marks, weight=0.5))
    return found


def sentences(
    paths: Iterable[Path], without: Collection[str], stories: Sequence[str], rng: random.Random
) -> list[Example]:
    """Read check-worthy and other sentences but those in `without`; half stand under some story, as replies do."""
    found = []
    for path in paths:
        for row in rows(path):
            if row["split"] == "train" and row["text"].lower() not in without:
                story = rng.choice(stories) if rng.random() < 0.5 else ""
                found.append(Example(clean(row["text"]), story, claim=float(row["label"])))
    return found


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in _CONTENT.findall(text.lower())} - _EVERYWHERE
