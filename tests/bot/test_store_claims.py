"""Claims: sealed vectors and hashed addresses that come back for their server, and for no other."""

from pathlib import Path

import numpy as np

from bot.store import Store
from tests.bot.rows import GUILD, NOW, claim, post, take, vector

URL = "https://wire.example/harbour-bridge"


def on_disk(folder: Path) -> bytes:
    """Read every file of a folder."""
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


async def test_vectors_of_one_server(store: Store) -> None:
    for number, guild in ((1, GUILD), (2, GUILD), (3, 901)):
        each = post(number, guild=guild)
        await take(store, each, story=number, claim=claim(each))
    assert (await store.claims.ids(GUILD, "embedder")).tolist() == [1, 2]
    ids, vectors = await store.claims.vectors(GUILD, "embedder", np.array([1, 2]))
    assert ids.tolist() == [1, 2]
    assert np.allclose(vectors, [vector(1), vector(2)], atol=1e-3)
    assert (await store.claims.ids(GUILD, "another model")).tolist() == []


async def test_same_address_is_found_in_its_server(store: Store) -> None:
    for number, guild in ((1, GUILD), (2, 901)):
        each = post(number, guild=guild)
        await take(store, each, story=number, claim=claim(each, urls=(URL,)))
    assert await store.claims.same_url(GUILD, [URL, "https://other.example"]) == [1]
    assert await store.claims.same_url(GUILD, ["https://other.example"]) == []


async def test_edit_replaces_or_removes_a_claim(store: Store) -> None:
    await take(store, post(1), story=1, claim=claim(post(1), urls=(URL,)))
    edited = post(1, edited_at=NOW)
    await take(store, edited, story=1, claim=claim(edited))
    assert await store.claims.same_url(GUILD, [URL]) == []
    assert await store.claims.count(GUILD) == 1
    await take(store, post(1, edited_at=post(9).created_at), story=1)
    assert await store.claims.count(GUILD) == 0


async def test_places_are_sorted_by_time(store: Store) -> None:
    for number in (2, 1):
        await take(store, post(number), story=number, claim=claim(post(number)))
    assert [place[0] for place in await store.claims.places([2, 1, 404])] == [1, 2]


async def test_files_show_neither_vector_nor_address(store: Store, tmp_path: Path) -> None:
    await take(store, post(1), story=1, claim=claim(post(1), urls=(URL,)))
    await store.retention.wipe()
    written = on_disk(tmp_path)
    assert b"CREATE TABLE claims" in written
    assert vector(1).astype(np.float16).tobytes()[:16] not in written
    assert vector(1).tobytes()[:16] not in written
    assert b"wire.example" not in written
