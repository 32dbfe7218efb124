"""A note of how far messages were read outlives crashes until everything is read."""

from datetime import UTC, datetime

import discord

from bot.store import Store
from tests.bot.rows import CHANNEL, GUILD, post

ADDED = datetime(2026, 1, 1, tzinfo=UTC)


async def test_note_says_how_far_each_channel_was_read(store: Store) -> None:
    await store.servers.watch(GUILD, 99, ADDED)
    await store.messages.keep(post(1))
    await store.messages.keep(post(3))
    await store.gaps.note()
    assert await store.gaps.all() == {CHANNEL: 3, 99: discord.utils.time_snowflake(ADDED)}


async def test_note_that_stands_is_the_one_that_counts(store: Store) -> None:
    await store.messages.keep(post(1))
    await store.gaps.note()
    await store.messages.keep(post(9))
    await store.gaps.note()
    assert await store.gaps.all() == {CHANNEL: 1}
    await store.gaps.close()
    await store.gaps.note()
    assert await store.gaps.all() == {CHANNEL: 9}


async def test_opened_gap_only_grows(store: Store) -> None:
    await store.messages.keep(post(9))
    await store.gaps.open(CHANNEL, GUILD, 5)
    await store.gaps.open(CHANNEL, GUILD, 7)
    assert await store.gaps.all() == {CHANNEL: 5}
