"""More replies of the data's unlabelled part, annotated for this project: ids and labels, no text."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from models.labels import LABELS, MARKS
from models.training.replies import Example, example

ANNOTATIONS = Path(__file__).parent / "annotations.tsv"
_LABEL_OF = {label[0]: label for label in LABELS}


def annotated(unlabelled: Iterable[dict[str, Any]]) -> list[Example]:
    """Return the rows that an annotation exists for, as examples; each of its lines is `id label marks`.

    A label and each mark is its first letter; `-` stands for no mark.
    """
    known = {name: rest for name, *rest in map(str.split, ANNOTATIONS.read_text(encoding="utf-8").splitlines())}
    found = []
    for row in unlabelled:
        if row["id"] in known:
            label, marks = known[row["id"]]
            shares = {mark: float(mark[0] in marks) for mark in MARKS}
            found.append(example({**row, "label": _LABEL_OF[label], "marks": shares}))
    return found
