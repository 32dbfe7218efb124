"""`/settings`: everything on one panel, each change in words, checked again at every press, and in the log."""

import discord
import pytest

from bot.changes import FILE
from bot.policy import PRESETS
from tests.cogs.scene import PARTISAN, STORY, alerts, flagged, forbid, permit, refused, said, text_of
from tests.conftest import World


async def opened(world: World) -> object:
    """Open the panel as a manager."""
    return (await world.moderator.slash(world.news, "settings")).response


async def server_of(world: World) -> object:
    return await world.store.servers.get(world.guild.id)


async def actions(world: World) -> list[str]:
    return [entry.action for entry in await world.store.audit.latest(world.guild.id) if entry.actor_id is not None]


async def test_panel_names_all_and_what_is_missing(world: World) -> None:
    empty = text_of(await opened(world))
    for part in (
        "In shadow",
        "no channel yet",
        "/setup alerts",
        "Standard: ",
        "No flag",
        "Nothing has been read lately",
    ):
        assert part in empty
    await world.watch()
    await flagged(world)
    full = text_of(await opened(world))
    for part in ("Live", f"<#{world.news.id}>", "One flag waiting", "Nothing is missing", "About one flag a day"):
        assert part in full
    assert PARTISAN not in full
    forbid(world, world.news, read_message_history=True)
    world.env.backend.delete_channel(world.moderators.id)
    await world.env.settle()
    await world.later(minutes=1)
    broken = text_of(await opened(world))
    assert "I lack **Read Message History**" in broken
    assert "The channel for alerts is gone" in broken


async def test_preset_and_mode(world: World) -> None:
    await world.watch(live=False)
    await flagged(world)
    panel = await opened(world)
    await world.moderator.select(panel, ["quiet"], custom_id="settings:preset")
    assert (await server_of(world)).thresholds == PRESETS["quiet"]
    assert "Quiet: few alerts" in text_of(panel)
    assert "That changes next to nothing: about one flag a day, by the last day's readings" in text_of(panel)
    await world.moderator.click(panel, label="Go live")
    assert (await server_of(world)).live
    await world.moderator.click(panel, label="Back into shadow")
    assert not (await server_of(world)).live
    assert await actions(world) == ["shadow", "live", "preset"]


async def test_thresholds_are_typed_and_decide_what_is_flagged(world: World) -> None:
    await world.watch()
    await flagged(world)
    panel = await opened(world)
    form = await world.moderator.click(panel, label="Thresholds…")
    typed = {"partisan": "95", "off-topic": "", "skeptical": "80 %", "alerts": "12"}
    await world.moderator.submit_modal(form, typed)
    thresholds = (await server_of(world)).thresholds
    assert thresholds.flags == {"partisan": 0.95, "skeptical": 0.8}
    assert thresholds.alerts_a_day == 12
    shown = text_of(panel)
    assert "Skeptical from 80% (was never)" in shown
    assert "about one flag a day fewer, by the last day's readings" in shown
    assert await world.store.flags.of_message((await flagged(world)).id) is None
    assert await world.store.flags.of_message((await flagged(world, "I doubt it")).id) is not None
    (entry,) = [each for each in await world.store.audit.latest(world.guild.id) if each.action == "thresholds"]
    assert entry.actor_id == world.moderator.id
    assert entry.detail["alerts_a_day"] == [30, 12]
    assert entry.detail["thresholds"] == [{"partisan": 60, "off-topic": 60}, {"partisan": 95, "skeptical": 80}]


async def test_wrong_threshold_changes_nothing(world: World) -> None:
    panel = await opened(world)
    before = await server_of(world)
    form = await world.moderator.click(panel, label="Thresholds…")
    result = await world.moderator.submit_modal(form, {"partisan": "0.6", "alerts": "12"})
    assert "**Partisan** takes a whole number from 1 to 100" in said(result)
    form = await world.moderator.click(panel, label="Thresholds…")
    result = await world.moderator.submit_modal(form, {"partisan": "60", "alerts": "999"})
    assert "**Alerts a day** takes a whole number from 0 to 200" in said(result)
    assert await server_of(world) == before
    assert await actions(world) == []


async def test_forum_and_thread_have_thresholds_of_their_own(world: World) -> None:
    forum = world.guild.create_forum_channel("ideas")
    await world.watch(world.news, forum)
    panel = await opened(world)
    form = await world.moderator.select(panel, [forum], custom_id="settings:place")
    await world.moderator.submit_modal(form, {"partisan": "never", "off-topic": "95"})
    assert f"In <#{forum.id}>: partisan never, off-topic from 95%" in text_of(panel)
    assert (await server_of(world)).overrides == {forum.id: {"partisan": None, "off-topic": 0.95}}
    await flagged(world)
    assert len(alerts(world)) == 1
    form = await world.moderator.select(panel, [world.news], custom_id="settings:place")
    await world.moderator.submit_modal(form, {"partisan": "100"})
    assert await world.store.flags.of_message((await flagged(world)).id) is None
    form = await world.moderator.select(panel, [world.news], custom_id="settings:place")
    await world.moderator.submit_modal(form, {"partisan": ""})
    assert f"<#{world.news.id}> follows what is around it" in text_of(panel)
    assert await world.store.flags.of_message((await flagged(world)).id) is not None
    assert await actions(world) == ["channel thresholds"] * 3


