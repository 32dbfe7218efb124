"""The driver's connection: opened in one turn of its thread, and one turn a statement where the library takes four.

On a busy machine every turn waits for the processor, and a message takes some ten statements. And a task that is
cancelled between the turns of an opening would leave a connection behind that nobody closes.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import aiosqlite

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    # What is committed outlives a loss of power: a post is made, and an erasure confirmed, once its row stands.
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA busy_timeout=5000",
)


class Connection(aiosqlite.Connection):
    """Run statements to their last row at once; for engines that buffer all rows anyway."""

    def __init__(self, path: Path) -> None:
        super().__init__(lambda: open_file(path), iter_chunk_size=64)
        self._thread.daemon = True  # a process that dies does not wait for it

    async def create_function(self, *_: object, **__: object) -> None:
        """Leave out the engine's REGEXP, which nothing asks for: it would be a turn of its own."""

    def cursor(self) -> "Cursor":  # type: ignore[override]
        """Give a cursor, without asking the thread for one."""
        return Cursor(self)

    async def run(self, sql: str, parameters: Any, *, many: bool) -> "Done":
        """Run a statement and fetch what it gives."""

        def statement() -> Done:
            execute = self._conn.executemany if many else self._conn.execute
            cursor = execute(sql, parameters)
            rows = cursor.fetchall() if cursor.description else []
            done = (rows, cursor.description, cursor.rowcount, cursor.lastrowid)
            cursor.close()
            return done

        return await self._execute(statement)


def open_file(path: Path) -> sqlite3.Connection:
    """Open a database file as every connection of the bot does."""
    # The driver's own BEGIN would come too late and without IMMEDIATE; the engine says it instead.
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    for pragma in PRAGMAS:
        connection.execute(pragma).close()
    return connection


Done = tuple[list[Any], Sequence[Any] | None, int, int | None]


class Cursor:
    """Hold what one statement gave; the engine's view of a cursor."""

    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Sequence[Any] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] = ()) -> Self:
        """Run a statement."""
        done = await self._connection.run(sql, parameters, many=False)
        self._rows, self.description, self.rowcount, self.lastrowid = done
        return self

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> Self:
        """Run a statement once for each set of parameters."""
        done = await self._connection.run(sql, parameters, many=True)
        self._rows, self.description, self.rowcount, self.lastrowid = done
        return self

    async def fetchall(self) -> list[Any]:
        """Give all rows."""
        return self._rows

    async def close(self) -> None:
        """Let the rows go."""
        self._rows = []
