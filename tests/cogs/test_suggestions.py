"""Suggested cards: what may have been here before waits for a moderator, and nobody else sees it."""

from typing import Any

import discord
from simcord import MemberActor

from tests.cogs.scene import PARTISAN, STORY, buttons, colleague, permit, said, text_of, warned
from tests.conftest import World

RELATED = "Harbour bridge at Quellhaven announced to close next winter https://wire.example/closed"
DAY = 86_400
POST, DECLINE = "The same: post the card", "Not the same"
EMPTY = "No suggested card waits"


async def suggested(world: World, *, live: bool = True) -> discord.Message:
    """Let a story come that is like an earlier one, and may say something else."""
    await world.watch(live=live)
    await world.member.send(world.news, STORY)
    await world.env.advance_time(3 * DAY)
    return await world.member.send(world.news, RELATED)


def cards(world: World) -> list[discord.Message]:
    """List what the bot has posted for all to see."""
    return [message for message in world.news.history() if message.author.id == world.env.bot.user.id]


async def ask(world: World, who: MemberActor | None = None) -> Any:
    """Let a moderator ask for the suggested cards; give the answer, which changes with every press."""
    return (await (who or world.moderator).slash(world.news, "review", label="suggested card")).response


async def test_moderator_has_a_suggested_card_posted(world: World) -> None:
    story = await suggested(world)
    assert not cards(world)
    queue = await ask(world)
    for part in ("Was this here before?", "announced to close next winter", f"/{story.id})", "to open next spring"):
        assert part in text_of(queue)
    assert buttons(queue) == {POST, DECLINE, "Skip"}
    await world.moderator.click(queue, label=POST)
    (card,) = cards(world)
    assert card.reference.message_id == story.id
    assert "Seen before: three days ago" in text_of(card)
    assert f"/{card.id})" in text_of(queue)
    assert EMPTY in text_of(queue)
    logged = [(entry.action, entry.actor) for entry in await world.store.audit.latest(world.guild.id, 3)]
    assert logged == [("card posted", "bot"), ("card accepted", "moderator"), ("card suggested", "bot")]


async def test_declined_card_is_suggested_again_after_undo_and_never_posted(world: World) -> None:
    await suggested(world)
    queue = await ask(world)
    await world.moderator.click(queue, label=DECLINE)
    assert "Not the same: no card under" in text_of(queue)
    assert EMPTY in text_of(await ask(world))
    await world.moderator.click(queue, label="Undo")
    assert "Was this here before?" in text_of(queue)
    await world.moderator.click(queue, label=DECLINE)
    assert not cards(world)


async def test_queue_of_flags_leads_to_them(world: World) -> None:
    story = await suggested(world)
    await world.member.send(world.news, PARTISAN, reply_to=story)
    queue = (await world.moderator.slash(world.news, "review")).response
    await world.moderator.click(queue, label="Agree")
    assert "Nothing waits" in text_of(queue)
    await world.moderator.click(queue, label="Look at one suggested card")
    assert "Was this here before?" in text_of(queue)
    await world.moderator.click(queue, label="Skip")
    assert "One suggested card that you passed over still waits" in text_of(queue)
    await world.moderator.click(queue, label="Start again")
    assert "Was this here before?" in text_of(queue)


async def test_since_when_holds_for_them_too_and_for_the_buttons(world: World) -> None:
    ferry = "Ferry quay near Ostmark ordered to {} https://wire.example/{}"
    await world.watch(live=True)
    await world.member.send(world.news, ferry.format("remain open throughout", "open"))
    await suggested(world)
    await world.later(hours=3)
    await world.member.send(world.news, ferry.format("be dismantled soon", "closed-again"))
    recent = {"label": "suggested card", "since": "2h"}
    queue = (await world.moderator.slash(world.news, "review", **recent)).response
    assert "be dismantled soon" in text_of(queue)
    assert "The last one" in text_of(queue)
    await world.moderator.click(queue, label="Skip")
    assert "One suggested card that you passed over" in text_of(queue)
    await world.moderator.click(queue, label="Start again")
    assert "be dismantled soon" in text_of(queue)
    wrong = {**recent, "since": "soon"}
    assert "`yesterday`" in said(await world.moderator.slash(world.news, "review", **wrong))
    assert "One more suggested card" in text_of(await ask(world))