async def test_alerts_channel(world: World) -> None:
    await world.watch()
    await world.settings(alerts_channel_id=None)
    await flagged(world)
    permit(world, world.moderators, world.moderator.id, view_channel=True)
    panel = await opened(world)
    result = await world.moderator.select(panel, [world.news], custom_id="settings:alerts")
    assert "Everyone can read" in said(result)
    assert (await server_of(world)).alerts_channel_id is None
    await world.moderator.select(panel, [world.moderators], custom_id="settings:alerts")
    assert (await server_of(world)).alerts_channel_id == world.moderators.id
    assert "1 already wait" in text_of(panel)


async def test_shorter_retention_deletes_at_once(world: World) -> None:
    await world.watch()
    message = await flagged(world)
    await world.later(days=5)
    panel = await opened(world)
    await world.moderator.select(panel, ["90"], custom_id="settings:claims")
    assert (await server_of(world)).claim_days == 90
    assert await world.store.messages.reading(message.id) is not None
    await world.moderator.select(panel, ["3"], custom_id="settings:days")
    assert "kept for three days" in text_of(panel)
    assert await world.store.messages.reading(message.id) is None
    await world.moderator.select(panel, ["0"], custom_id="settings:claims")
    assert (await server_of(world)).claim_days is None
    assert await actions(world) == ["claims kept", "retention", "claims kept"]


async def test_settings_go_out_and_come_in_as_a_file(world: World) -> None:
    await world.watch()
    await world.store.servers.override(world.guild.id, world.news.id, {"partisan": None})
    await world.settings(alerts_role_id=world.guild.roles["Team"].id)
    panel = await opened(world)
    (file,) = (await world.moderator.click(panel, label="Export")).followups[0].attachments
    content = await file.read()
    assert file.filename == FILE
    assert STORY not in content.decode()
    mine = await server_of(world)
    await world.settings(live=False, overrides={}, retention_days=5, alerts_channel_id=None, alerts_role_id=None)
    changed = await server_of(world)
    result = await imported(world, panel, content)
    assert await server_of(world) == mine
    for part in ("live or in shadow", "alerts channel", "alerts role", "how long readings", "channels with thresholds"):
        assert part in text_of(panel)
    (before,) = next(answer for answer in result.followups if answer.attachments).attachments
    await imported(world, panel, await before.read())
    assert await server_of(world) == changed
    assert await actions(world) == ["settings imported", "settings imported"]


async def imported(world: World, panel: object, content: bytes) -> object:
    form = await world.moderator.click(panel, label="Import…")
    return await world.moderator.submit_modal(form, {"file": (FILE, content)})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "`the file`"),
        (b'{"version": 1, "thresholds": {"partisan": 300}}', "`thresholds.partisan`"),
        (b'{"version": 1, "channels": {"77": {"partisan": 50}}}', "`channels.77`: this server has no such channel"),
        (b'{"version": 1, "alerts_channel": "77"}', "`alerts_channel`: The channel for alerts is gone"),
        (b" " * 100_001, "100 kB"),
    ],
)
async def test_wrong_file_changes_nothing(world: World, content: bytes, words: str) -> None:
    before = await server_of(world)
    assert words in said(await imported(world, await opened(world), content))
    assert await server_of(world) == before
    assert await actions(world) == []


async def test_everything_is_checked_again_when_the_role_is_gone(world: World) -> None:
    await world.watch()
    panel = await opened(world)
    form = await world.moderator.click(panel, label="Thresholds…")
    place = await world.moderator.select(panel, [world.news], custom_id="settings:place")
    upload = await world.moderator.click(panel, label="Import…")
    before = await server_of(world)
    world.env.backend.edit_member(world.guild.id, world.moderator.id, {"role_ids": []})
    for result in (
        await world.moderator.select(panel, ["quiet"], custom_id="settings:preset"),
        await world.moderator.select(panel, [world.news], custom_id="settings:place"),
        await world.moderator.select(panel, ["1"], custom_id="settings:days"),
        await world.moderator.select(panel, [world.guild.roles["Team"]], custom_id="settings:role"),
        await world.moderator.click(panel, label="Back into shadow"),
        await world.moderator.click(panel, label="Thresholds…"),
        await world.moderator.click(panel, label="Export"),
        await world.moderator.click(panel, label="Import…"),
        await world.moderator.submit_modal(form, {"partisan": "1", "alerts": "1"}),
        await world.moderator.submit_modal(place, {"partisan": "1"}),
        await world.moderator.submit_modal(upload, {"file": (FILE, b'{"version": 1, "live": false}')}),
    ):
        assert "Manage Server" in said(result)
    assert await server_of(world) == before


async def test_panel_outlives_a_restart(world: World) -> None:
    await world.watch()
    panel = await opened(world)
    await world.restart()
    await world.moderator.select(panel, ["strict"], custom_id="settings:preset")
    assert (await server_of(world)).thresholds == PRESETS["strict"]


async def test_panel_cannot_be_opened_in_a_hurry(world: World) -> None:
    for _ in range(3):
        await opened(world)
    answer = refused(world, await world.moderator.slash(world.news, "settings"), discord.app_commands.CommandOnCooldown)
    assert "try again in" in answer
