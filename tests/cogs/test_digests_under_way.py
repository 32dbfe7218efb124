"""What changes while a digest is made, sent or shared: two clicks, failures, edits, opt-outs and lost rights."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

import discord
import pytest
from simcord.backend.models import Overwrite
from simcord.enums import ChannelType, OverwriteType

from bot.discussion import Discussions, Mode, Scope
from bot.errors import NotAllowed
from tests.cogs.test_digests import posted
from tests.cogs.test_summarize import CITED, REPLIES, cited, labels, latest, said_to, text_of, told
from tests.conftest import World

Meanwhile = Callable[[Callable[[], Awaitable[object]]], None]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Let something happen once, while a digest is made from messages that are fetched already."""
    fetch = Discussions.fetch

    def plan(change: Callable[[], Awaitable[object]]) -> None:
        async def fetched(self: Discussions, scope: Scope) -> object:
            found = await fetch(self, scope)
            monkeypatch.setattr(Discussions, "fetch", fetch)
            await change()
            return found

        monkeypatch.setattr(Discussions, "fetch", fetched)

    return plan


def edited(world: World, message: discord.Message, text: str) -> Callable[[], Awaitable[object]]:
    """Let a message be edited, and the bot hear of it."""

    async def edit() -> None:
        world.env.backend.edit_message(message.channel.id, message.id, {"content": text})
        await asyncio.sleep(0.05)

    return edit


