"""The database's own key, kept in it under the master key.

All that is sealed or hashed hangs on the data key, which is made once. The master key only seals that one row: a
wrong master is noticed at the start, and another one can take its place without touching anything else.
"""

from collections.abc import Iterable
from contextlib import suppress

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import StoreError
from bot.store.database import Database
from bot.store.schema import data_keys
from bot.store.vault import WRONG_KEY, Vault, new_vault


async def unlock(database: Database, master: Vault) -> Vault:
    """Give the vault of the data key, which is made at the first start; raise `StoreError` for a wrong master."""
    async with database.write() as connection:
        sealed = await _sealed(connection)
        if not sealed:
            data = new_vault()
            await connection.execute(sa.insert(data_keys).values(sealed=master.wrap(data)))
            return data
    return open_sealed(sealed, master)


def open_sealed(sealed: Iterable[bytes], master: Vault) -> Vault:
    """Give the vault of the data key that this master sealed; raise `StoreError` when it sealed none."""
    for each in sealed:
        try:
            return master.unwrap(each)
        except StoreError:
            continue
    raise StoreError(WRONG_KEY)


async def admit(database: Database, old: Vault, new: Vault) -> None:
    """Let another master key open the database beside the old one; a repeat changes nothing."""
    data = await unlock(database, old)
    async with database.write() as connection:
        for each in await _sealed(connection):
            with suppress(StoreError):
                new.unwrap(each)
                return
        await connection.execute(sa.insert(data_keys).values(sealed=new.wrap(data)))


async def retire(database: Database, master: Vault) -> None:
    """Let only this master key open the database from now on."""
    data = await unlock(database, master)
    async with database.write() as connection:
        await connection.execute(sa.delete(data_keys))
        await connection.execute(sa.insert(data_keys).values(sealed=master.wrap(data)))


async def _sealed(connection: AsyncConnection) -> list[bytes]:
    return list((await connection.execute(sa.select(data_keys.c.sealed))).scalars())
