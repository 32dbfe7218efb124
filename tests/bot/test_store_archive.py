"""The archive of fact-checks: one row for a page and claim, its words and its vector in step with it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from bot.records import FactCheck
from bot.store import Store, open_store
from bot.store.vault import new_vault
from tests.bot.rows import NOW, vector

FERRY = FactCheck(
    0,
    "facts.example/ferry",
    "The ferry to Tessel sank with 40 people aboard.",
    "Did the ferry sink?",
    "Sound Facts",
    "False",
    "https://facts.example/ferry",
    date(2024, 5, 1),
)
CAKE = replace(FERRY, page="facts.example/cake", claim="Cake cures colds.", title="", published=None)
MODEL = "m1"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "a.sqlite", new_vault()) as opened:
        yield opened


async def encode(store: Store, model: str = MODEL) -> list[str]:
    texts = []
    async for waiting in store.archive.to_encode(model):
        await store.archive.write_vectors(
            [each for each, _ in waiting], np.stack([vector(i) for i, _ in waiting]), model
        )
        texts += [text for _, text in waiting]
    return texts


async def test_what_is_written_comes_back(store: Store) -> None:
    assert await store.archive.write([FERRY, CAKE], NOW) == 2
    found = await store.archive.get([1, 2, 3])
    assert found == {1: replace(FERRY, id=1), 2: replace(CAKE, id=2)}
    assert await store.archive.on_pages([CAKE.page, "elsewhere.example/x"]) == [2]


async def test_page_and_claim_stand_once_and_the_newest_words_count(store: Store) -> None:
    await store.archive.write([FERRY, CAKE, replace(FERRY, claim="Another claim on that page.")], NOW)
    assert await store.archive.write([replace(FERRY, rating="Mostly false")], NOW + timedelta(days=1)) == 0
    assert await store.archive.count() == 3
    assert (await store.archive.get([1]))[1].rating == "Mostly false"
    assert await store.archive.write([], NOW) == 0


async def test_words_find_claims_and_titles_and_follow_changes(store: Store) -> None:
    await store.archive.write([FERRY, CAKE], NOW)
    assert await store.archive.with_words("Who saw the ferries sink?", 5) == [1]
    assert await store.archive.with_words("the cake of the ferry", 1) in ([1], [2])
    assert await store.archive.with_words('" OR the (', 5) == []
    await store.archive.write([replace(FERRY, title="Is the boat still there?")], NOW + timedelta(days=1))
    assert await store.archive.with_words("boat", 5) == [1]
    await store.archive.write([replace(FERRY, claim="The ferry sails.")], NOW + timedelta(days=2))
    assert await store.archive.drop_outdated(NOW + timedelta(days=2)) == 1
    assert await store.archive.with_words("aboard", 5) == []
    assert await store.archive.with_words("cake", 5) == [2]
    async with store.messages._database.write() as connection:  # FTS5's own check of its table against ours
        await connection.execute(
            sa.text("INSERT INTO archive_words(archive_words, rank) VALUES ('integrity-check', 1)")
        )


async def test_each_text_is_encoded_once_for_each_embedder(store: Store) -> None:
    await store.archive.write([FERRY, CAKE], NOW)
    assert await store.archive.not_encoded(MODEL) == 2
    assert await encode(store) == [f"{FERRY.title}\n{FERRY.claim}", CAKE.claim]
    assert await encode(store) == []
    ids, vectors = await store.archive.vectors(MODEL)
    np.testing.assert_allclose(vectors, np.stack([vector(i) for i in ids]), atol=1e-3)
    assert vectors.dtype == np.float16
    before = await store.archive.state(MODEL)
    await store.archive.write([replace(FERRY, rating="Satire"), replace(CAKE, title="Cake?")], NOW + timedelta(days=1))
    assert await encode(store) == [f"Cake?\n{CAKE.claim}"]
    assert await store.archive.state(MODEL) != before
    assert len(await encode(store, "m2")) == 2
    assert (await store.archive.vectors(MODEL))[1].shape == (0, 384)


async def test_only_pages_of_the_import_lose_what_they_no_longer_say(store: Store) -> None:
    await store.archive.write([FERRY, CAKE], NOW)
    later = NOW + timedelta(days=1)
    await store.archive.write([replace(FERRY, claim="The ferry was late.")], later)
    assert await store.archive.drop_outdated(later) == 1
    assert {each.claim for each in (await store.archive.get([1, 2, 3])).values()} == {CAKE.claim, "The ferry was late."}
