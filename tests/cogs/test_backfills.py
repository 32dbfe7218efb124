"""Reading what was there before: paused and resumed by who may manage the server, also after a restart."""

import discord
import pytest

from bot import history
from tests.cogs.scene import STORY, buttons, colleague, said, text_of
from tests.conftest import World


async def told(world: World) -> list[discord.Message]:
    """Tell some stories before the bot reads."""
    return [await world.member.send(world.news, f"{STORY}/{number}") for number in range(4)]


async def read(world: World, sent: list[discord.Message]) -> list[bool]:
    """Say of each message whether it was read."""
    return [await world.store.messages.get(message.id) is not None for message in sent]


async def interrupted(world: World) -> list[discord.Message]:
    """Have a backfill that a stop of the bot has left in the middle."""
    sent = await told(world)
    await world.later(hours=3)
    await world.watch()
    await world.store.servers.move_backfill(world.news.id, sent[2].id)
    return sent


async def test_backfill_is_paused_where_it_is_and_goes_on_there(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = await told(world)
    added = await world.moderator.slash(world.moderators, "watch add", channel=world.news)
    monkeypatch.setattr(history, "PAGE", 2)
    cog = world.bot.get_cog("CatchUp")
    take = cog._sweep.take

    async def take_and_pause(*page: object) -> int:
        await cog.pause(world.news.id, paused=True)  # as the button does, while this page is read
        return await take(*page)

    with monkeypatch.context() as pausing:
        pausing.setattr(cog._sweep, "take", take_and_pause)
        await world.moderator.click(added.response, label="Read what is already here")
    assert await read(world, sent) == [False, False, False, True]  # the notice stands on the first page, too
    shown = text_of(added.response)
    assert "is paused; it has come back to <t:" in shown
    assert buttons(added.response) == {"Resume"}
    await world.moderator.click(added.response, label="Resume")
    assert all(await read(world, sent))
    assert "messages read" in text_of(added.response)
    assert not buttons(added.response)
    assert not await world.store.servers.backfills()


async def test_pause_outlives_a_restart_and_the_list_shows_where_it_stands(world: World) -> None:
    sent = await interrupted(world)
    listed = await world.moderator.slash(world.moderators, "watch list")
    assert f"Reading what was said before in <#{world.news.id}>, back to <t:" in said(listed)
    await world.moderator.click(listed.response, label="Pause")
    assert "is paused" in text_of(listed.response)
    await world.restart()
    assert await read(world, sent) == [False] * 4
    again = await world.moderator.slash(world.moderators, "watch list")
    assert "is paused" in said(again)
    await world.moderator.click(listed.response, label="Resume")
    assert await read(world, sent) == [True, True, False, False]  # the newer ones had been read, as far as it knew
    assert not await world.store.servers.backfills()


async def test_what_was_not_paused_goes_on_after_a_restart(world: World) -> None:
    sent = await interrupted(world)
    await world.restart()
    assert (await read(world, sent))[:2] == [True, True]


async def test_only_who_manages_the_server_pauses(world: World) -> None:
    await interrupted(world)
    manager = colleague(world)
    listed = await manager.slash(world.news, "watch list")
    world.env.backend.edit_member(world.guild.id, manager.id, {"role_ids": []})
    assert "needs the permission Manage Server" in said(await manager.click(listed.response, label="Pause"))
    assert not (await world.store.servers.backfills())[0].paused


async def test_button_of_a_backfill_that_is_done_says_so(world: World) -> None:
    await interrupted(world)
    listed = await world.moderator.slash(world.moderators, "watch list")
    await world.store.servers.move_backfill(world.news.id, None)
    result = await world.moderator.click(listed.response, label="Pause")
    assert "nothing left to read" in said(result)
