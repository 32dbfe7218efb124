"""One server's claim vectors, searched in memory and kept sealed on disk.

faiss' inverted lists: an added vector costs a fraction of a millisecond, a removed one is overwritten at once, and
nothing of it is left in the file that the next `save` writes. benchmarks/claims.py measures them.
"""

import os
import struct
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.errors import StoreError
from models.embedder import DIMENSIONS

# Its compiled half is unknown to type checkers.
faiss: Any = import_module("faiss")

MAGIC = b"HSIX2"
CHUNK_BYTES = 1 << 20
NONCE_BYTES = 12
SEAL_BYTES = NONCE_BYTES + 16
# Up to here every vector is compared, as float16; beyond, only those of the likeliest lists are, as a byte a number:
# about so many, and of more than a million a fourteenth.
ALL_COMPARED = 20_000
COMPARED = 73_000
LEAST_SHARE = 1 / 14
SAMPLES_PER_LIST = 40
# What a number of a unit vector is multiplied by to become a byte: up to 0.28 fits, and of 100,000 texts one has a
# larger one, which is cut. One scale for all lets bytes be subtracted from bytes, without a float in between.
BYTE_SCALE = 450.0
BYTE_ZERO = 128.0


class ClaimIndex:
    """Search, add and remove the vectors of one server by the ids of their messages.

    Not safe for threads of its own: the caller takes turns.
    """

    def __init__(self, index: Any) -> None:
        self._index = index
        self.changed = False

    @classmethod
    def empty(cls) -> Self:
        """Start without vectors."""
        return cls(_new_index(1))

    @classmethod
    def load(cls, path: Path, key: bytes, owner: int) -> Self:
        """Open what `save` has written; raise `StoreError` when it is damaged or sealed for somebody else."""
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise StoreError(f"{path.name} is no claim index; delete it and it is made again.")
            try:
                index = faiss.read_index(faiss.PyCallbackIOReader(_Unsealed(file, key, owner).read))
            # faiss raises RuntimeError at a sudden end, the cipher ValueError at the end of a nonce.
            except (InvalidTag, RuntimeError, ValueError, struct.error):
                raise StoreError(
                    f"{path.name} is damaged or has another key; delete it and it is made again."
                ) from None
        return cls(index)

    def __len__(self) -> int:
        return self._index.ntotal

    @property
    def exact(self) -> bool:
        """Say whether a search compares all vectors; if not, its cosines are off by a few thousandths."""
        return not _in_bytes(self._index)

    @property
    def ids(self) -> np.ndarray:
        """Return the ids of all vectors, int64 (n,), in no order."""
        lists = self._index.invlists
        sizes = [lists.list_size(number) for number in range(lists.nlist)]
        parts = [faiss.rev_swig_ptr(lists.get_ids(number), size).copy() for number, size in enumerate(sizes) if size]
        return np.concatenate(parts) if parts else np.empty(0, np.int64)

    def add(self, ids: Sequence[int], vectors: np.ndarray) -> None:
        """Add unit vectors float32 (n, 384) under `ids`; one that is there already is replaced."""
        numbers = np.asarray(ids, np.int64)
        self.remove(ids)
        self._index.add_with_ids(_kept(self._index, vectors), numbers)
        self.changed = True

    def remove(self, ids: Sequence[int]) -> int:
        """Forget vectors and return how many there were; unknown ids are passed over."""
        if not len(ids) or not len(self):
            return 0
        removed = self._index.remove_ids(faiss.IDSelectorArray(np.asarray(ids, np.int64)))
        self.changed = self.changed or removed > 0
        return removed

    def search(self, vector: np.ndarray, k: int = 10) -> list[tuple[int, float]]:
        """Return up to `k` (id, cosine) nearest to a unit vector (384,), best first."""
        if not len(self):
            return []
        self._index.nprobe = probes(self._index.nlist, len(self))
        found, ids = self._index.search(_kept(self._index, vector[None]), k)
        # Of unit vectors the squared distance is 2 - 2 cos.
        cosines = 1 - found / (2 * BYTE_SCALE**2) if _in_bytes(self._index) else found
        return [(int(i), float(c)) for i, c in zip(ids[0], cosines[0], strict=True) if i >= 0]

    def save(self, path: Path, key: bytes, owner: int) -> None:
        """Write everything anew, sealed for `owner`; the old file and what was erased since are gone.

        Groups the vectors into more lists where they have become many (seconds, at a million a minute).
        """
        self._regroup()
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        with draft.open("wb") as file:
            file.write(MAGIC)
            sealed = _Sealed(file, key, owner)
            faiss.write_index(self._index, faiss.PyCallbackIOWriter(sealed.write))
            sealed.finish()
            os.fsync(file.fileno())
        draft.replace(path)
        self.changed = False

    def _regroup(self) -> None:
        wanted = lists_for(len(self))
        if wanted < 4 * self._index.nlist:
            return
        ids = self.ids
        grouped = _new_index(wanted)
        chosen = np.random.default_rng(0).permutation(ids)[: SAMPLES_PER_LIST * wanted]
        grouped.train(_kept(grouped, self._vectors(chosen)))
        for start in range(0, len(ids), 1 << 16):
            part = ids[start : start + (1 << 16)]
            grouped.add_with_ids(_kept(grouped, self._vectors(part)), part)
        self._index = grouped

    def _vectors(self, ids: np.ndarray) -> np.ndarray:
        found = np.stack([self._index.reconstruct(int(number)) for number in ids])
        return (found - BYTE_ZERO) / BYTE_SCALE if _in_bytes(self._index) else found


