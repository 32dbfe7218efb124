"""Small real models with the reader's and embedder's verbs, whose answers a test can steer by plain words."""

import hashlib
from collections.abc import Sequence

import numpy as np

from bot.resources import Learned
from models.labels import LABELS, MARKS
from models.matcher import Judgement, Pair, State
from models.reader import Passage, Reading

CUES = {"doubt": "skeptical", "party": "partisan", "game": "off-topic", "figures": "informative", "hm": "unsure"}
SIZE = 384


class TinyReader:
    """Label a text by its cue word: doubt, party, game, figures or hm; anything else is none."""

    version = "tiny-reader"

    def predict(self, passages: Sequence[Passage]) -> list[Reading]:
        return [self._read(passage.text.lower()) for passage in passages]

    def _read(self, text: str) -> Reading:
        label = next((label for cue, label in CUES.items() if cue in text.split()), "none")
        best = "none" if label == "unsure" else label
        scores = {name: 0.9 if name == best else 0.025 for name in LABELS}
        marks = {name: 0.9 if name == best else 0.1 for name in MARKS}
        return Reading(label, scores, marks, 0.9 if "announced" in text else 0.1)


class TinyEmbedder:
    """Hash words into a vector: texts that share words are alike."""

    version = "tiny-embedder"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([self._encode(text) for text in texts], np.float32).reshape(len(texts), SIZE)

    def for_points(self) -> "TinyEmbedder":
        return self

    def _encode(self, text: str) -> np.ndarray:
        vector = np.full(SIZE, 1e-3)
        for word in text.lower().split():
            vector[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big") % SIZE] += 1
        return vector / np.linalg.norm(vector)


class TinyMatcher:
    """Judge by cosine; one text contradicts the other when only one of them says denied."""

    def judge(self, pairs: Sequence[Pair]) -> list[Judgement]:
        return [self._judge(pair) for pair in pairs]

    def choose(self, pairs: Sequence[Pair]) -> list[Judgement]:
        return self.judge(pairs)

    def _judge(self, pair: Pair) -> Judgement:
        state = State.CONFIRMED if pair.cosine >= 0.8 else State.SUGGESTED if pair.cosine >= 0.6 else State.NONE
        return Judgement(pair.cosine, state, contradicts=("denied" in pair.text) != ("denied" in pair.claim))


def tiny_models() -> Learned:
    """Give all three."""
    return Learned(TinyReader(), TinyEmbedder(), TinyMatcher())
