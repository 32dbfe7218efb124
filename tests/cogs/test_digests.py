"""Digests by themselves: when they are due, that there is one under a story, and that it is kept true."""

from collections.abc import Iterable

import discord
import pytest
import simcord

from tests.cogs.conftest import Speaks
from tests.cogs.test_summarize import REPLIES, STORY, cited, labels, said_to, text_of
from tests.conftest import World

MORE = ("I doubt that the cranes were paid for", "The auditors published figures about the cranes in May")


async def told(world: World, replies: Iterable[str] = (*REPLIES, *MORE), channel: object = None) -> list:
    """Post a story and its replies."""
    place = channel or world.news
    said = [await world.member.send(place, STORY)]
    for text in replies:
        said.append(await world.member.send(place, text, reply_to=said[0]))
    return said


async def switch(world: World, when: str = "after a rest", **options: object) -> str:
    """Give the command as a moderator."""
    return said_to(await world.moderator.slash(world.news, "digests", when=when, **options))


async def rest(world: World, **span: float) -> None:
    """Let the discussion rest, and the loop look once."""
    await world.later(**(span or {"minutes": 65}))
    await world.env.advance_time(301)


def posted(world: World, channel: object = None) -> list[discord.Message]:
    """List the bot's messages, oldest first."""
    place = channel or world.news
    seen = place.history(viewer=world.member)
    return [each for each in seen if each.author.id == world.bot.user.id and not each.flags.ephemeral]


@pytest.fixture
async def watching(world: World) -> World:
    """Give a live server that wants digests after a rest."""
    await world.watch()
    assert "5 replies, and 60 minutes" in await switch(world, replies=5)
    return world


async def test_a_story_that_rests_gets_one_digest_as_a_reply(watching: World) -> None:
    story, *replies = await told(watching)
    await watching.env.advance_time(301)
    assert posted(watching) == []
    await rest(watching)
    (digest,) = posted(watching)
    assert digest.reference.message_id == story.id
    assert cited(digest)
    assert cited(digest) <= {reply.id for reply in replies}
    assert "made by itself" in text_of(digest)
    await rest(watching)
    assert [each.id for each in posted(watching)] == [digest.id]


async def test_few_replies_get_none(watching: World) -> None:
    await told(watching, REPLIES)
    await rest(watching)
    assert posted(watching) == []


async def test_people_who_go_on_change_the_digest_and_get_no_second(watching: World) -> None:
    story, *_ = await told(watching)
    await rest(watching)
    (before,) = posted(watching)
    late = await watching.member.send(watching.news, "I doubt the papaya tender of the ferry pier", reply_to=story)
    await watching.env.advance_time(301)
    assert late.id not in cited(posted(watching)[0])
    await rest(watching)
    (after,) = posted(watching)
    assert after.id == before.id
    assert late.id in cited(after)


async def test_daily_digests_come_at_their_hour(world: World) -> None:
    await world.watch()
    hour = (world.env.now().hour + 3) % 24
    assert "each day at" in await switch(world, "daily", replies=5, hour=hour)
    await told(world)
    await rest(world)
    assert posted(world) == []
    await rest(world, hours=2)
    assert len(posted(world)) == 1
    await told(world)
    await world.later(hours=22)
    await world.restart()  # else the loop makes up for a day of looks
    await rest(world)
    assert len(posted(world)) == 2


async def test_reply_after_the_hour_does_not_postpone_a_daily_digest(world: World) -> None:
    await world.watch()
    await switch(world, "daily", replies=5, hour=(world.env.now().hour + 1) % 24)
    story, *_ = await told(world)
    await world.later(minutes=61)
    late = await world.member.send(world.news, "I doubt the papaya tender of the ferry pier", reply_to=story)
    await world.env.advance_time(301)
    (digest,) = posted(world)
    assert digest.reference.message_id == story.id
    await world.later(hours=23, minutes=50)
    await world.restart()  # else the loop makes up for a day of looks
    await world.env.advance_time(301)
    assert late.id in cited(posted(world)[0])


