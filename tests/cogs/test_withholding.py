"""A card stops quoting what its readers can no longer open, whenever that comes to be."""

import discord
import pytest
from simcord import ChannelHandle
from simcord.backend.models import Overwrite
from simcord.backend.serializers import channel_payload
from simcord.enums import OverwriteType

from tests.cogs.scene import forbid, permit
from tests.cogs.test_context import DAY, RELATED, cards_in, text_of, told
from tests.conftest import World

HIDDEN = discord.Permissions(view_channel=True).value


@pytest.fixture
async def there(world: World) -> ChannelHandle:
    """Have a card in #news quote #world and #news; give #world."""
    there = world.guild.create_text_channel("world")
    await world.watch(world.news, there)
    await told(world, 0, channel=there)
    await told(world, 3)
    for card in cards_in(world):
        await world.moderator.click(card, label="Remove")
    await told(world, 3)
    assert "Seen before: three days ago, and six days ago" in shown(world)
    return there


def shown(world: World) -> str:
    """Gather what the only card in #news shows."""
    (card,) = cards_in(world)
    return text_of(card)


async def hide(world: World, channel: ChannelHandle) -> None:
    """Make a channel private."""
    permit(world, channel, world.guild.default_role.id, member=False, deny=HIDDEN)
    await world.env.settle()


async def test_channel_made_private_is_neither_quoted_nor_counted(world: World, there: ChannelHandle) -> None:
    await hide(world, there)
    assert str(there.id) not in shown(world)
    assert "Seen before: three days ago" in shown(world)
    assert await world.store.leftovers.all() == []
    assert not world.bot.get_cog("Withholding").look.is_running()


async def test_card_that_quotes_a_private_channel_alone_goes(world: World) -> None:
    there = world.guild.create_text_channel("world")
    await world.watch(world.news, there)
    await told(world, 0, channel=there)
    await told(world, 3)
    assert len(cards_in(world)) == 1
    await hide(world, there)
    assert not cards_in(world)


async def test_thread_of_a_channel_made_private_is_not_quoted_though_it_is_archived(world: World) -> None:
    there = world.guild.create_text_channel("world")
    await world.watch(world.news, there)
    thread = world.env.backend.create_thread(there.id, "aside", world.member.id)
    await world.env.settle()
    (aside,) = there.threads
    await told(world, 0, channel=aside)
    await told(world, 3)
    assert str(aside.id) in shown(world)
    world.env.backend.edit_channel(thread.id, {}, thread_metadata={"archived": True})
    await world.env.settle()
    assert world.bot.get_channel(thread.id) is None
    await hide(world, there)
    assert not cards_in(world)


async def test_channel_marked_age_restricted_is_not_quoted(world: World, there: ChannelHandle) -> None:
    backend = world.env.backend
    told_of = channel_payload(backend, backend.get_channel(there.id))  # the simulated Discord has no such mark
    world.bot._connection.parse_channel_update({**told_of, "guild_id": world.guild.id, "nsfw": True})
    await world.env.advance_time(1)
    assert "Seen before: three days ago" in shown(world)


async def test_channel_that_others_may_read_now_quotes_only_what_they_can_open(world: World) -> None:
    backend, everyone = world.env.backend, world.guild.default_role
    readers = world.guild.create_role("Readers")
    there = world.guild.create_text_channel("world")
    for channel in (world.news, there):
        await hide(world, channel)
        for reader_id in (readers.id, *(role.id for role in world.guild.roles.values() if role.name == "Team")):
            backend.set_overwrite(channel.id, Overwrite(reader_id, OverwriteType.ROLE, allow=HIDDEN, deny=0))
        permit(world, channel, world.bot.user.id, view_channel=True)
        permit(world, channel, world.member.id, view_channel=True)
    await world.env.settle()
    await world.watch(world.news, there)
    await told(world, 0, channel=there)
    await told(world, 3)
    assert str(there.id) in shown(world)
    permit(world, world.news, everyone.id, member=False, view_channel=True)
    await world.env.settle()
    assert not cards_in(world)


async def test_role_that_opens_one_channel_only_takes_the_other_from_cards(world: World, there: ChannelHandle) -> None:
    everyone = world.guild.default_role
    permit(world, world.news, everyone.id, member=False, view_channel=True)
    await world.env.settle()
    assert str(there.id) in shown(world)
    without = discord.Permissions(send_messages=True, read_message_history=True)
    world.env.backend.edit_role(world.guild.id, everyone.id, {"permissions": without.value})
    await world.env.settle()
    assert str(there.id) not in shown(world)


async def test_what_was_hidden_while_the_bot_was_away_goes_after_the_start(world: World, there: ChannelHandle) -> None:
    cog = world.bot.get_cog("Withholding")
    world.bot.remove_listener(cog.on_guild_channel_update)
    await hide(world, there)
    assert str(there.id) in shown(world)
    await world.restart()
    assert str(there.id) not in shown(world)


async def test_change_that_discord_refuses_just_now_is_made_later(world: World, there: ChannelHandle) -> None:
    world.env.inject_error("PATCH", f"/channels/{world.news.id}/messages/*", times=None)
    await hide(world, there)
    assert str(there.id) in shown(world)
    world.env.backend.faults.clear()
    await world.env.advance_time(120)
    assert str(there.id) not in shown(world)


async def test_what_the_bot_lost_or_what_changes_nothing_leaves_cards_alone(world: World, there: ChannelHandle) -> None:
    await world.env.advance_time(DAY)
    await told(world, 0, text=RELATED, channel=there)
    before = len(world.env.http_requests)
    forbid(world, world.news, embed_links=True)
    permit(world, there, world.member.id, attach_files=True)
    await world.env.settle()
    changes = [entry for entry in world.env.http_requests[before:] if entry.method in ("PATCH", "DELETE")]
    assert changes == []
    assert str(there.id) in shown(world)
