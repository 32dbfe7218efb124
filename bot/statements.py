"""What a text states: a card is about one claim, and a long message makes several.

A message keeps one vector: a long one's is the mean of what is most checkable in it. But it asks with each of its
checkable parts, and what is compared in the end are the two parts that are most alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.reader import Passage
from models.statements import alike, parts

if TYPE_CHECKING:
    from bot.resources import Models

CHECKABLE = 0.2  # the reader's claim score from which a part is asked about: 85 % of claims that somebody checked
ASKED = 6  # parts of one text at most
KEPT = 3  # parts of one text that its vector stands for: of more, none would be near enough


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """Hold one part of a text, and its unit vector (384 float32)."""

    text: str
    vector: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Stated:
    """Hold the vector that a text is found by, and its statements, the most checkable first; there is at least one."""

    vector: np.ndarray
    statements: tuple[Statement, ...]

    @property
    def vectors(self) -> list[np.ndarray]:
        """List the vectors to search with."""
        own = [each.vector for each in self.statements]
        return own if len(own) == 1 else [self.vector, *own]


async def stated_in(models: "Models", text: str, *, first: bool = True) -> Stated:
    """Read what a text states.

    Raises:
        BatchError: a model failed.
    """
    cut = parts(text)
    if len(cut) == 1:
        (whole,) = await models.embed.submit(cut, first=first)
        return Stated(whole, (Statement(text, whole),))
    readings = await models.read.submit([Passage(part) for part in cut], first=first)
    chosen = most_checkable(cut, [reading.claim for reading in readings])
    vectors = await models.embed.submit(chosen, first=first)
    mean = np.mean(vectors[:KEPT], axis=0)
    statements = [Statement(*each) for each in zip(chosen, vectors, strict=True)]
    return Stated(mean / np.linalg.norm(mean), tuple(statements))


def most_checkable(cut: Sequence[str], scores: Sequence[float]) -> list[str]:
    """Choose the checkable parts, the surest first; the surest of all when none is."""
    ranked = sorted(zip(scores, cut, strict=True), key=lambda each: -each[0])
    return [part for score, part in ranked if score >= CHECKABLE][:ASKED] or [ranked[0][1]]


def closest(statements: Sequence[Statement], texts: Sequence[str]) -> tuple[Statement, str]:
    """Choose the two, one of each, that share most of their words; both must hold some."""
    return max(((one, text) for one in statements for text in texts), key=lambda pair: alike(pair[0].text, pair[1]))
