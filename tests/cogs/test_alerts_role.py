"""The role that new alerts mention: chosen and taken out on the panel, notified once, and nobody without it."""

import json
import logging

import discord
import pytest
from simcord import RoleHandle
from simcord.backend.serializers import role_payload

from tests.cogs.scene import STORY, alerts, colleague, flagged, forgotten_alert, parts, permit, said, text_of
from tests.cogs.test_settings import actions, imported, opened, server_of
from tests.conftest import World

SILENT = "and notify nobody"
NO_ROLE = "This server has no such role"


async def called(world: World, *, mentionable: bool = True) -> RoleHandle:
    """Watch a channel of a server whose new alerts mention a role."""
    role = world.guild.create_role("Callers", mentionable=mentionable)
    await world.watch()
    await world.settings(alerts_role_id=role.id)
    return role


def sent(world: World) -> list[dict]:
    """List what was posted in the moderators' channel, as it went to Discord."""
    path = f"/channels/{world.moderators.id}/messages"
    return [found.json for found in world.env.http_requests if (found.method, found.path) == ("POST", path)]


def changed(world: World) -> list[dict]:
    """List what was changed in the moderators' channel, or in place of what was pressed there."""
    path = f"/channels/{world.moderators.id}/messages/"
    return [found.json for found in world.env.http_requests if found.method == "PATCH" and found.path.startswith(path)]


def notified(world: World) -> list[list[int]]:
    """List for each message in the moderators' channel the roles that it notifies."""
    return [world.env.backend.get_message(world.moderators.id, each.id).ping_role_ids for each in alerts(world)]


def keep_from_mentioning(world: World) -> None:
    """Take from the bot the permission to mention any role in the moderators' channel."""
    refused = discord.Permissions(mention_everyone=True).value
    permit(world, world.moderators, world.bot.user.id, deny=refused, view_channel=True)


async def test_new_alert_notifies_the_role_and_nobody_else(world: World) -> None:
    role = await called(world)
    await flagged(world, f"party nonsense @everyone <@{world.moderator.id}> <@&{world.guild.roles['Team'].id}>")
    (body,) = sent(world)
    assert body["allowed_mentions"] == {"parse": [], "roles": [role.id]}
    assert text_of(alerts(world)[0]).startswith(f"<@&{role.id}>")
    assert notified(world) == [[role.id]]
    await flagged(world, "one more party slogan")
    assert notified(world) == [[role.id], [role.id]]


async def test_nobody_is_mentioned_unless_a_role_is_set(world: World) -> None:
    await world.watch()
    await flagged(world, f"party nonsense <@&{world.guild.roles['Team'].id}>")
    assert [body["allowed_mentions"] for body in sent(world)] == [{"parse": []}]
    assert notified(world) == [[]]


async def test_alert_that_changes_notifies_nobody(world: World) -> None:
    role = await called(world)
    message = await flagged(world)
    await world.moderator.click(alerts(world)[0], label="Dismiss")
    await world.moderator.click(alerts(world)[0], label="Undo")
    await world.member.edit(message, "I see")
    await world.later(seconds=1)
    await world.member.edit(message, "still a party affair")
    assert "still a party affair" in text_of(alerts(world)[0])
    assert len(sent(world)) == 1
    assert changed(world)
    for body in changed(world):
        assert body["allowed_mentions"] == {"parse": []}
        assert str(role.id) not in json.dumps(body["components"])


async def test_alert_that_stands_already_is_not_announced_again(world: World) -> None:
    await called(world)
    flag_id = await forgotten_alert(world)
    assert len(sent(world)) == 1
    assert (await world.store.flags.get(flag_id)).alert_message_id == alerts(world)[0].id


async def test_alerts_that_come_together_notify_once(world: World) -> None:
    role = await called(world)
    permit(world, world.moderators, world.bot.user.id, deny=discord.Permissions(send_messages=True).value)
    for text in ("party one", "party two", "party three"):
        await flagged(world, text)
    permit(world, world.moderators, world.bot.user.id, view_channel=True)
    await world.moderator.slash(world.moderators, "setup alerts", channel=world.moderators)
    assert notified(world) == [[role.id], [], []]
    assert [text_of(alert).startswith("<@&") for alert in alerts(world)] == [True, False, False]


