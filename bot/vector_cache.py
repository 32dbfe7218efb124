"""Vectors of public texts, kept between starts under the hash of what was encoded."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from models.embedder import DIMENSIONS, Embedder

HASH_BYTES = 16
CHUNK = 512
MOST_ROWS = 500_000

Progress = Callable[[int, int], None]


def cache_directory() -> Path:
    """Return the folder for what can be computed again."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "hindsight"


class VectorCache:
    """Encode each public text once; a newer embedder starts anew."""

    def __init__(self, embedder: Embedder, directory: Path | None = None) -> None:
        self._embedder = embedder
        self._path = (directory or cache_directory()) / f"vectors-{embedder.version}.npz"

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        """Return float32 (n, 384) for `texts`; `progress` hears (done, all) while unknown ones are encoded."""
        keys, vectors = self._load()
        known = {key.tobytes(): row for row, key in enumerate(keys)}
        wanted = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:HASH_BYTES] for text in texts]
        missing = {key: text for key, text in zip(wanted, texts, strict=True) if key not in known}
        if missing:
            fresh = self._encode_missing(list(missing.values()), progress)
            known |= {key: len(keys) + row for row, key in enumerate(missing)}
            keys = np.concatenate([keys, np.frombuffer(b"".join(missing), np.uint8).reshape(-1, HASH_BYTES)])
            vectors = np.concatenate([vectors, fresh])
            self._save(keys[-MOST_ROWS:], vectors[-MOST_ROWS:])
        return vectors[[known[key] for key in wanted]].astype(np.float32)

    def _encode_missing(self, texts: list[str], progress: Progress | None) -> np.ndarray:
        # Long and short texts lie mixed in an archive: sorted, a chunk's batches are of like length.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        fresh = np.empty((len(texts), DIMENSIONS), np.float16)
        for start in range(0, len(order), CHUNK):
            chosen = order[start : start + CHUNK]
            fresh[chosen] = self._embedder.encode([texts[i] for i in chosen])
            if progress:
                progress(start + len(chosen), len(texts))
        return fresh

    def _load(self) -> tuple[np.ndarray, np.ndarray]:
        try:
            with self._path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                return stored["keys"], stored["vectors"]
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):  # absent, or cut short by a crash: encode again
            return np.empty((0, HASH_BYTES), np.uint8), np.empty((0, DIMENSIONS), np.float16)

    def _save(self, keys: np.ndarray, vectors: np.ndarray) -> None:
        """Replace the file at once; a cache that cannot be written is only slower."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._path.parent, suffix=".npz", delete=False) as file:
                np.savez(file, keys=keys, vectors=vectors)
            Path(file.name).replace(self._path)
        except OSError:
            return
