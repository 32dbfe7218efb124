"""Messages: kept once, read again after an edit, never recorded over a newer text, gone with all that hangs on them."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.records import Kind, Placement
from bot.store import Store
from bot.store.digests import Source
from bot.store.messages import Public, Standing
from bot.store.outcomes import Result
from tests.bot.rows import CHANNEL, GUILD, NOW, card, claim, flag, post, reading, take

PLACE = Placement(Kind.REPLY, 1)


async def test_repeat_is_harmless(store: Store) -> None:
    assert await store.messages.keep(post(1))
    assert await store.messages.keep(post(1))
    await take(store, post(1))
    assert not await store.messages.keep(post(1))


async def test_edit_asks_for_another_reading(store: Store) -> None:
    await take(store, post(2))
    assert await store.messages.keep(post(2, edited_at=NOW))
    await take(store, post(2, edited_at=NOW), "skeptical")
    assert not await store.messages.keep(post(2, edited_at=NOW))
    assert (await store.messages.reading(2)).label == "skeptical"


async def test_older_version_never_replaces_a_newer_one(store: Store) -> None:
    await take(store, post(2, edited_at=NOW + timedelta(seconds=9)), "skeptical")
    assert not await store.messages.keep(post(2, edited_at=NOW))
    assert not await store.messages.keep(post(2))


async def test_result_of_an_old_text_is_not_recorded(store: Store) -> None:
    old = post(2)
    await store.messages.keep(old)
    await store.messages.keep(replace(old, edited_at=NOW))
    assert await store.outcomes.record(Result(old, PLACE, reading()), "r", "e", NOW) is None
    assert await store.messages.reading(2) is None
    assert [kept.message_id for kept in await store.messages.unread(10)] == [2]


async def test_result_of_a_deleted_message_is_not_recorded(store: Store) -> None:
    await store.messages.keep(post(2))
    await store.messages.forget([2])
    result = Result(post(2), PLACE, reading("partisan"), flag=flag(post(2)), claim=claim(post(2)))
    assert await store.outcomes.record(result, "r", "e", NOW) is None
    assert await store.flags.of_message(2) is None
    assert await store.claims.count(GUILD) == 0


async def test_late_embed_opens_a_message_again(store: Store) -> None:
    await take(store, post(2))
    await store.messages.reopen(2)
    assert await store.messages.keep(post(2))


async def test_many_writers_lose_nothing(store: Store) -> None:
    posts = [post(number) for number in range(1, 16)]
    await asyncio.gather(*(take(store, each, "skeptical") for each in posts for _ in range(2)))
    assert len(await store.messages.readings([each.id for each in posts])) == 15
    assert await store.messages.unread(10) == []
    assert (await store.messages.tallies([1]))[1] == {"skeptical": 14}


async def test_reading_comes_back_as_it_was(store: Store) -> None:
    await take(store, post(2), "informative")
    assert await store.messages.reading(2) == reading("informative")
    kept = await store.messages.get(2)
    assert kept.placement == PLACE
    assert (kept.channel_id, kept.created_at, kept.read) == (CHANNEL, post(2).created_at, True)


async def test_chat_is_read_without_a_reading(store: Store) -> None:
    await take(store, post(2), None, placement=Placement(Kind.CHAT, None))
    assert await store.messages.reading(2) is None
    assert not await store.messages.keep(post(2))


async def test_lists_by_channel_conversation_and_id(store: Store) -> None:
    for number in (1, 2, 3):
        await take(store, post(number))
    await take(store, post(4, channel=5, watched=CHANNEL))
    assert await store.messages.in_channel(CHANNEL) == [4, 3, 2, 1]
    assert await store.messages.in_channel(5) == [4]
    assert await store.messages.of_conversation(1) == [1, 2, 3, 4]
    assert list(await store.messages.between(CHANNEL, 2, 9)) == [2, 3]
    assert set(await store.messages.among([2, 99])) == {2}
    assert await store.messages.latest_story(CHANNEL) == 1
    standing = await store.messages.standing(CHANNEL, 3)
    assert standing == Standing(1, post(2).created_at, 1)
    assert await store.messages.standing(CHANNEL, 1) is None


async def test_forgetting_takes_everything_along(store: Store) -> None:
    first, later = post(1), post(2)
    await take(store, first, story=1, claim=claim(first, urls=("https://wire.example/a",)))
    recorded = await take(store, later, story=2, claim=claim(later), card=card(later, first), flag=flag(later))
    await store.cards.posted(recorded.card.id, 77, NOW)
    await store.flags.alerted(recorded.flag.id, 6, 78)
    await store.digests.add(GUILD, CHANNEL, 79, {2: Source(CHANNEL, 7)}, NOW)
    await store.audit.add(GUILD, NOW, 5, "verdict", 2)
    shown = await store.messages.forget([2])
    assert set(shown) == {
        Public("card", recorded.card.id, CHANNEL, 77),
        Public("alert", recorded.flag.id, 6, 78),
        Public("digest", 79, CHANNEL, 79),
    }
    assert set(await store.leftovers.all()) == set(shown)
    await store.leftovers.settle(shown[0])
    assert set(await store.leftovers.all()) == set(shown[1:])
    assert await store.messages.get(2) is None
    assert await store.claims.count(GUILD) == 1
    assert await store.cards.get(recorded.card.id) is None
    assert await store.flags.of_message(2) is None
    assert not await store.digests.cites(79)
    assert (await store.audit.latest(GUILD))[0].subject_id is None


async def test_forgetting_an_earlier_occurrence_names_the_card_that_shows_it(store: Store) -> None:
    first, second, later = post(1), post(2), post(3)
    for each in (first, second):
        await take(store, each, story=each.id, claim=claim(each))
    recorded = await take(store, later, story=3, claim=claim(later), card=card(later, first, second))
    await store.cards.posted(recorded.card.id, 77, NOW)
    assert await store.messages.forget([1]) == (Public("card", recorded.card.id, CHANNEL, 77),)
    assert [each.message_id for each in (await store.cards.get(recorded.card.id)).occurrences] == [2]


async def test_forgetting_more_than_one_statement_holds(store: Store) -> None:
    for number in (1, 500, 501, 1201):
        await store.messages.keep(post(number))
    assert await store.messages.forget(list(range(1, 1202))) == ()
    assert await store.messages.in_channel(CHANNEL) == []


@pytest.mark.parametrize("ids", [[], [404]])
async def test_forgetting_nothing(store: Store, ids: list[int]) -> None:
    assert await store.messages.forget(ids) == ()
