"""Claims as sealed vectors with a reference to their message."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from bot.records import Claim
from bot.store.database import Database
from bot.store.schema import claim_urls, claims, messages
from bot.store.vault import Vault
from models.embedder import DIMENSIONS

FEW = 500  # claims that are looked up one by one


class Claims:
    """Keep and list the claims of servers."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def index_key(self, guild_id: int) -> bytes:
        """Give the 32-byte key that a server's index is sealed with on disk."""
        return self._vault.derive("index", guild_id)

    async def ids(self, guild_id: int, model: str) -> np.ndarray:
        """List the messages of a server's claims, int64 (n,), ascending."""
        query = sa.select(claims.c.message_id).where(claims.c.guild_id == guild_id, claims.c.model == model)
        async with self._database.read() as connection:
            found = (await connection.execute(query.order_by(claims.c.message_id))).scalars().all()
        return np.array(found, np.int64)

    async def vectors(self, guild_id: int, model: str, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Load chosen claims of a server: message ids (n,) int64 and unit vectors (n, 384) float32."""
        number = claims.c.message_id
        few = len(chosen) <= FEW
        here = number.in_(chosen.tolist()) if few else number.between(int(chosen.min()), int(chosen.max()))
        query = sa.select(number, claims.c.vector).where(claims.c.guild_id == guild_id, claims.c.model == model, here)
        wanted = set(chosen.tolist())
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        sealed = [(row.message_id, row.vector) for row in rows if row.message_id in wanted]
        vectors = await asyncio.to_thread(self._vault.unseal_all, guild_id, sealed)
        ids = np.array([message_id for message_id, _ in sealed], np.int64)
        return ids, np.array(vectors, np.float32).reshape(len(ids), DIMENSIONS)

    async def same_url(self, guild_id: int, urls: Sequence[str]) -> Sequence[int]:
        """List the messages of claims that shared one of these canonical URLs."""
        keys = [self._vault.url_key(guild_id, url) for url in urls]
        query = (
            sa.select(claims.c.message_id)
            .join(claim_urls, claim_urls.c.message_id == claims.c.message_id)
            .where(claims.c.guild_id == guild_id, claim_urls.c.url_key.in_(keys))
            .distinct()
        )
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def places(self, message_ids: Sequence[int]) -> Sequence[tuple[int, int, int, datetime]]:
        """Say where claims stand: (message, channel, conversation, time), oldest first."""
        if not message_ids:
            return []
        query = (
            sa.select(messages.c.message_id, messages.c.channel_id, messages.c.conversation_id, messages.c.created_at)
            .where(messages.c.message_id.in_(message_ids))
            .order_by(messages.c.created_at)
        )
        async with self._database.read() as connection:
            return [tuple(row) for row in await connection.execute(query)]

    async def count(self, guild_id: int) -> int:
        """Count a server's claims."""
        query = sa.select(sa.func.count()).select_from(claims).where(claims.c.guild_id == guild_id)
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one()


def drop_claim(connection: sa.Connection, message_id: int) -> None:
    """Remove the claim of a message inside the caller's transaction."""
    connection.execute(sa.delete(claims).where(claims.c.message_id == message_id))


def write_claim(connection: sa.Connection, vault: Vault, claim: Claim, model: str) -> None:
    """Write the claim of a message that has none, inside the caller's transaction."""
    sealed = vault.seal(claim.guild_id, claim.message_id, claim.vector)
    row = {"message_id": claim.message_id, "guild_id": claim.guild_id, "vector": sealed, "model": model}
    connection.execute(insert(claims).values(**row))
    for url in claim.urls:
        key = vault.url_key(claim.guild_id, url)
        connection.execute(insert(claim_urls).values(message_id=claim.message_id, url_key=key))
