"""The reader's network: one small encoder over reply and context, and a head for each question."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.encoder import LAYERS, WIDTH, Encoder, Layer
from models.labels import LABELS, MARKS
from models.tokens import Encoded
from models.voices import Voices

SHARED = 2  # layers that are not fine-tuned
NEARNESS = 5.0  # cosines are small beside normalised states


@dataclass(frozen=True, slots=True)
class Batch:
    """Hold tokenised passages: int64 (n, length) each; `kinds` is 0 in the reply and 1 in its context."""

    ids: Tensor
    mask: Tensor
    kinds: Tensor


def pad(encoded: Sequence[Encoded]) -> Batch:
    """Stack passages, filling the shorter ones up."""
    length = max(len(one.ids) for one in encoded)
    ids = torch.zeros(len(encoded), length, dtype=torch.long)
    mask, kinds = torch.zeros_like(ids), torch.zeros_like(ids)
    for row, one in enumerate(encoded):
        end = len(one.ids)
        ids[row, :end] = torch.tensor(one.ids)
        mask[row, :end] = 1
        kinds[row, one.own : end] = 1
    return Batch(ids, mask, kinds)


@dataclass(frozen=True, slots=True)
class Logits:
    """Hold raw scores: `labels` (n, 5), `marks` (n, 4), `claim` (n,)."""

    labels: Tensor
    marks: Tensor
    claim: Tensor


class Network(nn.Module):
    """Encode reply and context together, pool each by itself, and score labels, marks and claim.

    Beside the fine-tuned encoder stand the upper layers of the one that it was made from: on the lower layers,
    which both share, they tell what a text is about, and so how near a reply is to its story and its parent.
    """

    def __init__(self, dropout: float = 0.2) -> None:
        super().__init__()
        self.width = WIDTH
        self.encoder = Encoder()
        self.topic = nn.ModuleList(Layer() for _ in range(LAYERS - SHARED))
        self.norm = nn.LayerNorm(4 * WIDTH)
        self.mix = nn.Linear(4 * WIDTH + 2, WIDTH)
        self.drop = nn.Dropout(dropout)
        self.labels = nn.Linear(WIDTH, len(LABELS))
        self.marks = nn.Linear(WIDTH, len(MARKS))
        self.claim = nn.Linear(WIDTH, 1)
        self.voices = Voices()

    def forward(self, batch: Batch, near: Tensor) -> Logits:
        """Score passages; `near` (n, 2) says how near each reply is to its story and to its parent, 0 without."""
        return self.judge(self.encoder(batch.ids, batch.mask, batch.kinds), batch, near)

    def judge(self, states: Tensor, batch: Batch, near: Tensor) -> Logits:
        """Score the encoder's last states."""
        reply = mean(states, batch.mask * (1 - batch.kinds))
        context = mean(states, batch.mask * batch.kinds)
        pooled = self.norm(torch.cat([states[:, 0], reply, context, reply * context], dim=1))
        mixed = functional.gelu(self.mix(torch.cat([self.drop(pooled), NEARNESS * near], dim=1)))
        mixed = self.drop(mixed)
        return Logits(self.labels(mixed), self.marks(mixed), self.claim(self.drop(reply)).squeeze(1))

    def about(self, batch: Batch) -> Tensor:
        """Return unit vectors (n, 384) of what texts, each by itself, are about."""
        states = self.encoder.embed(batch.ids, batch.kinds)
        states = self.encoder.climb(states, batch.mask, 0, SHARED)
        seen = batch.mask.bool()[:, None, None, :]
        for layer in self.topic:
            states = layer(states, seen)
        return functional.normalize(mean(states, batch.mask), dim=1)


def mean(states: Tensor, chosen: Tensor) -> Tensor:
    """Return the mean of the chosen states: (n, length, width), (n, length) → (n, width), zeros where there is none."""
    weights = chosen.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1).clamp(min=1)


def coarse(network: Network) -> list[str]:
    """Return the names of the matrices that may be kept as int8: those that are not fine-tuned, half of all weights."""
    layers = [name for name, value in network.named_parameters() if name.startswith("topic.") and value.ndim == 2]
    return ["encoder.words.weight", *layers]
