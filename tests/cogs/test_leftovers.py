"""What the bot shows of a message that was deleted, edited or removed leaves, whatever fails or crashes meanwhile."""

import discord
import pytest

from cogs.leftovers import is_due
from tests.cogs.scene import STORY, alerts, flagged, said, text_of
from tests.conftest import World

OTHER = "Battery plant near Orvela announced to close at midsummer"
OLD, NEW = "typical party nonsense", "another party is to blame"


def posted(world: World) -> list[discord.Message]:
    """List what the bot has posted in the channel for news."""
    return [message for message in world.news.history() if message.author.id == world.bot.user.id]


async def carded(world: World) -> tuple[discord.Message, discord.Message]:
    """Tell a story twice, which makes a card; give both tellings."""
    await world.watch()
    first = await world.member.send(world.news, STORY)
    await world.later(days=200)
    second = await world.member.send(world.news, STORY)
    assert len(posted(world)) == 1
    return first, second


@pytest.mark.parametrize("words", [NEW, "here are figures from the northern quay"], ids=["flagged", "withdrawn"])
async def test_alert_follows_an_edit_after_which_the_bot_crashed(world: World, words: str) -> None:
    await world.watch()
    message = await flagged(world)
    await world.bot.remove_cog("Review")
    await world.member.edit(message, words)
    assert OLD in text_of(alerts(world)[0])
    await world.restart()
    assert OLD not in text_of(alerts(world)[0])
    assert not await world.store.leftovers.all()


async def test_alert_follows_an_edit_of_the_story_that_it_quotes(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    await flagged(world, story=story)
    assert "Quellhaven" in text_of(alerts(world)[0])
    await world.member.edit(story, STORY.replace("Quellhaven", "Orvela"))
    assert "Quellhaven" not in text_of(alerts(world)[0])
    assert not await world.store.leftovers.all()


@pytest.mark.parametrize("number", [0, 1], ids=["what the card shows", "what it answers"])
async def test_card_follows_an_edit_after_which_the_bot_crashed(world: World, number: int) -> None:
    edited = (await carded(world))[number]
    await world.bot.remove_cog("Context")
    await world.member.edit(edited, OTHER)
    assert len(posted(world)) == 1
    await world.restart()
    assert posted(world) == []
    assert not await world.store.leftovers.all()


async def test_take_down_that_fails_is_tried_again(world: World) -> None:
    first, _ = await carded(world)
    (card,) = posted(world)
    world.env.inject_error("DELETE", f"/channels/*/messages/{card.id}", status=503, times=2)
    await world.member.delete(first)
    assert len(posted(world)) == 1
    await world.env.advance_time(70)
    assert len(posted(world)) == 1
    await world.env.advance_time(60)
    assert posted(world) == []
    assert not await world.store.leftovers.all()


async def test_alert_that_cannot_be_changed_is_changed_later(world: World) -> None:
    await world.watch()
    message = await flagged(world)
    world.env.inject_error("PATCH", f"/channels/{world.moderators.id}/messages/*", status=503)
    await world.member.edit(message, NEW)
    assert OLD in text_of(alerts(world)[0])
    await world.env.advance_time(70)
    assert NEW in text_of(alerts(world)[0])
    assert not await world.store.leftovers.all()


async def test_card_removed_by_its_button_goes_though_discord_fails(world: World) -> None:
    _, second = await carded(world)
    (card,) = posted(world)
    world.env.inject_error("DELETE", f"/channels/*/messages/{card.id}", status=503)
    assert "The card is gone" in said(await world.member.click(card, label="Remove"))
    assert len(posted(world)) == 1
    await world.env.advance_time(70)
    assert posted(world) == []
    assert not await world.store.leftovers.all()
    assert (await world.store.cards.get(1)).state == "retracted"
    assert second.author.id == world.member.id


async def test_card_that_is_taken_down_leaves_nothing_to_do(world: World) -> None:
    await carded(world)
    (card,) = posted(world)
    await world.moderator.delete(card)
    assert (await world.store.cards.get(1)).state == "removed"
    assert not await world.store.leftovers.all()


async def test_what_discord_refuses_is_not_asked_for_for_ever(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    replies = ("I doubt the harbour is finished", "here are figures from the northern quay", "more doubt about it")
    sent = [await world.member.send(world.news, text, reply_to=story) for text in replies]
    await world.member.slash(world.news, "summarize", public=True)
    (digest,) = posted(world)
    cited = await world.store.digests.cites(digest.id)
    summarize = await world.bot.remove_cog("Summarize")
    await world.member.delete(next(each for each in sent if each.id in cited))
    assert await world.store.leftovers.all()
    await world.bot.add_cog(summarize)
    world.env.inject_error("PATCH", f"/channels/*/messages/{digest.id}", status=403, times=None)
    await world.env.advance_time(70)
    assert not await world.store.leftovers.all()


def test_what_lasts_is_tried_more_seldom() -> None:
    assert [minutes for minutes in range(1, 200) if is_due(minutes)] == [1, 2, 4, 8, 16, 32, 60, 120, 180]
