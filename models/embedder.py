"""Text → vectors: unit rows whose dot product is the cosine between two texts."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from models.encoder import Encoder

WEIGHTS = Path(__file__).parent / "weights" / "embedder"
DIMENSIONS = 384
MAX_TOKENS = 256
BATCH, BATCH_LETTERS = 32, 8_192  # texts, and letters with padding; a token has about four


class Embedder:
    """Turn texts into vectors with a small sentence transformer (mean pooling, unit length)."""

    def __init__(self, encoder: "Encoder", tokenizer: "Tokenizer", version: str) -> None:
        self.encoder = encoder
        self.tokenizer = tokenizer
        self.version = version

    @classmethod
    def from_pretrained(cls, path: Path = WEIGHTS) -> Self:
        """Load the weights that lie in `path`; nothing is fetched from anywhere."""
        from models.encoder import Encoder
        from models.files import load_tokenizer, load_weights, weights_version

        encoder = Encoder()
        load_weights(encoder, path)
        return cls(encoder, load_tokenizer(path, MAX_TOKENS), weights_version(path))

    def for_points(self) -> "Embedder":
        """Return the embedder, on the same weights, under which texts lie near that make the same point."""
        from models.points import tell_apart

        encoder, version = tell_apart(self.encoder, self.version)
        return Embedder(encoder, self.tokenizer, version)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 (n, 384) with unit rows, in the order of `texts`; what exceeds 256 tokens is cut."""
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        # Neighbours of like length waste no computation on padding; a bounded batch holds the memory down.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        while order:
            most = max(1, BATCH_LETTERS // max(1, len(texts[order[-1]])))
            chosen = order[-min(most, BATCH) :]
            del order[-len(chosen) :]
            vectors[chosen] = self._encode_batch([texts[i] for i in chosen])
        return vectors

    def _encode_batch(self, texts: list[str]) -> np.ndarray:
        import torch

        from models.encoder import pool
        from models.files import tokenize

        with torch.inference_mode():
            ids, mask, kinds = tokenize(self.tokenizer, texts)
            return pool(self.encoder(ids, mask, kinds), mask).numpy()
