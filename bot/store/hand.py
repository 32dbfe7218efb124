"""A thread with a connection of its own, for work that runs for every message.

The engine's asynchronous connections take a turn of their thread for every statement, BEGIN and COMMIT included, and a
good part of a millisecond of the event loop for each. Here a whole transaction is one turn.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import event

from bot.store.driver import open_file

T = TypeVar("T")


class Hand:
    """Do work with a database, one piece after the other."""

    def __init__(self, path: Path, begin: str) -> None:
        """Open nothing yet; `begin` is the statement that opens a transaction."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._engine = sa.create_engine(
            "sqlite://", creator=lambda: open_file(path), poolclass=sa.StaticPool, hide_parameters=True
        )
        event.listen(self._engine, "begin", lambda connection: connection.exec_driver_sql(begin).close())

    async def do(self, work: Callable[[sa.Connection], T]) -> T:
        """Do a piece of work in one transaction and give what it gives; it is done even when nobody waits any more."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._do, work)

    async def close(self) -> None:
        """Let the work that is under way end, then close the connection."""
        await asyncio.to_thread(self._thread.shutdown)
        self._engine.dispose()

    def _do(self, work: Callable[[sa.Connection], T]) -> T:
        with self._engine.begin() as connection:
            return work(connection)
