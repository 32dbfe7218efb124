"""The two linear voices: fitted to the end in a minute, where the network takes an hour for a few passes."""

from collections import Counter
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from models.labels import LABELS
from models.training.replies import Example
from models.voices import GRAMS, Voices, bag, grams

TOPIC_COST, WORDS_COST, ROUNDS = 1.5e-3, 1.2e-5, 60


def fit(voices: Voices, features: Tensor, replies: Sequence[Sequence[int]], examples: Sequence[Example]) -> None:
    """Fit both voices in place to examples with topic features (n, 1155) and the token ids of their replies."""
    goal = _goal(examples)
    _minimise(list(voices.topic.parameters()), lambda: goal(voices.topic(features)), TOPIC_COST)
    voices.rarity.copy_(rarity(replies))
    heard = bag(replies, voices.rarity)
    torch.nn.init.zeros_(voices.words.weight)
    _minimise([voices.words.weight, voices.words_bias], lambda: goal(voices.hear(heard)), WORDS_COST)


def rarity(replies: Sequence[Sequence[int]]) -> Tensor:
    """Return how telling each gram is, by the share of replies that hold it; 0 for what one or two hold."""
    seen = Counter(gram for ids in replies for gram in set(grams(ids)))
    found = torch.zeros(GRAMS)
    kept = {gram: count for gram, count in seen.items() if count > 2}
    counts = torch.tensor(list(kept.values()), dtype=torch.float32)
    found[torch.tensor(list(kept))] = 1 + torch.log(len(replies) / counts)
    return found


def _goal(examples: Sequence[Example]) -> Callable[[Tensor], Tensor]:
    """Return the mean loss of raw scores (n, 9) against what the examples have targets for."""
    weights = torch.tensor([one.weight for one in examples])
    labels = torch.tensor([one.label or (0.0,) * len(LABELS) for one in examples]) * weights[:, None]
    known = torch.tensor([[float(mark is not None) for mark in one.marks] for one in examples]) * weights[:, None]
    marks = torch.tensor([[mark or 0.0 for mark in one.marks] for one in examples])

    def loss(raw: Tensor) -> Tensor:
        chosen = -(labels * functional.log_softmax(raw[:, : len(LABELS)], 1)).sum()
        each = functional.binary_cross_entropy_with_logits(raw[:, len(LABELS) :], marks, reduction="none")
        return (chosen + (each * known).sum()) / len(examples)

    return loss


def _minimise(values: list[Tensor], loss: Callable[[], Tensor], cost: float) -> None:
    optimizer = torch.optim.LBFGS(values, max_iter=ROUNDS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        found = loss() + cost * sum(value.square().sum() for value in values)
        found.backward()
        return found

    optimizer.step(closure)
