"""Copies of the whole database: made while the bot runs, and put in its place while it does not."""

import os
import sqlite3
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from bot.errors import StoreError
from bot.store.keys import open_sealed
from bot.store.upgrade import revision, revisions
from bot.store.vault import Vault, move

APART = 1_000_000  # between the ids that were given before a restore and those given after it
COMPANIONS = ("-wal", "-shm", "-journal")  # what SQLite puts beside a database, found by its name


def back_up(database: Path, target: Path) -> None:
    """Write what stands in the database at this moment into a new file, without what was deleted.

    Raises:
        StoreError: the database cannot be read, or the file cannot be written or is there already.
    """
    if target.exists():
        raise StoreError(f"{target} is there already. Name another file, or remove it.")
    draft = target.with_name(f"{target.name}.draft")
    draft.unlink(missing_ok=True)
    try:
        _copy(database, draft)
        move(draft, target)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"{database} cannot be copied to {target}: {error}.") from error
    finally:
        draft.unlink(missing_ok=True)


def check(file: Path, master: Vault) -> None:
    """Raise `StoreError` when a file cannot be this bot's database under this master key."""
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            problem = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            found = revision(file)
            sealed = connection.execute("SELECT sealed FROM data_keys").fetchall() if found is not None else []
    except sqlite3.Error as error:
        raise StoreError(f"{file} is damaged or not a database: {error}. Take another backup.") from error
    if problem != "ok":
        raise StoreError(f"{file} is damaged: {problem}. Take another backup.")
    if found is None or not sealed:
        raise StoreError(f"{file} is not a database of this bot. Take a file that `backup` has made.")
    if found not in revisions():
        raise StoreError(f"{file} was made by a newer version of the bot ({found}). Update the bot first.")
    try:
        open_sealed([each for (each,) in sealed], master)
    except StoreError:
        raise StoreError(
            f"{file} was made under another key. Set HINDSIGHT_KEY to the key that the bot had then; "
            "`rekey` gives it a new one afterwards."
        ) from None


def restore(file: Path, database: Path, now: datetime) -> Path | None:
    """Put a checked backup into the database's place; give the file in which the one before is kept.

    At every moment a whole database stands there, the old or the new. What the bot has posted since the backup stays
    in Discord, and its buttons name ids that the backup does not know: they are not given to anything else.
    """
    draft = database.with_name(f"{database.name}.draft")
    draft.unlink(missing_ok=True)
    try:
        _copy(file, draft)
        _begin_anew(draft, max(_newest_id(draft), _newest_id(database)) + APART, now)
        aside = _set_aside(database, now) if database.exists() else None
        move(draft, database)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"{file} cannot be copied to {database}: {error}. Nothing was changed.") from error
    finally:
        draft.unlink(missing_ok=True)
    return aside


def _copy(source: Path, target: Path) -> None:
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))
    with target.open("rb+") as file:
        os.fsync(file.fileno())


def _newest_id(file: Path) -> int:
    """Give the highest id that a database has given; 0 where it is not there or cannot be read."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as found:
        return found.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence").fetchone()[0]
    return 0


def _begin_anew(file: Path, after: int, now: datetime) -> None:
    """Have ids begin after a number, and leave alone the stories that came to rest before: they have their digests."""
    # Where the database before is lost, so are the ids that it has given: one a second are more than there were.
    newest = max(after, int(now.timestamp()))
    since = int(now.timestamp()) * 1_000_000
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM sqlite_sequence")
        connection.execute(
            "INSERT INTO sqlite_sequence (name, seq) "
            "SELECT name, ? FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'",
            (newest,),
        )
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'digest_plans'").fetchone():
            connection.execute("UPDATE digest_plans SET since = max(since, ?)", (since,))


def _set_aside(database: Path, now: datetime) -> Path:
    aside = database.with_name(f"{database.stem}.before-{now:%Y%m%dT%H%M%S}{database.suffix}")
    # What is still in the log belongs to the old file; a damaged one keeps its log beside it.
    with suppress(sqlite3.Error), closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for companion in COMPANIONS:
        left = database.with_name(database.name + companion)
        if left.exists():
            left.replace(aside.with_name(aside.name + companion))
    os.link(database, aside)
    return aside
