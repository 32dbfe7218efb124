"""How a server is set up: each command says what now happens, and only managers can give it."""

import pytest
from discord import app_commands
from simcord import SetupError

from bot.policy import PRESETS
from bot.records import Thresholds
from tests.cogs.scene import colleague, flagged, forbid, permit, refused, said
from tests.conftest import World


async def test_live_and_back(world: World) -> None:
    assert "cards in the watched channels" in said(await world.moderator.slash(world.news, "golive"))
    assert (await world.store.servers.get(world.guild.id)).live
    assert "nothing that I make is public" in said(await world.moderator.slash(world.news, "shadow"))
    assert not (await world.store.servers.get(world.guild.id)).live
    assert [entry.action for entry in await world.store.audit.latest(world.guild.id)] == ["shadow", "live"]


@pytest.mark.parametrize("name", list(PRESETS))
async def test_preset_is_described_in_words_and_numbers(world: World, name: str) -> None:
    shown = said(await world.moderator.slash(world.news, "setup preset", preset=name))
    preset = PRESETS[name]
    assert f"{name.capitalize()}: " in shown
    assert f"Partisan from {preset.flags['partisan']:.0%}" in shown
    assert f"{preset.alerts_a_day} alerts a day" in shown
    assert (await world.store.servers.get(world.guild.id)).thresholds == preset


async def test_preset_decides_what_is_flagged(world: World) -> None:
    await world.watch()
    await world.moderator.slash(world.news, "setup preset", preset="quiet")
    assert await world.store.flags.of_message((await flagged(world)).id) is not None
    strictest = Thresholds({"partisan": 0.95})
    await world.settings(thresholds=strictest)
    assert await world.store.flags.of_message((await flagged(world)).id) is None


async def test_alerts_channel_is_set_and_used(world: World) -> None:
    await world.watch()
    await world.settings(alerts_channel_id=None)
    await flagged(world)
    result = await world.moderator.slash(world.moderators, "setup alerts", channel=world.moderators)
    assert "1 already wait" in said(result)
    assert (await world.store.servers.get(world.guild.id)).alerts_channel_id == world.moderators.id


async def test_alerts_channel_that_cannot_be_used_is_refused(world: World) -> None:
    result = await world.moderator.slash(world.news, "setup alerts", channel=world.news)
    assert "Everyone can read" in refused(world, result)
    forbid(world, world.moderators, send_messages=True, embed_links=True)
    permit(world, world.moderators, world.moderator.id, view_channel=True)
    result = await world.moderator.slash(world.news, "setup alerts", channel=world.moderators)
    answer = refused(world, result)
    assert "I lack" in answer
    assert "**Send Messages**" in answer
    assert (await world.store.servers.get(world.guild.id)).alerts_channel_id is None


async def test_members_cannot_set_anything_up(world: World) -> None:
    helper = colleague(world, roles=())
    commands = ("setup alerts", "setup preset", "settings", "golive", "shadow", "watch add", "watch list")
    assert not set(commands) & set(helper.available_commands(world.news))
    with pytest.raises(SetupError, match="not visible"):
        await helper.slash(world.news, "golive")


async def test_permission_is_checked_again_behind_the_menu(world: World) -> None:
    helper = colleague(world, roles=())
    for command in await world.bot.tree.fetch_commands():
        if command.name in ("golive", "settings", "watch", "review"):
            world.guild.set_command_permissions(command.id, {helper: True})
    needs = {"golive": "Server", "settings": "Server", "watch list": "Server", "review": "Messages"}
    for name, needed in needs.items():
        answer = refused(world, await helper.slash(world.news, name), app_commands.MissingPermissions)
        assert f"**Manage {needed}**" in answer
    assert not (await world.store.servers.get(world.guild.id)).live
