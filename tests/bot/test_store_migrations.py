"""Opening the store: migrations, keys, files that cannot be used."""

import os
import stat
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from bot.errors import ConfigurationError, StoreError
from bot.store import open_store
from bot.store.database import open_database
from bot.store.keys import admit, retire, unlock
from bot.store.schema import metadata
from bot.store.upgrade import revision, revisions, upgrade
from bot.store.vault import Vault, load_vault, new_vault, write_key
from tests.bot.rows import GUILD, post


def described(engine: sa.Engine) -> dict[str, object]:
    """Describe the tables of a database, apart from Alembic's own."""
    inspector = sa.inspect(engine)
    return {
        name: (
            [
                (column["name"], str(column["type"]), column["nullable"], column["default"], column["primary_key"])
                for column in inspector.get_columns(name)
            ],
            sorted((str(index["name"]), index["column_names"]) for index in inspector.get_indexes(name)),
            sorted(
                (key["constrained_columns"], key["referred_table"], key["options"])
                for key in inspector.get_foreign_keys(name)
            ),
            sorted(unique["column_names"] for unique in inspector.get_unique_constraints(name)),
        )
        for name in inspector.get_table_names()
        if name not in not_ours(engine)
    }


def not_ours(engine: sa.Engine) -> set[str]:
    """Name Alembic's table, and those that SQLite makes for its full-text index."""
    names = sa.inspect(engine).get_table_names()
    with engine.connect() as connection:
        virtual = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%'"
        ).scalars()
        return {"alembic_version", *(name for word in virtual for name in names if name.startswith(word))}


async def test_migrations_make_what_the_schema_says(tmp_path: Path) -> None:
    async with open_database(tmp_path / "migrated.sqlite"):
        pass
    plain = sa.create_engine("sqlite://")
    metadata.create_all(plain)
    migrated = sa.create_engine(f"sqlite:///{tmp_path / 'migrated.sqlite'}")
    assert described(migrated) == described(plain)
    plain.dispose()
    migrated.dispose()


async def test_ids_of_cards_and_flags_are_never_given_twice(tmp_path: Path) -> None:
    async with open_database(tmp_path / "a.sqlite") as database, database.read() as connection:
        for table in ("cards", "flags", "audit"):
            query = sa.text("SELECT sql FROM sqlite_master WHERE name = :name")
            made = (await connection.execute(query, {"name": table})).scalar_one()
            assert "AUTOINCREMENT" in made


async def test_open_again_and_twice(tmp_path: Path) -> None:
    path, key = tmp_path / "a.sqlite", new_vault()
    async with open_store(path, key) as first:
        await first.messages.keep(post(1))
        async with open_store(path, key) as second:
            assert await second.messages.get(1) is not None
            await second.messages.keep(post(2))
        assert await first.messages.get(2) is not None
    async with open_store(path, key) as again:
        assert await again.messages.get(1) is not None


async def test_wrong_key_is_named_at_the_start(tmp_path: Path) -> None:
    async with open_store(tmp_path / "a.sqlite", new_vault()):
        pass
    with pytest.raises(StoreError, match="HINDSIGHT_KEY"):
        async with open_store(tmp_path / "a.sqlite", new_vault()):
            pass


async def test_master_key_is_replaced_and_what_it_sealed_stays(tmp_path: Path) -> None:
    path, old, new = tmp_path / "a.sqlite", new_vault(), new_vault()
    async with open_store(path, old) as store:
        await store.members.opt_out(GUILD, 7)
    async with open_database(path) as database:
        await admit(database, old, new)
        assert await unlock(database, old)  # a crash between the two steps locks nobody out
        await retire(database, new)
    async with open_store(path, new) as store:
        assert await store.members.opted_out(GUILD, 7)
    with pytest.raises(StoreError):
        async with open_store(path, old):
            pass


async def test_not_a_database(tmp_path: Path) -> None:
    (tmp_path / "a.sqlite").write_bytes(b"certainly no database" * 100)
    with pytest.raises(StoreError, match="not a database"):
        async with open_store(tmp_path / "a.sqlite", new_vault()):
            pass


async def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="HINDSIGHT_DATA_DIR"):
        async with open_store(tmp_path / "file" / "data" / "a.sqlite", new_vault()):
            pass
    with pytest.raises(StoreError, match="HINDSIGHT_DATA_DIR"):
        load_vault(None, tmp_path / "file" / "data" / "key")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="cannot be read or written"):
        load_vault(None, tmp_path / "hindsight.key")


def tables(engine: sa.Engine) -> list[sa.Table]:
    """List the tables that a database has, those that others hang on first."""
    known = sa.MetaData()
    known.reflect(engine)
    return [table for table in known.sorted_tables if table.name not in not_ours(engine)]


