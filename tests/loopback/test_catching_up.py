"""One channel or server that Discord does not show holds up no other; what it holds is read as soon as it is shown."""

from pathlib import Path

import pytest

from bot.client import Hindsight
from tests.loopback.bot_process import connected
from tests.loopback.faults import Rule
from tests.loopback.limits import Limits, Rate
from tests.loopback.scene import STORY, is_read, watch
from tests.loopback.server import Loopback
from tests.loopback.test_failing import hurry, is_caught_up
from tests.loopback.waiting import until


@pytest.fixture
async def three() -> Loopback:
    """Give a Discord with three watched channels."""
    channels = ("news", "sport", "arts")
    async with Loopback(channels=channels, limits=Limits(routes={"POST messages": Rate(5, 1.0)})) as served:
        yield served
    assert served.limits.punished == []


def fail(loopback: Loopback, channel_id: int) -> Rule:
    """Have Discord fail over one channel's history until the rule is spent."""
    # Of the statuses from 500 on, the library tries others itself for half a minute.
    loopback.faults.spoil(rf"GET /channels/{channel_id}/messages", 503, 10_000)
    return loopback.faults.rules[-1]


async def gaps(bot: Hindsight) -> set[int]:
    """List the channels of which a gap is noted."""
    return set(await bot.store.gaps.all())


@pytest.mark.parametrize("sick", [0, 1, 2])
async def test_channel_that_fails_holds_up_no_other(three: Loopback, tmp_path: Path, sick: int) -> None:
    world = three.world
    async with connected(three, tmp_path) as bot:
        await watch(bot, three)
        stories = [world.say(channel_id, STORY) for channel_id in world.watched]
        await until(is_read(bot, *stories), "the stories' readings")
    missed = [
        world.say(channel_id, "I doubt it", reply_to=story)
        for channel_id, story in zip(world.watched, stories, strict=True)
    ]
    rule = fail(three, world.watched[sick])
    async with connected(three, tmp_path) as bot:
        shown = [each for number, each in enumerate(missed) if number != sick]
        await until(is_read(bot, *shown), "what was missed elsewhere")
        assert await gaps(bot) == {world.watched[sick]}
        assert not await is_read(bot, missed[sick])()
        hurry(bot)
        asked = rule.times
        await until(lambda: rule.times < asked, "another try")
        rule.times = 0
        await until(is_read(bot, missed[sick]), "what was missed there")
        await until(lambda: is_caught_up(bot), "the end of the gap")


async def test_server_in_an_outage_is_caught_up_with_when_it_is_back(loopback: Loopback, tmp_path: Path) -> None:
    world = loopback.world
    async with connected(loopback, tmp_path) as bot:
        await watch(bot, loopback)
        story = world.say(world.news, STORY)
        await until(is_read(bot, story), "the story's reading")
    missed = world.say(world.news, "I doubt it", reply_to=story)
    world.outage = True
    async with connected(loopback, tmp_path) as bot:
        hurry(bot)
        assert not bot.guilds[0].me
        assert await bot.store.messages.get(story) is not None
        world.outage = False
        world.emit("GUILD_CREATE", world.guild())
        await until(is_read(bot, missed), "what was missed")
        await until(lambda: is_caught_up(bot), "the end of the gap")


async def test_what_is_said_while_a_server_is_unavailable_is_read(loopback: Loopback, tmp_path: Path) -> None:
    world = loopback.world
    async with connected(loopback, tmp_path) as bot:
        hurry(bot)
        await watch(bot, loopback)
        story = world.say(world.news, STORY)
        await until(is_read(bot, story), "the story's reading")
        world.emit("GUILD_DELETE", {"id": str(world.guild_id), "unavailable": True})
        await until(lambda: bot.guilds[0].unavailable, "the outage")
        silenced, world.emit = world.emit, lambda *_: None
        missed = world.say(world.news, "I doubt it", reply_to=story)
        world.emit = silenced
        world.emit("GUILD_CREATE", world.guild())
        await until(is_read(bot, missed), "what was missed")


async def test_flood_in_one_channel_has_no_other_read_again(
    three: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = three.world
    monkeypatch.setattr("bot.intake.ROOM", 10)
    async with connected(three, tmp_path) as bot:
        hurry(bot)
        await watch(bot, three)
        story = world.say(world.news, STORY)
        await until(is_read(bot, story), "the story's reading")
        elsewhere = [fail(three, channel_id) for channel_id in world.watched[1:]]
        asked = [rule.times for rule in elsewhere]
        replies = [world.say(world.news, "I doubt it", reply_to=story) for _ in range(80)]
        await until(lambda: bot.pipeline.missed_since(), "a message for which there is no room")
        assert await bot.intake.waits_since() is not None
        await until(is_read(bot, *replies), "all readings")
        await until(lambda: is_caught_up(bot), "the end of the gap")
        assert [rule.times for rule in elsewhere] == asked
        assert await bot.intake.waits_since() is None
