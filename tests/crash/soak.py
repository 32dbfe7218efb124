"""The crash tests at full length: `make soak`. What comes of it stands in `benchmarks/soak.json`."""

import argparse
import asyncio
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.crash.lives import survive

RESULT = Path(__file__).parents[2] / "benchmarks" / "soak.json"


def main() -> int:
    """Run, write the result and return 0 when nothing is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--channels", type=int, default=24)
    parser.add_argument("--seed", type=int, default=2026)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hindsight-soak-") as folder:
        story = asyncio.run(survive(Path(folder), **vars(asked)))
    result = {"seed": asked.seed, "channels": asked.channels, **asdict(story)}
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(RESULT.read_text(encoding="utf-8"))
    return int(bool(story.findings or story.punished))


if __name__ == "__main__":
    sys.exit(main())
