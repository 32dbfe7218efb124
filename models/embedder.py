"""Text → vectors: unit rows whose dot product is the cosine between two texts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import torch
from tokenizers import Tokenizer

from models.encoder import WIDTH, Encoder
from models.files import load_tokenizer, load_weights, tokenize, weights_version

WEIGHTS = Path(__file__).parent / "weights" / "embedder"
DIMENSIONS = WIDTH
MAX_TOKENS = 256
BATCH = 32


class Embedder:
    """Turn texts into vectors with a small sentence transformer (mean pooling, unit length)."""

    def __init__(self, encoder: Encoder, tokenizer: Tokenizer, version: str) -> None:
        self.encoder = encoder
        self.tokenizer = tokenizer
        self.version = version

    @classmethod
    def from_pretrained(cls, path: Path = WEIGHTS) -> Self:
        """Load the weights that lie in `path`; nothing is fetched from anywhere."""
        encoder = Encoder()
        load_weights(encoder, path)
        return cls(encoder, load_tokenizer(path, MAX_TOKENS), weights_version(path))

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 (n, 384) with unit rows, in the order of `texts`; what exceeds 256 tokens is cut."""
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        # Neighbours of like length waste no computation on padding.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            vectors[chosen] = self._encode_batch([texts[i] for i in chosen])
        return vectors

    @torch.inference_mode()
    def _encode_batch(self, texts: list[str]) -> np.ndarray:
        ids, mask, kinds = tokenize(self.tokenizer, texts)
        return pool(self.encoder(ids, mask, kinds), mask).numpy()


def pool(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return the unit mean of the unmasked rows: (n, length, 384), (n, length) → (n, 384)."""
    weights = mask.unsqueeze(-1).to(states.dtype)
    return torch.nn.functional.normalize((states * weights).sum(1) / weights.sum(1), dim=-1)
