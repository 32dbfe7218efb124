"""Does the database take writes?"""

from bot.store.database import Database


class Health:
    """Try the writer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def check(self) -> None:
        """Raise `StoreError` when the database cannot be written."""
        async with self._database.write() as connection:
            # Changes nothing, but takes a page to the disk; a transaction without a change would take none.
            await connection.exec_driver_sql("PRAGMA user_version = 0")
