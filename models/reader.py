"""Text → readings: which label a reply carries, and how sure the model is."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """Hold one message as the reader sees it: its text, the story it stands under and the message it answers."""

    text: str
    story: str | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Hold what the reader says of one passage.

    `scores` are the five labels' probabilities (sum 1), `marks` the four independent marks in [0, 1],
    `claim` the probability in [0, 1] that the text states something checkable; `label` is the best of the
    five, or *unsure* when the reader abstains.
    """

    label: str
    scores: Mapping[str, float]
    marks: Mapping[str, float]
    claim: float

    @property
    def primary(self) -> str:
        return max(self.scores, key=self.scores.__getitem__)
