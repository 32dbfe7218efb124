"""Watched channels: what comes in is read once, follows edits and is forgotten with its message."""

from bot.records import Kind
from tests.conftest import World

STORY = "Harbour bridge at Quellhaven announced to open next spring https://wire.example/bridge"


async def test_reply_is_read_under_its_story(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    reply = await world.member.send(world.news, "I doubt it", reply_to=story)
    kept = await world.store.messages.get(reply.id)
    assert kept.placement.kind is Kind.REPLY
    assert kept.placement.conversation_id == story.id
    assert (await world.store.messages.reading(reply.id)).label == "skeptical"


async def test_a_loose_message_unlike_the_story_is_chat_however_much_it_states(world: World) -> None:
    await world.watch()
    await world.member.send(world.news, "Harbour bridge at Quellhaven to open next spring https://wire.example/bridge")
    digression = "my cousin announced over dinner that her whole choir will sing in Nordhaven this autumn"
    sent = await world.member.send(world.news, digression)
    assert (await world.store.messages.get(sent.id)).placement.kind is Kind.CHAT


async def test_a_loose_message_that_reports_an_event_under_no_story_is_one(world: World) -> None:
    await world.watch()
    event = "The ferry company announced this morning that all night crossings to Nordhaven end in the autumn"
    sent = await world.member.send(world.news, event)
    assert (await world.store.messages.get(sent.id)).placement.kind is Kind.STORY


async def test_unwatched_channel_is_not_read(world: World) -> None:
    await world.watch(world.guild.create_text_channel("other"))
    sent = await world.member.send(world.news, STORY)
    assert await world.store.messages.get(sent.id) is None


async def test_edit_is_read_again(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    reply = await world.member.send(world.news, "I doubt it", reply_to=story)
    await world.member.edit(reply, "here are figures")
    assert (await world.store.messages.reading(reply.id)).label == "informative"


async def test_deleted_message_is_forgotten(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    await world.member.delete(story)
    assert await world.store.messages.get(story.id) is None
    assert await world.store.claims.count(world.guild.id) == 0


async def test_returning_story_makes_a_card_due(world: World) -> None:
    await world.watch()
    first = await world.member.send(world.news, STORY)
    await world.later(days=300)
    again = await world.member.send(world.news, STORY)
    card = await world.store.cards.get(1)
    assert card.message_id == again.id
    assert [found.message_id for found in card.occurrences] == [first.id]


async def test_old_message_edited_into_something_bad_is_flagged(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    reply = await world.member.send(world.news, "fine words", reply_to=story)
    await world.later(hours=5)
    await world.member.edit(reply, "party slogans")
    flag = await world.store.flags.of_message(reply.id)
    assert flag is not None
    assert flag.label == "partisan"