def lists_for(vectors: int) -> int:
    """Return into how many lists so many vectors belong: one, or the power of two near four times their root."""
    return 1 if vectors <= ALL_COMPARED else 1 << round(np.log2(4 * np.sqrt(vectors)))


def probes(lists: int, vectors: int) -> int:
    """Return how many lists are looked into of an index of so many vectors."""
    return round(lists * min(1, max(LEAST_SHARE, COMPARED / vectors)))


def _in_bytes(index: Any) -> bool:
    return index.nlist > 1


def _kept(index: Any, vectors: np.ndarray) -> np.ndarray:
    """Return unit vectors as `index` wants them, float32 (n, 384): as they are, or where it keeps bytes, 0 to 255."""
    if _in_bytes(index):
        vectors = np.clip(np.rint(vectors * BYTE_SCALE) + BYTE_ZERO, 0, 255)
    return np.ascontiguousarray(vectors, np.float32)


def _new_index(lists: int) -> Any:
    if lists == 1:  # one list needs no training: its centre is the origin
        kind, metric, centres = faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT, faiss.IndexFlatIP(DIMENSIONS)
        centres.add(np.zeros((1, DIMENSIONS), np.float32))
    else:
        kind, metric, centres = faiss.ScalarQuantizer.QT_8bit_direct, faiss.METRIC_L2, faiss.IndexFlatL2(DIMENSIONS)
    index = faiss.IndexIVFScalarQuantizer(centres, DIMENSIONS, lists, kind, metric, False)
    index.is_trained = lists == 1
    index.set_direct_map_type(faiss.DirectMap.Hashtable)
    return index


class _Sealed:
    """Write a stream as AES-GCM chunks; their order, their end and their owner are part of the seal."""

    def __init__(self, file: BinaryIO, key: bytes, owner: int) -> None:
        self._file, self._cipher, self._owner = file, AESGCM(key), owner
        self._waiting = bytearray()
        self._written = 0

    def write(self, data: bytes) -> int:
        self._waiting += data
        while len(self._waiting) > CHUNK_BYTES:
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), last=False)
            del self._waiting[:CHUNK_BYTES]
        return len(data)

    def finish(self) -> None:
        self._seal(bytes(self._waiting), last=True)

    def _seal(self, plain: bytes, *, last: bool) -> None:
        nonce = os.urandom(NONCE_BYTES)
        place = _place(self._owner, self._written, last=last)
        self._file.write(nonce + self._cipher.encrypt(nonce, plain, place))
        self._written += 1


class _Unsealed:
    """Read back what `_Sealed` has written; raises InvalidTag where a byte, the order or the end is not as written."""

    def __init__(self, file: BinaryIO, key: bytes, owner: int) -> None:
        self._chunks = _unseal(file, AESGCM(key), owner)
        self._waiting = b""

    def read(self, size: int) -> bytes:
        parts = []
        while size:
            if not self._waiting:
                self._waiting = next(self._chunks, b"")
            if not self._waiting:
                break
            parts.append(self._waiting[:size])
            self._waiting = self._waiting[size:]
            size -= len(parts[-1])
        return b"".join(parts)


def _unseal(file: BinaryIO, cipher: AESGCM, owner: int) -> Iterator[bytes]:
    whole = CHUNK_BYTES + SEAL_BYTES
    chunk, number = file.read(whole), 0
    while chunk:
        after = file.read(whole)
        yield cipher.decrypt(chunk[:NONCE_BYTES], chunk[NONCE_BYTES:], _place(owner, number, last=not after))
        chunk, number = after, number + 1


def _place(owner: int, number: int, *, last: bool) -> bytes:
    return struct.pack(">QQ?", owner, number, last)
