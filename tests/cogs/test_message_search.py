"""Discord's own search beside the bot's memory: asked once for a question, and never a leak."""

import discord
import pytest
from simcord.http.router import RequestContext, route

from bot.message_search import DiscordSearch, telling_words
from tests.cogs.test_context import DAY, RELATED, STORY, answer_of
from tests.conftest import World

ASKED = STORY.partition(" https")[0]
PATH = "/guilds/{guild}/messages/search"


@route("GET", "/guilds/{guild}/messages/search")
def _search(request: RequestContext) -> dict[str, object]:
    """Answer as Discord does: messages that hold all the words, of every channel that the bot reads."""
    words = request.params["content"].lower().split()
    found = [
        {"id": str(each.id), "channel_id": str(place), "author": {"id": str(each.author_id)}, "content": each.content}
        for place, messages in request.backend.messages.items()
        for each in messages.values()
        if each.id < int(request.params["max_id"]) and all(word in each.content.lower() for word in words)
    ]
    return {"total_results": len(found), "messages": [[each] for each in found]}


def searches(world: World) -> int:
    """Count the requests."""
    return sum(entry.path.endswith("/messages/search") for entry in world.env.http_requests)


async def ask(world: World, text: str = ASKED) -> str:
    """Ask as a member."""
    return answer_of(await world.member.slash(world.news, "context", message=text))


@pytest.fixture
async def unread(world: World) -> discord.Message:
    """Tell a story before the bot reads along, and switch the search on."""
    told = await world.member.send(world.news, STORY)
    await world.later(days=300)
    await world.watch()
    world.bot.search = DiscordSearch(world.bot, world.bot.clock)
    return told


async def test_what_was_said_before_the_bot_came_is_found(world: World, unread: discord.Message) -> None:
    answer = await ask(world)
    assert "✅ Seen before: ten months ago" in answer
    assert f"/{world.news.id}/{unread.id})" in answer
    assert searches(world) == 1
    assert await world.store.messages.get(unread.id) is None


async def test_what_is_remembered_already_is_shown_once(world: World, unread: discord.Message) -> None:
    later = await world.member.send(world.news, RELATED)
    await world.env.advance_time(DAY)
    answer = await ask(world, RELATED.partition(" https")[0])
    assert answer.count(f"/{later.id})") == 1


async def test_what_only_looks_alike_is_shown_as_that_and_what_does_not_is_not(world: World) -> None:
    await world.member.send(world.news, RELATED)
    await world.member.send(world.news, "Quellhaven Harbour bridge: a poem about geese, ducks and all that swims there")
    await world.later(days=30)
    await world.watch()
    world.bot.search = DiscordSearch(world.bot, world.bot.clock)
    answer = await ask(world)
    assert "Nothing sure, but maybe related" in answer
    assert "close next winter" in answer
    assert "geese" not in answer


async def test_hits_that_the_asker_cannot_open_or_that_are_not_watched_are_not_shown(world: World) -> None:
    aside = world.guild.create_text_channel("aside")
    await world.member.send(aside, STORY)
    await world.moderator.send(world.moderators, STORY)
    await world.later(days=30)
    await world.watch(world.news, world.moderators)
    world.bot.search = DiscordSearch(world.bot, world.bot.clock)
    assert "New here" in await ask(world)
    answer = answer_of(await world.moderator.slash(world.moderators, "context", message=ASKED))
    assert f"/{world.moderators.id}/" in answer
    assert f"/{aside.id}/" not in answer


async def test_who_opted_out_is_not_found(world: World, unread: discord.Message) -> None:
    await world.store.members.opt_out(world.guild.id, world.member.id)
    answer = answer_of(await world.moderator.slash(world.news, "context", message=ASKED))
    assert f"/{unread.id})" not in answer


async def test_not_ready_is_not_nothing(world: World, unread: discord.Message, monkeypatch: pytest.MonkeyPatch) -> None:
    indexing = {"message": "Index not yet available.", "code": 110000, "documents_indexed": 0, "retry_after": 90}
    request = world.bot.http.request

    async def cold(asked: discord.http.Route, **options: object) -> object:
        return indexing if asked.path.endswith("/search") else await request(asked, **options)

    monkeypatch.setattr(world.bot.http, "request", cold)
    assert "ask again in 2 minutes" in await ask(world)
    assert searches(world) == 0


async def test_failing_search_is_tried_again_the_next_time(world: World, unread: discord.Message) -> None:
    world.env.inject_error("GET", "/guilds/*/messages/search", status=500, times=None)
    assert "ask again in 1 minute " in await ask(world)
    world.env.backend.faults.clear()
    assert f"/{unread.id})" in await ask(world)


@pytest.mark.parametrize("status", [403, 404])
async def test_refused_search_is_told_once_and_let_be(world: World, unread: discord.Message, status: int) -> None:
    world.env.inject_error("GET", "/guilds/*/messages/search", status=status, times=None)
    told = await ask(world)
    assert "Discord does not let me search older messages here" in told
    assert "Read Message History" in told
    answer = await ask(world)
    assert "does not let me" not in answer
    assert "New here" in answer
    assert searches(world) == 1
    world.env.backend.faults.clear()
    await world.later(days=2)
    assert f"/{unread.id})" in await ask(world)


async def test_nothing_is_searched_unless_somebody_asks(world: World, unread: discord.Message) -> None:
    await world.member.send(world.news, RELATED)
    await world.env.advance_time(DAY)
    assert searches(world) == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ASKED, ["Harbour", "Quellhaven", "announced"]),
        ("in 2024 the Mayor of Orvela said so", ["2024", "Mayor", "Orvela"]),
        ("https://wire.example/bridge", []),
        ("a", []),
        ("", []),
    ],
)
def test_names_and_numbers_are_searched_for_first(text: str, words: list[str]) -> None:
    assert telling_words(text) == words
