"""Which channels are read: begun with a notice, ended with a choice."""

import discord
import pytest

from tests.cogs.scene import STORY, colleague, forbid, refused, said, text_of
from tests.conftest import World


async def test_added_channel_is_told_and_read(world: World) -> None:
    result = await world.moderator.slash(world.news, "watch add", channel=world.news)
    assert "Reading" in said(result)
    (notice,) = [found for found in world.news.history() if not found.flags.ephemeral]
    for part in ("reads this channel", "What is read", "What is kept", "/privacy"):
        assert part in text_of(notice)
    sent = await world.member.send(world.news, STORY)
    assert await world.store.messages.get(sent.id) is not None
    again = await world.moderator.slash(world.news, "watch add", channel=world.news)
    assert "is read already" in refused(world, again)


async def test_news_forum_and_thread(world: World) -> None:
    wire = world.guild.create_news_channel("wire")
    forum = world.guild.create_forum_channel("deep-dives")
    thread = world.env.backend.create_thread(world.news.id, "aside", world.member.id)
    await world.env.settle()
    (aside,) = [found for found in world.news.threads if found.id == thread.id]
    for channel in (wire, forum, aside):
        assert "Reading" in said(await world.moderator.slash(world.news, "watch add", channel=channel))
    answer = said(await world.moderator.slash(world.news, "watch list"))
    assert all(f"<#{channel.id}>" in answer for channel in (wire, forum, aside))


async def test_forum_cannot_hold_the_notice(world: World) -> None:
    forum = world.guild.create_forum_channel("deep-dives")
    assert "mention in its guidelines" in said(await world.moderator.slash(world.news, "watch add", channel=forum))


async def test_missing_permissions_are_named_with_the_remedy(world: World) -> None:
    forbid(world, world.news, read_message_history=True, send_messages=True)
    answer = refused(world, await world.moderator.slash(world.moderators, "watch add", channel=world.news))
    for part in ("**Read Message History**", "**Send Messages**", "Permissions", "nothing was changed"):
        assert part in answer
    assert await world.store.servers.watched(world.guild.id) == []
    await world.watch()
    assert "⚠️" in said(await world.moderator.slash(world.moderators, "watch list"))


async def test_what_was_there_before_is_read_on_demand(world: World) -> None:
    await world.member.send(world.news, STORY)
    await world.member.send(world.news, "I doubt it")
    added = await world.moderator.slash(world.moderators, "watch add", channel=world.news)
    await world.moderator.click(added.response, label="Read what is already here")
    assert "2 messages read, 1 claim remembered" in text_of(added.response)


@pytest.mark.parametrize(("button", "kept"), [("Stop and keep", True), ("Stop and forget", False)])
async def test_removal_keeps_or_forgets(world: World, button: str, kept: bool) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    asked = await world.moderator.slash(world.moderators, "watch remove", channel=world.news)
    assert world.news.id in world.bot.intake.channels
    await world.moderator.click(asked.response, label=button)
    assert "is not read any more" in text_of(asked.response)
    assert (await world.store.messages.get(story.id) is not None) is kept
    later = await world.member.send(world.news, STORY)
    assert await world.store.messages.get(later.id) is None
    again = await world.moderator.slash(world.moderators, "watch remove", channel=world.news)
    assert "is not read" in refused(world, again)


async def test_button_is_checked_again(world: World) -> None:
    await world.watch()
    manager = colleague(world)
    asked = await manager.slash(world.news, "watch remove", channel=world.news)
    world.env.backend.edit_member(world.guild.id, manager.id, {"role_ids": []})
    result = await manager.click(asked.response, label="Stop and forget")
    assert "needs the permission Manage Server" in said(result)
    assert [channel for _, channel in await world.store.servers.watched(world.guild.id)] == [world.news.id]


async def test_notice_that_cannot_be_posted_stops_the_watch(world: World) -> None:
    world.env.inject_error("POST", f"/channels/{world.news.id}/messages", status=403)
    result = await world.moderator.slash(world.moderators, "watch add", channel=world.news)
    assert "did not let me post the notice" in refused(world, result)
    assert await world.store.servers.watched(world.guild.id) == []
    assert discord.utils.get(world.news.history(), author=world.bot.user) is None
