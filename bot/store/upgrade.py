"""Bring a database file up to date: tried on a copy first, then done in one transaction."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import StoreError

HEAD = "head"


def upgrade(path: Path, target: str = HEAD) -> None:
    """Make the database at `path`, or bring an older one up to date.

    Raises:
        StoreError: it is no database, cannot be written, is newer than the bot, or the upgrade fails on a copy.
            The file is then as it was.
    """
    with _named_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        found = revision(path) if path.exists() and path.stat().st_size else None
        if found == _revision_of(target):
            return
        if found is not None and found not in revisions():
            raise StoreError(f"{path} was made by a newer version of the bot ({found}). Update the bot.")
        if found is not None:
            _try_on_copy(path, target)
        path.touch(mode=0o600)
        _upgrade(path, target)


def check_current(path: Path) -> None:
    """Raise `StoreError` when the database is not of this version of the bot."""
    with _named_errors(path):
        found = revision(path)
    if found != _revision_of(HEAD):
        raise StoreError(f"{path} is of another version of the bot ({found}). Restart the bot, then look again.")


def revision(path: Path) -> str | None:
    """Give the revision of a database; None when it is not one of the bot's."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if known else None
    return row[0] if row else None


def revisions() -> list[str]:
    """List all revisions, the oldest first."""
    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    return [script.revision for script in scripts][::-1]


def _revision_of(target: str) -> str:
    return revisions()[-1] if target == HEAD else target


def _try_on_copy(path: Path, target: str) -> None:
    trial = path.with_name(f"{path.name}.trial")
    _remove(trial)
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(trial)) as copy:
            source.backup(copy)
        _upgrade(trial, target)
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise StoreError(
            f"{path} cannot be brought up to date: {getattr(error, 'orig', None) or error}. It was tried on a copy; "
            "the database is as it was. Make room on the disk if that is what is missing; "
            "else go back to the version of the bot that you had, and report this."
        ) from error
    finally:
        _remove(trial)


def _remove(trial: Path) -> None:
    for file in (trial, trial.with_name(f"{trial.name}-journal")):
        file.unlink(missing_ok=True)


def _upgrade(path: Path, target: str) -> None:
    # Foreign keys stay off: a table that is made anew would take the rows that hang on it along.
    engine = sa.create_engine(f"sqlite:///{path}", hide_parameters=True, poolclass=sa.NullPool)
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, target)
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise sqlite3.IntegrityError(f"a row of {broken[0]} would hang on nothing")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _configure(dbapi: sqlite3.Connection, _record: object) -> None:
    dbapi.isolation_level = None
    dbapi.execute("PRAGMA secure_delete=ON")
    dbapi.execute("PRAGMA busy_timeout=5000")


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def _named_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        reason = getattr(error, "orig", None) or error
        raise StoreError(f"{path} is not writable or not a database: {reason}. Set HINDSIGHT_DATA_DIR.") from error
