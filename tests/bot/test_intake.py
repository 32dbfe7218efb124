"""Fair turns: a flood in one server holds up no other server's messages."""

import asyncio

from bot.intake import AT_ONCE
from bot.records import Outcome
from tests.conftest import World

FLOOD = 3 * AT_ONCE


async def test_flood_of_one_server_waits_in_its_own_line(world: World) -> None:
    elsewhere = world.env.create_guild(name="Elsewhere")
    room = elsewhere.create_text_channel("room")
    quiet = elsewhere.add_member(world.env.create_user("ida"))
    for number in range(FLOOD):
        world.env.backend.create_message(world.news.id, world.member.id, content=f"party {number}")
    lone = await quiet.send(room, "one word about the party")
    await world.watch(world.news, room)
    flood = [message async for message in world.bot.get_channel(world.news.id).history(limit=FLOOD, oldest_first=True)]
    message = await world.bot.get_channel(room.id).fetch_message(lone.id)
    read: list[int] = []

    async def take(each: object) -> None:
        outcome = await world.bot.intake.take(each)
        assert isinstance(outcome, Outcome)
        read.append(outcome.post.guild_id)

    await asyncio.gather(*(take(each) for each in (*flood, message)))
    await world.env.settle()
    assert len(read) == FLOOD + 1
    assert read.index(elsewhere.id) <= 2 * AT_ONCE
