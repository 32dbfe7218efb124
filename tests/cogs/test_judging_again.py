"""What an edited message says is judged again: a card shows what says its claim, and nothing else.

That holds for the messages on a card, and for the one that it answers.
"""

import discord
from aiolimiter import AsyncLimiter

from tests.cogs.test_context import DAY, DENIAL, STORY, cards_in, lose, text_of, told
from tests.conftest import World

AGAIN = "Harbour bridge at Quellhaven announced to open next spring https://gazette.example/bridge"
LOOSER = "Old harbour bridge at Quellhaven announced to open next spring https://mail.example/bridge"
OTHER = "Battery plant near Orvela announced to close at midsummer https://wire.example/plant"


async def edit_unseen(world: World, message: discord.Message, text: str) -> None:
    """Edit a message without telling the bot, as while it is away."""
    kept = world.env.backend.messages[message.channel.id][message.id]
    kept.content, kept.edited_timestamp = text, world.env.backend.now_iso()
    world.bot.quotes.forget(message.id)


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


async def test_message_edited_into_a_denial_of_its_own_link_is_shown_as_one(world: World) -> None:
    await world.watch()
    first, _ = await told(world, 0, 3)
    await world.member.edit(first, STORY.replace("announced", "denied"))
    (card,) = cards_in(world)
    assert "Contradicts what was reported three days ago" in text_of(card)


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


# ------------------------------------------------------------------------- the message that a card answers


async def test_claim_edited_into_its_denial_has_a_card_that_says_so(world: World) -> None:
    await world.watch()
    first, claim = await told(world, 0, 3)
    before = cards_in(world)[0]
    await world.member.edit(claim, DENIAL)
    (card,) = cards_in(world)
    assert (card.id, card.reference.message_id) == (before.id, claim.id)
    assert "Contradicts what was reported three days ago" in text_of(card)
    assert f"/{first.id})" in text_of(card)
    entry = (await world.store.audit.latest(world.guild.id))[0]
    assert (entry.action, entry.subject_id) == ("card changed", claim.id)


async def test_claim_edited_into_another_known_one_has_that_ones_history(world: World) -> None:
    await world.watch()
    (first,) = await told(world, 0)
    (other,) = await told(world, 1, text=OTHER)
    (claim,) = await told(world, 3)
    assert f"/{first.id})" in text_of(cards_in(world)[0])
    await world.env.advance_time(2 * 3600)
    await world.member.edit(claim, OTHER.replace("wire", "gazette"))
    (card,) = cards_in(world)
    assert f"/{other.id})" in text_of(card)
    assert f"/{first.id})" not in text_of(card)
    assert "> Battery plant near Orvela" in text_of(card)


async def test_card_follows_an_edit_of_its_claim_that_came_while_the_bot_was_away(world: World) -> None:
    await world.watch()
    _, claim = await told(world, 0, 3)
    await world.later(hours=2)
    await edit_unseen(world, claim, DENIAL)
    await world.restart()
    (card,) = cards_in(world)
    assert "Contradicts what was reported three days ago" in text_of(card)


async def test_typo_leaves_the_card_untouched(world: World) -> None:
    await world.watch()
    _, claim = await told(world, 0, 3)
    await world.env.advance_time(60)
    await world.member.edit(claim, STORY.replace("next", "nxet"))
    (card,) = cards_in(world)
    assert card.edited_at is None


async def test_card_that_waits_to_be_posted_follows_its_claim(world: World) -> None:
    await world.watch()
    await told(world, 0)
    world.env.inject_error("POST", f"/channels/{world.news.id}/messages", times=None)
    (claim,) = await told(world, 3)
    await world.member.edit(claim, DENIAL)
    world.env.backend.faults.clear()
    await world.restart()
    (card,) = cards_in(world)
    assert "Contradicts what was reported" in text_of(card)


async def test_change_that_discord_refuses_just_now_is_made_later(world: World) -> None:
    await world.watch()
    _, claim = await told(world, 0, 3)
    world.env.inject_error("PATCH", f"/channels/{world.news.id}/messages/*", times=None)
    await world.member.edit(claim, DENIAL)
    assert "Seen before" in text_of(cards_in(world)[0])
    world.env.backend.faults.clear()
    await world.restart()
    assert "Contradicts what was reported" in text_of(cards_in(world)[0])
    assert not await world.store.leftovers.all()


async def test_card_in_shadow_follows_its_claim_too(world: World) -> None:
    await world.watch(live=False)
    _, claim = await told(world, 0, 3)
    await world.member.edit(claim, DENIAL)
    card = await world.store.cards.get(1)
    assert (card.state, [found.contradicts for found in card.occurrences]) == ("shadow", [True])


async def test_what_was_found_only_later_joins_the_card(world: World) -> None:
    await world.watch()
    first, second = await told(world, 0), await told(world, 1, text=STORY.replace("wire", "gazette"))
    budget = world.bot.memory._budget
    await world.env.advance_time(DAY)
    budget._limiter = AsyncLimiter(0.1, 1_000_000)  # nothing is covered but what is in memory
    await told(world, 3)
    card = cards_in(world)[-1]
    assert f"/{first[0].id})" in text_of(card)
    assert f"/{second[0].id})" not in text_of(card)
    budget._limiter = AsyncLimiter(10, 1)
    await world.env.advance_time(31)
    card = cards_in(world)[-1]
    assert f"/{second[0].id})" in text_of(card)
    assert "Seen before: four days ago, and five days ago" in text_of(card)


async def test_edited_reply_does_not_repeat_the_card_of_its_conversation(world: World) -> None:
    await world.watch()
    await told(world, 0)
    await told(world, 1, text=OTHER)
    (story,) = await told(world, 3)
    await world.env.advance_time(11 * 60)
    reply = await world.member.send(world.news, OTHER, reply_to=story)
    assert len(cards_in(world)) == 2
    await world.member.edit(reply, STORY.partition(" https")[0])
    (card,) = cards_in(world)
    assert card.reference.message_id == story.id
