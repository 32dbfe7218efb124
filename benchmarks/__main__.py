"""Measure speed, memory and quality: `make bench`, or `python -m benchmarks NAME …`.

Every benchmark runs in a process of its own, so that one does not warm up or crowd out the next.
"""

import subprocess
import sys

QUICK = ("reader", "digests")
NAMES = (*QUICK, "wire", "growth", "claims", "match")  # the last four take minutes, the last two gigabytes


def main(names: list[str]) -> int:
    """Run the named benchmarks, or the quick ones; return 1 when one failed."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 1
    failed = False
    for name in names or QUICK:
        print(f"== {name}", flush=True)
        failed |= subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode != 0  # noqa: S603
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