async def test_alert_that_is_refused_leaves_the_mention_to_the_next(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    role = await called(world)
    world.env.inject_error("POST", f"/channels/{world.moderators.id}/messages", status=400)
    with caplog.at_level(logging.WARNING, "bot.alerts"):
        await flagged(world)
    await flagged(world, "one more party slogan")
    assert notified(world) == [[role.id], []]


async def test_role_that_is_gone_is_not_mentioned_and_that_is_told_once(world: World) -> None:
    role = await called(world)
    world.env.backend.delete_role(world.guild.id, role.id)
    await world.env.settle()
    (told,) = alerts(world)
    assert "The role that new alerts mention is gone" in text_of(told)
    await flagged(world)
    assert [body["allowed_mentions"] for body in sent(world)] == [{"parse": []}] * 2
    assert str(role.id) not in text_of(alerts(world)[1])
    panel = await opened(world)
    assert "The role that new alerts mention is gone" in text_of(panel)
    await world.moderator.select(panel, [], custom_id="settings:role")
    assert "Nothing is missing" in text_of(panel)


async def test_role_is_chosen_and_taken_out_on_the_panel(world: World) -> None:
    await world.watch()
    role = world.guild.create_role("Callers", mentionable=True)
    panel = await opened(world)
    assert chosen(panel) == []
    await world.moderator.select(panel, [role], custom_id="settings:role")
    assert (await server_of(world)).alerts_role_id == role.id
    assert f"New alerts mention <@&{role.id}>" in text_of(panel)
    assert "Nothing is missing" in text_of(panel)
    assert chosen(panel) == [str(role.id)]
    await world.restart()
    await world.moderator.select(panel, [], custom_id="settings:role")
    assert (await server_of(world)).alerts_role_id is None
    assert "New alerts mention nobody" in text_of(panel)
    assert chosen(panel) == []
    assert await actions(world) == ["alerts role", "alerts role"]
    details = [entry.detail for entry in await world.store.audit.latest(world.guild.id)]
    assert details == [{"alerts_role": [str(role.id), None]}, {"alerts_role": [None, str(role.id)]}]


def chosen(panel: object) -> list[str]:
    """Give the ids of the roles that the panel shows as chosen."""
    (select,) = [part for part in parts(panel) if part.get("custom_id") == "settings:role"]
    return [str(value["id"]) for value in select.get("default_values", [])]


async def test_everyone_and_the_roles_of_bots_are_refused(world: World) -> None:
    panel = await opened(world)
    result = await world.moderator.select(panel, [world.guild.default_role], custom_id="settings:role")
    assert "choose a role that only they have. Nothing was changed." in said(result)
    helper = world.env.backend.create_role(world.guild.id, "Helper", managed=True)
    payload = role_payload(helper) | {"tags": {"bot_id": str(world.bot.user.id)}}
    world.env.backend.emit("GUILD_ROLE_UPDATE", {"guild_id": str(world.guild.id), "role": payload})
    await world.env.settle()
    result = await world.moderator.select(panel, [world.guild.roles["Helper"]], custom_id="settings:role")
    assert f"<@&{helper.id}> belongs to a bot" in said(result)
    assert (await server_of(world)).alerts_role_id is None
    assert await actions(world) == []


async def test_a_file_names_only_roles_that_may_be_mentioned(world: World) -> None:
    role = await called(world)
    panel = await opened(world)
    gone = world.guild.create_role("Gone")
    world.env.backend.delete_role(world.guild.id, gone.id)
    for role_id, words in ((world.guild.id, "That is everyone"), (gone.id, NO_ROLE), (0, NO_ROLE)):
        assert f"`alerts_role`: {words}" in said(await imported(world, panel, file_with(str(role_id))))
    assert (await server_of(world)).alerts_role_id == role.id
    await imported(world, panel, file_with(None))
    assert (await server_of(world)).alerts_role_id is None
    await imported(world, panel, file_with(str(role.id)))
    assert (await server_of(world)).alerts_role_id == role.id
    assert "Taken from the file: alerts role" in text_of(panel)


def file_with(role_id: str | None) -> bytes:
    """Write settings that name a role alone."""
    return json.dumps({"version": 1, "alerts_role": role_id}).encode()


async def test_who_manages_no_server_chooses_no_role(world: World) -> None:
    await world.watch()
    panel = await opened(world)
    helpers = world.guild.create_role("Helpers", permissions=discord.Permissions(manage_messages=True))
    helper = colleague(world, "sami", roles=("Helpers",))
    assert "settings" not in helper.available_commands(world.news)
    world.env.backend.edit_member(world.guild.id, world.moderator.id, {"role_ids": [helpers.id]})
    result = await world.moderator.select(panel, [helpers], custom_id="settings:role")
    assert "Manage Server" in said(result)
    assert (await server_of(world)).alerts_role_id is None


async def test_role_that_cannot_be_notified_is_told_with_who_mends_it(world: World) -> None:
    role = await called(world)
    keep_from_mentioning(world)
    await world.env.settle()
    assert alerts(world) == []
    world.env.backend.edit_role(world.guild.id, role.id, {"mentionable": False})
    await world.env.settle()
    (told,) = alerts(world)
    for part in (
        f"New alerts show <@&{role.id}> {SILENT}",
        "Whoever has **Manage Roles**",
        f"**Mention @everyone, @here, and All Roles** in <#{world.moderators.id}>",
    ):
        assert part in text_of(told)
    await flagged(world)
    assert notified(world) == [[], []]
    panel = await opened(world)
    assert SILENT in text_of(panel)
    permit(world, world.moderators, world.bot.user.id, view_channel=True, mention_everyone=True)
    await world.env.settle()
    assert SILENT not in text_of(await opened(world))
    await flagged(world, "one more party slogan")
    assert notified(world) == [[], [], [role.id]]


async def test_role_that_cannot_be_notified_is_named_when_it_is_chosen(world: World) -> None:
    await world.watch()
    keep_from_mentioning(world)
    role = world.guild.create_role("Callers")
    panel = await opened(world)
    await world.moderator.select(panel, [role], custom_id="settings:role")
    assert f"New alerts mention <@&{role.id}>" in text_of(panel)
    assert SILENT in text_of(panel)
    assert (await server_of(world)).alerts_role_id == role.id


async def test_cards_and_digests_mention_nobody(world: World) -> None:
    role = await called(world)
    story = await world.member.send(world.news, STORY)
    await flagged(world, story=story)
    await world.later(days=40)
    again = await colleague(world, "edit", roles=()).send(world.news, STORY)
    await world.member.send(world.news, "here are figures", reply_to=again)
    await world.member.context_menu(world.news, "Summarize from here", again)
    bodies = [found.json for found in world.env.http_requests if isinstance(found.json, dict)]
    naming = [body["allowed_mentions"] for body in bodies if body.get("allowed_mentions", {}).get("roles")]
    assert naming == [{"parse": [], "roles": [role.id]}]
    assert any(body.get("nonce", "").startswith("card-") for body in bodies)
