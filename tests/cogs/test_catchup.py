"""What was said before the bot came or while it was away is read once, in its order, without stale cards."""

from datetime import timedelta

from bot.records import Kind
from cogs.catchup import CatchUp
from tests.conftest import World

STORY = "Harbour bridge at Quellhaven announced to open next spring https://wire.example/bridge"


async def _silent(read: int) -> None:
    """Want no progress."""


def _catch_up(world: World) -> CatchUp:
    return world.bot.get_cog("CatchUp")


async def test_backfill_reads_history_without_cards(world: World) -> None:
    first = await world.member.send(world.news, STORY)
    loose = await world.member.send(world.news, "I doubt it very much")
    await world.env.advance_time(timedelta(days=300).total_seconds())
    again = await world.member.send(world.news, STORY)
    await world.env.advance_time(timedelta(hours=3).total_seconds())
    await world.watch()
    read = await _catch_up(world).backfill(world.bot.get_channel(world.news.id), _silent)
    assert read == 3
    assert (await world.store.messages.get(first.id)).placement.kind is Kind.STORY
    assert (await world.store.messages.get(loose.id)).placement.conversation_id == first.id
    assert await world.store.claims.count(world.guild.id) == 2
    assert await world.store.cards.get(1) is None
    assert await world.store.messages.get(again.id) is not None


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


async def test_row_without_reading_is_taken_up_after_a_restart(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    reply = await world.member.send(world.news, "I doubt it", reply_to=story)
    await world.store.messages.reopen(reply.id)
    await world.restart()
    assert not await world.store.messages.unread(10)
    assert (await world.store.messages.reading(reply.id)).label == "skeptical"
