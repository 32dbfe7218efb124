"""Members see, erase and opt out by themselves; managers keep less or purge; what has had its time goes."""

import json
from datetime import timedelta

import discord
import pytest
import simcord
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.claim_index import ClaimIndex
from bot.indexes import Indexes
from bot.records import Server
from bot.render import privacy as render
from bot.store.statistics import Kept
from tests.cogs.scene import PARTISAN, STORY, alerts, buttons, colleague, flagged, parts, said, text_of
from tests.conftest import World


async def test_show_says_what_is_kept_and_hands_it_over(world: World) -> None:
    await world.watch()
    message = await flagged(world)
    answer = (await world.member.slash(world.news, "privacy show")).response
    assert answer.ephemeral
    for part in ("**Two messages**", "**Two readings**", "**One claim vector**", "**One flag**", "Never kept"):
        assert part in text_of(answer)
    assert buttons(answer) == {"Erase…", "Opt out…"}
    (file,) = answer.attachments
    assert file.filename == render.FILE
    kept = json.loads(await file.read())
    assert kept["messages"][1]["message"] == str(message.id)
    assert PARTISAN not in json.dumps(kept)


async def test_show_to_somebody_of_whom_nothing_is_kept(world: World) -> None:
    await world.watch()
    await flagged(world)
    answer = (await colleague(world).slash(world.news, "privacy show")).response
    assert "Nothing." in text_of(answer)
    assert answer.attachments == []
    assert buttons(answer) == {"Opt out…"}


async def test_erase_asks_first_and_then_takes_everything_down(world: World) -> None:
    await world.watch()
    message = await flagged(world)
    theirs = await world.moderator.send(world.news, "here are figures", reply_to=message)
    asked = await world.member.slash(world.news, "privacy erase")
    assert "only you can delete those" in said(asked)
    assert await world.store.messages.get(message.id) is not None
    await world.member.click(asked.response, label="Erase everything")
    assert "two messages" in text_of(asked.response)
    assert await world.store.messages.get(message.id) is None
    assert await world.store.claims.count(world.guild.id) == 0
    assert await world.store.messages.get(theirs.id) is not None
    assert all(PARTISAN not in text_of(alert) for alert in alerts(world))
    found = await world.bot.quotes.get(world.news.id, message.id)
    assert found.text == PARTISAN  # it is read in Discord, where it still stands


async def test_erased_story_is_no_earlier_occurrence(world: World) -> None:
    await world.watch()
    await world.member.send(world.news, STORY)
    asked = await world.member.slash(world.news, "privacy erase")
    await world.member.click(asked.response, label="Erase everything")
    await world.later(days=200)
    await world.moderator.send(world.news, STORY)
    assert await world.store.cards.get(1) is None


async def test_keeping_everything(world: World) -> None:
    await world.watch()
    message = await flagged(world)
    asked = await world.member.slash(world.news, "privacy erase")
    await world.member.click(asked.response, label="Keep everything as it is")
    assert "stays as it is" in text_of(asked.response)
    assert await world.store.messages.get(message.id) is not None


async def test_who_opted_out_is_left_alone(world: World) -> None:
    await world.watch()
    before = await flagged(world)
    asked = await world.member.slash(world.news, "privacy optout")
    await world.member.click(asked.response, label="Opt out")
    assert "opted out" in text_of(asked.response)
    assert await world.store.messages.get(before.id) is None
    story = await world.member.send(world.news, STORY)
    reply = await world.moderator.send(world.news, "I doubt it", reply_to=story)
    assert await world.store.messages.get(story.id) is None
    assert (await world.store.messages.get(reply.id)).placement.conversation_id is None
    assert await world.bot.quotes.get(world.news.id, story.id) is None
    again = await world.member.slash(world.news, "privacy show")
    assert "opted out" in said(again)
    await world.member.slash(world.news, "privacy optin")
    later = await world.member.send(world.news, STORY + "?again")
    assert await world.store.messages.get(later.id) is not None


