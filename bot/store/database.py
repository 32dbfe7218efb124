"""One SQLite file: a reading engine, a single writer, and migrations run at start."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import StoreError

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA busy_timeout=5000",
)


class Database:
    """Open connections for reading at any time and for writing one at a time."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._writer = asyncio.Lock()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Lend a connection whose changes are thrown away."""
        with _named_errors():
            async with self._engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Lend the writer inside one `BEGIN IMMEDIATE` transaction, committed at the end."""
        with _named_errors():
            async with self._writer, self._engine.connect() as connection:
                await connection.execution_options(writes=True)
                async with connection.begin():
                    yield connection

    async def wipe_log(self) -> None:
        """Empty the write-ahead log, in which deleted rows would otherwise stay readable for a while."""
        async with self._writer, self._engine.connect() as connection:
            # A checkpoint cannot run inside a transaction, and the engine opens one for every statement.
            driver: Any = (await connection.get_raw_connection()).driver_connection
            await (await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")).close()


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise StoreError(f"The database refuses to work: {error.orig}") from error


@asynccontextmanager
async def open_database(path: Path) -> AsyncIterator[Database]:
    """Open (or make) the database at `path`, bring it up to date and close it at the end.

    Raises:
        StoreError: the file cannot be opened or written.
    """
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    event.listen(engine.sync_engine, "connect", _configure)
    event.listen(engine.sync_engine, "begin", _begin)
    try:
        await _migrate(engine, path)
        yield Database(engine)
    finally:
        await engine.dispose()


async def _migrate(engine: AsyncEngine, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        async with engine.connect() as connection:
            await connection.execution_options(writes=True)
            async with connection.begin():
                await connection.run_sync(_upgrade)
    except (DBAPIError, sqlite3.Error, OSError) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        raise StoreError(f"{path} is not writable or not a database: {reason}. Set HINDSIGHT_DATA_DIR.") from error
    except CommandError as error:
        raise StoreError(f"{path} was made by a newer version of the bot: {error}. Update the bot.") from error


def _upgrade(connection: sa.Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _configure(dbapi: Any, _record: Any) -> None:
    # The driver's own BEGIN would come too late and without IMMEDIATE; `_begin` says it instead.
    dbapi.isolation_level = None
    cursor = dbapi.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
