"""What whoever runs the bot does from the command line: back up, restore, change the key, erase."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import ConfigurationError, StoreError, UserError
from bot.indexes import discard
from bot.lock import hold
from bot.settings import Settings
from bot.store import Store, backup, open_store
from bot.store.database import open_database
from bot.store.keys import admit, retire
from bot.store.messages import Forgotten
from bot.store.vault import Vault, load_vault, move, read_key, write_key


@dataclass(frozen=True, slots=True)
class Wanted:
    """Hold what is to be erased: one of these, or a member in one server."""

    server_id: int | None = None
    channel_id: int | None = None
    user_id: int | None = None
    message_id: int | None = None

    def __post_init__(self) -> None:
        named = [self.server_id if self.user_id is None else None, self.channel_id, self.user_id, self.message_id]
        if sum(each is not None for each in named) != 1:
            raise UserError("Name one of --server, --channel, --user and --message; --user may go with --server.")


@dataclass(frozen=True, slots=True)
class Erased:
    """Hold what was erased: how many messages, and where the bot's own messages still show one."""

    messages: int
    shown: tuple[str, ...]


def back_up(settings: Settings, target: Path) -> None:
    """Copy the database, also while the bot runs; the key is not in the copy."""
    _must_be_there(settings.database)
    backup.back_up(settings.database, target)


def restore(settings: Settings, file: Path, *, force: bool) -> Path | None:
    """Put a backup into the database's place; give the file in which the one before is kept.

    Raises:
        ConfigurationError: a bot runs on the database, or its key is missing.
        StoreError: the backup does not fit, or a database is there and `force` is not given.
    """
    with hold(settings.database):
        master = load_vault(settings.key, settings.key_file, make=False)
        backup.check(file, master)
        if settings.database.exists() and not force:
            raise StoreError(
                f"{settings.database} is there already. Add --force to put the backup into its place; it is kept aside."
            )
        aside = backup.restore(file, settings.database, datetime.now(UTC))
        discard(settings.data_dir / "claims")
    return aside


async def rekey(settings: Settings) -> Path | None:
    """Give the database a new master key; a repeat takes up what was interrupted.

    The new key is kept beside the old one until the database opens with it. When the key is a setting, both open the
    database until the setting has been changed: the file that holds the new one is given back.
    """
    file = settings.key_file.with_name(f"{settings.key_file.name}.new")
    async with _stopped(settings) as old:
        new = read_key(file) if file.exists() else write_key(file)
        async with open_database(settings.database) as database:
            await admit(database, old, new)
            if settings.key is None:
                move(file, settings.key_file)
            elif not old.same_key(new):
                return file
            await retire(database, new)
            await database.wipe_log()
        file.unlink(missing_ok=True)
    return None


async def erase(settings: Settings, wanted: Wanted) -> Erased:
    """Delete all that is kept of a server, a channel, a member or a message.

    Raises:
        ConfigurationError: a bot runs on the database, or there is none.
    """
    async with _stopped(settings) as master, open_store(settings.database, master) as store:
        erased: list[Forgotten] = []
        links: list[str] = []
        for guild_id in await _servers(store, wanted):
            forgotten = await _erase(store, guild_id, wanted)
            if forgotten.message_ids and (wanted.server_id is None or wanted.user_id is not None):
                await store.audit.add(guild_id, datetime.now(UTC), None, "erased by operator", wanted.channel_id)
            discard(settings.data_dir / "claims", guild_id)
            erased.append(forgotten)
            links += _links(guild_id, forgotten)
        await store.retention.wipe()
    return Erased(sum(len(each.message_ids) for each in erased), tuple(links))


async def _servers(store: Store, wanted: Wanted) -> Sequence[int]:
    if wanted.server_id is not None:
        return [wanted.server_id]
    if wanted.channel_id is not None:
        return await store.retention.servers_of(wanted.channel_id)
    if wanted.message_id is not None:
        kept = await store.messages.get(wanted.message_id)
        return [kept.guild_id] if kept is not None else []
    return await store.retention.servers()


async def _erase(store: Store, guild_id: int, wanted: Wanted) -> Forgotten:
    if wanted.user_id is not None:
        return await store.members.erase(guild_id, wanted.user_id)
    if wanted.message_id is not None:
        return Forgotten((wanted.message_id,), tuple(await store.messages.forget([wanted.message_id])))
    forgotten = await store.retention.purge(guild_id, wanted.channel_id, datetime.now(UTC))
    if wanted.channel_id is None:
        await store.retention.delete(guild_id)
    return forgotten


def _links(guild_id: int, forgotten: Forgotten) -> list[str]:
    return [
        f"https://discord.com/channels/{guild_id}/{public.channel_id}/{public.posted_id}"
        for public in forgotten.shown
        if public.posted_id is not None
    ]


@asynccontextmanager
async def _stopped(settings: Settings) -> AsyncIterator[Vault]:
    """Hold an existing database for this process and lend its master key."""
    _must_be_there(settings.database)
    with hold(settings.database):
        yield load_vault(settings.key, settings.key_file, make=False)


def _must_be_there(database: Path) -> None:
    if not database.exists():
        raise ConfigurationError(f"{database} is not there. Set HINDSIGHT_DATA_DIR to the bot's folder.")
