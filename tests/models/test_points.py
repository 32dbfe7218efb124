"""Vectors that tell points apart: without effect untaught, learnt from invented debates, kept and loaded."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.embedder import Embedder
from models.encoder import Encoder
from models.keypoints import apart
from models.points import WEIGHTS, OtherEmbedder, save_shifts, shifted, shifts, tell_apart
from models.training import keypoints
from models.training.keypoints import held, sides, train

CHEAP = ("the tram costs half as much as the bus", "a tram ride is cheaper for everyone", "trams save people money")
QUIET = ("trams make no noise at night", "you hardly hear a tram go past", "the street is quieter with a tram")
SLOW = ("the tram stops at every corner", "by tram it takes twice as long")


def rows() -> list[dict[str, object]]:
    told = [{"id": f"a{number}", "text": text} for number, text in enumerate((*CHEAP, *QUIET))]
    points = [
        {"text": "Trams are cheap", "matched": ["a0", "a1", "a2"]},
        {"text": "Trams are quiet", "matched": ["a3", "a4", "a5"]},
    ]
    against = {
        "messages": [{"id": "b0", "text": SLOW[0]}, {"id": "b1", "text": SLOW[1]}],
        "key_points": [{"text": "Trams are slow", "matched": ["b0", "b1"]}],
    }
    both = ({"messages": told, "key_points": points}, against)
    return [{"id": f"t{n}", "split": "train", "context": "We should build trams", **row} for n, row in enumerate(both)]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder.from_pretrained()


@pytest.fixture(scope="module")
def learnt(embedder: Embedder) -> Encoder:
    return train(embedder, sides(rows()), passes=4)


def stands_out(vectors: np.ndarray) -> float:
    """Say how much nearer arguments for one point are to each other than to those for another."""
    cosines = vectors @ vectors.T
    inside = np.mean([cosines[:3, :3][np.triu_indices(3, 1)], cosines[3:, 3:][np.triu_indices(3, 1)]])
    return float(inside - cosines[:3, 3:].mean())


def test_untaught_shifts_change_nothing(embedder: Embedder) -> None:
    same = Embedder(shifted(embedder.encoder), embedder.tokenizer, "same").encode(CHEAP)
    np.testing.assert_allclose(same, embedder.encode(CHEAP), atol=1e-6)


def test_a_side_knows_the_other_sides_points() -> None:
    for_it, against = sides(rows())
    assert for_it.others == ("Trams are slow",)
    assert against.others == ("Trams are cheap", "Trams are quiet")
    assert for_it.matched.tolist() == [[True, False]] * 3 + [[False, True]] * 3


def test_learning_tells_points_apart_and_leaves_the_embedder_alone(embedder: Embedder, learnt: Encoder) -> None:
    before = embedder.encode([*CHEAP, *QUIET])
    after = Embedder(learnt, embedder.tokenizer, "learnt").encode([*CHEAP, *QUIET])
    assert stands_out(after) > stands_out(before) + 0.03
    np.testing.assert_allclose(embedder.encode([*CHEAP, *QUIET]), before, atol=1e-6)
    assert all(name.startswith("layers.") for name in shifts(learnt))
    assert not any(name.startswith(("layers.0.", "layers.1.")) for name in shifts(learnt))


def test_shifts_are_kept_and_found_again(tmp_path: Path, embedder: Embedder, learnt: Encoder) -> None:
    save_shifts(learnt, tmp_path, embedder.version)
    again, version = tell_apart(embedder.encoder, embedder.version, tmp_path)
    assert version.startswith(f"{embedder.version}+")
    found, wanted = (Embedder(one, embedder.tokenizer, "").encode(QUIET) for one in (again, learnt))
    np.testing.assert_allclose(found, wanted, atol=5e-3)


def test_shifts_of_another_embedder_are_refused(tmp_path: Path, embedder: Embedder, learnt: Encoder) -> None:
    save_shifts(learnt, tmp_path, "another")
    with pytest.raises(OtherEmbedder, match="train it again"):
        tell_apart(embedder.encoder, embedder.version, tmp_path)
    with pytest.raises(OSError, match="No such file"):
        tell_apart(embedder.encoder, embedder.version, tmp_path / "none")


def test_what_ships_belongs_to_the_embedder_that_ships(embedder: Embedder) -> None:
    assert (WEIGHTS / "README.md").exists()
    vectors = embedder.for_points().encode([*CHEAP, *QUIET])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert stands_out(vectors) > stands_out(embedder.encode([*CHEAP, *QUIET]))


def test_command_writes_what_can_be_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedder: Embedder) -> None:
    data = tmp_path / "debates.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows()), encoding="utf-8")
    monkeypatch.setattr(keypoints, "PASSES", 1)
    monkeypatch.setattr(sys, "argv", ["keypoints", str(tmp_path / "out"), "--data", str(data), "--hold", "1"])
    keypoints.main()
    tell_apart(embedder.encoder, embedder.version, tmp_path / "out")


def test_debates_are_held_back_whole() -> None:
    debates = ["trams", "trams", "ferries", "bridges", "tolls", "owls"]
    assert [held(debate, debates) for debate in debates] == [0, 0, 1, 0, 3, 2]


@given(st.integers(1, 30), st.integers(0, 10_000))
def test_what_all_have_in_common_counts_less(count: int, seed: int) -> None:
    drawn = np.random.default_rng(seed).normal(size=(count, 8)) + 2.0
    vectors = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    rest = apart(vectors, count)
    np.testing.assert_allclose(np.linalg.norm(rest, axis=1), 1, atol=1e-6)
    assert (rest @ rest.T).sum() <= (vectors @ vectors.T).sum() + 1e-9
    np.testing.assert_allclose(apart(torch.from_numpy(vectors), count).numpy(), rest, atol=1e-9)
