import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.embedder import DIMENSIONS, MAX_TOKENS, Embedder


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder.from_pretrained()


def test_rows_are_unit_vectors_in_the_order_of_the_texts(embedder: Embedder) -> None:
    texts = ["The ferry to Norby is cancelled on Sunday because of the storm. " * 4, "Hm", "The bridge reopens."]
    together = embedder.encode(texts)
    assert together.dtype == np.float32
    assert together.shape == (3, DIMENSIONS)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for row, text in zip(together, texts, strict=True):
        np.testing.assert_allclose(row, embedder.encode([text])[0], atol=1e-5)


def test_nothing_gives_no_rows(embedder: Embedder) -> None:
    assert embedder.encode([]).shape == (0, DIMENSIONS)


def test_like_meaning_is_nearer_than_like_words(embedder: Embedder) -> None:
    query, paraphrase, other = embedder.encode(
        [
            "The mayor of Norby resigned over the harbour contract.",
            "Norby's mayor steps down because of the contract for the harbour.",
            "The mayor of Norby opened the new harbour bath on Sunday.",
        ]
    )
    assert query @ paraphrase > query @ other


def test_long_texts_are_cut_by_tokens(embedder: Embedder) -> None:
    start = "word " * (MAX_TOKENS - 2)
    np.testing.assert_allclose(*embedder.encode([start, start + "harbour " * 5000]), atol=1e-5)


def test_more_texts_than_a_batch_keep_their_order(embedder: Embedder) -> None:
    texts = [f"Ferry number {i} is late." for i in range(70)]
    rows = embedder.encode(texts)
    np.testing.assert_allclose(rows[[0, 41, 69]], embedder.encode([texts[0], texts[41], texts[69]]), atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=4))
def test_any_text_gives_finite_unit_rows(embedder: Embedder, texts: list[str]) -> None:
    rows = embedder.encode(texts)
    assert rows.shape == (len(texts), DIMENSIONS)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), np.ones(len(texts)), atol=1e-4)


def test_the_version_follows_the_weights(embedder: Embedder) -> None:
    assert embedder.version == Embedder.from_pretrained().version
    assert len(embedder.version) == 12
