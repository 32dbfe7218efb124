"""Fine-tune the embedder so that a claim lies near its retellings and farther from its look-alikes.

    python -m models.training.embedder OUT [--base FOLDER]

Contrastive (in-batch negatives plus look-alikes found by words), one pass, the lowest layers frozen. About half an hour
on two cores. `OUT` gets the folder that `Embedder.from_pretrained` reads.
"""

import argparse
import random
import shutil
import time
from pathlib import Path

import torch
from torch import Tensor

from models.embedder import WEIGHTS, Embedder
from models.encoder import pool
from models.files import TOKENIZER_FILE, save_weights, tokenize
from models.training.claims import (
    Example,
    disturb,
    names_in,
    paraphrase_examples,
    read_collection,
    retrieval_examples,
    title_examples,
)

BATCH = 24
RATE = 4e-5
TEMPERATURE = 0.05
MAX_TOKENS = 64
FROZEN_LAYERS = 2
SEED = 7


def gather(rng: random.Random) -> list[Example]:
    """Collect the training examples; the judged queries count twice."""
    tweets, debates = read_collection("checkthat2a"), read_collection("checkthat2b")
    examples = []
    for collection in (tweets, debates):
        judged = retrieval_examples(collection, "train", 2, rng)
        examples += [Example(e.query, e.same, (near,)) for e in judged for near in e.near]
    examples += title_examples(tweets, 500, rng) + title_examples(debates, 400, rng)
    return examples + paraphrase_examples(300, rng)


def batches(examples: list[Example], rng: random.Random) -> list[list[Example]]:
    """Cut into batches of texts of like length, in random order."""
    ordered = sorted(examples, key=lambda e: len(e.query) + rng.randint(0, 60))
    cut = [ordered[i : i + BATCH] for i in range(0, len(ordered), BATCH)]
    rng.shuffle(cut)
    return cut


def loss_of(embedder: Embedder, batch: list[Example], names: list[str], rng: random.Random) -> Tensor:
    """Return the symmetric contrastive loss of a batch; its look-alikes are further wrong answers."""
    queries = [disturb(e.query, names, rng) for e in batch]
    claims = [e.same for e in batch] + [claim for e in batch for claim in e.near]
    left, right = _encode(embedder, queries), _encode(embedder, claims)
    scores = left @ right.T / TEMPERATURE
    same = {(i, j) for i, a in enumerate(batch) for j, b in enumerate(claims) if a.same == b and i != j}
    for i, j in same:  # the same claim twice in a batch is no wrong answer
        scores[i, j] = -1e4
    target = torch.arange(len(batch))
    forward = torch.nn.functional.cross_entropy(scores, target)
    return (forward + torch.nn.functional.cross_entropy(scores[:, : len(batch)].T, target)) / 2


def _encode(embedder: Embedder, texts: list[str]) -> Tensor:
    ids, mask, kinds = tokenize(embedder.tokenizer, texts)
    return pool(embedder.encoder(ids, mask, kinds), mask)


def train(base: Path) -> Embedder:
    """Run the one pass and return the fine-tuned embedder."""
    rng = random.Random(SEED)  # noqa: S311 - not for secrets
    torch.manual_seed(SEED)
    embedder = Embedder.from_pretrained(base)
    embedder.tokenizer.enable_truncation(MAX_TOKENS)
    encoder = embedder.encoder
    for part in (encoder.words, encoder.positions, encoder.kinds, encoder.norm, *encoder.layers[:FROZEN_LAYERS]):
        part.requires_grad_(False)
    examples = gather(rng)
    names = names_in([e.query for e in examples])
    steps = batches(examples, rng)
    optimizer = torch.optim.AdamW([p for p in encoder.parameters() if p.requires_grad], RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=len(steps), pct_start=0.1)
    encoder.train()
    started, running = time.monotonic(), 0.0
    for number, batch in enumerate(steps, 1):
        loss = loss_of(embedder, batch, names, rng)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        running = 0.95 * running + 0.05 * loss.item()
        if number % 20 == 0 or number == len(steps):
            shown = running / (1 - 0.95**number)
            print(f"{number}/{len(steps)} loss {shown:.3f} {time.monotonic() - started:.0f} s", flush=True)
    encoder.eval()
    return embedder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--base", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    save_weights(train(arguments.base).encoder, arguments.out)
    shutil.copy(arguments.base / TOKENIZER_FILE, arguments.out / TOKENIZER_FILE)


if __name__ == "__main__":
    main()