async def test_stories_that_cannot_be_told_keep_no_other_waiting(
    watching: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.digest_rounds.MOST", 2)
    mute = discord.PermissionOverwrite(send_messages=False)
    quiet = watching.guild.create_text_channel("quiet", overwrites={watching.env.bot.user: mute})
    await watching.watch(quiet)
    for _ in range(2):
        await told(watching, channel=quiet)
    stories = [(await told(watching))[0].id for _ in range(3)]
    await rest(watching)
    assert [each.reference.message_id for each in posted(watching)] == stories


async def test_thread_of_a_story_counts_and_the_digest_stands_under_the_story(watching: World) -> None:
    story = await watching.member.send(watching.news, STORY)
    backend = watching.env.backend
    thread_id = backend.create_thread(watching.news.id, "Bridge", watching.member.id, message_id=story.id).id
    said = [backend.create_message(thread_id, watching.member.id, text) for text in (*REPLIES, *MORE)]
    await watching.env.settle()
    await rest(watching)
    (digest,) = posted(watching)
    assert cited(digest) <= {message.id for message in said}
    assert digest.reference.message_id == story.id


async def test_shadow_posts_nothing_and_going_live_begins(watching: World) -> None:
    await watching.settings(live=False)
    assert "In shadow" in await switch(watching, replies=5)
    await told(watching)
    await rest(watching)
    assert posted(watching) == []
    await watching.settings(live=True)
    await rest(watching)
    assert len(posted(watching)) == 1


async def test_never_ends_it(watching: World) -> None:
    await told(watching)
    assert "only when somebody asks" in await switch(watching, "never")
    await rest(watching)
    assert posted(watching) == []


async def test_old_discussions_are_left_alone(world: World) -> None:
    await world.watch()
    await told(world)
    await world.later(minutes=10)
    await switch(world, replies=5)
    await rest(world)
    assert posted(world) == []


async def test_restart_goes_on_and_doubles_nothing(watching: World) -> None:
    await told(watching)
    await watching.restart()
    await rest(watching)
    (digest,) = posted(watching)
    await watching.restart()
    await rest(watching)
    assert [each.id for each in posted(watching)] == [digest.id]


async def test_crash_between_posting_and_remembering_leaves_one_digest(
    watching: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: object) -> None:
        raise RuntimeError("the machine stopped")

    await told(watching)
    monkeypatch.setattr(watching.store.story_digests, "posted", crash, raising=False)
    await rest(watching)
    (place,) = posted(watching)
    assert "Writing a digest" in text_of(place)
    monkeypatch.undo()
    await watching.restart()
    await rest(watching)
    (digest,) = posted(watching)
    assert digest.id == place.id
    assert cited(digest)


async def test_deleted_digest_is_not_made_again(watching: World) -> None:
    story, *_ = await told(watching)
    await rest(watching)
    await watching.moderator.delete(posted(watching)[0])
    await watching.member.send(watching.news, "I doubt the papaya tender of the ferry pier", reply_to=story)
    await rest(watching)
    assert posted(watching) == []


async def test_deleted_and_opted_out_messages_leave_it(watching: World) -> None:
    silent = watching.guild.add_member(watching.env.create_user("silent"))
    story, *replies = await told(watching)
    secret = await silent.send(watching.news, "I doubt the canary papaya figures of the ferry", reply_to=story)
    await rest(watching)
    said = {message.id: message for message in replies}
    assert secret.id in cited(posted(watching)[0])
    gone = min(cited(posted(watching)[0]))
    await watching.member.delete(said[gone])
    asked = await silent.slash(watching.news, "privacy optout")
    await silent.click(asked.response.message, label="Opt out")
    (digest,) = posted(watching)
    assert not cited(digest) & {gone, secret.id}
    assert "papaya" not in text_of(digest)
    await watching.member.send(watching.news, "The mayor published figures about the quay", reply_to=story)
    await rest(watching)
    (digest,) = posted(watching)
    assert cited(digest)
    assert "papaya" not in text_of(digest)


async def test_noise_gets_no_digest(watching: World) -> None:
    await told(watching, ["game"] * 6)
    await rest(watching)
    assert posted(watching) == []


async def test_channel_that_is_not_read_any_more_gets_none(watching: World) -> None:
    await told(watching)
    watching.bot.intake.channels.discard(watching.news.id)
    await rest(watching)
    assert posted(watching) == []


async def test_missing_permission_is_no_flood_of_refusals(watching: World) -> None:
    mute = discord.PermissionOverwrite(send_messages=False)
    quiet = watching.guild.create_text_channel("quiet", overwrites={watching.env.bot.user: mute})
    await watching.watch(quiet)
    await told(watching, channel=quiet)
    before = len(watching.env.http_requests)
    await rest(watching)
    await rest(watching)
    assert posted(watching, quiet) == []
    assert len(watching.env.http_requests) == before


async def test_only_moderators_refresh_it(watching: World) -> None:
    await told(watching)
    await rest(watching)
    assert labels_of(posted(watching)[0]) == ["Refresh"]
    assert "Only moderators" in said_to(await watching.member.click(posted(watching)[0], label="Refresh"))
    assert not (await watching.moderator.click(posted(watching)[0], label="Refresh")).followups
    assert cited(posted(watching)[0])


async def test_it_is_english_whoever_switched_it_on_and_refreshes_it(world: World, speaks: Speaks) -> None:
    await world.watch()
    speaks(world.moderator, "de")
    await switch(world, replies=5)
    await told(world)
    await rest(world)
    for _ in range(2):
        (digest,) = posted(world)
        assert "**🤨 Doubts**" in text_of(digest)
        assert f"-# {len(REPLIES) + len(MORE)} messages · " in text_of(digest)
        assert labels_of(digest) == ["Refresh"]
        await world.moderator.click(digest, label="Refresh")
    speaks(world.member, "de")
    refused = await world.member.click(posted(world)[0], label="Refresh")
    assert "nur die Moderation erneuern" in said_to(refused)


def labels_of(message: discord.Message) -> list[str]:
    return labels(type("Shown", (), {"message": message}))


@pytest.mark.parametrize(
    "options", [{"minutes": 30}, {"replies": 9}, {"when": "daily", "minutes": 30}, {"when": "never", "hour": 3}]
)
async def test_options_that_do_not_go_together_change_nothing(world: World, options: dict[str, object]) -> None:
    asked = await world.moderator.slash(world.news, "digests", **options)
    assert "Nothing was changed" in said_to(asked)
    assert await world.store.story_digests.plans() == []


async def test_members_cannot_switch_it_on(world: World) -> None:
    with pytest.raises(simcord.SetupError):
        await world.member.slash(world.news, "digests", when="daily")
    for command in await world.bot.tree.fetch_commands():
        if command.name == "digests":
            world.guild.set_command_permissions(command.id, {world.member: True})
    asked = await world.member.slash(world.news, "digests", when="daily")
    assert "**Manage Server**" in said_to(asked)
    assert await world.store.story_digests.plans() == []


async def test_sweep_finds_what_was_deleted_in_channels_that_nobody_watches(world: World) -> None:
    await world.watch()
    other = world.guild.create_text_channel("other")
    said = {message.id: message for message in await told(world, channel=other)}
    await world.member.slash(other, "summarize", public=True, last=50)
    (digest,) = posted(world, other)
    gone = min(cited(digest))
    assert await world.store.messages.get(gone) is None
    del world.env.backend.messages[other.id][gone]
    await world.restart()
    await world.env.settle()
    (digest,) = posted(world, other)
    assert cited(digest)
    assert gone not in cited(digest)
    assert said[gone].content[:30] not in text_of(digest)
