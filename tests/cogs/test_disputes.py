"""Disputes: where the server allows them, once a message, before somebody else, without a word kept."""

import pytest
from simcord import InteractionResult, MemberActor

from tests.cogs.conftest import Speaks
from tests.cogs.scene import alerts, buttons, colleague, flagged, said, text_of, warned
from tests.conftest import World

MENU = "Why this label?"


@pytest.fixture
async def other(world: World) -> MemberActor:
    """Give a second moderator in a server that takes disputes."""
    await world.watch()
    await world.settings(disputes=True)
    return colleague(world)


async def dispute(world: World, message: object) -> InteractionResult:
    asked = await world.member.context_menu(world.news, MENU, message)
    shown = asked.response
    return await world.member.click(shown, label="Dispute")


async def test_off_unless_a_server_switches_it_on(world: World) -> None:
    await world.watch()
    message = await flagged(world)
    shown = (await world.member.context_menu(world.news, MENU, message)).response
    assert buttons(shown) == set()
    panel = await world.moderator.slash(world.news, "settings")
    await world.moderator.click(panel.response, label="Allow disputes")
    assert "can **dispute** it, once a message" in text_of(panel.response)
    shown = (await world.member.context_menu(world.news, MENU, message)).response
    assert buttons(shown) == {"Dispute"}


async def test_only_for_the_author_of_a_flagged_message(world: World, other: MemberActor) -> None:
    message = await flagged(world)
    plain = await flagged(world, "here are figures")
    for actor, asked in ((world.moderator, message), (world.member, plain)):
        shown = (await actor.context_menu(world.news, MENU, asked)).response
        assert buttons(shown) == set()


async def test_verdict_comes_before_another_moderator_and_the_author_learns_the_answer(
    world: World, other: MemberActor
) -> None:
    message = await flagged(world)
    await world.moderator.click(alerts(world)[0], label="Agree")
    await dispute(world, message)
    (alert,) = alerts(world)
    assert "The author disputes this label" in text_of(alert)
    assert f"not <@{world.moderator.id}>" in text_of(alert)
    asked = said(await world.member.context_menu(world.news, MENU, message))
    assert "another moderator is to look at it" in asked
    assert "No flag is left to decide" in said(await world.moderator.slash(world.news, "review"))
    result = await world.moderator.click(alert, label="Agree")
    assert "another moderator decides" in warned(result)
    assert (await world.store.flags.get(1)).state == "open"
    queue = await other.slash(world.news, "review", label="second opinion")
    await other.click(queue.response, label="Dismiss")
    flag = await world.store.flags.get(1)
    assert (flag.verdict, flag.decided_by) == ("dismissed", other.id)
    answer = await world.member.context_menu(world.news, MENU, message)
    assert "a moderator has looked again" in said(answer)
    assert "No label" in said(answer)
    assert buttons(answer.response) == set()
    log = [(entry.action, entry.actor) for entry in await world.store.audit.latest(world.guild.id)]
    assert ("dispute", "member") in log


async def test_german_author_is_answered_in_german_and_the_alert_stays_english(
    world: World, other: MemberActor, speaks: Speaks
) -> None:
    message = await flagged(world)
    speaks(world.member, "de")
    shown = (await world.member.context_menu(world.news, MENU, message)).response
    assert buttons(shown) == {"Anfechten"}
    await world.member.click(shown, label="Anfechten")
    assert "### ✋ Angefochten" in text_of(shown)
    (alert,) = alerts(world)
    assert "The author disputes this label" in text_of(alert)
    assert "Agree" in buttons(alert)
    asked = said(await world.member.context_menu(world.news, MENU, message))
    assert "jemand anderes aus der Moderation" in asked


async def test_once_a_message(world: World, other: MemberActor) -> None:
    message = await flagged(world)
    shown = (await world.member.context_menu(world.news, MENU, message)).response
    await world.restart()
    await world.member.click(shown, label="Dispute")
    assert "### ✋ Disputed" in text_of(shown)
    assert await world.store.disputes.open(message.id, world.env.now()) is None
    again = (await world.member.context_menu(world.news, MENU, message)).response
    assert buttons(again) == set()


async def test_three_a_day(world: World, other: MemberActor) -> None:
    results = [await dispute(world, await flagged(world, f"party {number}")) for number in range(4)]
    assert [("disputed 3 labels today" in warned(result)) for result in results] == [False, False, False, True]
    await world.later(hours=25)
    assert (await world.store.flags.get(4)).disputed_at is None


async def test_author_with_rights_does_not_decide_their_own_dispute(world: World, other: MemberActor) -> None:
    team = world.guild.roles["Team"]
    world.env.backend.edit_member(world.guild.id, world.member.id, {"role_ids": [team.id]})
    message = await flagged(world)
    await dispute(world, message)
    result = await world.member.click(alerts(world)[0], label="Dismiss")
    assert "about your own message" in warned(result)
    assert (await world.store.flags.get(1)).state == "open"


async def test_switched_off_between_show_and_click(world: World, other: MemberActor) -> None:
    message = await flagged(world)
    shown = (await world.member.context_menu(world.news, MENU, message)).response
    await world.settings(disputes=False)
    assert "does not take disputes any more" in warned(await world.member.click(shown, label="Dispute"))
    assert (await world.store.flags.get(1)).disputed_at is None


async def test_new_words_are_undisputed(world: World, other: MemberActor) -> None:
    message = await flagged(world)
    await dispute(world, message)
    await other.click(alerts(world)[0], label="Agree")
    await world.env.advance_time(1)
    await world.member.edit(message, "another party slogan")
    assert "disputes" not in text_of(alerts(world)[0])
    assert (await world.store.flags.get(1)).judged_by is None
