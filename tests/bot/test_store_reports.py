"""What is counted for the report, and the sample of what was not flagged."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.policy import Pace
from bot.records import Judged, Sample, Scored, Server, Spread, Stratum
from bot.store import Store
from tests.bot.rows import CHANNEL, GUILD, NOW, card, flag, post, take

THREAD = 801
SINCE = NOW - timedelta(days=1)
SERVER = Server(GUILD)


@pytest.fixture
async def lived(store: Store) -> Store:
    """Give a store that saw a story, two flags, three other replies, and one read long after it was written."""
    await take(store, post(1), None)
    for number, label in ((2, "partisan"), (3, "off-topic")):
        await take(store, post(number), label, flag=flag(post(number), label))
    await take(store, post(4), "skeptical")
    await take(store, post(5, channel=THREAD, watched=CHANNEL), "skeptical")
    await take(store, post(6), "unsure", card=card(post(6), post(1), state="shadow"))
    await take(store, post(7), "partisan", now=NOW + timedelta(days=2))
    decided = await store.flags.of_message(2)
    await store.flags.decide(decided.id, "none", 77, NOW)
    return store


async def test_flags_and_cards_are_counted_by_day_and_channel(lived: Store) -> None:
    found = await lived.reports.happened(GUILD, SINCE)
    day = NOW.date()
    assert found.flags == {(day, CHANNEL, "partisan"): 1, (day, CHANNEL, "off-topic"): 1}
    assert found.cards == {(day, CHANNEL): 1}
    assert found.replies == 6
    assert found.began == NOW + timedelta(seconds=2)
    assert (await lived.reports.happened(GUILD, NOW + timedelta(days=1))).replies == 0
    elsewhere = await lived.reports.happened(2, SINCE)
    assert elsewhere.flags == {}
    assert elsewhere.began is None


async def test_strata_hold_flagged_and_unflagged(lived: Store) -> None:
    assert await lived.reports.strata(GUILD, SINCE) == [
        Stratum("off-topic", True, 1),
        Stratum("partisan", True, 1, {"none": 1}),
        Stratum("skeptical", False, 2),
        Stratum("unsure", False, 1),
    ]


async def test_scores_are_the_models_by_place(lived: Store) -> None:
    found = await lived.reports.spread(SERVER, SINCE, NOW + timedelta(hours=1))
    assert found.days == 1
    assert sorted(found.rows, key=lambda row: row.label) == [
        Scored(0, CHANNEL, "off-topic", 90, 1),
        Scored(0, CHANNEL, "partisan", 90, 2),
        Scored(0, CHANNEL, "skeptical", 90, 2),
        Scored(0, CHANNEL, "unsure", 0, 1),
    ]
    apart = await lived.reports.spread(replace(SERVER, overrides={THREAD: {}}), SINCE, NOW + timedelta(days=3))
    assert Scored(THREAD, CHANNEL, "skeptical", 90, 1) in apart.rows
    assert apart.days == 3
    assert await lived.reports.spread(Server(2), SINCE, NOW) == Spread(1, [])


async def test_sample_is_judged_once_and_taken_back_by_whom_it_was(lived: Store) -> None:
    waiting = await lived.reports.unjudged(GUILD, [CHANNEL], SINCE)
    assert waiting == {"skeptical": [4, 5], "unsure": [6]}
    patient = Pace(stale_after=timedelta(days=3))
    assert await lived.reports.unjudged(GUILD, [CHANNEL], SINCE, patient) == {**waiting, "partisan": [7]}
    assert Stratum("partisan", False, 1) in await lived.reports.strata(GUILD, SINCE, patient)
    assert await lived.reports.unjudged(GUILD, [9], SINCE) == {}
    await lived.samples.add(GUILD, [4, 6], NOW)
    assert await lived.reports.unjudged(GUILD, [CHANNEL], SINCE) == {"skeptical": [5]}
    assert await lived.samples.get(6) == Sample(6, GUILD, CHANNEL, "unsure", 0.0)
    assert await lived.samples.judge(4, "partisan", 77, NOW)
    assert not await lived.samples.judge(4, "none", 78, NOW)
    assert (await lived.messages.reading(4)).label == "partisan"
    assert Judged("skeptical", 0.9, "partisan") in await lived.reports.judged(GUILD)
    assert Stratum("skeptical", False, 2, {"partisan": 1}) in await lived.reports.strata(GUILD, SINCE)
    assert not await lived.samples.take_back(4, 78, NOW)
    assert await lived.samples.take_back(4, 77, NOW)
    assert (await lived.messages.reading(4)).label == "skeptical"
    assert [entry.action for entry in await lived.audit.latest(GUILD, 2)] == ["sample taken back", "sample judged"]


async def test_sample_is_handed_to_one_moderator_at_a_time(lived: Store) -> None:
    await lived.samples.add(GUILD, [4], NOW)
    await lived.samples.lease(4, 77, NOW)
    assert await lived.samples.waiting(GUILD, 78, SINCE, NOW) == []
    assert len(await lived.samples.waiting(GUILD, 77, SINCE, NOW)) == 1
    assert len(await lived.samples.waiting(GUILD, 78, SINCE, NOW + timedelta(minutes=11))) == 1
    assert await lived.samples.waiting(GUILD, 77, NOW + timedelta(days=1), NOW) == []
    await lived.samples.drop(4)
    assert await lived.samples.get(4) is None


async def test_verdict_stands_when_the_message_is_read_again_and_goes_with_an_edit(lived: Store) -> None:
    await lived.samples.add(GUILD, [4], NOW)
    await lived.samples.judge(4, "partisan", 77, NOW)
    await lived.messages.reopen(4)
    await take(lived, post(4), "skeptical")
    assert (await lived.messages.reading(4)).label == "partisan"
    await take(lived, post(4, edited_at=NOW + timedelta(minutes=5)), "skeptical")
    assert (await lived.messages.reading(4)).label == "skeptical"
    assert await lived.samples.get(4) is None


async def test_sample_leaves_with_its_message_and_its_reading(lived: Store) -> None:
    await lived.samples.add(GUILD, [4, 5], NOW)
    await lived.messages.forget([4])
    assert await lived.samples.get(4) is None
    await lived.retention.expire(NOW + timedelta(days=31))
    assert await lived.samples.get(5) is None
    # Of flags with a verdict label, score and verdict remain, without the message.
    assert await lived.reports.judged(GUILD) == [Judged("partisan", 0.9, "none")]


async def test_members_see_that_a_message_was_drawn(lived: Store) -> None:
    await lived.samples.add(GUILD, [4], NOW)
    await lived.samples.judge(4, "none", 77, NOW)
    exported = {each["message"]: each for each in (await lived.members.export(GUILD, 7))["messages"]}
    assert exported["4"]["sample"] == {"drawn": NOW.isoformat(), "verdict": "none"}
    assert "sample" not in exported["5"]
    assert exported["4"]["label"] == "none"
