"""`/audit`: every decision of bot and human is in the log, for those who may read logs."""

import csv
import io

import discord
import pytest
from simcord import MemberActor

from bot.errors import UserError
from tests.cogs.scene import STORY, alerts, flagged, refused, said, text_of
from tests.conftest import World


@pytest.fixture
async def auditor(world: World) -> MemberActor:
    """Give somebody who may read logs, and nothing else."""
    role = world.guild.create_role("Auditor", permissions=discord.Permissions(view_audit_log=True))
    actor = world.guild.add_member(world.env.create_user("ada"), roles=[role])
    await world.watch()
    return actor


async def actions(world: World) -> list[str]:
    """List what stands in the log, oldest first."""
    return [entry.action for entry in await world.store.audit.latest(world.guild.id, 100)][::-1]


async def test_decisions_of_bot_moderators_and_members_are_in_it(world: World, auditor: MemberActor) -> None:
    message = await flagged(world)
    await world.moderator.click(alerts(world)[0], label="Agree")
    await world.moderator.click(alerts(world)[0], label="Undo")
    shown = said(await auditor.slash(world.news, "audit"))
    for part in ("**flag** by Hindsight", "label partisan, score 90%, from 60%", "model tiny-reader"):
        assert part in shown
    for part in (f"**verdict** by <@{world.moderator.id}>", "**undo**", f"[message]({message.jump_url})"):
        assert part in shown
    assert await actions(world) == ["flag", "verdict", "undo"]
    await world.member.edit(message, "I see")
    asked = await world.member.slash(world.news, "privacy optout")
    await world.member.click(asked.response, label="Opt out")
    await world.member.slash(world.news, "privacy optin")
    assert await actions(world) == ["flag", "verdict", "undo", "flag withdrawn", "opt-out", "erase", "opt-in"]
    shown = said(await auditor.slash(world.news, "audit", by="member"))
    assert "**opt-out** by a member" in shown
    assert str(world.member.id) not in shown
    assert message.jump_url not in said(await auditor.slash(world.news, "audit"))


async def test_cards_from_due_to_removed_are_in_it(world: World, auditor: MemberActor) -> None:
    await world.member.send(world.news, STORY)
    await world.later(days=200)
    await world.member.send(world.news, STORY)
    card = world.news.history()[-1]
    await world.moderator.click(card, label="Remove")
    assert await actions(world) == ["card due", "card posted", "card removed"]
    due = (await world.store.audit.latest(world.guild.id, 3))[-1].detail
    assert (due["occurrences"], due["fact_checks"], due["model"]) == (1, 0, "tiny-embedder")


async def test_card_of_a_server_in_shadow_is_in_it(world: World, auditor: MemberActor) -> None:
    await world.settings(live=False)
    await world.member.send(world.news, STORY)
    await world.later(days=200)
    await world.member.send(world.news, STORY)
    assert await actions(world) == ["card in shadow"]


async def test_settings_are_in_it_with_before_and_after(world: World, auditor: MemberActor) -> None:
    await world.moderator.slash(world.news, "shadow")
    await world.moderator.slash(world.news, "setup preset", preset="quiet")
    shown = said(await auditor.slash(world.news, "audit", what="settings"))
    assert "live: yes → no" in shown
    assert "alerts a day: 30 → 10" in shown


async def test_only_who_may_read_logs(world: World, auditor: MemberActor) -> None:
    assert "audit" in auditor.available_commands(world.news)
    assert "audit" not in world.member.available_commands(world.news)


async def test_rights_lost_between_show_and_click(world: World, auditor: MemberActor) -> None:
    await flagged(world)
    shown = await auditor.slash(world.news, "audit")
    world.env.backend.edit_member(world.guild.id, auditor.id, {"role_ids": []})
    refusal = said(await auditor.click(shown.response, label="As a table (CSV)"))
    assert "This needs the permission View Audit Log" in refusal


async def test_pages_and_table(world: World, auditor: MemberActor) -> None:
    for number in range(23):
        await world.store.audit.add(world.guild.id, world.env.now(), None, "flag", None, number=number)
    shown = await auditor.slash(world.news, "audit")
    assert "number 22" in said(shown)
    assert "23 entries" in said(shown)
    await auditor.click(shown.response, label="Older")
    assert "number 12" in text_of(shown.response)
    await auditor.click(shown.response, label="Older")
    assert "number 2" in text_of(shown.response)
    await world.restart()
    await auditor.click(shown.response, label="Newer")
    assert "number 12" in text_of(shown.response)
    await auditor.click(shown.response, label="Newer")
    assert "number 22" in text_of(shown.response)
    handed = await auditor.click(shown.response, label="As a table (CSV)")
    (file,) = handed.response.attachments
    assert handed.response.ephemeral
    rows = list(csv.reader(io.StringIO((await file.read()).decode(), newline="")))
    assert len(rows) == 24


async def test_filters_that_do_not_fit(world: World, auditor: MemberActor) -> None:
    message = await flagged(world)
    assert "Nothing in the log is like that" in said(await auditor.slash(world.news, "audit", what="sanctions"))
    assert "flag" in said(await auditor.slash(world.news, "audit", message=message.jump_url))
    result = await auditor.slash(world.news, "audit", message="the one above")
    assert "no link to a message of this server" in refused(world, result, UserError)
    result = await auditor.slash(world.news, "audit", message=message.jump_url, channel=world.news)
    assert "Give only one" in refused(world, result, UserError)
