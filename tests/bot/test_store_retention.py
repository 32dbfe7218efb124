"""What expires and when: readings, flags, claims, chat, servers that the bot has left; and the purge."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.digest_plan import Plan, Talk
from bot.records import Checked, FactCheck, Kind, MatchState, Placement
from bot.store import Store
from bot.store.digests import Source
from bot.store.schema import data_keys, fact_checks, metadata
from tests.bot.rows import CHANNEL, GUILD, NOW, card, claim, flag, post, take

CHAT = Placement(Kind.CHAT, None)
CHECKED = FactCheck(
    0, "checks.example/bridge", "The bridge is closed", "", "Check Desk", "False", "https://checks.example"
)


async def keep_for(store: Store, readings: int = 30, claims: int | None = None) -> None:
    """Set how long a server keeps what."""
    server = await store.servers.get(GUILD)
    await store.servers.save(replace(server, retention_days=readings, claim_days=claims))


async def rows(store: Store) -> dict[str, int]:
    """Count the rows of every table that holds something of a server."""
    async with store.messages._database.read() as connection:
        return {
            table.name: (await connection.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()
            for table in metadata.sorted_tables
            if table not in (data_keys, fact_checks)
        }


def after(days: float) -> datetime:
    """Give a time after `NOW`."""
    return NOW + timedelta(days=days, seconds=100)


async def test_readings_become_counts_and_claims_stay(store: Store) -> None:
    await take(store, post(1), story=1, claim=claim(post(1)))
    for number, label in ((2, "skeptical"), (3, "skeptical"), (4, "partisan")):
        await take(store, post(number), label)
    await take(store, post(5), None, placement=CHAT)
    assert (await store.retention.expire(after(29))).readings == 0
    before = await store.messages.tallies([1])
    assert (await store.retention.expire(after(30))).readings == 4
    assert await store.messages.tallies([1]) == before == {1: {"skeptical": 2, "partisan": 1}}
    assert await store.messages.readings([1, 2, 3, 4]) == {}
    assert await store.messages.in_channel(CHANNEL) == [1]
    assert await store.claims.count(GUILD) == 1
    assert (await store.retention.expire(after(31))).readings == 0


async def test_counts_of_old_and_new_readings_add_up(store: Store) -> None:
    await take(store, post(1), story=1)
    await take(store, post(2), "skeptical")
    await store.retention.expire(after(30))
    await take(store, post(3), "skeptical", now=after(30))
    assert await store.messages.tallies([1]) == {1: {"skeptical": 2}}
    await store.retention.expire(after(61))
    assert await store.messages.tallies([1]) == {1: {"skeptical": 2}}


@pytest.mark.parametrize("days", [1, 7, 30])
async def test_servers_may_keep_less(store: Store, days: int) -> None:
    await keep_for(store, days)
    await take(store, post(2))
    assert (await store.retention.expire(after(days - 0.5))).readings == 0
    assert (await store.retention.expire(after(days))).readings == 1


async def test_old_history_read_today_is_kept_from_today(store: Store) -> None:
    old = post(2, created_at=NOW - timedelta(days=900))
    await take(store, old, now=NOW)
    assert (await store.retention.expire(after(1))).readings == 0
    assert await store.messages.reading(2) is not None


async def test_row_that_waits_for_its_reading_stays(store: Store) -> None:
    await store.messages.keep(post(2, created_at=NOW - timedelta(days=900)))
    await store.retention.expire(NOW)
    assert await store.messages.get(2) is not None


async def test_claims_live_shorter_where_a_server_wants_it(store: Store) -> None:
    await keep_for(store, claims=90)
    await take(store, post(1), story=1, claim=claim(post(1), urls=("https://wire.example",)))
    assert (await store.retention.expire(after(89))).claims == {}
    assert (await store.retention.expire(after(90))).claims == {GUILD: [1]}
    assert {"messages", "claims", "claim_urls", "readings"}.isdisjoint(
        name for name, count in (await rows(store)).items() if count
    )


async def test_decided_flags_lose_their_message(store: Store) -> None:
    for number in (2, 3):
        await take(store, post(number), "partisan", flag=flag(post(number)))
    decided = await store.flags.of_message(2)
    await store.flags.decide(decided.id, "dismissed", 5, NOW)
    await store.retention.expire(after(31))
    assert await store.flags.get(decided.id) is None
    assert await store.flags.of_message(3) is None
    verdict, *raised = await store.audit.latest(GUILD)
    assert (verdict.subject_id, verdict.detail["verdict"]) == (None, "dismissed")
    assert [(entry.action, entry.subject_id) for entry in raised] == [("flag", None)] * 2
    figures = await store.statistics.figures(GUILD, NOW - timedelta(days=1), after(31))
    assert dict(figures.flags) == {("partisan", "dismissed"): 1}


async def everything(store: Store, guild: int, first: int) -> None:
    """Leave a row of a server in every table."""
    story, later = post(first, guild=guild, channel=guild), post(first + 1, guild=guild, channel=guild)
    await take(store, story, story=first, claim=claim(story, urls=("https://wire.example",)))
    await store.archive.write([CHECKED], NOW)
    checked = (Checked((await store.archive.get([1]))[1], 0.9, MatchState.CONFIRMED),)
    shown = replace(card(later, story), checked=checked)
    made = await take(store, later, story=first + 1, claim=claim(later), card=shown, flag=flag(later))
    await store.flags.alerted(made.flag.id, 6, first + 100)
    await store.cards.rate(made.card, 7, True)
    await store.digests.add(guild, guild, first + 2, {first: Source(guild, 7)}, NOW)
    await store.story_digests.set_plan(Plan(guild, 20, None, 18, NOW))
    await store.story_digests.begin(Talk(guild, guild, first, 20, first + 1, NOW))
    old = post(first + 3, guild=guild, channel=guild)
    recorded = await take(store, old, "partisan", story=first, flag=flag(old), now=NOW - timedelta(days=40))
    await store.flags.decide(recorded.flag.id, "partisan", 5, NOW - timedelta(days=40))
    await store.retention.expire(NOW)
    await store.members.opt_out(guild, 99)
    await store.servers.watch(guild, guild, NOW)
    await store.servers.override(guild, guild, {"partisan": None})
    await store.samples.add(guild, [first + 1], NOW)
    await store.servers.save(await store.servers.get(guild))
    await store.gaps.open(guild, guild, first)
    await store.told.tell(guild, [("alerts", 0)], NOW)
    gone = post(first + 4, guild=guild, channel=guild)
    alerted = await take(store, gone, "partisan", story=first, flag=flag(gone))
    await store.flags.alerted(alerted.flag.id, 6, first + 101)
    await store.messages.forget([gone.id])


async def test_left_server_is_deleted_after_seven_days(store: Store) -> None:
    await everything(store, GUILD, 1)
    once = await rows(store)
    assert all(once.values()), once
    await everything(store, 901, 11)
    await store.retention.leave(901, NOW)
    assert await store.retention.delete_left(NOW + timedelta(days=7)) == []
    assert await store.retention.delete_left(NOW + timedelta(days=7, seconds=1)) == [901]
    assert await rows(store) == once
    assert await store.retention.servers() == [GUILD]


async def test_coming_back_stops_the_countdown(store: Store) -> None:
    await everything(store, 901, 11)
    await store.retention.leave(901, NOW)
    await store.retention.leave(901, None)
    assert await store.retention.delete_left(after(30)) == []
    assert await store.servers.get(901) == await store.servers.get(901)


async def test_servers_left_or_joined_while_away_are_noticed(store: Store) -> None:
    for guild in (GUILD, 901):
        await store.servers.watch(guild, guild, NOW)
    await store.retention.compare({GUILD}, NOW)
    await store.retention.compare({GUILD}, after(3))  # the countdown does not begin anew
    assert await store.retention.delete_left(after(7)) == [901]
    await store.retention.leave(GUILD, NOW)
    await store.retention.compare({GUILD}, after(6))
    assert await store.retention.delete_left(after(8)) == []


async def test_purge_of_a_channel_takes_its_threads_and_counts(store: Store) -> None:
    await take(store, post(1), story=1, claim=claim(post(1)))
    await take(store, post(2, channel=5, watched=CHANNEL), "skeptical")
    await take(store, post(3, channel=6), "skeptical", story=3)
    long_ago = NOW - timedelta(days=40)
    await take(store, post(4, channel=6, created_at=long_ago), "skeptical", story=3)
    await take(store, post(6, created_at=long_ago), "skeptical")
    await store.retention.expire(NOW)
    await store.servers.watch(GUILD, CHANNEL, NOW)
    forgotten = await store.retention.purge(GUILD, CHANNEL, after(1))
    assert set(forgotten.message_ids) == {1, 2}
    assert await store.messages.tallies([1, 3]) == {1: {}, 3: {"skeptical": 1}}
    assert await store.messages.get(3) is not None
    assert await store.servers.added_at(CHANNEL) == after(1)


async def test_purge_of_a_server_keeps_settings_and_the_log(store: Store) -> None:
    await everything(store, GUILD, 1)
    forgotten = await store.retention.purge(GUILD, None, NOW)
    assert {each.kind for each in forgotten.shown} == {"card", "alert", "digest"}
    left = {name for name, count in (await rows(store)).items() if count}
    settings = {"servers", "watched", "channel_policies", "digest_plans", "opt_outs", "audit"}
    assert left <= settings | {"verdicts", "digests", "leftovers", "told"}
    assert settings <= left


async def test_purge_stays_in_its_server(store: Store) -> None:
    await take(store, post(1, guild=901))
    forgotten = await store.retention.purge(GUILD, CHANNEL, NOW)
    assert forgotten.message_ids == ()
    assert await store.messages.get(1) is not None
