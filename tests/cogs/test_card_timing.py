"""When a card is posted and when not: once for a claim and conversation, seldom in a channel, never after expiry."""

from dataclasses import replace
from datetime import timedelta

import discord

from bot import policy
from tests.cogs.test_context import DAY, STORY, answer_of, cards_in, told
from tests.conftest import World

OTHER = "Ferry line to Westmark announced to stop sailing in autumn https://wire.example/ferry"


async def both_known(world: World) -> None:
    """Have two stories told, so that either gets a card when it comes back."""
    await world.watch()
    await told(world, 0)
    await told(world, 1, text=OTHER)
    await world.env.advance_time(5 * DAY)
    assert not cards_in(world)


def answered(world: World) -> list[int]:
    """List the messages that cards answer, the latest last."""
    cards: list[discord.Message] = cards_in(world)
    return sorted(card.reference.message_id for card in cards)


async def test_second_card_in_a_channel_waits_for_ten_minutes_to_pass(world: World) -> None:
    await both_known(world)
    (first,) = await told(world, 0)
    await told(world, 0, text=OTHER)
    assert answered(world) == [first.id]
    await world.env.advance_time(policy.PACE.card_pause.total_seconds() + 1)
    (later,) = await told(world, 0, text=OTHER)
    assert answered(world) == [first.id, later.id]


async def test_owner_says_how_long_a_channel_rests_between_two_cards(world: World) -> None:
    chosen = world.resources.settings.model_copy(update={"card_pause": timedelta()})
    world.resources = replace(world.resources, settings=chosen)
    await world.restart()
    await both_known(world)
    (first,) = await told(world, 0)
    (second,) = await told(world, 0, text=OTHER)
    assert answered(world) == [first.id, second.id]


async def test_another_channel_has_its_own_ten_minutes(world: World) -> None:
    there = world.guild.create_text_channel("world")
    await both_known(world)
    await world.watch(there)
    await told(world, 0)
    await told(world, 0, text=OTHER, channel=there)
    assert len(cards_in(world)) == len(cards_in(world, there)) == 1


async def test_claim_gets_one_card_in_a_conversation_however_often_it_is_said_there(world: World) -> None:
    await both_known(world)
    (story,) = await told(world, 0)
    for _ in range(2):
        await world.env.advance_time(policy.PACE.card_pause.total_seconds() + 1)
        await world.member.send(world.news, STORY, reply_to=story)
    assert answered(world) == [story.id]


async def test_claim_that_expired_is_met_for_the_first_time_again(world: World) -> None:
    await both_known(world)
    server = await world.store.servers.get(world.guild.id)
    await world.store.servers.save(replace(server, claim_days=3))
    await world.env.advance_time(timedelta(days=1).total_seconds())
    assert await world.store.claims.count(world.guild.id) == 0
    await told(world, 0)
    assert not cards_in(world)
    asked = await world.member.slash(world.news, "context", message=OTHER.partition(" https")[0])
    assert "New here" in answer_of(asked)


async def test_two_claims_at_the_same_moment_get_one_card(world: World) -> None:
    await both_known(world)
    for text in (STORY, OTHER):
        world.env.backend.create_message(world.news.id, world.member.id, text)
    await world.env.settle()
    assert len(cards_in(world)) == 1
