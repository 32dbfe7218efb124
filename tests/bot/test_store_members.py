"""A member's own: see all of it, erase all of it, opt out; and nothing of anybody else's."""

import json

from bot.store import Store
from bot.store.digests import Source
from bot.store.messages import Forgotten, Public
from tests.bot.rows import CHANNEL, GUILD, NOW, card, claim, flag, post, take

ME, OTHER = 7, 8


async def furnish(store: Store) -> None:
    """Keep a story and a flagged reply of mine, another's story with a card that shows mine, and a digest."""
    mine, reply, later = post(1), post(2), post(3, author=OTHER)
    await take(store, mine, story=1, claim=claim(mine))
    flagged = await take(store, reply, "partisan", flag=flag(reply))
    await store.flags.alerted(flagged.flag.id, 6, 78)
    made = await take(store, later, story=3, claim=claim(later), card=card(later, mine))
    await store.cards.posted(made.card.id, 77, NOW)
    await store.cards.rate(made.card, ME, True)
    await store.cards.rate(made.card, OTHER, True)
    await store.digests.add(GUILD, 5, 79, {50: Source(5, ME), 3: Source(5, OTHER)}, NOW)
    await take(store, post(4, guild=901), story=4)


async def test_export_is_all_of_it(store: Store) -> None:
    await furnish(store)
    exported = json.loads(json.dumps(await store.members.export(GUILD, ME)))
    assert [each["message"] for each in exported["messages"]] == ["1", "2"]
    story, reply = exported["messages"]
    assert story["claim_vector_kept"]
    assert (reply["label"], reply["flag"]["state"], reply["story"]) == ("partisan", "open", "1")
    assert sum(reply["scores"].values()) > 0.99
    assert exported["cards_showing_them"] == [1]
    assert exported["digests_citing_them"] == ["79"]
    assert exported["card_ratings"] == [{"card": 1, "helpful": True}]
    assert not exported["opted_out"]


async def test_erasing_leaves_nothing_of_mine_and_all_of_theirs(store: Store) -> None:
    await furnish(store)
    forgotten = await store.members.erase(GUILD, ME)
    assert set(forgotten.message_ids) == {1, 2, 50}
    assert {(each.kind, each.posted_id) for each in forgotten.shown} == {("card", 77), ("alert", 78), ("digest", 79)}
    assert Public("card", 1, CHANNEL, 77) in forgotten.shown
    nothing = await store.members.export(GUILD, ME)
    assert not any(nothing.values())
    theirs = await store.members.export(GUILD, OTHER)
    assert [each["message"] for each in theirs["messages"]] == ["3"]
    assert len(theirs["card_ratings"]) == 1
    assert theirs["digests_citing_them"] == ["79"]
    elsewhere = await store.members.export(901, ME)
    assert [each["message"] for each in elsewhere["messages"]] == ["4"]


async def test_erasing_twice_is_harmless(store: Store) -> None:
    await furnish(store)
    await store.members.erase(GUILD, ME)
    assert await store.members.erase(GUILD, ME) == Forgotten((), ())


async def test_who_opted_out_is_not_kept(store: Store) -> None:
    await store.members.opt_out(GUILD, ME)
    await store.members.opt_out(GUILD, ME)
    assert not await store.messages.keep(post(1))
    assert await store.messages.get(1) is None
    assert await store.messages.keep(post(1, author=OTHER))
    assert await store.messages.keep(post(2, guild=901))
    assert await store.members.opted_out_of(GUILD, [ME, OTHER]) == {ME}
    assert await store.members.opted_out_of(GUILD, []) == set()


async def test_opting_in_again(store: Store) -> None:
    await store.members.opt_out(GUILD, ME)
    await store.members.opt_in(GUILD, ME)
    assert not await store.members.opted_out(GUILD, ME)
    assert await store.messages.keep(post(1))


async def test_opting_out_while_a_message_is_read(store: Store) -> None:
    await store.messages.keep(post(1))
    await store.members.opt_out(GUILD, ME)
    await store.members.erase(GUILD, ME)
    assert await take(store, post(1)) is None
    assert await store.messages.reading(1) is None
