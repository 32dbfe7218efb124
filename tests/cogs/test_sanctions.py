"""Deleting and timing out: only by a moderator with their own right, with a reason, never by the bot itself."""

import discord
import pytest
from simcord import InteractionResult, MemberActor

from bot.errors import NotAllowed, NotFound
from tests.cogs.scene import PARTISAN, alerts, buttons, flagged, permit, refused, said, text_of
from tests.conftest import World

RIGHTS = discord.Permissions(manage_messages=True, moderate_members=True)


@pytest.fixture
async def marshal(world: World) -> MemberActor:
    """Give a moderator who may delete and time out, above the others and below the bot."""
    role = world.guild.create_role("Marshal", permissions=RIGHTS)
    actor = world.guild.add_member(world.env.create_user("marshal"), roles=[role])
    permit(world, world.moderators, role.id, member=False, view_channel=True)
    await world.watch()
    return actor


async def ask(world: World, actor: MemberActor, label: str) -> InteractionResult:
    return await actor.click(alerts(world)[0], label=label)


async def test_deletion_asks_for_a_reason_and_logs_it(world: World, marshal: MemberActor) -> None:
    message = await flagged(world)
    shown = await ask(world, marshal, "Delete message")
    assert [found.id for found in world.news.history()][-1] == message.id
    await marshal.submit_modal(shown, {"reason": "attacks\nothers " + "x" * 380})
    assert message.id not in {found.id for found in world.news.history()}
    (reason,) = [found.reason for found in world.env.http_requests if found.method == "DELETE"]
    assert reason.startswith("marshal, from an alert: attacks others")
    assert len(reason) <= 512
    (alert,) = alerts(world)
    assert f"<@{marshal.id}> deleted the message" in text_of(alert)
    assert buttons(alert) == set()
    actions = [entry.action for entry in await world.store.audit.latest(world.guild.id)]
    assert "message deleted" in actions


async def test_deletion_from_the_queue_goes_on(world: World, marshal: MemberActor) -> None:
    await flagged(world, "party one")
    await flagged(world, "party two")
    queue = await marshal.slash(world.news, "review")
    shown = await marshal.click(queue.response, label="Delete message")
    await marshal.submit_modal(shown, {"reason": "attacks"})
    assert "party two" in text_of(queue.response)
    assert len(await world.store.flags.waiting(world.guild.id, marshal.id, world.env.now())) == 1


async def test_bot_without_the_right_says_so(world: World, marshal: MemberActor) -> None:
    message = await flagged(world)
    role = world.guild.roles["TestBot"]
    least = discord.Permissions(view_channel=True, send_messages=True, read_message_history=True, embed_links=True)
    world.env.backend.edit_role(world.guild.id, role.id, {"permissions": least.value})
    assert "I lack **Manage Messages**" in said(await ask(world, marshal, "Delete message"))
    assert "I lack **Time Out Members**" in said(await ask(world, marshal, "Time out…"))
    assert message.id in {found.id for found in world.news.history()}


async def test_moderator_without_the_right_to_time_out(world: World, marshal: MemberActor) -> None:
    await flagged(world)
    assert "your own right to Time Out Members" in said(await ask(world, world.moderator, "Time out…"))


async def test_right_lost_while_the_form_is_open(world: World, marshal: MemberActor) -> None:
    message = await flagged(world)
    shown = await ask(world, marshal, "Delete message")
    role = world.guild.roles["Marshal"]
    view = discord.Permissions(view_channel=True)
    world.env.backend.edit_role(world.guild.id, role.id, {"permissions": view.value})
    result = await marshal.submit_modal(shown, {"reason": "attacks"})
    assert "Only people with Manage Messages" in refused(world, result, NotAllowed)
    assert message.id in {found.id for found in world.news.history()}


async def test_message_deleted_meanwhile(world: World, marshal: MemberActor) -> None:
    await flagged(world)
    shown = await ask(world, marshal, "Delete message")
    world.env.inject_error("DELETE", "/channels/*/messages/*", status=404, code=10008)
    await marshal.submit_modal(shown, {"reason": "attacks"})
    assert "The message was deleted" in text_of(alerts(world)[0])


async def test_time_out_agrees_and_says_how_long(world: World, marshal: MemberActor) -> None:
    message = await flagged(world)
    shown = await ask(world, marshal, "Time out…")
    await marshal.submit_modal(shown, {"length": ["60"], "deletes": False, "reason": "again and again"})
    member = world.env.backend.get_member(world.guild.id, world.member.id)
    assert member.timed_out_until is not None
    assert "author timed out for one hour" in text_of(alerts(world)[0])
    assert (await world.store.flags.of_message(message.id)).verdict == "partisan"
    (reason,) = [found.reason for found in world.env.http_requests if "/members/" in found.path and found.reason]
    assert reason == "marshal, from an alert: again and again"


async def test_time_out_deletes_too_if_asked(world: World, marshal: MemberActor) -> None:
    message = await flagged(world)
    shown = await ask(world, marshal, "Time out…")
    await marshal.submit_modal(shown, {"length": ["10"], "deletes": True, "reason": "spam"})
    assert world.env.backend.get_member(world.guild.id, world.member.id).timed_out_until is not None
    assert message.id not in {found.id for found in world.news.history()}
    assert PARTISAN not in text_of(alerts(world)[0])


@pytest.mark.parametrize("permissions", [RIGHTS, discord.Permissions(administrator=True)])
async def test_nobody_is_timed_out_by_someone_below(
    world: World, marshal: MemberActor, permissions: discord.Permissions
) -> None:
    high = world.guild.create_role("High", permissions=permissions, position=5)
    world.env.backend.edit_member(world.guild.id, world.member.id, {"role_ids": [high.id]})
    await flagged(world)
    shown = await ask(world, marshal, "Time out…")
    result = await marshal.submit_modal(shown, {"length": ["10"], "deletes": False, "reason": "no"})
    answer = refused(world, result, NotAllowed)
    assert "not below yours" in answer or "owners and administrators" in answer
    assert world.env.backend.get_member(world.guild.id, world.member.id).timed_out_until is None


async def test_author_who_left_cannot_be_timed_out(world: World, marshal: MemberActor) -> None:
    await flagged(world)
    shown = await ask(world, marshal, "Time out…")
    world.guild.remove_member(world.member)
    result = await marshal.submit_modal(shown, {"length": ["10"], "deletes": False, "reason": "no"})
    assert "has left the server" in refused(world, result, NotFound)
