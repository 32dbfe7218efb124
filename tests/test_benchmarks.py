"""What benchmarks print becomes one table and one file, in which the others' results stay."""

import json
from pathlib import Path

from rich.console import Console

from benchmarks.__main__ import NAMES, flat, keep, main, said, table

ROOT = Path(__file__).parents[1]
PRINTED = '{"channels": 100, "spells": [{"p95_ms": 3.5}, {"p95_ms": 4}]}'


def test_results_are_kept_beside_those_of_others(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    keep({"wire": said(PRINTED), "match": said("a: 1\nb: 2\n")}, path)
    keep({"wire": {"channels": 10}}, path)
    assert json.loads(path.read_text()) == {"wire": {"channels": 10}, "match": ["a: 1", "b: 2"]}


def test_table_names_every_figure() -> None:
    found = {"wire": said(PRINTED)}
    assert list(flat(found["wire"])) == [("channels", 100), ("spells 1 p95_ms", 3.5), ("spells 2 p95_ms", 4)]
    with (console := Console(width=80)).capture() as shown:
        console.print(table(found))
    assert all(each in shown.get() for each in ("wire", "spells 2 p95_ms", "3.5"))


def test_only_what_there_is_can_be_measured() -> None:
    assert main(["reader", "nothing"]) == 1
    assert all((ROOT / "benchmarks" / f"{name}.py").exists() for name in NAMES)
