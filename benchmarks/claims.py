"""A server with a million claims: how fast, how exact, how large is the index?

python -m benchmarks.claims [COUNT]

Vectors of the texts beside the checkout (../shared/data), and noised copies that keep their nearest-neighbour
distances; held-out texts are the queries. Prints one line a figure; needs about 4 GB and some minutes.
"""

import gzip
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from bot.claim_index import ClaimIndex
from bot.indexes import RANKED
from bot.vector_cache import VectorCache
from models.embedder import DIMENSIONS, Embedder

DATA = Path(__file__).parents[1] / "../shared/data"
KEY = bytes(32)
QUERIES = 500
MOST_TEXTS = 34_000
SEED = 5


def texts() -> Iterator[str]:
    """Give the claims of the archives, then replies."""
    for folder in ("checkthat2a", "checkthat2b"):
        with gzip.open(DATA / "claims" / folder / "corpus.jsonl.gz", "rt") as lines:
            for row in map(json.loads, lines):
                yield f"{row['title']}\n{row['text']}" if row["title"] else row["text"]
    with (DATA / "replies" / "train.jsonl").open() as lines:
        for row in map(json.loads, lines):
            yield row["text"][:400]


def multiply(vectors: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return `count` unit vectors: the given ones, and copies as far off as a vector's nearest neighbour is."""
    sample = vectors[rng.choice(len(vectors), 1000, replace=False)]
    cosines = sample @ vectors.T
    nearest = np.sort(cosines, axis=1)[:, -2]
    out = np.empty((count, DIMENSIONS), np.float32)
    out[: len(vectors)] = vectors
    for start in range(len(vectors), count, 1 << 15):
        stop = min(count, start + (1 << 15))
        base = vectors[rng.integers(len(vectors), size=stop - start)]
        noise = rng.normal(size=base.shape).astype(np.float32)
        noise -= (noise * base).sum(1, keepdims=True) * base
        noise /= np.linalg.norm(noise, axis=1, keepdims=True)
        cosine = rng.choice(nearest, size=(stop - start, 1)).clip(0.3, 0.99).astype(np.float32)
        out[start:stop] = cosine * base + np.sqrt(1 - cosine**2) * noise
    return out


def milliseconds(act: Callable[[int], object], count: int) -> np.ndarray:
    """Time `count` calls one by one."""
    took = np.empty(count)
    for number in range(count):
        started = time.perf_counter()
        act(number)
        took[number] = time.perf_counter() - started
    return took * 1000


def exact(vectors: np.ndarray, queries: np.ndarray, k: int) -> np.ndarray:
    """Return the true nearest places, (queries, k)."""
    best_scores = np.full((len(queries), k), -2, np.float32)
    best = np.zeros((len(queries), k), np.int64)
    for start in range(0, len(vectors), 1 << 16):
        scores = np.concatenate([best_scores, queries @ vectors[start : start + (1 << 16)].T], axis=1)
        places = np.argpartition(-scores, k, axis=1)[:, :k]
        old = np.concatenate([best, np.tile(np.arange(start, start + scores.shape[1] - k), (len(queries), 1))], axis=1)
        best, best_scores = np.take_along_axis(old, places, 1), np.take_along_axis(scores, places, 1)
    return best


def resident() -> float:
    """Return this process' resident memory in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def measure_restart(path: Path, queries: np.ndarray) -> None:
    """Open the saved index in a fresh process and measure there."""
    before = resident()
    started = time.perf_counter()
    index = ClaimIndex.load(path, KEY, 1)
    ready = time.perf_counter() - started
    print(f"ready after restart: {ready:.2f} s; resident: {resident() - before:.0f} MB (index alone)", flush=True)
    took = milliseconds(lambda n: index.search(queries[n % len(queries)], RANKED), 1000)
    print(f"query: p50 {np.percentile(took, 50):.2f} ms, p99 {np.percentile(took, 99):.2f} ms", flush=True)
    fresh = np.roll(queries, 1, axis=1)
    took = milliseconds(lambda n: index.add([10**9 + n], fresh[n : n + 1]), len(fresh))
    print(f"add: mean {took.mean():.2f} ms, p99 {np.percentile(took, 99):.2f} ms", flush=True)
    took = milliseconds(lambda n: index.remove([n * 997]), 1000)
    print(f"delete: mean {took.mean():.3f} ms, p99 {np.percentile(took, 99):.3f} ms", flush=True)


def main() -> None:
    """Build, save, compare with exact search, then measure in a fresh process."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rng = np.random.default_rng(SEED)
    real = VectorCache(Embedder.from_pretrained()).encode(
        [text for text, _ in zip(texts(), range(MOST_TEXTS), strict=False)]
    )
    held = rng.choice(len(real), QUERIES, replace=False)
    queries = real[held]
    vectors = multiply(np.delete(real, held, axis=0), count, rng)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "claims.index"
        started = time.perf_counter()
        index = ClaimIndex.empty()
        for start in range(0, count, 1 << 16):
            stop = min(count, start + (1 << 16))
            index.add(range(start, stop), vectors[start:stop])
        index.save(path, KEY, 1)
        print(f"{count} claims: built and saved in {time.perf_counter() - started:.0f} s", flush=True)
        print(f"file: {path.stat().st_size / 1e6:.0f} MB", flush=True)
        true = exact(vectors, queries, 10)
        found = [[place for place, _ in index.search(query, RANKED)] for query in queries]
        best = [
            sorted(places, key=lambda n: -float(vectors[n] @ query))
            for places, query in zip(found, queries, strict=True)
        ]
        for what, ranked in (("the index alone", found), ("ordered by the table's vectors", best)):
            recall = np.mean([len({*a[:10]} & {*b.tolist()}) / 10 for a, b in zip(ranked, true, strict=True)])
            print(f"recall@10, {what}: {recall:.4f}", flush=True)
        np.save(Path(name) / "queries.npy", queries)
        child = [sys.executable, "-m", "benchmarks.claims", "--restart", name]
        if os.spawnv(os.P_WAIT, sys.executable, child):  # noqa: S606
            sys.exit("the restart failed")


if __name__ == "__main__":
    if "--restart" in sys.argv:
        folder = Path(sys.argv[-1])
        measure_restart(folder / "claims.index", np.load(folder / "queries.npy"))
    else:
        main()
