"""What was deleted or edited while the bot was away, older than the sweep reaches, leaves cards, digests and alerts."""

from datetime import timedelta

import discord
import pytest

from cogs import catchup
from cogs.catchup import CatchUp
from tests.cogs.scene import STORY, alerts, flagged, forbid, text_of
from tests.conftest import World

REPLIES = ("I doubt the harbour is finished", "here are figures from the northern quay", "more doubt about the tender")


class Unlimited:
    """Stand for a limiter that never makes anybody wait."""

    def __init__(self, most: float, seconds: float) -> None:
        del most, seconds

    def has_capacity(self) -> bool:
        return True

    async def acquire(self) -> None:
        """Go on at once."""


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let requests be spared at once: a limiter takes the simulation's jumps back to the real clock for a debt."""
    monkeypatch.setattr("bot.quotes.AsyncLimiter", Unlimited)


async def carded(world: World, *, told_first_in: object | None = None) -> tuple[discord.Message, discord.Message]:
    """Tell a story twice, which makes a card, and let weeks go by; give both tellings."""
    await world.watch(world.news, told_first_in or world.news)
    first = await world.member.send(told_first_in or world.news, STORY)
    await world.later(days=200)
    second = await world.member.send(world.news, STORY)
    await world.later(days=30)
    for channel in {first.channel.id: told_first_in or world.news, second.channel.id: world.news}.values():
        await world.member.send(channel, "good evening")  # the sweep begins a week before what was said last
    assert len(shown(world)) == 1
    return first, second


async def absent(world: World, *gone: discord.Message) -> None:
    """Stop the bot, delete messages, and start it again."""
    lose(world, *gone)
    await world.restart()


def lose(world: World, *gone: discord.Message) -> None:
    """Delete messages without telling the bot."""
    for message in gone:
        world.env.backend.messages[message.channel.id].pop(message.id)
        world.bot.quotes.forget(message.id)


def shown(world: World) -> list[discord.Message]:
    """List what the bot has posted in the channel for news."""
    return [message for message in world.news.history() if message.author.id == world.bot.user.id]


@pytest.mark.parametrize("number", [0, 1], ids=["what the card shows", "what it answers"])
async def test_card_goes_with_a_message_that_is_older_than_the_sweep(world: World, number: int) -> None:
    gone = (await carded(world))[number]
    await absent(world, gone)
    assert shown(world) == []
    assert await world.store.messages.get(gone.id) is None
    assert not await world.store.leftovers.all()


async def test_card_stays_while_its_messages_do(world: World) -> None:
    first, _ = await carded(world)
    (before,) = shown(world)
    await absent(world)
    assert [message.id for message in shown(world)] == [before.id]
    assert await world.store.messages.get(first.id) is not None


async def test_digest_loses_what_it_cites(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    said = [await world.member.send(world.news, text, reply_to=story) for text in REPLIES]
    await world.member.slash(world.news, "summarize", public=True)
    (digest,) = shown(world)
    cited = await world.store.digests.cites(digest.id)
    gone = next(each for each in said if each.id in cited)
    assert f"/{gone.id})" in text_of(digest)
    await world.later(days=30)
    await world.member.send(world.news, "good evening")
    await absent(world, gone)
    assert gone.id not in await world.store.digests.cites(digest.id)
    assert f"/{gone.id})" not in text_of(shown(world)[0])


@pytest.mark.parametrize("number", [0, 1], ids=["the story", "the flagged message"])
async def test_alert_loses_what_it_quotes(world: World, number: int) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    message = await flagged(world, story=story)
    await world.later(days=20)
    await world.member.send(world.news, "good evening")
    gone = (story, message)[number]
    words = ("Harbour bridge at Quellhaven", "typical party nonsense")[number]
    assert words in text_of(alerts(world)[0])
    await absent(world, gone)
    assert words not in text_of(alerts(world)[0])


async def test_card_follows_an_edit_of_a_message_that_is_older_than_the_sweep(world: World) -> None:
    first, second = await carded(world)
    await world.bot.remove_cog("Watch")
    await world.member.edit(first, "Battery plant near Orvela announced to close at midsummer")
    await world.restart()
    assert shown(world) == []
    edits = await world.store.messages.between(world.news.id, first.id, second.id)
    assert edits[first.id] is not None
    assert edits[second.id] is None


async def test_hidden_is_not_gone(world: World) -> None:
    first, _ = await carded(world, told_first_in=(square := world.guild.create_text_channel("square")))
    forbid(world, square, read_message_history=True)
    await absent(world)
    assert await world.store.messages.get(first.id) is not None


async def test_empty_history_does_not_mean_that_a_message_is_gone(world: World) -> None:
    first, _ = await carded(world, told_first_in=(square := world.guild.create_text_channel("square")))
    world.env.inject_error("GET", f"/channels/{square.id}/messages/{first.id}", status=403, times=None)
    await absent(world, first)
    assert await world.store.messages.get(first.id) is not None


async def test_what_discord_fails_at_is_asked_again(world: World) -> None:
    first, second = await carded(world)
    world.env.inject_error("GET", f"/channels/{world.news.id}/messages/{first.id}", status=500, times=None)
    await absent(world, first)
    await world.env.advance_time(60)  # the library tries five times
    assert await world.store.messages.get(first.id) is not None
    world.env.backend.faults.clear()
    await world.env.advance_time(catchup.SELDOM.total_seconds())
    assert await world.store.messages.get(first.id) is None
    assert await world.store.messages.get(second.id) is not None


async def test_all_of_a_deleted_channel_is_gone_though_nobody_watched_it_any_more(world: World) -> None:
    first, second = await carded(world, told_first_in=(square := world.guild.create_text_channel("square")))
    await world.store.servers.unwatch(square.id)
    world.env.inject_error("GET", f"/channels/{square.id}/messages", status=404, times=None)
    await absent(world)
    assert shown(world) == []
    assert await world.store.messages.get(first.id) is None
    assert await world.store.messages.get(second.id) is not None


async def test_only_so_many_are_looked_at_the_latest_posts_first(world: World) -> None:
    first, second = await carded(world)
    swept = discord.utils.time_snowflake(world.bot.clock() - catchup.SWEPT)
    place, leftovers = (world.guild.id, world.news.id), world.store.leftovers
    assert await leftovers.shown(swept, 9) == {place: [second.id, first.id]}
    assert await leftovers.shown(swept, 1) == {place: [second.id]}
    # The sweep looks at what is newer in channels that are watched, and only there.
    recently = discord.utils.time_snowflake(second.created_at - timedelta(days=1))
    assert await leftovers.shown(recently, 9) == {place: [first.id]}
    await world.store.servers.unwatch(world.news.id)
    assert await leftovers.shown(recently, 9) == {place: [second.id, first.id]}


async def test_another_start_begins_anew(world: World) -> None:
    first, _ = await carded(world)
    catch_up: CatchUp = world.bot.get_cog("CatchUp")
    world.env.inject_error("GET", f"/channels/{world.news.id}/messages", status=500, times=10)
    await catch_up._look_back()
    await world.env.advance_time(1)
    assert catch_up.look_back.is_running()
    lose(world, first)
    world.env.backend.faults.clear()
    await catch_up._look_back()
    await world.env.advance_time(1)
    await catch_up.look_back.get_task()
    assert await world.store.messages.get(first.id) is None
