"""Two texts, read together → the log-odds that they make the same claim."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from models.tokens import batches, encode_pair

if TYPE_CHECKING:
    from models.cross_network import CrossNetwork
    from models.embedder import Embedder

WEIGHTS = Path(__file__).parent / "weights" / "cross_encoder"
BATCH_TOKENS = 2_048


class CrossEncoder:
    """Score pairs of a text and an earlier claim with a small transformer in which each attends to the other.

    It stands on the lowest layers of the embedder, which it shares.
    """

    def __init__(self, embedder: "Embedder", network: "CrossNetwork") -> None:
        self._embedder = embedder
        self._network = network

    @classmethod
    def from_pretrained(cls, embedder: "Embedder", path: Path = WEIGHTS) -> Self:
        """Load the weights that lie in `path`; nothing is fetched from anywhere."""
        from models.cross_network import CrossNetwork
        from models.files import load_weights

        network = CrossNetwork()
        load_weights(network, path)
        return cls(embedder, network)

    def score(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """Return log-odds float32 (n, 2): that a text makes the claim beside it, and that one denies the other.

        What is long is cut.
        """
        import torch

        from models.cross_network import DENIES, SAME
        from models.network import pad

        encoded = [encode_pair(self._embedder.tokenizer, text, claim) for text, claim in pairs]
        scores = np.zeros((len(pairs), 2), np.float32)
        with torch.inference_mode():
            for rows in batches(encoded, BATCH_TOKENS):
                logits = self._network(self._embedder.encoder, pad([encoded[row] for row in rows]))
                scores[rows] = logits[:, [SAME, DENIES]].numpy()
        return scores
