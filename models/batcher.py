"""Micro-batches off the event loop: what piles up while one batch runs is the next batch."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

PATIENCE = 120.0  # seconds after which a batch is taken to hang; one of 32 long messages takes two on a slow machine
SMALL = 4  # the part of a full batch that items take which can wait: so long may one wait that cannot
TURNS = 3  # of the loop, in which what a result leads to takes its place in the executor, before the next batch
ENDING = 1.5  # seconds in which the batch that runs may end


class BatchError(RuntimeError):
    """Say that the function behind a batcher failed for an item; its own error is the cause."""


class Batcher(Generic[T, R]):
    """Run a list → list function in an executor, as many batches at a time as it has lanes, for many callers at once.

    There is no timer and no standing task: an item that comes while a lane is free starts a drain, which ends when
    nothing waits. Callers marked `first` are served before those that are not, and these in small batches of their
    own, so a backfill never holds up live messages for long. While every lane hangs, callers are refused instead of
    waiting for ever.
    """

    def __init__(
        self, function: Callable[[list[T]], Sequence[R]], executor: Executor, max_batch: int = 32, lanes: int = 1
    ) -> None:
        self._function = function
        self._executor = executor
        self._max_batch = max_batch
        self._lanes = lanes
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._patient: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._drains: set[asyncio.Task[None]] = set()
        self._hanging: set[int] = set()

    @property
    def backlog(self) -> int:
        """Count the items that wait for a batch."""
        return len(self._waiting) + len(self._patient)

    async def submit(self, items: Sequence[T], *, first: bool = True) -> list[R]:
        """Give the results of `items` in their order.

        Raises:
            BatchError: the function failed for one of them or hangs; other callers' items are not drawn into a failure.
        """
        if len(self._hanging) == self._lanes:
            raise BatchError(TimeoutError.__name__)
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[R]] = [loop.create_future() for _ in items]
        (self._waiting if first else self._patient).extend(zip(items, futures, strict=True))
        for _ in range(min(self._lanes - len(self._drains), self.backlog)):
            self._drains.add(loop.create_task(self._run()))
        return list(await asyncio.gather(*futures))

    async def close(self, seconds: float = ENDING) -> bool:
        """Wait until nothing runs; say whether that came in time."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + seconds
        while self._drains and (left := ends - loop.time()) > 0:
            await asyncio.wait(self._drains, timeout=left)
        return not self._drains

    async def _run(self) -> None:
        try:
            while batch := self._take():
                if not await self._try(batch) and len(batch) > 1:
                    for each in batch:
                        await self._try([each])
                for _ in range(TURNS):
                    await asyncio.sleep(0)
        finally:
            self._drains -= {asyncio.current_task()}

    async def _try(self, batch: Sequence[tuple[T, asyncio.Future[R]]]) -> bool:
        """Run one batch; a failure is the callers' only when the item was alone, so that one does not fail many."""
        items = [item for item, _ in batch]
        loop = asyncio.get_running_loop()
        watch = loop.call_later(PATIENCE, self._give_up, batch)
        try:
            results = await loop.run_in_executor(self._executor, self._function, items)
            answered = list(zip(batch, results, strict=True))
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - handed to the caller that waits for it, SystemExit too
            if len(batch) == 1:
                _fail(batch[0][1], error)
            return False
        finally:
            watch.cancel()
            self._hanging.discard(id(batch))
        for (_, future), result in answered:
            if not future.done():
                future.set_result(result)
        return True

    def _give_up(self, batch: Sequence[tuple[T, asyncio.Future[R]]]) -> None:
        self._hanging.add(id(batch))
        waiting = (*self._waiting, *self._patient) if len(self._hanging) == self._lanes else ()
        for _, future in (*batch, *waiting):
            _fail(future, TimeoutError())

    def _take(self) -> list[tuple[T, asyncio.Future[R]]]:
        """Take the next batch: of those that wait for nobody, or else a small one of those that can wait."""
        return _next(self._waiting, self._max_batch) or _next(self._patient, max(1, self._max_batch // SMALL))


def _next(queue: deque[tuple[T, asyncio.Future[R]]], most: int) -> list[tuple[T, asyncio.Future[R]]]:
    batch: list[tuple[T, asyncio.Future[R]]] = []
    while queue and len(batch) < most:
        item = queue.popleft()
        if not item[1].done():
            batch.append(item)
    return batch


def _fail(future: asyncio.Future, error: BaseException) -> None:
    if not future.done():
        failure = BatchError(type(error).__name__)
        failure.__cause__ = error
        future.set_exception(failure)