async def test_who_never_opted_out_is_told_so_and_nothing_is_logged(world: World) -> None:
    assert "You had not opted out" in said(await world.member.slash(world.news, "privacy optin"))
    assert not await world.store.audit.latest(world.guild.id)


async def test_opting_out_leaves_others_and_other_servers(world: World) -> None:
    await world.watch()
    asked = await world.member.slash(world.news, "privacy optout")
    await world.member.click(asked.response, label="Opt out")
    sent = await world.moderator.send(world.news, STORY)
    assert await world.store.messages.get(sent.id) is not None
    assert not await world.store.members.opted_out(1, world.member.id)


async def test_buttons_outlive_a_restart_and_serve_who_presses(world: World) -> None:
    await world.watch()
    message = await flagged(world)
    asked = await world.member.slash(world.news, "privacy erase")
    await world.restart()
    await world.member.click(asked.response, label="Erase everything")
    assert await world.store.messages.get(message.id) is None


async def test_server_panel_is_for_managers(world: World) -> None:
    refused = await world.member.slash(world.news, "privacy server")
    simcord.assert_error(world.env, discord.app_commands.MissingPermissions)
    assert "**Manage Server**" in said(refused)


def chosen(panel: object) -> set[str]:
    """Name what is chosen in the selects of a panel."""
    options = [option for part in parts(panel) for option in part.get("options") or ()]
    return {option["label"] for option in options if option.get("default")}


async def test_manager_keeps_less(world: World) -> None:
    await world.watch()
    message = await flagged(world)
    await world.later(days=4)
    panel = (await world.moderator.slash(world.news, "privacy server")).response
    assert chosen(panel) == {"30 days", "As long as their messages"}
    await world.moderator.select(panel, ["3"], custom_id="privacy:server:days")
    assert (await world.store.servers.get(world.guild.id)).retention_days == 3
    assert await world.store.messages.reading(message.id) is None
    panel = (await world.moderator.slash(world.news, "privacy server")).response
    assert chosen(panel) == {"3 days", "As long as their messages"}
    await world.moderator.select(panel, ["90"], custom_id="privacy:server:claims")
    assert (await world.store.servers.get(world.guild.id)).claim_days == 90
    await world.moderator.select(panel, ["0"], custom_id="privacy:server:claims")
    assert (await world.store.servers.get(world.guild.id)).claim_days is None
    entries = await world.store.audit.latest(world.guild.id)
    actions = [entry.action for entry in entries if entry.actor_id is not None]
    assert actions == ["claims kept", "claims kept", "retention"]


async def test_expired_claim_is_not_found_again(world: World) -> None:
    await world.watch()
    await world.settings(claim_days=30)
    await world.member.send(world.news, STORY)
    await world.later(days=31)
    await world.env.advance_time(timedelta(hours=25).total_seconds())
    await world.moderator.send(world.news, STORY)
    assert await world.store.cards.get(1) is None


async def test_index_files_hold_nothing_erased_a_day_later(world: World) -> None:
    await world.watch()
    await world.member.send(world.news, STORY)
    await world.bot.memory.save()
    folder = world.resources.settings.data_dir / "claims"
    (file,) = folder.iterdir()
    before = file.read_bytes()
    (folder / f"{world.guild.id}-older-model.claims").write_bytes(before)
    await world.moderator.send(world.news, "Ferry to Quellhaven announced to stop in winter https://wire.example/ferry")
    # Erased while nobody's index is in memory, as after a restart.
    await world.store.members.erase(world.guild.id, world.member.id)
    indexes = Indexes(world.store.claims, folder, world.resources.models.embedder.version)
    await indexes.refresh()
    assert list(folder.iterdir()) == [file]
    key = world.store.claims.index_key(world.guild.id)
    assert len(ClaimIndex.load(file, key, world.guild.id)) == 1
    assert file.read_bytes() != before
    await world.store.members.erase(world.guild.id, world.moderator.id)
    await indexes.refresh()
    assert list(folder.iterdir()) == []


