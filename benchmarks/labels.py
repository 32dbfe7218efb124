"""How right, how fair and how open is the reader? Needs the research data beside the checkout.

python -m benchmarks.labels

Prints one object of JSON: the figures of `../shared/score/labels.py` on the replies of dev, the off-topic AUC on
replies moved under another story, the average precision of the claim score, what a score loses without the words that
explain it, and how the reader treats names and camps (benchmarks/fairness.py).
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from benchmarks import fairness
from models.explain import chosen, without
from models.reader import Passage, Reader, Reading, tidy
from models.training.replies import rows

SHARED = Path(__file__).parents[1] / "../shared"
REPLIES, CHECKWORTHY = SHARED / "data/replies", SHARED / "data/claims/checkworthy"
SENTENCES = {"claimbuster_two_class": "test", "clef2024_t1_en_dev": "dev"}
AT_ONCE = 256
EXPLAINED = slice(None, None, 12)
SHORTEST, LONGEST = 6, 45  # words of a reply that is explained here
OTHERS, SEED = 4, 0


def read(reader: Reader, found: Sequence[dict[str, Any]]) -> list[Reading]:
    """Return the readings of replies, in order."""
    passages = [Passage(row["text"], row.get("story"), row.get("parent")) for row in found]
    return [
        reading for first in range(0, len(passages), AT_ONCE) for reading in reader.predict(passages[first:][:AT_ONCE])
    ]


def scored(reader: Reader) -> dict[str, Any]:
    """Return the figures of the scoring script on dev."""
    found = rows(REPLIES / "dev.jsonl")
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        for row, reading in zip(found, read(reader, found), strict=True):
            file.write(json.dumps({"id": row["id"], **asdict(reading), "primary": reading.primary}) + "\n")
        file.flush()
        command = [sys.executable, str(SHARED / "score/labels.py"), str(REPLIES / "dev.jsonl"), file.name]
        return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)  # noqa: S603


def moved(reader: Reader) -> float:
    """Return the AUC of the off-topic mark: replies under a story that is not theirs against their own."""
    found = rows(REPLIES / "offtopic_dev.jsonl")
    marks = [reading.marks["off-topic"] for reading in read(reader, found)]
    return float(roc_auc_score([row["off_topic"] for row in found], marks))


def claims(reader: Reader) -> dict[str, float]:
    """Return the average precision of the claim score on sentences that nothing learnt from."""
    found = {}
    for name, split in SENTENCES.items():
        asked = [row for row in rows(CHECKWORTHY / f"{name}.jsonl.gz") if row["split"] == split]
        scores = [reading.claim for reading in read(reader, asked)]
        found[name] = float(average_precision_score([row["label"] for row in asked], scores))
    return found


def explained(reader: Reader) -> dict[str, float]:
    """Return how far a label's score falls without the words that explain it, and without as many others."""
    drops = np.array(list(_drops(reader)))
    named, others = drops.mean(0)
    return {"replies": len(drops), "named": named, "others": others, "named_more": (drops[:, 0] > drops[:, 1]).mean()}


def _drops(reader: Reader) -> Iterator[tuple[float, float]]:
    rng = np.random.default_rng(SEED)
    for row in rows(REPLIES / "dev.jsonl")[EXPLAINED]:
        passage = tidy(Passage(row["text"], row["story"], row["parent"]))
        words = passage.text.split()
        if not SHORTEST <= len(words) <= LONGEST:
            continue

        def scores(texts: Sequence[str], under: Passage = passage) -> list[float]:
            readings = reader.predict([Passage(text, under.story, under.parent) for text in (under.text, *texts)])
            return [reading.scores[readings[0].primary] for reading in readings]

        left_out = without(passage.text)
        named = chosen(passage.text, scores(left_out)[1:])
        if named:
            kept = " ".join(word for word in words if not any(one in word for one in named))
            drawn = [np.delete(words, rng.choice(len(words), len(named), replace=False)) for _ in range(OTHERS)]
            whole, without_named, *without_others = scores([kept, *(" ".join(each) for each in drawn)])
            yield whole - without_named, whole - float(np.mean(without_others))


def main() -> None:
    """Print what was measured."""
    reader = Reader.from_pretrained()
    found = {
        "dev": scored(reader),
        "off_topic_auc": moved(reader),
        "claim_average_precision": claims(reader),
        "explanations": explained(reader),
        "fairness": fairness.measure(reader),
    }
    print(json.dumps(found, indent=1, default=float))


if __name__ == "__main__":
    main()
