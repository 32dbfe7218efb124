from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import claim_index
from bot.claim_index import ClaimIndex, lists_for, probes
from bot.errors import StoreError
from models.embedder import DIMENSIONS

KEY = bytes(range(32))
GUILD = 1_100_000_000_000_000_000


def vectors(count: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, DIMENSIONS)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def filled(count: int) -> tuple[ClaimIndex, list[int], np.ndarray]:
    ids, rows = [GUILD + n for n in range(count)], vectors(count)
    index = ClaimIndex.empty()
    index.add(ids, rows)
    return index, ids, rows


def test_a_claim_is_found_until_it_is_forgotten() -> None:
    index, ids, rows = filled(50)
    assert index.search(rows[7], 3)[0] == (ids[7], pytest.approx(1, abs=1e-3))
    assert index.remove([ids[7], 12345]) == 1
    assert ids[7] not in [found for found, _ in index.search(rows[7], 50)]
    assert len(index) == 49
    assert sorted(index.ids) == [i for i in ids if i != ids[7]]


def test_adding_again_replaces() -> None:
    index, ids, rows = filled(3)
    index.add([ids[0]], rows[1:2])
    assert len(index) == 3
    assert index.search(rows[0], 1)[0][1] < 0.5


def test_nothing_is_found_in_nothing() -> None:
    index = ClaimIndex.empty()
    assert index.search(vectors(1)[0]) == []
    assert index.remove([1]) == 0
    assert index.ids.size == 0
    assert not index.changed


def test_it_survives_a_restart_sealed(tmp_path: Path) -> None:
    index, ids, rows = filled(3000)  # more than one sealed chunk
    path = tmp_path / "indexes" / "claims.index"
    index.save(path, KEY, GUILD)
    assert not index.changed
    assert rows[5].astype(np.float16).tobytes() not in path.read_bytes()
    assert [file.name for file in path.parent.iterdir()] == ["claims.index"]
    again = ClaimIndex.load(path, KEY, GUILD)
    assert again.search(rows[2999], 5) == index.search(rows[2999], 5)
    again.add([1], vectors(1, seed=1))
    assert again.remove([ids[0], 1]) == 2


def test_an_erased_vector_is_gone_from_what_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain: list[bytes] = []
    monkeypatch.setattr(claim_index._Sealed, "_seal", lambda _, data, **__: plain.append(data))
    index, ids, rows = filled(20)
    index.remove(ids[3:4] + ids[19:])
    index.save(tmp_path / "claims.index", KEY, GUILD)
    written = b"".join(plain)
    present = [rows[n].astype(np.float16).tobytes() in written for n in range(20)]
    assert present == [n not in (3, 19) for n in range(20)]


@pytest.mark.parametrize("harm", ["key", "owner", "flip", "cut", "swap", "other"])
def test_a_harmed_file_is_refused_with_the_remedy(tmp_path: Path, harm: str) -> None:
    index, _, _ = filled(3000)
    path = tmp_path / "claims.index"
    index.save(path, KEY, GUILD)
    data = path.read_bytes()
    chunk = claim_index.CHUNK_BYTES + claim_index.SEAL_BYTES
    start = len(claim_index.MAGIC)
    harmed = {
        "flip": data[:5000] + bytes([data[5000] ^ 1]) + data[5001:],
        "cut": data[: start + chunk],
        "swap": data[:start] + data[start + chunk : start + 2 * chunk] + data[start : start + chunk],
        "other": b"SQLite format 3",
    }
    path.write_bytes(harmed.get(harm, data))
    with pytest.raises(StoreError, match=r"claims\.index .* delete it"):
        ClaimIndex.load(path, KEY[::-1] if harm == "key" else KEY, GUILD + (harm == "owner"))


def test_many_vectors_are_grouped_and_still_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim_index, "ALL_COMPARED", 500)
    index, ids, rows = filled(2500)
    path = tmp_path / "claims.index"
    index.save(path, KEY, GUILD)
    again = ClaimIndex.load(path, KEY, GUILD)
    assert sorted(again.ids) == ids
    found = [again.search(rows[n], 1)[0][0] for n in range(0, 2500, 50)]
    assert found == ids[::50]
    assert again.remove(ids[:10]) == 10
    assert again.search(rows[3], 1)[0][0] != ids[3]


def test_bytes_tell_cosines_to_a_few_thousandths_and_keep_them_when_grouped_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(claim_index, "ALL_COMPARED", 100)
    index, ids, rows = filled(300)
    asked = rows[:20] + 0.3 * rows[20:40]
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    true = {n: dict(zip(ids, (rows @ asked[n]).tolist(), strict=True)) for n in range(20)}
    for lists in (64, 256):
        monkeypatch.setattr(claim_index, "lists_for", lambda _, lists=lists: lists)
        index._regroup()
        assert index._index.nlist == lists
        assert not index.exact
        monkeypatch.setattr(claim_index, "probes", lambda lists, _: lists)
        for n in range(20):
            found = index.search(asked[n], 10)
            assert found == [(number, pytest.approx(true[n][number], abs=6e-3)) for number, _ in found]
            assert [number for number, _ in found[:2]] == sorted(true[n], key=lambda i: -true[n][i])[:2]


def test_lists_grow_with_the_vectors() -> None:
    assert [lists_for(n) for n in (0, 20_000, 20_001, 1_000_000)] == [1, 1, 512, 4096]


def test_about_as_many_are_compared_however_many_there_are() -> None:
    assert [probes(lists_for(n), n) for n in (1, 73_000, 250_000, 1_000_000, 4_000_000)] == [1, 1024, 598, 299, 585]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), max_size=30))
def test_any_adds_and_removes_leave_what_a_dict_would(steps: list[tuple[bool, int]]) -> None:
    index, expected, rows = ClaimIndex.empty(), {}, vectors(30)
    for place, (added, number) in enumerate(steps):
        if added:
            index.add([number], rows[place : place + 1])
            expected[number] = rows[place]
        else:
            assert index.remove([number]) == (expected.pop(number, None) is not None)
    assert sorted(index.ids) == sorted(expected)
    for number, row in expected.items():
        assert index.search(row, 1)[0][0] == number
