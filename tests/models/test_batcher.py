"""What piles up while a batch runs is the next batch; every caller gets an answer or the error."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from models.batcher import Batcher, BatchError


@pytest.fixture
def executor():
    """Give one worker thread."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


class Doubler:
    """Double numbers, remember the batches, and wait at a gate."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.batches: list[list[int]] = []

    def __call__(self, items: list[int]) -> list[int]:
        self.gate.wait(10)
        self.batches.append(items)
        if 13 in items:
            raise ValueError("thirteen")
        return [2 * item for item in items]


async def test_results_keep_the_order_of_items(executor: ThreadPoolExecutor) -> None:
    doubler = Doubler()
    doubler.gate.set()
    assert await Batcher(doubler, executor, max_batch=2).submit([3, 1, 2]) == [6, 2, 4]
    assert doubler.batches == [[3, 1], [2]]


async def test_what_piles_up_is_the_next_batch(executor: ThreadPoolExecutor) -> None:
    doubler = Doubler()
    batcher = Batcher(doubler, executor)
    first = asyncio.ensure_future(batcher.submit([1]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.ensure_future(batcher.submit([n])) for n in (2, 3, 4)]
    await asyncio.sleep(0)
    doubler.gate.set()
    assert [await task for task in (first, *others)] == [[2], [4], [6], [8]]
    assert doubler.batches == [[1], [2, 3, 4]]


async def test_live_items_go_before_patient_ones_which_come_in_small_batches(executor: ThreadPoolExecutor) -> None:
    doubler = Doubler()
    batcher = Batcher(doubler, executor, max_batch=8)
    running = asyncio.ensure_future(batcher.submit([0]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    patient = asyncio.ensure_future(batcher.submit([7, 8, 9], first=False))
    await asyncio.sleep(0)
    live = asyncio.ensure_future(batcher.submit([1, 2]))
    await asyncio.sleep(0)
    assert batcher.backlog == 5
    doubler.gate.set()
    await asyncio.gather(running, patient, live)
    assert doubler.batches == [[0], [1, 2], [7, 8], [9]]


async def test_what_a_result_leads_to_is_done_before_the_next_batch(executor: ThreadPoolExecutor) -> None:
    done: list[tuple[str, list[int]]] = []
    reader = Batcher(lambda items: done.append(("read", items)) or items, executor)
    embedder = Batcher(lambda items: done.append(("embed", items)) or items, executor)

    async def take(number: int) -> None:
        await embedder.submit(await reader.submit([number]))

    first = asyncio.ensure_future(take(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.gather(first, take(2), take(3))
    assert done == [("read", [1]), ("embed", [1]), ("read", [2, 3]), ("embed", [2, 3])]


async def test_error_reaches_its_caller_alone_and_the_next_batch_runs(executor: ThreadPoolExecutor) -> None:
    doubler = Doubler()
    batcher = Batcher(doubler, executor)
    running = asyncio.ensure_future(batcher.submit([0]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting = [asyncio.ensure_future(batcher.submit([number])) for number in (1, 13, 2)]
    await asyncio.sleep(0)
    doubler.gate.set()
    await running
    good, failed, other = await asyncio.gather(*waiting, return_exceptions=True)
    assert (good, other) == ([2], [4])
    assert isinstance(failed, BatchError)
    assert isinstance(failed.__cause__, ValueError)
    assert doubler.batches == [[0], [1, 13, 2], [1], [13], [2]]
    assert await batcher.submit([5]) == [10]


async def test_cancelled_caller_is_left_out(executor: ThreadPoolExecutor) -> None:
    doubler = Doubler()
    batcher = Batcher(doubler, executor)
    running = asyncio.ensure_future(batcher.submit([1]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    given_up = asyncio.ensure_future(batcher.submit([2]))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.sleep(0)
    doubler.gate.set()
    assert await running == [2]
    await batcher.close()
    assert doubler.batches == [[1]]


async def test_nothing_to_do_is_done_at_once(executor: ThreadPoolExecutor) -> None:
    assert await Batcher(Doubler(), executor).submit([]) == []


async def test_batch_that_hangs_refuses_callers_until_it_ends(
    executor: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.batcher.PATIENCE", 0.05)
    doubler = Doubler()
    batcher = Batcher(doubler, executor, max_batch=1)
    waiting = await asyncio.gather(batcher.submit([1]), batcher.submit([2], first=False), return_exceptions=True)
    assert [str(error) for error in waiting] == ["TimeoutError", "TimeoutError"]
    with pytest.raises(BatchError, match="TimeoutError"):
        await batcher.submit([3])
    assert not await batcher.close(0.05)
    doubler.gate.set()
    assert await batcher.close()
    assert await batcher.submit([5]) == [10]


async def test_lanes_work_side_by_side() -> None:
    together = threading.Barrier(2)

    def meet(items: list[int]) -> list[int]:
        together.wait(10)
        return items

    with ThreadPoolExecutor(2) as pool:
        batcher = Batcher(meet, pool, max_batch=1, lanes=2)
        assert await batcher.submit([1, 2, 3, 4]) == [1, 2, 3, 4]
        assert await batcher.close()


async def test_a_lane_that_hangs_leaves_the_other_to_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.batcher.PATIENCE", 0.05)
    gate = threading.Event()

    def stuck_on_13(items: list[int]) -> list[int]:
        if 13 in items:
            gate.wait(10)
        return items

    with ThreadPoolExecutor(2) as pool:
        batcher = Batcher(stuck_on_13, pool, lanes=2)
        with pytest.raises(BatchError, match="TimeoutError"):
            await batcher.submit([13])
        assert await batcher.submit([1]) == [1]
        with pytest.raises(BatchError, match="TimeoutError"):
            await batcher.submit([13])
        with pytest.raises(BatchError, match="TimeoutError"):
            await batcher.submit([1])
        gate.set()
        assert await batcher.close()
        assert await batcher.submit([2]) == [2]


@pytest.mark.parametrize("error", [MemoryError, SystemExit, KeyboardInterrupt])
async def test_nothing_that_is_raised_ends_the_batches(
    executor: ThreadPoolExecutor, error: type[BaseException]
) -> None:
    def moody(items: list[int]) -> list[int]:
        if 13 in items:
            raise error
        return [] if 12 in items else items

    batcher = Batcher(moody, executor)
    answers = await asyncio.gather(*(batcher.submit([n]) for n in (1, 13, 2)), return_exceptions=True)
    assert (answers[0], answers[2]) == ([1], [2])
    assert str(answers[1]) == error.__name__
    with pytest.raises(BatchError, match="ValueError"):
        await batcher.submit([11, 12], first=False)
