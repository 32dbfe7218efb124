"""Settings come back as they were written, whole or in part, and a place's own thresholds stay with its server."""

import asyncio
from dataclasses import replace

import pytest

from bot.records import Server, Thresholds
from bot.store import Store
from tests.bot.rows import NOW


async def test_settings_come_back_as_they_were_saved(store: Store) -> None:
    assert await store.servers.get(1) == Server(1)
    mine = Server(
        1, True, 5, Thresholds({"partisan": 0.7}, 0.4, 9), 14, 90, {10: {"partisan": None}, 11: {"none": 0.5}}
    )
    await store.servers.save(mine)
    assert await store.servers.get(1) == mine
    await store.servers.save(replace(mine, overrides={10: {"off-topic": 0.8}}))
    assert (await store.servers.get(1)).overrides == {10: {"off-topic": 0.8}}


async def test_change_leaves_the_rest(store: Store) -> None:
    await store.servers.override(1, 10, {"partisan": 0.9})
    changed = await store.servers.change(1, live=True, thresholds=Thresholds({"partisan": 0.8}))
    assert changed == Server(1, live=True, thresholds=Thresholds({"partisan": 0.8}), overrides={10: {"partisan": 0.9}})
    assert (await store.servers.change(1, retention_days=7)).live


async def test_settings_that_change_while_they_are_read_do_not_stay_as_they_were(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, changed = store.servers._read, asyncio.Event()

    async def slowly(guild_id: int) -> Server:
        found = await read(guild_id)
        await changed.wait()
        return found

    monkeypatch.setattr(store.servers, "_read", slowly)
    monkeypatch.setattr(store.servers, "forget", lambda forget=store.servers.forget: (forget(), changed.set()))
    reading = asyncio.create_task(store.servers.get(1))
    await asyncio.sleep(0.02)
    await store.servers.save(Server(1, live=True))
    await reading
    assert (await store.servers.get(1)).live


async def test_places_of_one_server_are_not_those_of_another(store: Store) -> None:
    await store.servers.override(1, 10, {"partisan": 0.9})
    assert (await store.servers.override(2, 20, {"partisan": None})).overrides == {20: {"partisan": None}}
    assert (await store.servers.override(1, 10, {})).overrides == {}
    assert (await store.servers.get(2)).overrides == {20: {"partisan": None}}


async def test_places_leave_with_their_server(store: Store) -> None:
    await store.servers.override(1, 10, {"partisan": 0.9})
    await store.servers.save(replace(await store.servers.get(1), live=True))
    await store.retention.leave(1, NOW)
    assert 1 in await store.retention.delete_left(NOW.replace(year=NOW.year + 1))
    assert await store.servers.get(1) == Server(1)
    assert 1 not in await store.retention.servers()
