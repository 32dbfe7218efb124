"""Messages become posts: links in one spelling, forwards and embeds as headlines."""

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.posts import canonical, find_links, to_post
from tests.conftest import World


@pytest.mark.parametrize(
    "url",
    [
        "https://wire.example/bridge?id=3",
        "http://wire.example/bridge?id=3",
        "https://www.wire.example/bridge/?id=3",
        "https://WIRE.example/bridge?id=3&utm_source=feed",
        "https://wire.example/bridge?id=3#comments",
    ],
)
def test_spellings_of_one_page_are_equal(url: str) -> None:
    assert canonical(url) == "https://wire.example/bridge?id=3"


@pytest.mark.parametrize("url", ["ftp://wire.example/x", "nothing", "javascript:alert(1)", ""])
def test_what_is_no_web_page_has_no_address(url: str) -> None:
    assert canonical(url) is None


def test_links_are_found_in_brackets_once() -> None:
    text = "see <https://wire.example/a> and (https://wire.example/a), mail tomas@wire.example"
    assert find_links(text) == ("https://wire.example/a",)


@given(st.text(max_size=300))
def test_any_text_gives_canonical_links(text: str) -> None:
    assert all(canonical(link) == link for link in find_links(text))


async def test_embed_that_arrives_late_becomes_the_headline(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, "https://wire.example/bridge")
    world.env.backend.edit_message(
        world.news.id, story.id, {"embeds": [{"title": "Harbour bridge announced", "description": "Opens in spring."}]}
    )
    await world.env.settle()
    post = await world.bot.quotes.get(world.news.id, story.id)
    assert post.full_text == "https://wire.example/bridge\nHarbour bridge announced\nOpens in spring."
    assert (await world.store.messages.reading(story.id)).claim > 0.5


async def test_forward_is_a_story_with_the_forwarded_text(world: World) -> None:
    other = world.guild.create_text_channel("other")
    await world.watch()
    original = await world.member.send(other, "Harbour bridge announced https://wire.example/bridge")
    forwarded = await world.member.forward(original, world.news)
    kept = await world.store.messages.get(forwarded.id)
    post = await world.bot.quotes.get(world.news.id, forwarded.id)
    assert kept.placement.conversation_id == forwarded.id
    assert post.links == ("https://wire.example/bridge",)


async def test_reply_names_its_parent(world: World) -> None:
    first = await world.member.send(world.news, "one")
    second = await world.member.send(world.news, "two", reply_to=first)
    fetched = await world.bot.get_channel(world.news.id).fetch_message(second.id)
    assert isinstance(fetched, discord.Message)
    assert to_post(fetched).reply_to == first.id
