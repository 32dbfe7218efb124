"""Flags and cards: one of each for a message, decided once, withdrawn while undecided."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import NotFound
from bot.store import Store
from tests.bot.rows import GUILD, NOW, card, claim, flag, post, take


async def flagged(store: Store, message_id: int = 2, label: str = "partisan") -> int:
    """Open a flag; give its id."""
    recorded = await take(store, post(message_id), label, flag=flag(post(message_id), label))
    return recorded.flag.id


async def test_two_moderators_get_one_decision(store: Store) -> None:
    flag_id = await flagged(store)
    decisions = await asyncio.gather(
        *(store.flags.decide(flag_id, verdict, moderator, NOW) for moderator, verdict in ((5, "partisan"), (6, "none")))
    )
    assert sorted(won for _, won in decisions) == [False, True]
    winner = next(decided for decided, won in decisions if won)
    assert all(decided.verdict == winner.verdict for decided, _ in decisions)
    assert [entry.action for entry in await store.audit.latest(GUILD)] == ["verdict", "flag"]


async def test_verdict_replaces_the_label_until_it_is_undone(store: Store) -> None:
    flag_id = await flagged(store)
    await store.flags.decide(flag_id, "dismissed", 5, NOW)
    assert (await store.messages.reading(2)).label == "none"
    assert await store.flags.verdict_counts(GUILD, NOW - timedelta(days=1)) == [("partisan", "dismissed", 1)]
    undone = await store.flags.undo(flag_id, 6, NOW)
    assert (undone.state, undone.verdict, undone.decided_by) == ("open", None, None)
    assert (await store.messages.reading(2)).label == "partisan"
    assert await store.flags.undo(flag_id, 6, NOW) is None
    assert [entry.action for entry in await store.audit.latest(GUILD)] == ["undo", "verdict", "flag"]


async def test_humans_label_outlives_another_reading(store: Store) -> None:
    await store.flags.decide(await flagged(store), "informative", 5, NOW)
    edited = post(2, edited_at=NOW)
    recorded = await take(store, edited, "off-topic", flag=flag(edited, "off-topic"))
    assert (await store.messages.reading(2)).label == "informative"
    assert (recorded.flag.state, recorded.flag.label) == ("decided", "partisan")


async def test_edit_withdraws_and_brings_back_a_flag(store: Store) -> None:
    flag_id = await flagged(store)
    recorded = await take(store, post(2, edited_at=NOW), "none")
    assert recorded.withdrawn_flag.id == flag_id
    assert (await store.flags.get(flag_id)).state == "withdrawn"
    again = post(2, edited_at=NOW + timedelta(seconds=1))
    recorded = await take(store, again, "off-topic", flag=flag(again, "off-topic"))
    assert (recorded.flag.id, recorded.flag.label, recorded.flag.state) == (flag_id, "off-topic", "open")


async def test_old_message_opens_no_flag(store: Store) -> None:
    recorded = await take(store, post(2), "partisan", flag=flag(post(2)), fresh=False)
    assert recorded.flag is None
    assert await store.flags.of_message(2) is None


async def test_lease_is_one_moderators_for_ten_minutes(store: Store) -> None:
    flag_id = await flagged(store)
    assert await store.flags.lease(flag_id, 5, NOW)
    assert await store.flags.lease(flag_id, 5, NOW)
    assert not await store.flags.lease(flag_id, 6, NOW)
    assert await store.flags.waiting(GUILD, 6, NOW) == []
    assert await store.flags.lease(flag_id, 6, NOW + timedelta(minutes=11))
    await store.flags.release(flag_id, 6)
    assert [each.id for each in await store.flags.waiting(GUILD, 5, NOW)] == [flag_id]


async def test_leases_at_once_go_to_one(store: Store) -> None:
    flag_id = await flagged(store)
    assert sum(await asyncio.gather(*(store.flags.lease(flag_id, who, NOW) for who in range(5, 15)))) == 1


async def test_daily_budget_quiets_the_rest(store: Store) -> None:
    ids = [await flagged(store, number) for number in (2, 3, 4)]
    assert [await store.flags.allot(each, 2, NOW) for each in ids] == [1, 0, None]
    assert [await store.flags.allot(each, 2, NOW) for each in ids] == [0, 0, None]
    assert await store.flags.quieted(GUILD, NOW) == 1
    assert [each.id for each in await store.flags.without_alert(GUILD)] == ids[:2]


async def test_week_with_more_flags_than_alerts_leaves_them_to_the_surest(store: Store) -> None:
    for number in range(7):
        await flagged(store, 100 + number)
    now = NOW + timedelta(days=2)
    doubtful, sure = (post(number, created_at=now) for number in (200, 201))
    for of, score in ((doubtful, 0.6), (sure, 0.95)):
        await take(store, of, "partisan", flag=replace(flag(of), score=score))
    allotted = {}
    for each in await store.flags.without_alert(GUILD):
        if each.message_id >= 200:
            allotted[each.message_id] = await store.flags.allot(each.id, 1, now)
    assert allotted == {200: None, 201: 0}
    assert await store.flags.quieted(GUILD, now + timedelta(hours=1)) == 1


async def test_claim_gets_one_card_for_a_conversation(store: Store) -> None:
    first, later, again = post(1), post(2), post(3)
    await take(store, first, story=1, claim=claim(first))
    made = await take(store, later, story=2, claim=claim(later), card=card(later, first))
    assert made.card.occurrences[0].message_id == 1
    twin = card(again, first)
    second = await take(
        store, again, story=2, claim=claim(again), card=type(twin)(0, GUILD, 800, 3, 2, twin.occurrences, NOW)
    )
    assert second.card is None
    assert [each.id for each in await store.cards.pending()] == [made.card.id]


async def test_card_follows_its_claim(store: Store) -> None:
    first, later = post(1), post(2)
    await take(store, first, story=1, claim=claim(first))
    made = await take(store, later, story=2, claim=claim(later), card=card(later, first))
    stands = await take(store, post(2, edited_at=NOW), story=2, claim=claim(later), card_stands=True)
    assert stands.withdrawn_card is None
    gone = await take(store, post(2, edited_at=NOW + timedelta(seconds=1)), story=2)
    assert gone.withdrawn_card.id == made.card.id
    assert await store.cards.get(made.card.id) is None


async def test_votes_are_counted_once_for_each_member(store: Store) -> None:
    first, later = post(1), post(2)
    await take(store, first, story=1, claim=claim(first))
    made = (await take(store, later, story=2, claim=claim(later), card=card(later, first))).card
    assert await store.cards.rate(made, 7, True) == (1, 0)
    assert await store.cards.rate(made, 8, False) == (1, 1)
    assert await store.cards.rate(made, 7, False) == (0, 2)
    await store.messages.forget([2])
    with pytest.raises(NotFound, match="gone"):
        await store.cards.rate(made, 7, True)


async def test_removed_card_stays_removed(store: Store) -> None:
    first, later = post(1), post(2)
    await take(store, first, story=1, claim=claim(first))
    made = (await take(store, later, story=2, claim=claim(later), card=card(later, first))).card
    assert await store.cards.posted(made.id, 77, NOW)
    assert await store.cards.remove(made.id, "removed", NOW, 5)
    assert not await store.cards.remove(made.id, "removed", NOW, 5)
    assert not await store.cards.posted(made.id, 78, NOW)
    assert await store.cards.pending() == []
