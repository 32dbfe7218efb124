"""The claim indexes of servers: opened when first asked for, kept for those asked most recently, sealed on disk.

The table of claims is the truth. An index file that is missing, damaged or behind is brought up to date from it, so a
crash costs time and nothing else.
"""

import asyncio
import logging
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from bot.claim_index import ClaimIndex
from bot.errors import StoreError
from bot.records import Claim
from bot.store.claims import Claims

SAVING = "indexes"  # the thread that writes files
SAVED = 2.0  # seconds in which files may be written at the end
SERVERS = 64  # indexes in memory
RANKED = 50  # of what an index finds that does not compare all vectors

log = logging.getLogger(__name__)


def discard(folder: Path, guild_id: int | None = None) -> None:
    """Delete the index files of a server, or of all; they are made anew from the table when next needed."""
    for file in folder.glob("*" if guild_id is None else f"{guild_id}-*"):
        if file.suffix in (".claims", ".draft"):
            file.unlink()


class Indexes:
    """Give servers their indexes and keep the files up to date."""

    def __init__(self, claims: Claims, folder: Path, model: str) -> None:
        self._claims = claims
        self._folder = folder
        self._model = model
        self._open: OrderedDict[int, ClaimIndex] = OrderedDict()
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=SAVING)

    async def search(self, guild_id: int, vector: np.ndarray, count: int) -> list[tuple[int, float]]:
        """Give a server's nearest claims as (message id, cosine), best first."""
        async with self._turn:
            index = await self._get(guild_id)
            if index.exact:
                return index.search(vector, count)
            found = index.search(vector, max(RANKED, count))
        return (await self._ranked(guild_id, vector, [message_id for message_id, _ in found]))[:count]

    async def add(self, claim: Claim) -> None:
        """Add a recorded claim, or replace it."""
        async with self._turn:
            index = self._open.get(claim.guild_id)
            if index is None or index.remove([claim.message_id]):
                # The file has the old vector or may have it: better none than one that contradicts the table.
                self._path(claim.guild_id).unlink(missing_ok=True)
            if index is not None:
                index.add([claim.message_id], claim.vector[None])

    async def remove(self, guild_id: int, message_ids: list[int]) -> None:
        """Take forgotten claims out."""
        async with self._turn:
            if (index := self._open.get(guild_id)) is not None:
                index.remove(message_ids)

    async def save(self) -> None:
        """Write the files of all indexes that have changed; what was erased is in no file any more."""
        async with self._turn:
            for guild_id, index in self._open.items():
                await self._save(guild_id, index)

    async def close(self) -> None:
        """Write what has changed, as far as there is time; the rest is taken from the table at the next start."""
        written = False
        try:
            async with asyncio.timeout(SAVED):
                await self.save()
            written = True
        except TimeoutError:
            log.warning("the claim indexes cannot be written in time; they are brought up to date when next needed")
        finally:
            self._thread.shutdown(wait=written, cancel_futures=True)

    async def refresh(self) -> None:
        """Bring every file up to date with the table, so that nothing erased is left in one; delete what is no use."""
        async with self._turn:
            for draft in self._folder.glob("*.draft"):
                draft.unlink()
        for path in sorted(self._folder.glob("*.claims")):
            server, _, model = path.stem.partition("-")
            async with self._turn:
                if model == self._model and await self._claims.count(int(server)):
                    await self._save(int(server), await self._get(int(server)))
                else:
                    path.unlink(missing_ok=True)

    async def _ranked(self, guild_id: int, vector: np.ndarray, found: list[int]) -> list[tuple[int, float]]:
        """Order claims by the vectors of the table, which are finer than a large index'."""
        ids, vectors = await self._claims.vectors(guild_id, self._model, np.array(found))
        cosines = vectors @ vector
        return [(int(ids[place]), float(cosines[place])) for place in np.argsort(-cosines, kind="stable")]

    async def _get(self, guild_id: int) -> ClaimIndex:
        index = self._open.get(guild_id)
        if index is None:
            index = self._open[guild_id] = await self._load(guild_id)
        self._open.move_to_end(guild_id)
        while len(self._open) > SERVERS:
            await self._save(*self._open.popitem(last=False))
        return index

    async def _load(self, guild_id: int) -> ClaimIndex:
        try:
            key = self._claims.index_key(guild_id)
            index = await asyncio.to_thread(ClaimIndex.load, self._path(guild_id), key, guild_id)
        except FileNotFoundError:
            index = ClaimIndex.empty()
        except (StoreError, OSError) as error:
            log.warning("claim index of server %s is made anew: %s", guild_id, error)
            index = ClaimIndex.empty()
        await self._bring_up_to_date(guild_id, index)
        return index

    async def _bring_up_to_date(self, guild_id: int, index: ClaimIndex) -> None:
        kept = await self._claims.ids(guild_id, self._model)
        there = index.ids
        index.remove(np.setdiff1d(there, kept).tolist())
        missing = np.setdiff1d(kept, there)
        if len(missing):
            ids, vectors = await self._claims.vectors(guild_id, self._model, missing)
            await asyncio.to_thread(index.add, ids.tolist(), vectors)
            log.info("claim index of server %s: %s vectors added from the table", guild_id, len(ids))

    async def _save(self, guild_id: int, index: ClaimIndex) -> None:
        if not index.changed:
            return
        path, key = self._path(guild_id), self._claims.index_key(guild_id)
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, index.save, path, key, guild_id)
        except OSError as error:
            # What was erased since is in the old file still, and what is not there can be made anew.
            log.warning("claim index of server %s cannot be written: %s", guild_id, error.strerror)
            for old in (path, path.with_suffix(".draft")):
                old.unlink(missing_ok=True)

    def _path(self, guild_id: int) -> Path:
        return self._folder / f"{guild_id}-{self._model}.claims"
