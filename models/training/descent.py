"""The steps of a fine-tuning: warmed up, then ever smaller."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn

LAYER_DECAY, WARM_UP, FLOOR = 0.9, 0.08, 0.02
WEIGHT_DECAY, LARGEST_STEP = 0.01, 1.0
T = TypeVar("T")


def descend(
    network: nn.Module,
    groups: list[dict[str, object]],
    steps: Sequence[Sequence[T]],
    loss_of: Callable[[Sequence[T]], Tensor],
) -> None:
    """Fine-tune a network in place, a step for each batch; `groups` are parameters with the rate that each reaches."""
    optimizer = torch.optim.AdamW(groups, weight_decay=WEIGHT_DECAY)
    rates = [group["lr"] for group in optimizer.param_groups]
    network.train()
    for step, batch in enumerate(steps):
        factor = min(1.0, (step + 1) / (WARM_UP * len(steps))) * max(FLOOR, 1 - step / len(steps))
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * factor
        loss = loss_of(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), LARGEST_STEP)
        optimizer.step()
        optimizer.zero_grad()
        if step % 100 == 0:
            print(f"step {step} of {len(steps)}: loss {loss.item():.3f}", flush=True)
    network.eval()
