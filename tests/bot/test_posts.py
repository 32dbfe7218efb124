"""Messages become posts: links in one spelling, forwards and embeds as headlines."""

import discord
import pytest

from bot.factchecks import question_of
from bot.links import shared_pages
from bot.posts import to_post
from tests.conftest import World


def test_spellings_of_one_page_are_shared_once() -> None:
    text = "see <https://wire.example/a> and (http://www.wire.example/a/?utm_source=x#top), mail tomas@wire.example"
    assert shared_pages(text) == ("wire.example/a",)


@pytest.mark.parametrize(
    "address",
    [
        "https://wire.example/",
        "https://discord.gg/harbour",
        "https://ptb.discord.com/channels/1/2/3",
        "https://cdn.discordapp.com/attachments/1/2/cat.png",
        "https://tenor.com/view/cat-1",
    ],
)
async def test_front_page_invite_or_moving_picture_is_no_story_and_no_claim_shared(world: World, address: str) -> None:
    await world.watch()
    await world.member.send(world.news, "Harbour bridge announced https://wire.example/bridge")
    said = await world.member.send(world.news, f"what a day {address}")
    assert to_post(await fetched(world, said.id)).links == ()
    assert (await world.store.messages.get(said.id)).placement.conversation_id != said.id


async def test_page_of_an_embed_is_shared_and_its_title_asked_but_no_words_that_a_bot_quotes(world: World) -> None:
    await world.watch()
    feed = await world.member.send(world.news, "new:")
    page = {"title": "Harbour bridge announced", "url": "https://www.wire.example/bridge?utm_source=feed"}
    world.env.backend.edit_message(world.news.id, feed.id, {"embeds": [page]})
    quote = await world.member.send(world.news, "starred:")
    words = {"title": "Ada said", "description": "my neighbour did it", "url": "https://discord.com/channels/1/2/3"}
    world.env.backend.edit_message(world.news.id, quote.id, {"embeds": [words]})
    await world.env.settle()
    shared, quoted = [to_post(await fetched(world, each.id)) for each in (feed, quote)]
    assert (shared.links, question_of(shared)) == (("wire.example/bridge",), "Harbour bridge announced")
    assert (quoted.links, question_of(quoted)) == ((), None)


async def fetched(world: World, message_id: int) -> discord.Message:
    return await world.bot.get_channel(world.news.id).fetch_message(message_id)


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
    assert to_post(await fetched(world, second.id)).reply_to == first.id
