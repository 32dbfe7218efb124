"""Opening the store: migrations, keys, files that cannot be used."""

import os
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from bot.errors import ConfigurationError, StoreError
from bot.store import open_store
from bot.store.database import open_database
from bot.store.keys import admit, retire, unlock
from bot.store.schema import metadata
from bot.store.vault import load_vault, new_vault, write_key
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
        if name != "alembic_version"
    }


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
