"""Measure speed, memory and quality: `make bench`, or `python -m benchmarks NAME …`.

Every benchmark runs in a process of its own, so that one does not warm up or crowd out the next. What they found is
printed as one table and kept in `results.json`, beside what others found before.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

QUICK = ("reader", "digests")
NAMES = (*QUICK, "labels", "wire", "growth", "claims", "match")  # those take minutes, the last two gigabytes
RESULTS = Path(__file__).parent / "results.json"


def main(names: list[str]) -> int:
    """Run the named benchmarks, or the quick ones; return 1 when one failed."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 1
    found: dict[str, Any] = {}
    failed = False
    for name in names or QUICK:
        print(f"{name} …", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}"]
        ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
        failed |= ended.returncode != 0
        if ended.returncode == 0:
            found[name] = said(ended.stdout)
    keep(found, RESULTS)
    Console().print(table(found))
    return int(failed)


def said(output: str) -> Any:
    """Read what a benchmark printed: an object of JSON, or lines."""
    try:
        return json.loads(output)
    except ValueError:
        return output.splitlines()


def keep(found: dict[str, Any], path: Path) -> None:
    """Write results into the file, in the place of older ones of the same benchmarks."""
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps(before | found, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def table(found: dict[str, Any]) -> Table:
    """Make one table of all that was found."""
    made = Table("benchmark", "what", "found")
    for name, value in found.items():
        for number, (what, each) in enumerate(flat(value)):
            made.add_row("" if number else name, what, str(each))
        made.add_section()
    return made


def flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Give the leaves of an object of JSON, each with the names above it."""
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value, start=1)
    else:
        yield name, value
        return
    for key, each in parts:
        yield from flat(each, f"{name} {key}".strip())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