def rows(path: Path) -> dict[str, list[dict[str, object]]]:
    """Read every table."""
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        found = {
            table.name: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
            for table in tables(engine)
        }
    engine.dispose()
    return found


def fill(path: Path) -> None:
    """Write two rows into every table; the rows with the same number belong together."""
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        for table in tables(engine):
            for number in (1, 2):
                made = {column.name: value_for(column, number) for column in table.c}
                connection.execute(sa.insert(table).values(made))
    engine.dispose()


def value_for(column: sa.Column, number: int) -> object:
    """Give a value that fits a column."""
    match column.type:
        case sa.Boolean():
            return bool(number % 2)
        case sa.Integer():
            return number
        case sa.Float():
            return number / 4
        case sa.LargeBinary():
            return bytes([number]) * 32
        case sa.Date():
            return date(2026, 1, number)
        case sa.JSON():
            return {"quiet": number}
        case _:
            return f"word{number}"


@pytest.mark.parametrize("version", revisions())
def test_every_earlier_version_is_brought_up_to_date_with_its_rows(tmp_path: Path, version: str) -> None:
    old, new = tmp_path / "old.sqlite", tmp_path / "new.sqlite"
    upgrade(old, version)
    fill(old)
    before = rows(old)
    upgrade(old)
    upgrade(new)
    after = rows(old)
    assert all(len(each) == 2 for each in before.values())
    for name in before.keys() & after.keys():
        common = before[name][0].keys() & after[name][0].keys()
        assert [[row[key] for key in common] for row in before[name]] == [
            [row[key] for key in common] for row in after[name]
        ], name
    engines = [sa.create_engine(f"sqlite:///{path}") for path in (old, new)]
    assert described(engines[0]) == described(engines[1])
    for engine in engines:
        engine.dispose()
    assert {file.name for file in tmp_path.iterdir()} == {"old.sqlite", "new.sqlite"}


def test_upgrade_that_fails_leaves_the_old_file_as_it_was(tmp_path: Path) -> None:
    path, plain = tmp_path / "a.sqlite", tmp_path / "b.sqlite"
    upgrade(plain)
    upgrade(path, "0001")
    later = rows(plain).keys() - rows(path).keys()
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE TABLE {min(later)} (in_the_way INTEGER)"))
    engine.dispose()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"the database is as it was"):
        upgrade(path)
    assert path.read_bytes() == before
    assert {file.name for file in tmp_path.iterdir()} == {"a.sqlite", "b.sqlite"}
    assert revision(path) == "0001"


def test_upgrade_that_would_orphan_rows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    upgrade(path, "0001")
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO claim_urls VALUES (1, x'00')"))  # of a claim that is not there
    engine.dispose()
    with pytest.raises(StoreError, match="claim_urls would hang on nothing"):
        upgrade(path)


def test_trial_that_a_crash_left_behind_is_cleared_away(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    upgrade(path, "0001")
    (tmp_path / "a.sqlite.trial").write_bytes(b"half a copy")
    upgrade(path)
    assert {file.name for file in tmp_path.iterdir()} == {"a.sqlite"}


async def test_database_that_another_process_works_on_is_not_upgraded(tmp_path: Path, key: Vault) -> None:
    path = tmp_path / "a.sqlite"
    upgrade(path, "0001")
    with pytest.raises(StoreError, match=r"another version of the bot \(0001\)"):
        async with open_database(path, as_it_is=True):
            pass
    assert revision(path) == "0001"
    upgrade(path)
    async with open_database(path, as_it_is=True) as database:
        assert await unlock(database, key)


async def test_database_of_a_newer_version(tmp_path: Path) -> None:
    async with open_database(tmp_path / "a.sqlite") as database, database.write() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer version"):
        async with open_database(tmp_path / "a.sqlite"):
            pass


async def test_busy_database_is_a_named_error(tmp_path: Path) -> None:
    async with open_database(tmp_path / "a.sqlite") as database, open_database(tmp_path / "a.sqlite") as other:
        async with other.write(), database.read() as connection:
            await connection.execute(sa.text("PRAGMA busy_timeout=0"))
        async with other.write():
            with pytest.raises(StoreError, match="locked"):
                async with database.write():
                    pass


def test_key_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "new" / "hindsight.key"
    first = load_vault(None, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_vault(None, file).author_key(1, 2) == first.author_key(1, 2)
    with pytest.raises(FileExistsError):
        write_key(file)


@pytest.mark.parametrize("text", ["", "short", "not base64 at all!", "QUJD"])
def test_key_that_is_none(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match="HINDSIGHT_KEY must be 32 bytes"):
        load_vault(SecretStr(text), tmp_path / "unused")
    (tmp_path / "hindsight.key").write_text(text)
    with pytest.raises(ConfigurationError, match=r"hindsight\.key must be 32 bytes"):
        load_vault(None, tmp_path / "hindsight.key")
