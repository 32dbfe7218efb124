"""What was said before the bot came or while it was away is read once, in its order, without stale cards."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.records import Kind
from cogs.catchup import CatchUp
from tests.cogs.scene import forbid
from tests.conftest import World

STORY = "Harbour bridge at Quellhaven announced to open next spring https://wire.example/bridge"


async def _silent(read: int) -> None:
    """Want no progress."""


def _catch_up(world: World) -> CatchUp:
    return world.bot.get_cog("CatchUp")


async def test_backfill_reads_history_without_cards(world: World) -> None:
    first = await world.member.send(world.news, STORY)
    loose = await world.member.send(world.news, "I doubt it")
    await world.later(days=300)
    again = await world.member.send(world.news, STORY)
    await world.later(hours=3)
    await world.watch()
    read = await _catch_up(world).backfill(world.bot.get_channel(world.news.id), _silent)
    assert read == 3
    assert (await world.store.messages.get(first.id)).placement.kind is Kind.STORY
    assert (await world.store.messages.get(loose.id)).placement.conversation_id == first.id
    assert await world.store.claims.count(world.guild.id) == 2
    assert await world.store.cards.get(1) is None
    assert await world.store.messages.get(again.id) is not None


@pytest.mark.parametrize(("hours", "carded"), [(1, False), (6, True)])
async def test_owner_says_from_what_age_on_a_message_gets_no_card(world: World, hours: int, carded: bool) -> None:
    await world.watch()
    await world.member.send(world.news, STORY)
    await world.later(days=300)
    await world.bot.remove_cog("Watch")
    again = await world.member.send(world.news, STORY)
    await world.later(hours=3)
    chosen = world.resources.settings.model_copy(update={"stale_after": timedelta(hours=hours)})
    world.resources = replace(world.resources, settings=chosen)
    await world.restart()
    assert (await world.store.messages.get(again.id)).read
    assert (await world.store.cards.get(1) is not None) is carded


async def test_long_history_keeps_its_stories_together(world: World) -> None:
    replies = {}
    for number in range(3):
        story = await world.member.send(world.news, f"{STORY}/{number}")
        for _ in range(36):
            replies[(await world.moderator.send(world.news, "I doubt it")).id] = story.id
    await world.watch()
    assert await _catch_up(world).backfill(world.bot.get_channel(world.news.id), _silent) == 111
    placed = {number: (await world.store.messages.get(number)).placement.conversation_id for number in replies}
    assert placed == replies


async def test_interrupted_backfill_goes_on_after_a_restart(world: World) -> None:
    first = await world.member.send(world.news, STORY)
    second = await world.member.send(world.news, STORY + "/again")
    await world.watch()
    await world.store.servers.move_backfill(world.news.id, second.id)
    await world.restart()
    assert await world.store.messages.get(first.id) is not None
    assert not await world.store.servers.backfills()


async def test_backfill_reads_threads_and_forums(world: World) -> None:
    forum = world.guild.create_forum_channel("debates")
    backend = world.env.backend
    thread = backend.create_thread(forum.id, "Bridge", owner_id=world.member.id)
    starter = backend.create_message(thread.id, world.member.id, "The harbour bridge was announced again")
    answer = backend.create_message(thread.id, world.moderator.id, "I doubt it")
    await world.env.settle()
    await world.watch(forum)
    await _catch_up(world).backfill(world.bot.get_channel(forum.id), _silent)
    assert (await world.store.messages.get(starter.id)).placement.kind is Kind.STORY
    assert (await world.store.messages.get(answer.id)).placement.conversation_id == starter.id


async def test_messages_missed_while_away_are_read(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    await world.bot.remove_cog("Watch")  # deaf from here on
    missed = await world.member.send(world.news, "I doubt it", reply_to=story)
    assert await world.store.messages.get(missed.id) is None
    await world.restart()
    assert (await world.store.messages.reading(missed.id)).label == "skeptical"


async def test_changes_missed_while_away_are_followed(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    gone = await world.member.send(world.news, "I doubt it", reply_to=story)
    edited = await world.member.send(world.news, "I doubt it too", reply_to=story)
    await world.member.send(world.news, "here are figures", reply_to=story)
    await world.bot.remove_cog("Watch")
    await world.member.delete(gone)
    await world.member.edit(edited, "here are figures")
    await world.restart()
    assert await world.store.messages.get(gone.id) is None
    assert (await world.store.messages.reading(edited.id)).label == "informative"


async def test_history_that_may_not_be_read_does_not_mean_that_all_is_deleted(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    forbid(world, world.news, read_message_history=True)
    await world.restart()
    assert await world.store.messages.get(story.id) is not None


async def test_row_without_reading_is_taken_up_after_a_restart(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    reply = await world.member.send(world.news, "I doubt it", reply_to=story)
    await world.store.messages.reopen(reply.id)
    await world.restart()
    assert not await world.store.messages.unread(10)
    assert (await world.store.messages.reading(reply.id)).label == "skeptical"


async def test_a_loose_message_after_a_restart_belongs_to_the_story_before_it(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    await world.restart()
    loose = await world.member.send(world.news, "I doubt it")
    kept = await world.store.messages.get(loose.id)
    assert kept.placement.conversation_id == story.id
    assert (await world.store.messages.reading(loose.id)).label == "skeptical"
