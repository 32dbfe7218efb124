"""The table of claims is the truth: an index that is missing, damaged or behind is brought up to date from it."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.claim_index import MAGIC, NONCE_BYTES, ClaimIndex
from bot.client import Hindsight
from bot.indexes import Indexes
from bot.resources import Resources
from tests.conftest import World
from tests.disk import full_disk

STORY = "Harbour bridge at Quellhaven announced to open next spring https://wire.example/bridge"


def reopened(resources: Resources) -> Indexes:
    """Open the indexes as after a restart."""
    folder = resources.settings.data_dir / "claims"
    return Indexes(resources.store.claims, folder, resources.models.embedder.version)


def only_file(resources: Resources) -> Path:
    """Give the one index file."""
    (file,) = (resources.settings.data_dir / "claims").iterdir()
    return file


async def nearest(world: World, indexes: Indexes, text: str) -> list[int]:
    """List the messages whose claims are nearest to a text."""
    (vector,) = await world.bot.models.embed.submit([text])
    return [message_id for message_id, _ in await indexes.search(world.guild.id, vector, 5)]


async def test_saved_index_is_read_and_not_rebuilt(world: World, caplog: pytest.LogCaptureFixture) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    await world.bot.memory.save()
    with caplog.at_level(logging.INFO, "bot.indexes"):
        assert await nearest(world, reopened(world.resources), STORY) == [story.id]
    assert not caplog.records


async def test_lost_index_is_built_from_the_table(world: World, caplog: pytest.LogCaptureFixture) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    with caplog.at_level(logging.INFO, "bot.indexes"):
        assert await nearest(world, reopened(world.resources), STORY) == [story.id]
    assert "1 vectors added from the table" in caplog.text


def flipped(data: bytes, place: int) -> bytes:
    """Flip one bit."""
    return data[:place] + bytes([data[place] ^ 16]) + data[place + 1 :]


def resealed(data: bytes, key: bytes) -> bytes:
    """Seal the same index with another key."""
    nonce = b"n" * NONCE_BYTES
    return data[: len(MAGIC)] + nonce + AESGCM(key).encrypt(nonce, b"index", None)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: data[:0],
    "cut in the first word": lambda data: data[:3],
    "cut after it": lambda data: data[: len(MAGIC)],
    "cut in a nonce": lambda data: data[: len(MAGIC) + 7],
    "cut near the end": lambda data: data[:-7],
    "longer": lambda data: data + b"more",
    "flipped at the start": lambda data: flipped(data, 6),
    "flipped in the middle": lambda data: flipped(data, len(data) // 2),
    "flipped at the end": lambda data: flipped(data, len(data) - 1),
    "another key": lambda data: resealed(data, b"k" * 32),
    "another version": lambda data: b"HSIX0" + data[len(MAGIC) :],
    "no index": lambda data: b"SQLite format 3\0" + data,
}


async def test_damaged_index_is_built_again_with_a_log_line(world: World, caplog: pytest.LogCaptureFixture) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    await world.bot.memory.save()
    file = only_file(world.resources)
    whole = file.read_bytes()
    for name, damage in DAMAGES.items():
        caplog.clear()
        file.write_bytes(damage(whole))
        indexes = reopened(world.resources)
        with caplog.at_level(logging.INFO, "bot.indexes"):
            assert await nearest(world, indexes, STORY) == [story.id], name
        assert f"claim index of server {world.guild.id} is made anew" in caplog.text, name
        await indexes.save()
        caplog.clear()
        assert await nearest(world, reopened(world.resources), STORY) == [story.id], name
        assert "made anew" not in caplog.text, name


async def test_card_is_found_though_the_index_is_damaged(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    await world.bot.memory.save()
    file = only_file(world.resources)
    file.write_bytes(flipped(file.read_bytes(), 100))
    world.resources.indexes._open.clear()  # as after a restart
    await world.later(days=40)
    again = await world.member.send(world.news, STORY)
    (card,) = await world.store.cards.citing(story.id)
    assert (await world.store.cards.get(card)).message_id == again.id


async def test_index_that_cannot_be_read_or_written_is_done_without(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    await world.bot.memory.save()
    file = only_file(world.resources)
    other = await world.member.send(world.news, STORY)
    with full_disk():
        await world.bot.memory.save()
    assert "cannot be written: File too large" in caplog.text
    assert not list(file.parent.iterdir())
    file.mkdir()
    assert set(await nearest(world, reopened(world.resources), STORY)) == {story.id, other.id}
    assert "is made anew" in caplog.text
    file.rmdir()
    await world.bot.memory.save()
    assert only_file(world.resources) == file


async def test_index_that_is_behind_learns_and_forgets(world: World) -> None:
    await world.watch()
    first = await world.member.send(world.news, STORY)
    await world.bot.memory.save()
    old = only_file(world.resources).read_bytes()
    second = await world.member.send(world.news, STORY)
    await world.member.delete(first)
    only_file(world.resources).write_bytes(old)  # as after a crash before the next save
    assert await nearest(world, reopened(world.resources), STORY) == [second.id]


async def test_edited_claim_is_found_by_its_new_text_after_a_crash(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    await world.bot.memory.save()
    await world.member.edit(story, "Battery plant in Orvela announced https://wire.example/plant")
    indexes = reopened(world.resources)
    (vector,) = await world.bot.models.embed.submit(["Battery plant in Orvela announced https://wire.example/plant"])
    ((found, cosine),) = await indexes.search(world.guild.id, vector, 5)
    assert found == story.id
    assert cosine > 0.99


async def test_what_a_large_index_finds_is_ordered_by_the_table(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.watch()
    told = [
        STORY,
        "Harbour bridge at Quellhaven closed https://wire.example/closed",
        "Geese https://wire.example/geese",
    ]
    ids = [(await world.member.send(world.news, text)).id for text in told]
    indexes = world.resources.indexes
    (vector,) = await world.bot.models.embed.submit(told[:1])
    exact = await indexes.search(world.guild.id, vector, 3)
    monkeypatch.setattr(ClaimIndex, "exact", False)
    monkeypatch.setattr(ClaimIndex, "search", lambda *_: [(number, 0.5) for number in (404, *reversed(ids))])
    found = await indexes.search(world.guild.id, vector, 2)
    assert [number for number, _ in found] == [number for number, _ in exact][:2]
    assert found == [(number, pytest.approx(cosine, abs=1e-3)) for number, cosine in exact[:2]]


async def test_nothing_is_ordered_where_a_large_index_finds_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ClaimIndex, "exact", False)
    assert await nearest(world, world.resources.indexes, STORY) == []


@pytest.mark.parametrize("few", [0, 500])
async def test_claims_are_looked_up_one_by_one_or_in_one_go(
    world: World, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    await world.watch()
    ids = [(await world.member.send(world.news, STORY.replace("bridge", word))).id for word in ("ferry", "pier", "dam")]
    monkeypatch.setattr("bot.store.claims.FEW", few)
    chosen = np.array([ids[2], ids[0]])
    found, vectors = await world.store.claims.vectors(world.guild.id, world.bot.models.embedder.version, chosen)
    assert sorted(found) == sorted(chosen)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-3)


async def test_erased_vector_is_in_no_file_after_a_save(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    await world.bot.memory.save()
    size = only_file(world.resources).stat().st_size
    await world.member.delete(story)
    await world.bot.memory.save()
    assert only_file(world.resources).stat().st_size < size - 384


async def test_new_bot_on_the_same_store_finds_the_claims(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    await world.env.restart_bot(Hindsight(world.resources))
    assert await nearest(world, world.resources.indexes, STORY) == [story.id]
