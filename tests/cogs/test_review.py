"""The moderators' queue: each flag is alerted once, decided once, undone, and only by those who may."""

import asyncio
import logging
from dataclasses import replace

import discord
import pytest

from bot.render.alerts import Alert, alert_view
from tests.cogs.scene import (
    PARTISAN,
    STORY,
    alerts,
    buttons,
    colleague,
    flagged,
    forbid,
    forgotten_alert,
    permit,
    refused,
    said,
    text_of,
    warned,
)
from tests.conftest import World

DECISIONS = {"Agree", "Dismiss", "Second opinion", "Delete message", "Time out…"}


async def test_alert_says_what_why_and_where(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    parent = await colleague(world).send(world.news, "they will be late again", reply_to=story)
    message = await world.member.send(world.news, PARTISAN, reply_to=parent)
    (alert,) = alerts(world)
    shown = text_of(alert)
    for part in ("Partisan · 90%, very sure", "“party”", f"> {PARTISAN}", "they will be late again", "Harbour bridge"):
        assert part in shown
    assert buttons(alert) == DECISIONS
    assert f"[open]({message.jump_url})" in shown
    (sent,) = [
        found.json for found in world.env.http_requests if found.path == f"/channels/{alert.channel.id}/messages"
    ]
    assert sent["allowed_mentions"] == {"parse": []}
    assert sent["enforce_nonce"]
    assert (await world.store.flags.of_message(message.id)).alert_message_id == alert.id


@pytest.mark.parametrize(
    ("label", "verdict", "reading", "words"),
    [("Agree", "partisan", "partisan", "agreed: **partisan**"), ("Dismiss", "dismissed", "none", "dismissed: not")],
)
async def test_verdict_shrinks_the_alert_and_replaces_the_label(
    world: World, label: str, verdict: str, reading: str, words: str
) -> None:
    await world.watch()
    message = await flagged(world)
    await world.moderator.click(alerts(world)[0], label=label)
    (alert,) = alerts(world)
    assert words in text_of(alert)
    assert f"<@{world.moderator.id}>" in text_of(alert)
    assert PARTISAN not in text_of(alert)
    assert buttons(alert) == {"Undo"}
    flag = await world.store.flags.of_message(message.id)
    assert (flag.state, flag.verdict, flag.decided_by) == ("decided", verdict, world.moderator.id)
    assert (await world.store.messages.reading(message.id)).label == reading
    assert (await world.store.audit.latest(world.guild.id))[0].action == "verdict"


async def test_another_label_is_chosen_from_the_list(world: World) -> None:
    await world.watch()
    message = await flagged(world)
    await world.moderator.select(alerts(world)[0], ["skeptical"])
    assert "changed partisan to **skeptical**" in text_of(alerts(world)[0])
    assert (await world.store.messages.reading(message.id)).label == "skeptical"


async def test_undo_opens_the_alert_again(world: World) -> None:
    await world.watch()
    message = await flagged(world)
    await world.moderator.click(alerts(world)[0], label="Dismiss")
    await world.moderator.click(alerts(world)[0], label="Undo")
    (alert,) = alerts(world)
    assert buttons(alert) >= DECISIONS
    assert (await world.store.flags.of_message(message.id)).state == "open"
    assert (await world.store.messages.reading(message.id)).label == "partisan"


async def test_one_of_two_moderators_decides(world: World) -> None:
    await world.watch()
    message = await flagged(world)
    flag = await world.store.flags.of_message(message.id)
    verdicts = [("partisan", 1), ("dismissed", 2)]
    decided = await asyncio.gather(
        *(world.store.flags.decide(flag.id, verdict, who, world.env.now()) for verdict, who in verdicts)
    )
    assert sorted(won for _, won in decided) == [False, True]
    assert len({now.verdict for now, _ in decided}) == 1


async def test_the_slower_moderator_is_told_kindly(world: World) -> None:
    await world.watch()
    await flagged(world)
    slower = colleague(world)
    queue = await slower.slash(world.moderators, "review")
    await world.moderator.click(alerts(world)[0], label="Dismiss")
    result = await slower.click(queue.response, label="Agree")
    assert f"<@{world.moderator.id}> was a moment faster" in warned(result)
    assert (await world.store.flags.get(1)).verdict == "dismissed"
    assert "dismissed" in text_of(alerts(world)[0])


async def test_buttons_outlive_a_restart(world: World) -> None:
    await world.watch()
    message = await flagged(world)
    await world.restart()
    await world.moderator.click(alerts(world)[0], label="Agree")
    assert (await world.store.flags.of_message(message.id)).verdict == "partisan"


async def test_alert_posted_before_a_crash_is_found_again(world: World) -> None:
    await world.watch()
    flag_id = await forgotten_alert(world)
    assert len(alerts(world)) == 1
    assert (await world.store.flags.get(flag_id)).alert_message_id == alerts(world)[0].id


@pytest.mark.parametrize("status", [403, 404])
async def test_refused_alert_waits_in_the_queue_and_comes_with_the_next(
    world: World, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    await world.watch()
    world.env.inject_error("POST", f"/channels/{world.moderators.id}/messages", status=status)
    with caplog.at_level(logging.WARNING, "bot.alerts"):
        message = await flagged(world)
    assert alerts(world) == []
    assert [record.getMessage() for record in caplog.records] == [
        f"alert of flag 1 in server {world.guild.id} waits: HTTP {status}"
    ]
    assert (await world.store.flags.of_message(message.id)).state == "open"
    await flagged(world, "one more party slogan")
    assert len(alerts(world)) == 2


async def test_flags_wait_in_the_queue_when_the_channel_is_lost(world: World, caplog: pytest.LogCaptureFixture) -> None:
    await world.watch()
    world.env.backend.delete_channel(world.moderators.id)
    await world.env.settle()
    with caplog.at_level(logging.WARNING, "bot.alerts"):
        await flagged(world)
    assert len(caplog.records) == 1
    assert PARTISAN in said(await world.moderator.slash(world.news, "review"))


async def test_alerts_begin_once_permissions_are_mended(world: World) -> None:
    await world.watch()
    forbid(world, world.moderators, send_messages=True)
    await flagged(world)
    assert alerts(world) == []
    permit(world, world.moderators, world.bot.user.id, view_channel=True)
    await world.moderator.slash(world.moderators, "setup alerts", channel=world.moderators)
    assert len([alert for alert in alerts(world) if "Agree" in buttons(alert)]) == 1


async def test_no_alert_where_everyone_reads(world: World) -> None:
    await world.watch()
    await world.settings(alerts_channel_id=world.news.id)
    await flagged(world)
    assert all("Partisan" not in text_of(message) for message in world.news.history())


async def test_edit_withdraws_and_brings_back(world: World) -> None:
    await world.watch()
    message = await flagged(world)
    await world.member.edit(message, "I see")
    (alert,) = alerts(world)
    assert "no longer flagged" in text_of(alert)
    assert buttons(alert) == set()
    assert PARTISAN not in text_of(alert)
    await world.env.advance_time(1)
    await world.member.edit(message, "still a party affair")
    (alert,) = alerts(world)
    assert "still a party affair" in text_of(alert)
    assert buttons(alert) >= DECISIONS


async def test_verdict_does_not_hold_for_other_words(world: World) -> None:
    await world.watch()
    message = await flagged(world)
    await world.moderator.click(alerts(world)[0], label="Dismiss")
    await world.env.advance_time(1)
    await world.member.edit(message, "party worse than before")
    (alert,) = alerts(world)
    assert "party worse than before" in text_of(alert)
    assert buttons(alert) >= DECISIONS
    assert (await world.store.messages.reading(message.id)).label == "partisan"


async def test_deleted_message_leaves_its_alert(world: World) -> None:
    await world.watch()
    message = await flagged(world)
    await world.member.delete(message)
    (alert,) = alerts(world)
    assert "The message was deleted" in text_of(alert)
    assert PARTISAN not in text_of(alert)
    assert buttons(alert) == set()


async def test_deleted_story_leaves_the_alerts_of_its_replies(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    await flagged(world, story=story)
    assert "Harbour bridge" in text_of(alerts(world)[0])
    await world.member.delete(story)
    (alert,) = alerts(world)
    assert "Harbour bridge" not in text_of(alert)
    assert PARTISAN in text_of(alert)


async def test_who_lacks_manage_messages_decides_nothing(world: World) -> None:
    await world.watch()
    await flagged(world)
    permit(world, world.moderators, world.member.id, view_channel=True)
    for label in ("Agree", "Dismiss", "Second opinion", "Delete message", "Time out…"):
        result = await world.member.click(alerts(world)[0], label=label)
        assert "Only people with Manage Messages" in said(result)
    await world.member.select(alerts(world)[0], ["none"])
    assert (await world.store.flags.get(1)).state == "open"
    assert not {"review", "golive", "settings"} & set(world.member.available_commands(world.news))


async def test_permission_lost_between_show_and_click(world: World) -> None:
    await world.watch()
    await flagged(world)
    queue = await world.moderator.slash(world.news, "review")
    world.env.backend.edit_member(world.guild.id, world.moderator.id, {"role_ids": []})
    result = await world.moderator.click(queue.response, label="Agree")
    assert "Only people with Manage Messages" in warned(result)
    assert (await world.store.flags.get(1)).state == "open"


async def test_flag_of_another_server_is_out_of_reach(world: World) -> None:
    await world.watch()
    await flagged(world)
    flag = await world.store.flags.get(1)
    elsewhere = world.env.create_guild(name="Elsewhere")
    room = elsewhere.create_text_channel("room")
    owner = elsewhere.add_member(
        world.env.create_user("stranger"),
        roles=[elsewhere.create_role("All", permissions=discord.Permissions(administrator=True))],
    )
    await world.env.settle()
    await world.bot.get_channel(room.id).send(view=alert_view(Alert(flag, None)))
    result = await owner.click(room.history()[0], label="Agree")
    assert "not there any more" in warned(result)
    assert (await world.store.flags.get(1)).state == "open"


async def test_queue_goes_through_all_flags(world: World) -> None:
    await world.watch()
    for text in ("party one", "party two", "party three"):
        await flagged(world, text)
    queue = await world.moderator.slash(world.news, "review")
    assert "party one" in said(queue)
    assert "Two more flags" in said(queue)
    await world.moderator.click(queue.response, label="Skip")
    assert "party two" in text_of(queue.response)
    await world.moderator.click(queue.response, label="Agree")
    assert "agreed: **partisan**" in text_of(queue.response)
    assert "party three" in text_of(queue.response)
    await world.moderator.click(queue.response, label="Dismiss")
    assert "One flag that you passed over" in text_of(queue.response)
    await world.moderator.click(queue.response, label="Start again")
    assert "party one" in text_of(queue.response)
    await world.moderator.click(queue.response, label="Agree")
    assert "No flag is left to decide" in text_of(queue.response)
    assert [buttons(alert) for alert in alerts(world)] == [{"Undo"}] * 3


@pytest.mark.parametrize("label", ["Agree", "Skip"])
async def test_queue_goes_on_when_its_message_was_deleted_meanwhile(world: World, label: str) -> None:
    await world.watch()
    first, _second = await flagged(world, "party one"), await flagged(world, "party two")
    queue = (await world.moderator.slash(world.news, "review")).response
    await world.member.delete(first)
    assert "not there any more" in warned(await world.moderator.click(queue, label=label))
    assert "party two" in text_of(queue)


async def test_queue_takes_a_verdict_back(world: World) -> None:
    await world.watch()
    await flagged(world)
    queue = await world.moderator.slash(world.news, "review")
    await world.moderator.click(queue.response, label="Agree")
    await world.moderator.click(queue.response, label="Undo")
    assert PARTISAN in text_of(queue.response)
    assert buttons(alerts(world)[0]) >= DECISIONS


async def test_two_moderators_get_different_flags(world: World) -> None:
    await world.watch()
    await flagged(world, "party one")
    await flagged(world, "party two")
    other = colleague(world)
    assert "party one" in said(await world.moderator.slash(world.news, "review"))
    assert "party two" in said(await other.slash(world.news, "review"))
    await world.env.advance_time(601)
    assert "party one" in said(await other.slash(world.news, "review"))


async def test_filters(world: World) -> None:
    second = world.guild.create_text_channel("second")
    await world.watch(world.news, second)
    await flagged(world, "party one")
    await flagged(world, "a game tonight")
    await world.member.send(second, STORY)
    await world.member.send(second, "party elsewhere")
    assert "a game tonight" in said(await world.moderator.slash(world.news, "review", label="off-topic"))
    assert "party elsewhere" in said(await world.moderator.slash(world.news, "review", channel=second))


async def test_filter_by_age_holds_from_one_flag_to_the_next(world: World) -> None:
    await world.watch()
    await flagged(world, "party of old")
    await world.later(hours=5)
    for text in ("party one", "party two"):
        await flagged(world, text)
    queue = (await world.moderator.slash(world.news, "review", since="2h")).response
    assert "party one" in text_of(queue)
    assert "One more flag" in text_of(queue)
    await world.restart()
    await world.moderator.click(queue, label="Agree")
    assert "party two" in text_of(queue)
    await world.moderator.click(queue, label="Dismiss")
    assert "Nothing waits" in text_of(queue)
    assert "`since`" in refused(world, await world.moderator.slash(world.news, "review", since="soon"))


async def test_queue_holds_only_what_the_moderator_may_decide(world: World) -> None:
    await world.watch()
    await flagged(world)
    elsewhere = world.guild.create_role("Elsewhere", permissions=discord.Permissions(manage_messages=True))
    other = world.guild.add_member(world.env.create_user("sami"), roles=[elsewhere])
    room = world.guild.create_text_channel("room")
    permit(world, world.news, other.id, deny=discord.Permissions(view_channel=True).value)
    result = await other.slash(room, "review")
    assert "No flag is left to decide" in said(result)
    assert PARTISAN not in said(result)


async def test_second_opinion_goes_to_somebody_else(world: World) -> None:
    await world.watch()
    await flagged(world)
    other = colleague(world)
    form = await world.moderator.click(alerts(world)[0], label="Second opinion")
    await world.moderator.submit_modal(form, {"view": ["undecided"]})
    assert f"<@{world.moderator.id}> asks for a second opinion" in text_of(alerts(world)[0])
    assert "No flag is left to decide" in said(await world.moderator.slash(world.news, "review"))
    queue = await other.slash(world.news, "review", label="second opinion")
    await other.click(queue.response, label="Agree")
    assert (await world.store.flags.get(1)).decided_by == other.id


async def test_alert_lost_by_hand_is_decided_in_the_queue(world: World) -> None:
    await world.watch()
    await flagged(world)
    await world.moderator.delete(alerts(world)[0])
    queue = await world.moderator.slash(world.news, "review")
    await world.moderator.click(queue.response, label="Agree")
    assert (await world.store.flags.get(1)).state == "decided"


async def test_the_days_budget(world: World) -> None:
    await world.watch()
    server = await world.store.servers.get(world.guild.id)
    await world.settings(thresholds=replace(server.thresholds, alerts_a_day=1))
    await flagged(world, "party one")
    await flagged(world, "party two")
    (alert,) = alerts(world)
    assert "The last alert of this day" in text_of(alert)
    assert "One more flag" in said(await world.moderator.slash(world.news, "review"))
    await world.restart()
    assert len(alerts(world)) == 1
    await world.env.advance_time(86_401)
    await flagged(world, "party three")
    assert len(alerts(world)) == 2


async def test_without_a_channel_flags_wait_in_the_queue(world: World) -> None:
    await world.watch()
    await world.settings(alerts_channel_id=None)
    await flagged(world)
    assert alerts(world) == []
    shown = said(await world.moderator.slash(world.news, "review"))
    assert PARTISAN in shown
    assert "No channel for alerts is set" in shown


async def test_record_of_the_label_is_shown(world: World) -> None:
    await world.watch()
    for number in range(5):
        message = await flagged(world, f"party {number}")
        flag = await world.store.flags.of_message(message.id)
        await world.store.flags.decide(flag.id, "partisan" if number else "dismissed", 1, world.env.now())
    await flagged(world, "party again")
    assert "agreed with 4 of the last 5" in text_of(alerts(world)[-1])


# ------------------------------------------------------------------------- what fails and passes


async def test_alert_that_was_posted_before_a_crash_is_found_when_its_message_is_edited(world: World) -> None:
    await world.watch()
    message = await flagged(world)
    flag = await world.store.flags.of_message(message.id)
    await world.store.flags.alerted(flag.id, world.moderators.id, None)
    await world.member.edit(message, "party nonsense, as ever")
    (alert,) = alerts(world)
    assert (await world.store.flags.get(flag.id)).alert_message_id == alert.id


async def test_text_that_cannot_be_fetched_for_an_alert_holds_up_nothing_else(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.watch()
    first = await flagged(world)
    flag = await world.store.flags.of_message(first.id)
    await world.store.flags.alerted(flag.id, world.moderators.id, None)
    await world.later(minutes=20)  # by then its text is in memory no more
    world.env.inject_error("GET", f"/channels/{world.news.id}/messages/{first.id}", status=503)
    with caplog.at_level(logging.WARNING, "bot.alerts"):
        second = await flagged(world)
    assert (await world.store.messages.reading(second.id)).label == "partisan"
    assert "HTTP 503" in caplog.text
    assert len(alerts(world)) == 2
