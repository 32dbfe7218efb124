"""Fit a reader's calibration again: `python -m models.training.recalibrate --data DIR [--weights DIR]`.

DIR holds `replies/`. The scores are those that the reader gives as it ships, its weights rounded and all, on the
threads that nothing else was learnt from.
"""

import argparse
import dataclasses
import json
import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.reader import CALIBRATION_FILE, WEIGHTS, Passage, Reader
from models.training.calibrate import calibrate
from models.training.replies import Example, example, held_out, rows, swapped

HELD_SWAPS, AT_ONCE, SEED = 200, 256, 99


def main() -> None:
    """Read the held-out threads, and write the calibration beside the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds replies/")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    chosen = parser.parse_args()
    examples = [example(row) for row in rows(chosen.data / "replies" / "train.jsonl")]
    recalibrate(chosen.weights, [one for one in examples if held_out(one.thread)])


def recalibrate(weights: Path, held: Sequence[Example]) -> None:
    """Fit the calibration of the weights in a folder to examples that they have not learnt from, and write it there."""
    file = weights / CALIBRATION_FILE
    if not file.exists():
        shutil.copyfile(WEIGHTS / CALIBRATION_FILE, file)  # a reader does not load without; raw scores go past it
    reader = Reader.from_pretrained(weights)
    moved = swapped(held, min(HELD_SWAPS, len(held)), random.Random(SEED))  # noqa: S311 - not for secrets
    gold = np.array([int(np.argmax(one.label or ())) for one in held])
    marks = np.array([one.marks for one in held], dtype=float) > 0.5
    fitted = calibrate(_scores(reader, held), gold, marks, _scores(reader, moved))
    file.write_text(json.dumps(dataclasses.asdict(fitted), indent=1) + "\n", encoding="utf-8")


def _scores(reader: Reader, examples: Sequence[Example]) -> np.ndarray:
    passages = [Passage(one.text, one.story, one.parent) for one in examples]
    parts = [passages[start : start + AT_ONCE] for start in range(0, len(passages), AT_ONCE)]
    return np.concatenate([reader.raw(part)[0] for part in parts])


if __name__ == "__main__":
    main()
