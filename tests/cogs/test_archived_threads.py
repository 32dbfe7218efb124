"""Discord refuses to change a message in an archived thread: the card there is changed all the same."""

from dataclasses import dataclass

import discord
import pytest
from simcord import ChannelHandle

from tests.cogs.test_context import STORY, cards_in, text_of, told
from tests.conftest import World

REFUSAL = {"status": 400, "code": 50_083}


@dataclass
class Aside:
    """Hold an archived thread with a card, and the two messages that the card shows."""

    thread: ChannelHandle
    first: discord.Message
    second: discord.Message


@pytest.fixture
async def aside(world: World) -> Aside:
    """Tell a story twice in the channel, then in a thread, and archive that."""
    await world.watch()
    first, second = await told(world, 0, 3)
    await world.env.advance_time(86_400)
    backend = world.env.backend
    thread_id = backend.create_thread(world.news.id, "Aside", world.member.id).id
    backend.create_message(thread_id, world.member.id, STORY)
    await world.env.settle()
    (thread,) = [found for found in world.news.threads if found.id == thread_id]
    assert f"/{first.id})" in text_of(cards_in(world, thread)[0])
    backend.edit_channel(thread_id, {}, thread_metadata={"archived": True})
    await world.env.settle()
    return Aside(thread, first, second)


def is_archived(world: World, aside: Aside) -> bool:
    """Say whether the thread is archived now."""
    return world.env.backend.get_channel(aside.thread.id).thread_metadata.archived


async def test_deleted_quote_leaves_a_card_in_an_archived_thread(world: World, aside: Aside) -> None:
    world.env.inject_error("PATCH", f"/channels/{aside.thread.id}/messages/*", **REFUSAL)
    await world.member.delete(aside.first)
    (card,) = cards_in(world, aside.thread)
    assert f"/{aside.first.id})" not in text_of(card)
    assert f"/{aside.second.id})" in text_of(card)
    assert is_archived(world, aside)
    assert not await world.store.leftovers.all()


async def test_card_of_which_nothing_is_left_goes_there_too(world: World, aside: Aside) -> None:
    await world.member.delete(aside.first)
    world.env.inject_error("DELETE", f"/channels/{aside.thread.id}/messages/*", **REFUSAL)
    await world.member.delete(aside.second)
    assert not cards_in(world, aside.thread)
    assert is_archived(world, aside)


async def test_thread_that_may_not_be_opened_is_tried_again(world: World, aside: Aside) -> None:
    world.env.inject_error("PATCH", f"/channels/{aside.thread.id}/messages/*", **REFUSAL, times=None)
    world.env.inject_error("PATCH", f"/channels/{aside.thread.id}", status=403, code=50_013, times=None)
    await world.member.delete(aside.first)
    assert await world.store.leftovers.all()
    world.env.backend.faults.clear()
    await world.restart()
    assert f"/{aside.first.id})" not in text_of(cards_in(world, aside.thread)[0])
    assert not await world.store.leftovers.all()


async def test_thread_that_may_not_be_archived_again_stays_open(world: World, aside: Aside) -> None:
    world.env.backend.edit_channel(aside.thread.id, {}, thread_metadata={"archived": False})
    await world.env.settle()
    world.env.inject_error("PATCH", f"/channels/{aside.thread.id}", status=403, code=50_013, times=None)
    await world.member.delete(aside.first)
    assert f"/{aside.first.id})" not in text_of(cards_in(world, aside.thread)[0])
    assert not is_archived(world, aside)
