"""What an edited message says is judged again: a card shows what says its claim, and nothing else."""

from tests.cogs.test_context import DENIAL, STORY, cards_in, lose, text_of, told
from tests.conftest import World

AGAIN = "Harbour bridge at Quellhaven announced to open next spring https://gazette.example/bridge"
LOOSER = "Old harbour bridge at Quellhaven announced to open next spring https://mail.example/bridge"
OTHER = "Battery plant near Orvela announced to close at midsummer https://wire.example/plant"


async def test_edited_message_that_says_something_else_leaves_its_card(world: World) -> None:
    await world.watch()
    first, second = await told(world, 0, 3)
    await told(world, 3, text=AGAIN)
    assert f"/{first.id})" in text_of(cards_in(world)[-1])
    await world.member.edit(first, OTHER)
    card = cards_in(world)[-1]
    assert f"/{first.id})" not in text_of(card)
    assert "Battery plant" not in text_of(card)
    assert f"/{second.id})" in text_of(card)
    assert "Seen before: three days ago" in text_of(card)


async def test_card_goes_with_the_last_message_that_says_its_claim(world: World) -> None:
    await world.watch()
    (first,) = await told(world, 0)
    await told(world, 3, text=AGAIN)
    await world.member.edit(first, OTHER)
    assert not cards_in(world)
    assert (await world.store.cards.get(1)).state == "empty"


async def test_other_words_for_the_same_claim_stay(world: World) -> None:
    await world.watch()
    (first,) = await told(world, 0)
    await told(world, 3, text=AGAIN)
    await world.member.edit(first, LOOSER)
    (card,) = cards_in(world)
    assert "> Old harbour bridge" in text_of(card)


async def test_message_edited_into_a_denial_is_shown_as_one(world: World) -> None:
    await world.watch()
    (first,) = await told(world, 0)
    await told(world, 3, text=AGAIN)
    await world.member.edit(first, DENIAL)
    (card,) = cards_in(world)
    assert "Contradicts what was reported three days ago" in text_of(card)
    await world.env.advance_time(60)
    await world.member.edit(first, STORY)
    assert "Seen before: three days ago" in text_of(cards_in(world)[0])


async def test_edit_while_the_card_waits_to_be_posted_counts(world: World) -> None:
    await world.watch()
    (first,) = await told(world, 0)
    world.env.inject_error("POST", f"/channels/{world.news.id}/messages", times=None)
    await told(world, 3, text=AGAIN)
    await world.member.edit(first, OTHER)
    world.env.backend.faults.clear()
    await world.restart()
    assert not cards_in(world)
    assert (await world.store.cards.get(1)).state == "dropped"


async def test_nothing_is_judged_against_a_claim_that_is_gone(world: World) -> None:
    await world.watch()
    (first,) = await told(world, 0)
    (claim,) = await told(world, 3, text=AGAIN)
    await lose(world, claim)
    await world.member.edit(first, OTHER)
    assert len(cards_in(world)) == 1
