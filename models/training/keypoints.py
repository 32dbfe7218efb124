"""Learn which arguments make the same point, from arguments that people matched to key points.

    python -m models.training.keypoints OUT [--data FILE] [--hold PART]

A lesson is one side of one debate: its key points, those of the other side as wrong answers, and a draw of its
arguments. Only the shifts of `models.points` learn; what passes the layers below them is computed once. `--hold`
keeps a fourth (0 to 3) of the debates back. About five minutes of one core.
"""

import argparse
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.embedder import Embedder
from models.encoder import LAYERS, WIDTH, Encoder, pool
from models.files import tokenize
from models.keypoints import apart
from models.points import FIRST, save_shifts, shifted, shifts

DATA = Path(__file__).parents[3] / "shared" / "data" / "digests" / "argkp.jsonl"
PASSES, RATE, SCALE_RATE, WARM_UP, FLOOR, LARGEST_STEP = 4, 1e-3, 2e-2, 0.1, 0.02, 1.0
DRAWN = 40
MAX_TOKENS = 64
STATE_DROPOUT = 0.1
CHOICE_WEIGHT, PAIR_WEIGHT = 0.5, 0.5
PARTS = 4
SEED = 0
KEPT = 0.7
"""Share of the shifts that is kept: whole, they tell debates apart no better and replies to news worse."""


@dataclass(frozen=True, slots=True)
class Side:
    """Hold one side of a debate: arguments, key points, those of the other side, and who matches what, (n, k) bool."""

    debate: str
    arguments: tuple[str, ...]
    points: tuple[str, ...]
    others: tuple[str, ...]
    matched: np.ndarray


def sides(rows: Sequence[Mapping[str, Any]]) -> list[Side]:
    """Read the rows of argkp.jsonl, in order."""
    found = []
    for row in rows:
        points = row["key_points"]
        matched = [[message["id"] in point["matched"] for point in points] for message in row["messages"]]
        others = [point["text"] for other in rows for point in other["key_points"] if _opposed(row, other)]
        arguments = tuple(message["text"] for message in row["messages"])
        told = tuple(point["text"] for point in points)
        found.append(Side(row["context"], arguments, told, tuple(others), np.array(matched)))
    return found


def _opposed(row: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return row["context"] == other["context"] and row["id"] != other["id"]


class Ground:
    """Keep what the layers below the shifts make of each text, as float16."""

    def __init__(self, embedder: Embedder, texts: Sequence[str], batch: int = 64) -> None:
        self._states: dict[str, Tensor] = {}
        embedder.tokenizer.enable_truncation(MAX_TOKENS)
        ordered = sorted(set(texts), key=len)
        with torch.inference_mode():
            for start in range(0, len(ordered), batch):
                chosen = ordered[start : start + batch]
                ids, mask, kinds = tokenize(embedder.tokenizer, chosen)
                states = embedder.encoder.climb(embedder.encoder.embed(ids, kinds), mask, 0, FIRST)
                for text, kept, seen in zip(chosen, states, mask, strict=True):
                    self._states[text] = kept[: int(seen.sum())].half().clone()

    def climb(self, encoder: Encoder, texts: Sequence[str]) -> Tensor:
        """Return the unit vectors (n, 384) that an encoder gives texts."""
        kept = [self._states[text] for text in texts]
        states = torch.zeros(len(kept), max(map(len, kept)), WIDTH)
        mask = torch.zeros(states.shape[:2])
        for row, one in enumerate(kept):
            states[row, : len(one)] = one
            mask[row, : len(one)] = 1
        states = functional.dropout(states, STATE_DROPOUT, training=encoder.training)
        return pool(encoder.climb(states, mask, FIRST, LAYERS), mask)


def loss_of(arguments: Tensor, points: Tensor, matched: Tensor, scale: Tensor) -> Tensor:
    """Return the loss of unit vectors (n, 384), (k, 384) whose matches (n, k) are 1 or 0.

    `scale` (2,) turns a cosine into log-odds. An argument should match its points alone (each pair by itself), prefer
    them to all others (a choice), and lie near the arguments that share one.
    """
    cosines = arguments @ points.T
    told = matched.sum(1) > 0
    loss = functional.binary_cross_entropy_with_logits(scale[0] * cosines + scale[1], matched)
    if not told.any():
        return loss
    right = -(torch.log_softmax(scale[0] * cosines, 1) * matched)[told].sum(1) / matched[told].sum(1)
    same = (matched[told] @ matched[told].T > 0).float()
    pairs = scale[0] * (arguments[told] @ arguments[told].T) + scale[1]
    alike = functional.binary_cross_entropy_with_logits(pairs, same)
    return loss + CHOICE_WEIGHT * right.mean() + PAIR_WEIGHT * alike


def train(embedder: Embedder, lessons: Sequence[Side], passes: int) -> Encoder:
    """Return the embedder's encoder with shifts that were learnt from `lessons`."""
    torch.manual_seed(SEED)
    rng = random.Random(SEED)  # noqa: S311 - not for secrets
    ground = Ground(embedder, [text for side in lessons for text in (*side.arguments, *side.points, *side.others)])
    encoder = shifted(embedder.encoder).requires_grad_(False)
    own = [value.requires_grad_(True) for value in shifts(encoder).values()]
    scale = nn.Parameter(torch.tensor([10.0, -4.0]))
    optimizer = torch.optim.AdamW([{"params": own, "lr": RATE}, {"params": [scale], "lr": SCALE_RATE}])
    rates = [group["lr"] for group in optimizer.param_groups]
    steps = [side for _ in range(passes) for side in rng.sample(lessons, len(lessons))]
    encoder.train()
    for step, side in enumerate(steps):
        factor = min(1.0, (step + 1) / (WARM_UP * len(steps))) * max(FLOOR, 1 - step / len(steps))
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * factor
        loss = _lesson(encoder, ground, side, scale, rng)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(own, LARGEST_STEP)
        optimizer.step()
        if step % 12 == 0:
            print(f"step {step} of {len(steps)}: loss {loss.item():.3f}", flush=True)
    with torch.no_grad():
        for name, value in shifts(encoder).items():
            value.mul_(KEPT if name.endswith(".up") else 1.0)
    return encoder.eval()


def _lesson(encoder: Encoder, ground: Ground, side: Side, scale: Tensor, rng: random.Random) -> Tensor:
    drawn = rng.sample(range(len(side.arguments)), min(DRAWN, len(side.arguments)))
    texts = [side.arguments[row] for row in drawn]
    vectors = ground.climb(encoder, [*texts, *side.points, *side.others])
    vectors = apart(vectors, len(texts))
    arguments, points = vectors[: len(texts)], vectors[len(texts) :]
    matched = torch.zeros(len(texts), len(points))
    matched[:, : len(side.points)] = torch.from_numpy(side.matched[drawn])
    return loss_of(arguments, points, matched, scale)


def held(debate: str, debates: Sequence[str]) -> int:
    """Say which of the parts of all debates a debate belongs to."""
    return sorted(set(debates)).index(debate) % PARTS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--hold", type=int, help="keep this fourth of the debates back")
    arguments = parser.parse_args()
    rows = [json.loads(line) for line in arguments.data.read_text(encoding="utf-8").splitlines()]
    lessons = sides([row for row in rows if row["split"] == "train"])
    debates = [side.debate for side in lessons]
    lessons = [side for side in lessons if arguments.hold is None or held(side.debate, debates) != arguments.hold]
    embedder = Embedder.from_pretrained()
    save_shifts(train(embedder, lessons, PASSES), arguments.out, embedder.version)


if __name__ == "__main__":
    main()