async def test_manager_purges_a_channel(world: World) -> None:
    other = world.guild.create_text_channel("other")
    await world.watch(world.news, other)
    here, there = await flagged(world), await world.member.send(other, STORY)
    panel = (await world.moderator.slash(world.news, "privacy server")).response
    asked = await world.moderator.select(panel, [world.news], custom_id="privacy:server:channel")
    await world.moderator.click(asked.response, label="Purge this channel")
    assert await world.store.messages.get(here.id) is None
    assert await world.store.messages.get(there.id) is not None
    assert all(PARTISAN not in text_of(alert) for alert in alerts(world))
    (entry,) = [each for each in await world.store.audit.latest(world.guild.id) if each.actor_id is not None]
    assert (entry.action, entry.subject_id, entry.actor_id) == ("purge", world.news.id, world.moderator.id)


async def test_permission_is_checked_again_at_the_click(world: World) -> None:
    await world.watch()
    message = await flagged(world)
    panel = (await world.moderator.slash(world.news, "privacy server")).response
    asked = await world.moderator.click(panel, label="Purge the whole server…")
    world.env.backend.remove_member_role(world.guild.id, world.moderator.id, world.guild.roles["Team"].id)
    pressed = await world.moderator.click(asked.response, label="Purge the whole server")
    assert "Manage Server" in said(pressed)
    assert await world.store.messages.get(message.id) is not None


async def test_server_is_deleted_a_week_after_the_bot_was_removed(world: World) -> None:
    await world.watch()
    await flagged(world)
    await world.store.retention.leave(world.guild.id, world.env.now() - timedelta(days=8))
    await world.bot.get_cog("Privacy").on_guild_join(world.bot.get_guild(world.guild.id))
    await world.env.advance_time(timedelta(hours=25).total_seconds())
    assert (await world.store.statistics.kept(world.guild.id)).messages == 2
    await world.bot.get_cog("Privacy").on_guild_remove(world.bot.get_guild(world.guild.id))
    assert await world.store.retention.delete_left(world.env.now() + timedelta(days=8)) == [world.guild.id]
    assert await world.store.retention.servers() == []


COUNTS = st.integers(0, 10**9)
FEW = st.integers(0, 200)


@given(plain=FEW, read=FEW, shown=FEW, out=st.booleans(), days=st.integers(1, 30))
@settings(max_examples=30, deadline=None)
def test_own_view_fits_discord(plain: int, read: int, shown: int, out: bool, days: int) -> None:
    stored = {
        "opted_out": out,
        "messages": [{"claim_vector_kept": False}] * plain
        + [{"claim_vector_kept": True, "label": "none", "flag": {}}] * read,
        "cards_showing_them": range(shown),
        "digests_citing_them": range(shown),
        "card_ratings": range(shown),
    }
    fits(render.own_view(stored, Server(1, retention_days=days), render.FILE))


@given(name=st.text(max_size=100), counts=st.tuples(COUNTS, COUNTS, COUNTS), days=st.integers(1, 30))
@settings(max_examples=30, deadline=None)
def test_server_view_fits_discord(name: str, counts: tuple[int, int, int], days: int) -> None:
    fits(render.server_view(name, Server(1, retention_days=days, claim_days=days * 50), Kept(*counts)))


@pytest.mark.parametrize(
    "view", [render.erase_view(), render.optout_view(), render.purge_view(2**63), render.done_view("x" * 9000)]
)
def test_questions_fit_discord(view: discord.ui.LayoutView) -> None:
    fits(view)


def fits(view: discord.ui.LayoutView) -> None:
    """Hold a layout to Discord's limits: 40 parts and 4,000 letters in all, ids of at most 100."""
    parts = list(view.walk_children())
    assert len(parts) <= 40
    assert view.content_length() <= 4000
    assert all(len(getattr(part, "custom_id", "") or "") <= 100 for part in parts)
    assert all(len(part.options) <= 25 for part in parts if isinstance(part, discord.ui.Select))
