"""One SQLite file: a reading engine, a single writer, and migrations run at start."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import StoreError
from bot.store.driver import Connection
from bot.store.hand import Hand
from bot.store.upgrade import check_current, upgrade

T = TypeVar("T")

# More are opened when more are wanted at once, each with a thread of its own, and closed again: that costs.
KEPT_OPEN = 16
GIVEN_BACK = 2.0  # seconds in which tasks that were cancelled come to their end


class Database:
    """Open connections for reading at any time and for writing one at a time."""

    def __init__(self, engine: AsyncEngine, reading: Hand, writing: Hand) -> None:
        self._engine = engine
        self._reading = reading
        self._writing = writing
        self._writer = asyncio.Lock()
        self._lent = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Lend a connection whose changes are thrown away."""
        with _named_errors(), self._lending():
            async with self._engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Lend the writer inside one `BEGIN IMMEDIATE` transaction, committed at the end."""
        with _named_errors(), self._lending():
            async with self._writer, self._engine.connect() as connection:
                await connection.execution_options(writes=True)
                async with connection.begin():
                    yield connection

    async def look(self, work: Callable[[sa.Connection], T]) -> T:
        """Do quick work that reads, in one turn of a thread."""
        with _named_errors(), self._lending():
            return await self._reading.do(work)

    async def change(self, work: Callable[[sa.Connection], T]) -> T:
        """Do quick work in one `BEGIN IMMEDIATE` transaction of the writer, in one turn of a thread."""
        with _named_errors(), self._lending():
            async with self._writer:
                return await self._writing.do(work)

    async def close(self) -> None:
        """Close all connections, those first that somebody is about to give back."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), GIVEN_BACK)
        await self._reading.close()
        await self._writing.close()
        await self._engine.dispose()

    @contextmanager
    def _lending(self) -> Iterator[None]:
        self._lent += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._lent -= 1
            if not self._lent:
                self._idle.set()

    async def wipe_log(self) -> None:
        """Empty the write-ahead log, in which deleted rows would otherwise stay readable for a while."""
        with _named_errors():
            async with self._writer, self._engine.connect() as connection:
                # A checkpoint cannot run inside a transaction, and the engine opens one for every statement.
                driver: Any = (await connection.get_raw_connection()).driver_connection
                await (await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")).close()


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"The database refuses to work: {error.orig}") from error
    except sqlite3.Error as error:
        raise StoreError(f"The database refuses to work: {error}") from error


@asynccontextmanager
async def open_database(path: Path, *, as_it_is: bool = False) -> AsyncIterator[Database]:
    """Open (or make) the database at `path`, bring it up to date and close it at the end.

    `as_it_is` leaves the tables alone, because another process works on them.

    Raises:
        StoreError: the file cannot be opened or written, or is not of this version.
    """
    await asyncio.to_thread(check_current if as_it_is else upgrade, path)
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}",
        async_creator=lambda: Connection(path),
        hide_parameters=True,
        pool_size=KEPT_OPEN,
    )
    event.listen(engine.sync_engine, "begin", _begin)
    database = Database(engine, Hand(path, "BEGIN"), Hand(path, "BEGIN IMMEDIATE"))
    try:
        yield database
    finally:
        await database.close()


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
