"""Discord refuses, is gone or fails behind a moderator's button: the person learns it, and nothing is half done."""

import logging

import discord
import pytest
from simcord import MemberActor

from bot.errors import NotAllowed
from tests.cogs.scene import STORY, alerts, buttons, flagged, permit, refused, said, text_of, warned
from tests.conftest import World

RIGHTS = discord.Permissions(manage_messages=True, moderate_members=True, manage_guild=True)
NOBODY = {"role_ids": []}


@pytest.fixture
async def marshal(world: World) -> MemberActor:
    """Give a moderator who may do everything to a message."""
    role = world.guild.create_role("Marshal", permissions=RIGHTS)
    actor = world.guild.add_member(world.env.create_user("marshal"), roles=[role])
    permit(world, world.moderators, actor.id, view_channel=True)
    await world.watch()
    return actor


@pytest.mark.parametrize("status", [403, 404, 429, 500])
async def test_verdict_counts_though_its_alert_cannot_be_changed(
    world: World, marshal: MemberActor, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    await flagged(world)
    queue = await marshal.slash(world.news, "review")
    with caplog.at_level(logging.WARNING, "bot.alerts"):
        world.env.inject_error("PATCH", f"/channels/{world.moderators.id}/messages/*", status=status)
        await marshal.click(queue.response, label="Agree")
    assert (await world.store.flags.get(1)).verdict == "partisan"
    assert "agreed" in text_of(queue.response)
    await marshal.click(queue.response, label="Undo")
    assert "Agree" in buttons(alerts(world)[0])


@pytest.mark.parametrize(("status", "words"), [(403, "Discord did not let me"), (500, "Discord is failing just now")])
async def test_deletion_that_fails_is_said_and_not_logged(
    world: World, marshal: MemberActor, status: int, words: str
) -> None:
    message = await flagged(world)
    shown = await marshal.click(alerts(world)[0], label="Delete message")
    world.env.inject_error("DELETE", f"/channels/*/messages/{message.id}", status=status, times=None)
    result = await marshal.submit_modal(shown, {"reason": "attacks"})
    assert words in refused(world, result)
    assert message.id in {found.id for found in world.news.history()}
    assert "message deleted" not in {entry.action for entry in await world.store.audit.latest(world.guild.id)}
    assert (await world.store.flags.get(1)).state == "open"


async def test_time_out_that_is_refused_leaves_the_flag_open(world: World, marshal: MemberActor) -> None:
    await flagged(world)
    shown = await marshal.click(alerts(world)[0], label="Time out…")
    world.env.inject_error("PATCH", f"/guilds/*/members/{world.member.id}", status=403, code=50013)
    result = await marshal.submit_modal(shown, {"length": ["60"], "deletes": False, "reason": "again"})
    assert "Discord did not let me" in refused(world, result)
    assert (await world.store.flags.get(1)).state == "open"
    assert "timed out" not in {entry.action for entry in await world.store.audit.latest(world.guild.id)}


async def test_rights_lost_while_the_time_out_form_is_open(world: World, marshal: MemberActor) -> None:
    await flagged(world)
    shown = await marshal.click(alerts(world)[0], label="Time out…")
    world.env.backend.edit_member(world.guild.id, marshal.id, NOBODY)
    result = await marshal.submit_modal(shown, {"length": ["60"], "deletes": False, "reason": "again"})
    assert "Only people with Manage Messages" in refused(world, result, NotAllowed)
    assert world.env.backend.get_member(world.guild.id, world.member.id).timed_out_until is None


@pytest.mark.parametrize("label", ["Agree", "Dismiss", "Second opinion", "Skip", "Delete message", "Time out…"])
async def test_rights_lost_between_show_and_click_in_the_queue(world: World, marshal: MemberActor, label: str) -> None:
    await flagged(world)
    queue = await marshal.slash(world.news, "review")
    world.env.backend.edit_member(world.guild.id, marshal.id, NOBODY)
    result = await marshal.click(queue.response, label=label)
    assert "Only people with Manage Messages" in said(result) + warned(result)
    flag = await world.store.flags.get(1)
    assert (flag.state, flag.asked_by) == ("open", None)


async def test_right_lost_in_the_channel_alone_counts(world: World, marshal: MemberActor) -> None:
    await flagged(world)
    permit(world, world.news, marshal.id, deny=discord.Permissions(manage_messages=True).value)
    result = await marshal.click(alerts(world)[0], label="Agree")
    assert "Only people with Manage Messages" in warned(result)


async def test_undo_is_refused_to_who_has_lost_the_right(world: World, marshal: MemberActor) -> None:
    await flagged(world)
    await marshal.click(alerts(world)[0], label="Agree")
    world.env.backend.edit_member(world.guild.id, marshal.id, NOBODY)
    result = await marshal.click(alerts(world)[0], label="Undo")
    assert "Only people with Manage Messages" in warned(result)
    assert (await world.store.flags.get(1)).state == "decided"


async def test_card_is_removed_only_by_who_still_may(world: World, marshal: MemberActor) -> None:
    await world.moderator.send(world.news, STORY)
    await world.later(days=200)
    await world.moderator.send(world.news, STORY)
    card = world.news.history()[-1]
    world.env.backend.edit_member(world.guild.id, marshal.id, NOBODY)
    assert "Only moderators and the author" in said(await marshal.click(card, label="Remove"))
    assert (await world.store.cards.get(1)).state == "posted"


@pytest.mark.parametrize("status", [403, 404, 500])
async def test_card_that_cannot_be_deleted_counts_as_removed(
    world: World, marshal: MemberActor, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    await world.moderator.send(world.news, STORY)
    await world.later(days=200)
    await world.moderator.send(world.news, STORY)
    card = world.news.history()[-1]
    world.env.inject_error("DELETE", f"/channels/*/messages/{card.id}", status=status, times=None)
    assert "The card is gone" in said(await marshal.click(card, label="Remove"))
    assert (await world.store.cards.get(1)).state == "removed"


async def test_flooded_command_asks_for_a_moment(world: World, marshal: MemberActor) -> None:
    await flagged(world)
    results = [await marshal.slash(world.news, "review") for _ in range(6)]
    assert "One moment: try again in" in said(results[-1])
    assert "One moment" not in said(results[-2])


def test_commands_that_cost_something_have_cooldowns(world: World) -> None:
    free = {"privacy erase", "privacy optout", "privacy optin", "privacy server", "setup alerts", "setup preset"}
    free |= {"golive", "shadow", "watch add", "watch remove", "watch list", "digests"}
    commands = [
        command for command in world.bot.tree.walk_commands() if isinstance(command, discord.app_commands.Command)
    ]
    bare = {
        command.qualified_name
        for command in commands
        if not any("cooldown" in check.__qualname__ for check in command.checks)
    }
    assert bare - free == set()
    for menu in world.bot.tree.get_commands(type=discord.AppCommandType.message):
        assert any("cooldown" in check.__qualname__ for check in menu.checks), menu.name
