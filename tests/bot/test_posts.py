"""Messages become posts: links in one spelling, forwards and embeds as headlines."""

import discord

from bot.links import shared_pages
from bot.posts import to_post
from tests.conftest import World


def test_spellings_of_one_page_are_shared_once() -> None:
    text = "see <https://wire.example/a> and (http://www.wire.example/a/?utm_source=x#top), mail tomas@wire.example"
    assert shared_pages(text) == ("wire.example/a",)


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
    assert post.links == ("wire.example/bridge",)


async def test_reply_names_its_parent(world: World) -> None:
    first = await world.member.send(world.news, "one")
    second = await world.member.send(world.news, "two", reply_to=first)
    fetched = await world.bot.get_channel(world.news.id).fetch_message(second.id)
    assert isinstance(fetched, discord.Message)
    assert to_post(fetched).reply_to == first.id
