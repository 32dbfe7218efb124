"""What is missing is told to someone who can mend it, once, whatever restarts in between."""

import discord
from simcord import ChannelHandle

from tests.cogs.scene import alerts, colleague, flagged, forbid, permit, said, text_of
from tests.conftest import World

HEAD = "Something keeps me from my work"


def to_owner(world: World) -> list[str]:
    """List what the owner of the server was told in direct messages."""
    owner_id = world.bot.get_guild(world.guild.id).owner_id
    channel = ChannelHandle(world.env, None, world.env.backend.get_dm_channel(owner_id))
    return [message.content for message in channel.history()]


def to_moderators(world: World) -> list[str]:
    """List what the moderators' channel was told."""
    return [text_of(message) for message in alerts(world) if HEAD in text_of(message)]


async def lose_alerts(world: World) -> None:
    world.env.backend.delete_channel(world.moderators.id)
    await world.env.settle()


async def test_lost_channel_is_told_to_the_owner_once(world: World) -> None:
    await world.watch()
    await lose_alerts(world)
    (told,) = to_owner(world)
    assert "in **The Evening Wire**" in told
    assert "The channel for alerts is gone: choose another with `/setup alerts`." in told
    await flagged(world)
    await world.restart()
    await flagged(world, "one more party slogan")
    assert len(to_owner(world)) == 1
    assert HEAD not in said(await world.moderator.slash(world.news, "review"))


async def test_owner_who_takes_no_messages_leaves_it_to_the_next_manager(world: World) -> None:
    await world.watch()
    world.env.inject_error("POST", "/users/@me/channels", status=403, code=50007, times=None)
    await lose_alerts(world)
    helper = world.guild.create_role("Helper", permissions=discord.Permissions(manage_messages=True))
    without = world.guild.add_member(world.env.create_user("sami"), roles=[helper])
    assert HEAD not in said(await without.slash(world.news, "review"))
    assert "The channel for alerts is gone" in said(await world.moderator.slash(world.news, "about"))
    assert HEAD not in said(await world.moderator.slash(world.news, "review"))
    await world.restart()
    assert HEAD not in said(await world.moderator.slash(world.news, "review"))


async def test_permission_lost_in_a_watched_channel_is_told_to_moderators(world: World) -> None:
    await world.watch()
    forbid(world, world.news, embed_links=True)
    await world.env.settle()
    (told,) = to_moderators(world)
    assert f"I lack **Embed Links** in <#{world.news.id}>" in told
    forbid(world, world.news, embed_links=True, send_messages=True)
    await world.env.settle()
    assert len(to_moderators(world)) == 1
    permit(world, world.news, world.bot.user.id, view_channel=True)
    await world.env.settle()
    forbid(world, world.news, embed_links=True)
    await world.env.settle()
    assert len(to_moderators(world)) == 2
    assert to_owner(world) == []


async def test_role_taken_from_the_bot_is_told_to_the_owner(world: World) -> None:
    await world.watch()
    least = discord.Permissions(view_channel=True, read_message_history=True)
    for role in (world.guild.roles["TestBot"], world.guild.default_role):
        world.env.backend.edit_role(world.guild.id, role.id, {"permissions": least.value})
    await world.env.settle()
    (told,) = to_owner(world)
    assert "I lack **Send Messages**" in told


async def test_moderators_channel_opened_to_all_is_told(world: World) -> None:
    await world.watch()
    everyone = world.guild.default_role.id
    permit(world, world.moderators, everyone, member=False, view_channel=True)
    await world.env.settle()
    assert any("Everyone can read" in told for told in to_owner(world))


async def test_what_was_lost_while_away_is_told_after_the_start(world: World) -> None:
    await world.watch()
    world.env.inject_error("POST", "/users/@me/channels", status=500, times=None)
    await lose_alerts(world)
    assert to_owner(world) == []
    world.env.backend.faults.clear()
    await world.restart()
    assert len(to_owner(world)) == 1


async def test_refused_alert_is_told_once_until_one_passes(world: World) -> None:
    await world.watch()
    world.env.inject_error("POST", f"/channels/{world.moderators.id}/messages", status=403, times=None)
    await flagged(world)
    (told,) = to_owner(world)
    assert "Discord does not let me post alerts" in told
    await world.restart()
    await flagged(world, "one more party slogan")
    assert len(to_owner(world)) == 1
    world.env.backend.faults.clear()
    await flagged(world, "a third party slogan")
    assert await world.store.told.of(world.guild.id) == set()


async def test_server_that_reads_nothing_is_left_alone(world: World) -> None:
    await world.settings(alerts_channel_id=world.moderators.id)
    await lose_alerts(world)
    assert to_owner(world) == []
    assert HEAD not in said(await world.moderator.slash(world.news, "about"))


async def test_alerts_never_set_up_are_told_to_who_asks(world: World) -> None:
    await world.watch()
    await world.settings(alerts_channel_id=None)
    await flagged(world)
    assert to_owner(world) == []
    assert "No channel for alerts is set" in said(await world.moderator.slash(world.news, "review"))
    assert "No channel for alerts is set" not in said(await colleague(world).slash(world.news, "review"))


async def test_kicked_bot_says_nothing(world: World) -> None:
    await world.watch()
    owner_id = world.bot.get_guild(world.guild.id).owner_id
    world.env.backend.remove_guild(world.guild.id)
    await world.env.settle()
    assert world.bot.get_guild(world.guild.id) is None
    assert owner_id not in world.env.backend.dm_channels


async def test_the_same_is_said_wherever_somebody_asks(world: World) -> None:
    await world.watch()
    await world.store.servers.watch(world.guild.id, 77, world.env.now())
    world.env.inject_error("POST", f"/channels/{world.moderators.id}/messages", status=403, times=None)
    await flagged(world)
    hidden = "I cannot see <#77> any more: allow my role **View Channel** there, or `/watch remove` it."
    for command in ("settings", "about", "watch list"):
        shown = said(await world.moderator.slash(world.news, command))
        assert hidden in shown
        assert ("Discord does not let me post alerts" in shown) is (command != "watch list")
    assert hidden not in "\n".join(to_owner(world))
