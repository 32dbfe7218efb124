"""Text → readings: which label a reply carries, and how sure the model is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from models.calibration import Calibration
from models.labels import LABELS, MARKS, UNSURE
from models.language import foreign
from models.text import clean, readable, split_quote
from models.tokens import batches, encode

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from models.network import Network
    from models.topics import TopicReader

WEIGHTS = Path(__file__).parent / "weights" / "reader"
CALIBRATION_FILE = "calibration.json"
BATCH_TOKENS = 2_048


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


class Reader:
    """Read passages with a small fine-tuned encoder; slow, so to be called off the event loop."""

    def __init__(
        self, network: "Network", topics: "TopicReader", tokenizer: "Tokenizer", calibration: Calibration, version: str
    ) -> None:
        self._network = network
        self._topics = topics
        self._tokenizer = tokenizer
        self._calibration = calibration
        self.version = version

    @classmethod
    def from_pretrained(cls, path: Path = WEIGHTS) -> Self:
        """Load weights, tokenizer and calibration from a folder."""
        from tokenizers import Tokenizer

        from models.files import TOKENIZER_FILE, load_weights, weights_version
        from models.network import Network
        from models.topics import TopicReader

        network = Network()
        load_weights(network, path)
        tokenizer = Tokenizer.from_file(str(path / TOKENIZER_FILE))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        calibration = Calibration.load(path / CALIBRATION_FILE)
        return cls(network, TopicReader(network, tokenizer), tokenizer, calibration, weights_version(path))

    def predict(self, passages: Sequence[Passage]) -> list[Reading]:
        """Return one reading for each passage, in order."""
        if not passages:
            return []
        cleaned = [tidy(passage) for passage in passages]
        labels, marks, claims = self._scores(cleaned)
        said = self._calibration.decide(labels)
        return [
            Reading(
                label if readable(passage.text) and not foreign(passage.text) else UNSURE,
                dict(zip(LABELS, label_row.tolist(), strict=True)),
                dict(zip(MARKS, mark_row.tolist(), strict=True)),
                float(claim),
            )
            for passage, label, label_row, mark_row, claim in zip(cleaned, said, labels, marks, claims, strict=True)
        ]

    def _scores(self, cleaned: Sequence[Passage]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the labels' (n, 5), the marks' (n, 4) and the claim's (n,) probabilities of cleaned passages."""
        raw, claims = self.raw(cleaned)
        found = self._calibration
        return found.labels(raw), found.marks(raw), found.claim(claims)

    def raw(self, cleaned: Sequence[Passage]) -> tuple[np.ndarray, np.ndarray]:
        """Return raw scores of cleaned passages: of all voices (n, 5, 9), the network's first, and the claim's (n,)."""
        import torch

        from models.network import pad
        from models.voices import nearness

        texts, stories, parents = zip(*((one.text, one.story or "", one.parent or "") for one in cleaned), strict=True)
        encoded = [encode(self._tokenizer, *parts) for parts in zip(texts, stories, parents, strict=True)]
        topics = self._topics.read(texts, stories, parents)
        near = topics.near()
        with torch.inference_mode():
            plain = self._network.voices(
                topics.features([one.own - 2 for one in encoded]), [one.reply for one in encoded]
            )
            deep = torch.zeros(len(encoded), plain.shape[2] + 1)
            for rows in batches(encoded, BATCH_TOKENS):
                logits = self._network(pad([encoded[row] for row in rows]), near[rows])
                deep[rows] = torch.cat([logits.labels, logits.marks, logits.claim[:, None]], dim=1)
        return torch.cat([deep[:, None, :-1], plain, nearness(near)], dim=1).numpy(), deep[:, -1].numpy()


def tidy(passage: Passage) -> Passage:
    """Clean the three texts; what a message quotes stands in for a parent that is not known."""
    own, quoted = split_quote(passage.text)
    return Passage(clean(own), clean(passage.story or ""), clean(passage.parent or quoted))
