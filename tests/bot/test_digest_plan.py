"""When a digest is due, and what the store remembers of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.digest_plan import Plan, Talk, counted_until, is_due, last_hour
from bot.render.digest_plan import plan_words
from bot.store import Store
from tests.bot.rows import CHANNEL, GUILD, NOW, post, take

RESTING = Plan(GUILD, 5, timedelta(hours=1), None, NOW - timedelta(days=9))
DAILY = replace(RESTING, rest=None, hour=9)
LATER = NOW + timedelta(hours=1)
TALK = Talk(GUILD, CHANNEL, 1, 5, 40, NOW - timedelta(hours=2))


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({}, True),
        ({"replies": 4}, False),
        ({"told_id": 40}, False),
        ({"told_id": 39}, True),
        ({"latest_at": NOW - timedelta(minutes=59)}, False),
        ({"latest_at": NOW - timedelta(hours=26)}, False),
    ],
    ids=["rested", "few replies", "told already", "went on", "still talking", "long over"],
)
def test_digest_is_due_after_a_rest(changes: dict[str, object], due: bool) -> None:
    assert is_due(RESTING, replace(TALK, **changes), NOW) is due


def test_daily_digest_is_due_once_its_hour_has_come() -> None:
    nine = NOW.replace(hour=9, minute=0)
    talk = replace(TALK, latest_at=nine - timedelta(minutes=1))
    assert is_due(DAILY, talk, nine)
    assert is_due(DAILY, talk, nine + timedelta(hours=20))
    assert not is_due(DAILY, talk, nine - timedelta(seconds=1))
    assert not is_due(DAILY, replace(talk, latest_at=nine + timedelta(minutes=1)), nine + timedelta(hours=20))
    assert not is_due(DAILY, replace(talk, latest_at=nine - timedelta(hours=25)), nine)


def test_what_was_said_before_the_plan_gets_no_digest() -> None:
    assert not is_due(replace(RESTING, since=NOW - timedelta(hours=1)), TALK, NOW)


def test_last_hour_is_today_or_yesterday() -> None:
    now = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    assert last_hour(9, now) == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert last_hour(10, now) == datetime(2026, 2, 28, 10, tzinfo=UTC)


def test_plan_is_told_in_words() -> None:
    assert "only when somebody asks" in plan_words(None, NOW, live=True)
    assert "60 minutes" in plan_words(RESTING, NOW, live=True)
    assert "In shadow" in plan_words(RESTING, NOW, live=False)
    assert "<t:" in plan_words(DAILY, NOW, live=True)


async def test_plans_are_kept_changed_and_dropped(store: Store) -> None:
    await store.story_digests.set_plan(RESTING)
    await store.story_digests.set_plan(DAILY)
    assert await store.story_digests.plan(GUILD) == DAILY
    assert await store.story_digests.drop_plan(GUILD)
    assert not await store.story_digests.drop_plan(GUILD)
    assert await store.story_digests.plans() == []


async def test_talks_count_the_replies_of_stories_answered_lately(store: Store) -> None:
    for number, story in ((1, 1), (2, 1), (3, 1), (4, 4), (5, 4)):
        await take(store, post(number), story=story)
    assert [
        (talk.conversation_id, talk.replies, talk.latest_id)
        for talk in await store.story_digests.talks(GUILD, 0, LATER)
    ] == [
        (1, 2, 3),
        (4, 1, 5),
    ]
    (late,) = await store.story_digests.talks(GUILD, 3, LATER)
    assert (late.conversation_id, late.channel_id, late.told_id) == (4, CHANNEL, 0)
    assert await store.story_digests.talks(GUILD + 1, 0, LATER) == []


async def test_replies_after_the_hour_wait_for_the_next_day(store: Store) -> None:
    hour = NOW.replace(hour=13)
    await take(store, post(1), story=1)
    for number in range(2, 7):
        await take(store, post(number), story=1)
    await take(store, post(9, created_at=hour + timedelta(minutes=2)), story=1)
    plan, now = replace(DAILY, hour=13), hour + timedelta(minutes=5)
    (talk,) = await store.story_digests.talks(GUILD, 0, counted_until(plan, now))
    assert (talk.replies, talk.latest_id) == (5, 6)
    assert is_due(plan, talk, now)
    (talk,) = await store.story_digests.talks(GUILD, 0, counted_until(RESTING, now))
    assert (talk.replies, talk.latest_id) == (6, 9)
    assert not is_due(RESTING, talk, now)


async def test_story_has_one_digest_that_goes_with_it(store: Store) -> None:
    await take(store, post(1), story=1)
    await take(store, post(2), story=1)
    (talk,) = await store.story_digests.talks(GUILD, 0, LATER)
    first = await store.story_digests.begin(talk)
    again = await store.story_digests.begin(talk)
    assert (first.again, again.again, first.id) == (False, True, again.id)
    await store.story_digests.posted(first.id, 77)
    await store.story_digests.told(first.id, 2)
    assert (await store.story_digests.talks(GUILD, 0, LATER))[0].told_id == 2
    await store.digests.forget([77])
    assert (await store.story_digests.get(first.id)).closed
    assert await store.story_digests.talks(GUILD, 0, LATER) == []
    await store.messages.forget([1])
    assert await store.story_digests.get(first.id) is None
