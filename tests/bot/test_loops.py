"""Loops outlive a clock that jumps and what is refused for a while."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from bot.errors import StoreError
from bot.loops import every
from tests.loopback.waiting import until
from tests.wall import Wall


class Looking:
    """Count the turns."""

    def __init__(self) -> None:
        self.turns = 0
        self.refusals = 0
        self.amid: Callable[[], object] = lambda: None

    @every(seconds=0.1)
    async def look(self) -> None:
        """Take a turn, or be refused."""
        if self.refusals:
            self.refusals -= 1
            raise StoreError("The database refuses to work: disk I/O error")
        self.turns += 1
        self.amid()


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    """Give a clock to be put forward and back."""
    return Wall(monkeypatch)


@pytest.fixture
async def looking(wall: Wall) -> AsyncIterator[Looking]:
    """Give a loop that runs, with two turns behind it."""
    looking = Looking()
    task = looking.look.start()
    await until(lambda: looking.turns >= 2, "two turns")
    yield looking
    looking.look.cancel()
    await asyncio.gather(looking.look.get_task() or task, return_exceptions=True)


@pytest.mark.parametrize("jump", [timedelta(hours=22), timedelta(hours=-1), timedelta(days=-3), timedelta(days=3)])
async def test_jump_of_the_clock_neither_stops_a_loop_nor_hurries_it(
    looking: Looking, wall: Wall, jump: timedelta
) -> None:
    before = looking.turns
    wall.ahead += jump
    await until(lambda: looking.turns >= before + 3, "more turns")
    await asyncio.sleep(0.5)
    assert looking.turns <= before + 20


async def test_jump_amid_a_turn_is_seen_too(looking: Looking, wall: Wall) -> None:
    def jump() -> None:
        wall.ahead, looking.amid = timedelta(days=-3), lambda: None

    before, looking.amid = looking.turns, jump
    await until(lambda: looking.turns >= before + 3, "more turns")


async def test_turn_that_is_refused_is_taken_again(looking: Looking, caplog: pytest.LogCaptureFixture) -> None:
    before, looking.refusals = looking.turns, 2
    await until(lambda: looking.turns > before, "a turn")
    assert not looking.refusals
    assert caplog.messages == ["Looking.look waits: StoreError"] * 2


async def test_loop_that_stops_itself_stays_stopped(looking: Looking) -> None:
    looking.look.stop()
    await until(lambda: not looking.look.is_running(), "the end")
    turns = looking.turns
    await asyncio.sleep(0.3)
    assert looking.turns == turns
