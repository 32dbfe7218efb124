"""The log of decisions: what is chosen from it, and that nothing in it can be changed."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.errors import StoreError
from bot.store import Store
from bot.store.audit import Wanted
from bot.store.schema import audit
from tests.bot.rows import CHANNEL, GUILD, NOW, flag, post, take

MODERATOR = 5


async def filled(store: Store) -> None:
    """Flag a message, decide on it, let a member opt out, change a setting."""
    reply = post(2)
    await take(store, post(1), "none")
    await take(store, reply, "partisan", flag=flag(reply), flag_from=0.6)
    await store.flags.decide(1, "dismissed", MODERATOR, NOW + timedelta(hours=1))
    await store.audit.add(GUILD, NOW + timedelta(hours=2), None, "opt-out", None)
    await store.audit.add(GUILD, NOW + timedelta(hours=3), MODERATOR, "preset", None, alerts_a_day=[30, 10])


async def test_flag_is_logged_with_score_threshold_and_model(store: Store) -> None:
    await filled(store)
    entry = (await store.audit.latest(GUILD))[-1]
    assert (entry.action, entry.actor, entry.subject_id, entry.channel_id) == ("flag", "bot", 2, CHANNEL)
    assert entry.detail == {"label": "partisan", "score": 0.9, "from": 0.6, "model": "reader"}


async def test_same_reading_again_is_not_logged_again(store: Store) -> None:
    await filled(store)
    edited = post(2, edited_at=NOW + timedelta(minutes=1))
    await take(store, edited, "partisan", flag=flag(edited))
    await store.flags.undo(1, MODERATOR, NOW)
    again = post(2, edited_at=NOW + timedelta(minutes=2))
    await take(store, again, "partisan", flag=flag(again))
    await take(store, post(2, edited_at=NOW + timedelta(minutes=3)), "none")
    actions = [entry.action for entry in await store.audit.latest(GUILD)]
    assert actions == ["flag withdrawn", "undo", "preset", "opt-out", "verdict", "flag"]


async def test_verdict_on_other_words_is_logged_as_taken_back(store: Store) -> None:
    await filled(store)
    edited = post(2, edited_at=NOW + timedelta(hours=2))
    await take(store, edited, "partisan", flag=flag(edited))
    assert "flag reopened" in {entry.action for entry in await store.audit.latest(GUILD)}


@pytest.mark.parametrize(
    ("wanted", "actions"),
    [
        (Wanted(), ["preset", "opt-out", "verdict", "flag"]),
        (Wanted(actor="bot"), ["flag"]),
        (Wanted(actor="moderator"), ["preset", "verdict"]),
        (Wanted(actor="member"), ["opt-out"]),
        (Wanted(kind="settings"), ["preset"]),
        (Wanted(kind="privacy"), ["opt-out"]),
        (Wanted(subject_id=2), ["verdict", "flag"]),
        (Wanted(subject_id=CHANNEL), ["verdict", "flag"]),
        (Wanted(subject_id=99), []),
        (Wanted(since=NOW + timedelta(hours=2)), ["preset", "opt-out"]),
    ],
)
async def test_filters(store: Store, wanted: Wanted, actions: list[str]) -> None:
    await filled(store)
    await store.audit.add(GUILD + 1, NOW, MODERATOR, "live", None)
    assert [entry.action for entry in await store.audit.latest(GUILD, wanted=wanted)] == actions
    assert await store.audit.count(GUILD, wanted) == len(actions)


async def test_pages_meet(store: Store) -> None:
    await filled(store)
    first, second, third, last = [entry.id for entry in await store.audit.latest(GUILD)]
    assert [entry.id for entry in await store.audit.latest(GUILD, 2, before=second)] == [third, last]
    assert [entry.id for entry in await store.audit.after(GUILD, 2, None, last)] == [second, third]
    assert [entry.id for entry in await store.audit.after(GUILD, 5, None, first)] == []


@pytest.mark.parametrize(
    "change",
    [
        sa.update(audit).values(action="agreed"),
        sa.update(audit).values(actor_id=None),
        sa.update(audit).values(detail={}),
        sa.update(audit).values(subject_id=7),
        sa.update(audit).values(guild_id=7),
        sa.delete(audit),
    ],
)
async def test_nothing_written_can_be_changed(store: Store, change: sa.Update | sa.Delete) -> None:
    await filled(store)
    await store.servers.watch(GUILD, CHANNEL, NOW)
    with pytest.raises(StoreError, match="only appended to"):
        async with store.audit._database.write() as connection:
            await connection.execute(change)
    assert len(await store.audit.latest(GUILD)) == 4


async def test_forgotten_message_leaves_the_log_which_goes_with_its_server(store: Store) -> None:
    await filled(store)
    await store.servers.watch(GUILD, CHANNEL, NOW)
    await store.messages.forget([2])
    assert [entry.subject_id for entry in await store.audit.latest(GUILD)] == [None] * 4
    await store.retention.purge(GUILD, None, NOW)
    assert await store.audit.count(GUILD) == 4
    await store.retention.delete(GUILD)
    assert await store.audit.count(GUILD) == 0
