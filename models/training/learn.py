"""Fine-tune the upper layers and the heads on everything there is to learn from."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from models.encoder import LAYERS
from models.network import SHARED, Logits, Network, pad
from models.tokens import batches
from models.training.descent import LAYER_DECAY, descend
from models.training.replies import Example
from models.training.trunk import Item, Trunk

HEAD_RATE, STATE_DROPOUT = 8e-4, 0.1
MARKS_WEIGHT, CLAIM_WEIGHT, MARK_SMOOTHING = 0.5, 0.5, 0.03
BATCH_TOKENS = 2_200


@dataclass(frozen=True, slots=True)
class Plan:
    """Hold how long and how boldly to learn: passes over the data, the top layer's learning rate, the seed."""

    epochs: int
    rate: float
    seed: int


@dataclass(frozen=True, slots=True)
class Lessons:
    """Hold the items by kind; an epoch takes all of `told` and a fresh draw of each of the others."""

    told: Sequence[Item]
    none: Sequence[Item]
    swapped: Sequence[Item]
    sentences: Sequence[Item]
    chat: Sequence[Item]

    def epoch(self, rng: random.Random) -> list[Item]:
        """Draw one epoch: a bit more than half of the commonest label, and a share of what was made."""
        drawn = list(self.told)
        for items, share in ((self.none, 0.55), (self.swapped, 0.25), (self.sentences, 0.23), (self.chat, 0.33)):
            drawn += rng.sample(items, round(share * len(items)))
        return drawn


def train(network: Network, trunk: Trunk, lessons: Lessons, plan: Plan) -> None:
    """Fine-tune a network in place; it must hold the base's encoder."""
    rng = random.Random(plan.seed)  # noqa: S311 - not for secrets
    steps = [batch for _ in range(plan.epochs) for batch in _bucketed(lessons.epoch(rng), rng)]

    def loss(items: Sequence[Item]) -> Tensor:
        return loss_of(forward(network, trunk, items), [item.example for item in items])

    descend(network, _groups(network, plan), steps, loss)


def forward(network: Network, trunk: Trunk, items: Sequence[Item]) -> Logits:
    """Score items from the states that the trunk kept."""
    batch = pad([item.encoded for item in items])
    states = trunk.states(items, batch.ids.shape[1])
    states = functional.dropout(states, STATE_DROPOUT, training=network.training)
    states = network.encoder.climb(states, batch.mask, SHARED, LAYERS)
    return network.judge(states, batch, torch.stack([item.near for item in items]))


def loss_of(logits: Logits, examples: Sequence[Example]) -> Tensor:
    """Return the mean loss over what each example has a target for."""
    labels = torch.tensor([one.label or (0.0,) * logits.labels.shape[1] for one in examples])
    weights = torch.tensor([one.weight for one in examples])
    each = -(labels * functional.log_softmax(logits.labels, 1)).sum(1) * weights
    known, marks = _targets([one.marks for one in examples])
    marks = marks.clamp(MARK_SMOOTHING, 1 - MARK_SMOOTHING)
    each_mark = functional.binary_cross_entropy_with_logits(logits.marks, marks, reduction="none") * known
    claimed, claims = _targets([(one.claim,) for one in examples])
    each_claim = functional.binary_cross_entropy_with_logits(logits.claim[:, None], claims, reduction="none") * claimed
    total = each.sum() + MARKS_WEIGHT * each_mark.sum() + CLAIM_WEIGHT * each_claim.sum()
    return total / len(examples)


def _targets(values: Sequence[Sequence[float | None]]) -> tuple[Tensor, Tensor]:
    """Return which targets are known (1 or 0) and the targets, 0 where unknown."""
    known = torch.tensor([[float(value is not None) for value in row] for row in values])
    return known, torch.tensor([[value or 0.0 for value in row] for row in values])


def _bucketed(items: Sequence[Item], rng: random.Random) -> Iterator[list[Item]]:
    """Cut into batches of like length, in random order."""
    shuffled = rng.sample(items, len(items))
    cut = list(batches([item.encoded for item in shuffled], BATCH_TOKENS))
    rng.shuffle(cut)
    for rows in cut:
        yield [shuffled[row] for row in rows]


def _groups(network: Network, plan: Plan) -> list[dict[str, object]]:
    """Freeze what is not learnt; the rest learns the slower, the deeper it lies."""
    for part in (network.topic, network.encoder, network.voices):
        part.requires_grad_(False)
    found: list[dict[str, object]] = []
    for depth in range(SHARED, LAYERS):
        layer = network.encoder.layers[depth].requires_grad_(True)
        found.append({"params": list(layer.parameters()), "lr": plan.rate * LAYER_DECAY ** (LAYERS - 1 - depth)})
    heads = [
        value for name, value in network.named_parameters() if not name.startswith(("encoder.", "topic.", "voices."))
    ]
    return [*found, {"params": heads, "lr": HEAD_RATE}]
