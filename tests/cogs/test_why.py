"""Why this label? Its author and moderators learn it, nobody else does."""

import discord
import pytest

from tests.cogs.scene import PARTISAN, STORY, alerts, colleague, flagged, permit, refused, said
from tests.conftest import World


async def test_author_learns_label_sureness_and_words(world: World) -> None:
    await world.watch()
    message = await flagged(world)
    shown = said(await world.member.slash(world.news, "why", message=message.jump_url))
    for part in ("Partisan · 90%, very sure", "takes or attacks a political side", "**party**", "/privacy"):
        assert part in shown
    assert said(await world.member.context_menu(world.news, "Why this label?", message)) == shown


async def test_only_author_and_moderators_learn_it(world: World) -> None:
    await world.watch()
    message = await flagged(world)
    other = colleague(world, roles=())
    result = await other.context_menu(world.news, "Why this label?", message)
    assert "Only the author of a message and moderators" in refused(world, result)
    assert "artisan" not in said(result)
    assert "Partisan" in said(await world.moderator.context_menu(world.news, "Why this label?", message))


async def test_decision_of_a_moderator_is_named_without_the_name(world: World) -> None:
    await world.watch()
    message = await flagged(world)
    await world.moderator.select(alerts(world)[0], ["skeptical"])
    shown = said(await world.member.context_menu(world.news, "Why this label?", message))
    assert "A moderator decided this" in shown
    assert "the model had said partisan" in shown
    assert str(world.moderator.id) not in shown


@pytest.mark.parametrize(
    ("text", "answer"), [("hm", "No label fits clearly enough"), ("fine then", "No label · 90%, very sure")]
)
async def test_unsure_and_none_are_explained(world: World, text: str, answer: str) -> None:
    await world.watch()
    message = await flagged(world, text)
    assert answer in said(await world.member.context_menu(world.news, "Why this label?", message))


async def test_message_of_an_unwatched_channel(world: World) -> None:
    message = await world.member.send(world.news, PARTISAN)
    assert "Nothing is kept" in said(await world.member.context_menu(world.news, "Why this label?", message))


async def test_links_that_lead_nowhere(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    hidden = world.guild.create_text_channel("hidden")
    secret = await world.moderator.send(hidden, PARTISAN)
    permit(world, hidden, world.member.id, deny=discord.Permissions(view_channel=True).value)
    unseen = "I cannot find that message, or you cannot open it."
    foreign = story.jump_url.replace(str(world.guild.id), "123456789012345678")
    for link in (secret.jump_url, foreign, story.jump_url[:-3] + "999"):
        assert refused(world, await world.member.slash(world.news, "why", message=link)) == unseen
    result = await world.member.slash(world.news, "why", message="the one above")
    assert "That is no link" in refused(world, result)
