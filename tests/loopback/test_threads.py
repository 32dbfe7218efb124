"""Threads on the wire: what is said in them, while the bot is there and while it is away, archived or deleted."""

from pathlib import Path

from tests.loopback.bot_process import connected
from tests.loopback.scene import STORY, is_read, watch
from tests.loopback.server import Loopback
from tests.loopback.waiting import until


async def test_threads_are_read_caught_up_with_and_forgotten(loopback: Loopback, tmp_path: Path) -> None:
    world = loopback.world
    async with connected(loopback, tmp_path) as bot:
        await watch(bot, loopback)
        story, put_away, doomed = (world.say(world.news, f"{STORY}/{number}") for number in range(3))
        for message_id in (story, put_away, doomed):
            world.open_thread(world.news, message_id)
        replies = [world.say(thread_id, "I doubt it") for thread_id in (story, put_away, doomed)]
        deleted = world.say(put_away, "here are figures")
        await until(is_read(bot, *replies, deleted), "all readings")
        kept = await bot.store.messages.get(replies[0])
        assert (kept.channel_id, kept.placement.conversation_id) == (story, story)
    late = world.say(world.news, f"{STORY}/late")
    world.open_thread(world.news, late)
    missed = [world.say(thread_id, "party politics") for thread_id in (story, put_away, late)]
    world.delete(put_away, deleted)
    world.archive(put_away)
    world.archive(late)
    world.delete_thread(doomed)
    async with connected(loopback, tmp_path) as bot:
        await until(is_read(bot, late, *replies[:2], *missed), "what was missed")
        labels = await bot.store.messages.readings(missed)
        assert {reading.label for reading in labels.values()} == {"partisan"}
        assert await bot.store.messages.get(deleted) is None
        assert await bot.store.messages.get(replies[2]) is None
        again = world.say(put_away, "I doubt it")
        await until(is_read(bot, again), "a reply in a thread that is brought back")