async def test_end_of_a_filtered_queue_leads_to_those_of_its_time(world: World) -> None:
    await suggested(world)
    await world.later(hours=3)
    queue = (await world.moderator.slash(world.news, "review", since="2h")).response
    assert not buttons(queue)
    queue = (await world.moderator.slash(world.news, "review", since="4h")).response
    await world.moderator.click(queue, label="Look at one suggested card")
    assert "The last one" in text_of(queue)


async def test_each_is_one_moderators_for_ten_minutes_and_one_decides(world: World) -> None:
    await suggested(world)
    second = colleague(world)
    first = await ask(world)
    assert EMPTY in text_of(await ask(world, second))
    await world.env.advance_time(11 * 60)
    late = await ask(world, second)
    await world.moderator.click(first, label=DECLINE)
    assert "a moment faster" in warned(await second.click(late, label=POST))
    assert not cards(world)


async def test_only_for_who_moderates_there_also_at_the_click(world: World) -> None:
    await suggested(world)
    queue = await ask(world)
    permit(world, world.news, world.moderator.id, deny=discord.Permissions(manage_messages=True).value)
    assert "Manage Messages" in warned(await world.moderator.click(queue, label=POST))
    assert not cards(world)
    assert "review" not in world.member.available_commands(world.news)


async def test_in_shadow_it_is_only_counted(world: World) -> None:
    await suggested(world, live=False)
    queue = await ask(world)
    await world.moderator.click(queue, label=POST)
    assert "this server is in shadow" in text_of(queue)
    assert not cards(world)


async def test_buttons_outlive_a_restart_and_a_deleted_story_takes_its_card_along(world: World) -> None:
    story = await suggested(world)
    queue = await ask(world)
    await world.restart()
    await world.moderator.click(queue, label="Skip")
    await world.moderator.click(queue, label="Start again")
    await world.member.delete(story)
    assert "not there any more" in warned(await world.moderator.click(queue, label=POST))
    assert EMPTY in text_of(queue)


async def test_story_that_turns_out_the_same_gets_its_card_by_itself(world: World) -> None:
    story = await suggested(world)
    await world.member.edit(story, STORY)
    assert "Seen before: three days ago" in text_of(cards(world)[0])
    assert EMPTY in text_of(await ask(world))


async def test_they_come_too_late_after_three_days(world: World) -> None:
    await suggested(world)
    await world.later(days=4)
    assert EMPTY in text_of(await ask(world))


async def test_suggestions_are_no_cards_in_the_figures(world: World) -> None:
    await suggested(world)
    assert "Nothing has been read in that time" in said(await world.moderator.slash(world.news, "report"))


async def test_accepted_card_outlives_a_typo_in_its_story_or_in_what_it_shows(world: World) -> None:
    story = await suggested(world)
    (first,) = [message for message in world.news.history() if message.content == STORY]
    await world.moderator.click(await ask(world), label=POST)
    await world.member.edit(story, RELATED.replace("winter", "wintre"))
    await world.member.edit(first, STORY.replace("spring", "sprign"))
    (card,) = cards(world)
    assert "Seen before: three days ago" in text_of(card)
    assert "to open next sprign" in text_of(card)
    assert EMPTY in text_of(await ask(world))


async def test_accepted_card_goes_with_a_story_that_says_something_else(world: World) -> None:
    story = await suggested(world)
    await world.moderator.click(await ask(world), label=POST)
    await world.member.edit(
        story, "Battery plant near Orvela announced to shut at midsummer https://wire.example/plant"
    )
    assert not cards(world)


async def test_accepted_card_gets_what_the_story_surely_says_besides(world: World) -> None:
    await world.watch(live=True)
    sure = await world.member.send(world.news, RELATED.replace("wire", "mail"))
    await world.env.advance_time(DAY)
    story = await suggested(world)
    (card,) = cards(world)
    assert card.reference.message_id == story.id
    await world.member.delete(sure)
    assert not cards(world)
