"""One process on one database: a lock beside it that the system lets go when its holder ends, also by a crash."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from bot.errors import ConfigurationError, InUse


@contextmanager
def hold(database: Path) -> Iterator[None]:
    """Hold the database for this process.

    Raises:
        InUse: another process holds it.
        ConfigurationError: the lock cannot be made.
    """
    file = database.with_suffix(".lock")
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(file, mode=0o600)
        lock.acquire(blocking=False)
    except Timeout:
        raise InUse(
            f"{database} is in use by another process of the bot. Stop that one first, "
            "or set HINDSIGHT_DATA_DIR to another folder."
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"{file} cannot be written: {error.strerror}. Make its folder writable, or set HINDSIGHT_DATA_DIR."
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def hold_unless_held(database: Path) -> Iterator[bool]:
    """Hold the database, unless another process does: say whether it does.

    Raises:
        ConfigurationError: the lock cannot be made.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(hold(database))
        except InUse:
            held = True
        else:
            held = False
        yield held
