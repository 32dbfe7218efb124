"""Which messages are meant by "the discussion", however far back in a busy channel its story stands."""

import discord
import pytest

from bot.discussion import Mode, Scope
from tests.cogs.test_digests import posted
from tests.cogs.test_summarize import REPLIES, STORY, cited, labels, text_of, told
from tests.conftest import World

MOST = 6


@pytest.fixture
async def busy(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Give a server in which six messages are as many as a digest condenses."""
    monkeypatch.setattr("bot.discussion.MOST", MOST)
    return world


async def chatter(world: World, number: int = 2 * MOST) -> None:
    """Let another story and its answers stand between."""
    story = await world.member.send(world.news, "The ferry costs more https://wire.example/ferry")
    for each in range(number):
        await world.member.send(world.news, f"I doubt the {each}-th canary papaya ticket", reply_to=story)


async def asked_about(world: World, story: discord.Message) -> object:
    return (await world.member.context_menu(world.news, "Summarize from here", story)).response


async def test_story_far_back_is_found_with_its_replies(busy: World) -> None:
    await busy.watch()
    story, *replies = await told(busy)
    await chatter(busy)
    shown = await asked_about(busy, story)
    assert cited(shown)
    assert cited(shown) <= {reply.id for reply in replies}
    assert f"-# {len(REPLIES)} messages · " in text_of(shown)


async def test_replies_from_far_apart_make_one_discussion(busy: World) -> None:
    await busy.watch()
    story, *early = await told(busy, REPLIES[:2])
    await chatter(busy)
    between = await busy.member.send(busy.news, REPLIES[2], reply_to=story)
    await chatter(busy)
    late = await busy.member.send(busy.news, REPLIES[3], reply_to=story)
    found = await busy.bot.get_cog("Summarize").discussions.fetch(Scope(busy.news.id, Mode.STORY, story.id))
    assert [post.id for post in found.posts] == [*(each.id for each in early), between.id, late.id]
    assert found.story is not None
    assert not found.cut


async def test_deleted_reply_does_not_hide_the_earlier_ones(busy: World) -> None:
    await busy.watch()
    story, *early = await told(busy, REPLIES[:2])
    await chatter(busy)
    gone = await busy.member.send(busy.news, REPLIES[2], reply_to=story)
    await chatter(busy)
    del busy.env.backend.messages[busy.news.id][gone.id]
    found = await busy.bot.get_cog("Summarize").discussions.fetch(Scope(busy.news.id, Mode.STORY, story.id))
    assert [post.id for post in found.posts] == [each.id for each in early]


async def test_more_than_a_digest_condenses_gives_the_newest_and_says_so(busy: World) -> None:
    await busy.watch()
    story, *replies = await told(busy, [f"{text}, said {each} times" for each in range(3) for text in REPLIES])
    await chatter(busy)
    found = await busy.bot.get_cog("Summarize").discussions.fetch(Scope(busy.news.id, Mode.STORY, story.id))
    assert [post.id for post in found.posts] == [each.id for each in replies[-MOST:]]
    assert found.cut
    assert f"-# {MOST} messages, not all" in text_of(await asked_about(busy, story))


async def test_what_is_looked_through_has_an_end(busy: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.discussion.PAGES", 1)
    monkeypatch.setattr("bot.discussion.PAGE", 2)
    await busy.watch()
    story, *replies = await told(busy)
    await chatter(busy)
    found = await busy.bot.get_cog("Summarize").discussions.fetch(Scope(busy.news.id, Mode.STORY, story.id))
    assert [post.id for post in found.posts] == [each.id for each in replies[-2:]]
    assert found.cut
    assert found.story is not None


async def test_thread_of_a_story_far_back_is_read(busy: World) -> None:
    await busy.watch()
    story = await busy.member.send(busy.news, STORY)
    thread_id = busy.env.backend.create_thread(busy.news.id, "Bridge", busy.member.id, message_id=story.id).id
    said = [busy.env.backend.create_message(thread_id, busy.member.id, text) for text in REPLIES]
    await busy.env.settle()
    await chatter(busy)
    shown = await asked_about(busy, story)
    assert cited(shown)
    assert cited(shown) <= {message.id for message in said}


async def test_where_nothing_is_known_what_stands_right_after_the_story_is_read(busy: World) -> None:
    story, *replies = await told(busy)
    await chatter(busy)
    shown = await asked_about(busy, story)
    assert cited(shown)
    assert cited(shown) <= {reply.id for reply in replies}
    assert "messages, not all" in text_of(shown)


async def test_nothing_found_among_too_many_says_how_to_go_on(busy: World) -> None:
    story = await busy.member.send(busy.news, STORY)
    await chatter(busy)
    shown = await asked_about(busy, story)
    assert "`/summarize since:2h`" in text_of(shown)
    assert labels(shown) == ["Refresh"]


async def test_refresh_keeps_a_public_digest_of_a_story_far_back(busy: World) -> None:
    await busy.watch()
    await told(busy)
    await busy.member.slash(busy.news, "summarize", public=True)
    before = cited(posted(busy)[0])
    await chatter(busy)
    await busy.member.click(posted(busy)[0], label="Refresh")
    assert cited(posted(busy)[0]) == before
