"""Two plain linear voices beside the network: one hears what the texts are about, one the bare words."""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from models.encoder import VOCABULARY, WIDTH
from models.labels import LABELS, MARKS

PAIRS = 32_768
GRAMS = VOCABULARY + PAIRS
ANSWERS = len(LABELS) + len(MARKS)
TOPIC_FEATURES = 3 * WIDTH + 3


class Voices(nn.Module):
    """Score labels and marks from topic vectors and from words, each by a linear model of its own."""

    rarity: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.topic = nn.Linear(TOPIC_FEATURES, ANSWERS)
        self.words = nn.EmbeddingBag(GRAMS, ANSWERS, mode="sum")
        self.words_bias = nn.Parameter(torch.zeros(ANSWERS))
        self.register_buffer("rarity", torch.ones(GRAMS))

    def forward(self, features: Tensor, replies: Sequence[Sequence[int]]) -> Tensor:
        """Return raw scores (n, 2, 9) of topic features (n, 1155) and the token ids of n replies."""
        return torch.stack([self.topic(features), self.hear(bag(replies, self.rarity))], dim=1)

    def hear(self, grams: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """Return the words' raw scores (n, 9)."""
        indices, offsets, weights = grams
        return self.words(indices, offsets, per_sample_weights=weights) + self.words_bias


def nearness(near: Tensor) -> Tensor:
    """Return raw scores (n, 2, 9) that speak of off-topic alone: how near (n, 2) replies are to story and parent."""
    off_topic = LABELS.index("off-topic")
    found = torch.zeros(*near.shape, ANSWERS)
    found[:, :, [off_topic, len(LABELS) + off_topic]] = near[:, :, None]
    return found


def topic_features(reply: Tensor, story: Tensor, parent: Tensor, lengths: Tensor) -> Tensor:
    """Return features (n, 1155) of unit vectors (n, 384), zeros where there is no text, and lengths (n,) in tokens."""
    near = [3 * (reply * other).sum(1, keepdim=True) for other in (story, parent)]
    return torch.cat([10 * reply, 4 * story, 60 * reply * story, *near, torch.log1p(lengths)[:, None]], dim=1)


def bag(replies: Sequence[Sequence[int]], rarity: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return indices, offsets and weights of single and paired tokens: damped counts times rarity, unit length."""
    indices: list[int] = []
    offsets: list[int] = []
    counts: list[float] = []
    for ids in replies:
        offsets.append(len(indices))
        seen = Counter(grams(ids))
        indices += seen
        counts += [1 + math.log(count) for count in seen.values()]
    found = torch.tensor(indices, dtype=torch.long)
    starts = torch.tensor(offsets)
    weights = torch.tensor(counts) * rarity[found]
    row = torch.repeat_interleave(torch.arange(len(replies)), torch.diff(starts, append=torch.tensor([len(indices)])))
    squares = torch.zeros(len(replies)).index_add(0, row, weights.square())
    # A reply of nothing but tokens that are in every text weighs nothing; it has no length to be divided by.
    return found, starts, weights / squares.sqrt().clamp_min(1e-6)[row]


def grams(ids: Sequence[int]) -> list[int]:
    """Return the numbers of a reply's tokens and of its neighbouring pairs, these hashed."""
    return [*ids, *(VOCABULARY + (one * 1_000_003 + other * 31) % PAIRS for one, other in pairwise(ids))]
