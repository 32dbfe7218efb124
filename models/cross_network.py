"""The cross-encoder's network: upper layers of its own on the embedder's lower ones, and a head."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.encoder import LAYERS, WIDTH, Encoder, Layer
from models.network import Batch, mean

SHARED = 2  # layers of the embedder that are not fine-tuned
SAME, CONTRARY, DENIES = range(3)
ANSWERS = 3


class CrossNetwork(nn.Module):
    """Score texts that are read together; it owns what the embedder, which lends its lower layers, does not have."""

    def __init__(self, dropout: float = 0.1) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS - SHARED))
        self.norm = nn.LayerNorm(4 * WIDTH)
        self.mix = nn.Linear(4 * WIDTH, WIDTH)
        self.drop = nn.Dropout(dropout)
        self.head = nn.Linear(WIDTH, ANSWERS)

    def forward(self, below: Encoder, batch: Batch) -> Tensor:
        """Return log-odds (n, 3): that two texts make the same claim, or contrary ones, against neither of both.

        The third, by itself, that one of them denies what the other says.
        """
        with torch.no_grad():
            states = below.climb(below.embed(batch.ids, batch.kinds), batch.mask, 0, SHARED)
        seen = batch.mask.bool()[:, None, None, :]
        for layer in self.layers:
            states = layer(states, seen)
        text, claim = mean(states, batch.mask * (1 - batch.kinds)), mean(states, batch.mask * batch.kinds)
        pooled = self.norm(torch.cat([states[:, 0], text, claim, text * claim], dim=1))
        return self.head(self.drop(functional.gelu(self.mix(self.drop(pooled)))))


def coarse(network: CrossNetwork) -> list[str]:
    """Return the names of the matrices that are kept as int8: those of the layers."""
    return [name for name, value in network.named_parameters() if name.startswith("layers.") and value.ndim == 2]
