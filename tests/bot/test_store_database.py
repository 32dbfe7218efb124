"""Connections: what is lent is given back before the database is closed, and a statement gives all that it gave."""

import asyncio
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.errors import StoreError
from bot.store.database import Database, open_database
from bot.store.schema import claim_urls, opt_outs

FULL = 2  # every commit is on the disk before it is confirmed


async def read(database: Database) -> None:
    async with database.read() as connection:
        for _ in range(5):
            await connection.execute(sa.select(opt_outs))


@pytest.mark.parametrize("cancelled", [True, False])
async def test_closing_waits_for_who_has_a_connection(tmp_path: Path, cancelled: bool) -> None:
    async with open_database(tmp_path / "a.sqlite") as database:
        await asyncio.gather(*(read(database) for _ in range(3)))
        reading = [asyncio.create_task(read(database)) for _ in range(6)]
        await asyncio.sleep(0.002)
        for task in reading:
            if cancelled:
                task.cancel()
    assert all(task.done() for task in reading)


async def test_statements_say_what_they_did(tmp_path: Path) -> None:
    async with open_database(tmp_path / "a.sqlite") as database:
        async with database.write() as connection:
            rows = [{"guild_id": number, "author_key": bytes(32)} for number in range(3)]
            await connection.execute(sa.insert(opt_outs), rows)
            few = sa.delete(opt_outs).where(opt_outs.c.guild_id < 2)
            assert (await connection.execute(few)).rowcount == 2
            again = sa.insert(opt_outs).values(guild_id=9, author_key=bytes(32)).returning(opt_outs.c.guild_id)
            assert (await connection.execute(again)).scalar_one() == 9
        async with database.read() as connection:
            assert (await connection.execute(sa.select(opt_outs.c.guild_id))).scalars().all() == [2, 9]
            assert (await connection.execute(sa.text("PRAGMA secure_delete"))).scalar_one() == 1
            with pytest.raises(sa.exc.OperationalError):
                await connection.execute(sa.text("SELECT nothing FROM nowhere"))


async def test_a_piece_of_work_is_done_whole_or_not_at_all(tmp_path: Path) -> None:
    def opt_out(connection: sa.Connection) -> int:
        connection.execute(sa.insert(opt_outs), {"guild_id": 1, "author_key": bytes(32)})
        return connection.execute(sa.insert(opt_outs), {"guild_id": 2, "author_key": bytes(32)}).rowcount

    def fail(connection: sa.Connection) -> None:
        connection.execute(sa.delete(opt_outs))
        connection.execute(sa.text("SELECT one FROM nowhere"))

    def count(connection: sa.Connection) -> int:
        return connection.execute(sa.select(sa.func.count()).select_from(opt_outs)).scalar_one()

    async with open_database(tmp_path / "a.sqlite") as database:
        assert await database.change(opt_out) == 1
        with pytest.raises(StoreError, match="nowhere"):
            await database.change(fail)
        assert await database.look(count) == 2
        async with database.write() as connection:  # one writer, whichever way it is asked
            await connection.execute(sa.delete(opt_outs))
            waiting = asyncio.create_task(database.change(opt_out))
            await asyncio.sleep(0.01)
            assert await database.look(count) == 2
        await waiting
        assert await database.look(count) == 2


async def test_work_that_nobody_waits_for_any_more_is_done_before_the_database_is_closed(tmp_path: Path) -> None:
    def slow(connection: sa.Connection) -> None:
        time.sleep(0.05)
        connection.execute(sa.insert(opt_outs), {"guild_id": 1, "author_key": bytes(32)})

    async with open_database(tmp_path / "a.sqlite") as database:
        writing = asyncio.create_task(database.change(slow))
        await asyncio.sleep(0.02)
        writing.cancel()
    async with open_database(tmp_path / "a.sqlite") as database, database.read() as connection:
        assert len((await connection.execute(sa.select(opt_outs))).all()) == 1


async def test_work_that_cannot_be_committed_does_not_keep_the_next_from_beginning(tmp_path: Path) -> None:
    def orphan(connection: sa.Connection) -> None:
        connection.execute(sa.text("PRAGMA defer_foreign_keys=ON"))
        connection.execute(sa.insert(claim_urls), {"message_id": 1, "url_key": bytes(32)})

    def count(connection: sa.Connection) -> int:
        return connection.execute(sa.select(sa.func.count()).select_from(claim_urls)).scalar_one()

    async with open_database(tmp_path / "a.sqlite") as database:
        with pytest.raises(StoreError, match="FOREIGN KEY"):
            await database.change(orphan)
        assert await database.change(count) == 0


async def test_what_is_committed_outlives_a_loss_of_power(tmp_path: Path) -> None:
    def synchronous(connection: sa.Connection) -> int:
        return connection.execute(sa.text("PRAGMA synchronous")).scalar_one()

    async with open_database(tmp_path / "a.sqlite") as database:
        assert await database.change(synchronous) == FULL
        async with database.write() as connection:
            assert await connection.run_sync(synchronous) == FULL


async def test_file_that_is_damaged_is_said_to_refuse(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    async with open_database(path):
        pass
    whole = path.read_bytes()
    async with open_database(path) as database:
        path.write_bytes(whole[:4096] + bytes(len(whole) - 4096))
        with pytest.raises(StoreError, match=r"malformed|not a database"):
            async with database.read() as connection:
                await connection.execute(sa.select(claim_urls))
        path.write_bytes(whole)