async def test_two_quick_clicks_share_one_digest(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    cog = type(world.bot.get_cog("Summarize"))
    share = cog.share

    async def twice(*given: object) -> None:
        await asyncio.gather(share(*given), share(*given))

    await world.watch()
    await told(world)
    asked = await world.member.slash(world.news, "summarize")
    monkeypatch.setattr(cog, "share", twice)
    await world.member.click(asked.response.message, label="Share in channel")
    (digest,) = posted(world)
    assert digest.jump_url in text_of(asked.response)
    assert labels(asked.response) == ["Refresh"]


async def test_digest_that_cannot_be_filled_leaves_nothing_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise NotAllowed("The database is full.")

    await world.watch()
    await told(world)
    monkeypatch.setattr(type(world.store.digests), "add", fail)
    asked = await world.member.slash(world.news, "summarize", public=True)
    assert "The database is full." in said_to(asked)
    assert posted(world) == []


async def test_edit_while_a_digest_is_made_marks_the_answer(world: World, meanwhile: Meanwhile) -> None:
    await world.watch()
    _story, first, *_ = await told(world)
    meanwhile(edited(world, first, "I take it all back, the bridge was inspected"))
    asked = await world.member.slash(world.news, "summarize")
    assert first.id in cited(asked.response)
    assert "was edited since" in text_of(asked.response)
    await world.member.click(asked.response.message, label="Refresh")
    assert "was edited since" not in text_of(asked.response)


async def test_edit_while_a_public_digest_is_made_marks_it(world: World, meanwhile: Meanwhile) -> None:
    await world.watch()
    _story, first, *_ = await told(world)
    meanwhile(edited(world, first, "I doubt that the bridge was inspected by anybody"))
    await world.member.slash(world.news, "summarize", public=True)
    assert first.id in cited(latest(world))
    assert "was edited since" in text_of(latest(world))
    await world.member.click(latest(world), label="Refresh")
    assert "was edited since" not in text_of(latest(world))


async def test_edit_while_a_digest_is_drawn_marks_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.watch()
    _story, first, *_ = await told(world)
    edit = edited(world, first, "I doubt that the bridge was inspected by anybody")

    async def slowly(_: object) -> None:
        monkeypatch.undo()
        await edit()

    monkeypatch.setattr("bot.digest_posts.drawn", slowly)
    await world.member.slash(world.news, "summarize", public=True)
    assert "was edited since" in text_of(latest(world))
    monkeypatch.setattr(sys.modules["cogs.summarize"], "drawn", slowly)
    await world.env.advance_time(11)
    asked = await world.member.slash(world.news, "summarize")
    assert "was edited since" in text_of(asked.response)


async def test_who_asks_after_an_edit_joins_no_digest_from_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slowly(self: Discussions, scope: Scope) -> object:
        await enough.wait()
        return await fetch(self, scope)

    await world.watch()
    story, *_ = await told(world)
    summaries, scope = world.bot.get_cog("Summarize").summaries, Scope(world.news.id, Mode.STORY, story.id)
    fetch, enough = Discussions.fetch, asyncio.Event()
    with world.env.time_context():
        before = summaries.ask(scope)
        assert summaries.ask(scope) is before
        await asyncio.sleep(0)
        summaries.change(world.news.id)
        monkeypatch.setattr(Discussions, "fetch", slowly)
        after = summaries.ask(scope)
        assert after is not before
        await before.task
        await asyncio.sleep(0)
        assert summaries.ask(scope) is after
        enough.set()
        assert (await after.task).read == len(REPLIES)


@pytest.mark.parametrize(("command", "confirm"), [("optout", "Opt out"), ("erase", "Erase everything")])
async def test_answers_drop_who_opts_out_or_erases(world: World, command: str, confirm: str) -> None:
    silent = world.guild.add_member(world.env.create_user("silent"))
    story, *_ = await told(world)
    last = await silent.send(world.news, "I doubt the canary papaya figures of the ferry", reply_to=story)
    asked = await world.member.slash(world.news, "summarize", last=50)
    assert last.id in cited(asked.response)
    question = await silent.slash(world.news, f"privacy {command}")
    await silent.click(question.response.message, label=confirm)
    assert cited(asked.response)
    assert last.id not in cited(asked.response)
    assert "papaya" not in text_of(asked.response)


async def test_purge_of_a_channel_reaches_the_answers(world: World) -> None:
    await world.watch()
    await told(world)
    asked = await world.member.slash(world.news, "summarize")
    assert cited(asked.response)
    panel = (await world.moderator.slash(world.news, "privacy server")).response
    question = await world.moderator.select(panel, [world.news], custom_id="privacy:server:channel")
    await world.moderator.click(question.response, label="Purge this channel")
    assert not cited(asked.response)


async def test_who_opts_out_while_a_digest_is_made_is_not_in_it(world: World, meanwhile: Meanwhile) -> None:
    silent = world.guild.add_member(world.env.create_user("silent"))
    story, *_ = await told(world)
    last = await silent.send(world.news, "I doubt the canary papaya figures of the ferry", reply_to=story)
    meanwhile(lambda: world.store.members.opt_out(world.guild.id, silent.id))
    asked = await world.member.slash(world.news, "summarize", last=50)
    assert cited(asked.response)
    assert last.id not in cited(asked.response)


async def test_who_loses_access_while_a_digest_is_made_does_not_see_it(world: World, meanwhile: Meanwhile) -> None:
    club = world.guild.create_role("Club")
    hidden, seen = discord.PermissionOverwrite(view_channel=False), discord.PermissionOverwrite(view_channel=True)
    room = world.guild.create_text_channel(
        "club", overwrites={world.guild.default_role: hidden, club: seen, world.env.bot.user: seen}
    )
    guest = world.guild.add_member(world.env.create_user("guest"), roles=[club])
    said = [await guest.send(room, text) for text in REPLIES]
    link = f"https://discord.com/channels/{world.guild.id}/{room.id}/{said[0].id}"

    async def leave() -> None:
        world.env.backend.get_guild(world.guild.id).members[guest.id].role_ids.clear()

    meanwhile(leave)
    asked = await guest.slash(world.news, "summarize", from_message=link)
    assert "cannot open" in said_to(asked)
    assert not CITED.search(said_to(asked))


async def voice(world: World, *locked: discord.abc.Snowflake) -> object:
    """Open a voice channel, which some may see but not join."""
    shut = [Overwrite(each.id, OverwriteType.MEMBER, 0, discord.Permissions(connect=True).value) for each in locked]
    channel = world.env.backend.create_channel(world.guild.id, "talk", type=ChannelType.VOICE, overwrites=shut)
    await world.env.settle()
    return next(each for each in world.guild.channels.values() if each.id == channel.id)


async def test_chat_of_a_locked_voice_channel_is_not_summarized_for_who_cannot_join(world: World) -> None:
    talk = await voice(world, world.member)
    said = [world.env.backend.create_message(talk.id, world.moderator.id, text) for text in REPLIES]
    await world.env.settle()
    link = f"https://discord.com/channels/{world.guild.id}/{talk.id}/{said[0].id}"
    refused = await world.member.slash(world.news, "summarize", from_message=link)
    assert "cannot open" in said_to(refused)
    assert not CITED.search(said_to(refused))
    asked = await world.moderator.slash(world.news, "summarize", from_message=link)
    assert cited(asked.response)


async def test_chat_of_a_voice_channel_may_be_summarized_for_all_in_it(world: World) -> None:
    await world.watch()
    talk = await voice(world)
    for text in REPLIES:
        world.env.backend.create_message(talk.id, world.member.id, text)
    await world.env.settle()
    asked = await world.member.slash(talk, "summarize", public=True, last=50)
    assert "Posted" in said_to(asked)
    assert cited(posted(world, talk)[0])


async def test_bot_that_cannot_join_a_voice_channel_says_so(world: World) -> None:
    await world.watch()
    talk = await voice(world, world.env.bot.user)
    asked = await world.member.slash(talk, "summarize")
    assert "**Connect**" in said_to(asked)
