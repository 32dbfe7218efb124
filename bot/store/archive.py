"""The archive: public fact-checks with their vectors, and the words of their claims.

Nothing in it comes from a server. Many fact-checks may stand on one page, each of its own claim.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from bot.records import FactCheck
from bot.store.database import Database
from bot.store.schema import fact_checks
from bot.store.terms import any_word
from models.embedder import DIMENSIONS

CHUNK = 500  # rows in one statement
ENCODED = 512  # texts encoded at once
_NEAREST_WORDS = sa.text("SELECT rowid FROM archive_words WHERE archive_words MATCH :words ORDER BY rank LIMIT :k")


@dataclass(frozen=True, slots=True)
class State:
    """Say which vectors there are: two equal states have the same."""

    count: int
    last_import: int | None


class Archive:
    """Keep and search fact-checks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, found: Sequence[FactCheck], now: datetime) -> int:
        """Add fact-checks, or replace those of the same page and claim; give how many are new."""
        async with self._database.write() as connection:
            before = (await connection.execute(_COUNT)).scalar_one()
            for start in range(0, len(found), CHUNK):
                rows = [_row(each, now) for each in found[start : start + CHUNK]]
                await connection.execute(_UPSERT, rows)
            return (await connection.execute(_COUNT)).scalar_one() - before

    async def drop_outdated(self, imported_at: datetime) -> int:
        """Delete what pages of an import no longer say, once it has been read to its end; give how many."""
        pages = sa.select(fact_checks.c.page).where(fact_checks.c.imported_at == imported_at)
        old = sa.and_(fact_checks.c.imported_at < imported_at, fact_checks.c.page.in_(pages))
        async with self._database.write() as connection:
            return (await connection.execute(sa.delete(fact_checks).where(old))).rowcount

    async def count(self) -> int:
        """Count the fact-checks."""
        async with self._database.read() as connection:
            return (await connection.execute(_COUNT)).scalar_one()

    async def state(self, model: str) -> State:
        """Say which vectors of an embedder there are, cheaply."""
        query = sa.select(sa.func.count(), sa.func.max(sa.type_coerce(fact_checks.c.imported_at, sa.BigInteger)))
        async with self._database.read() as connection:
            count, last = (await connection.execute(query.where(fact_checks.c.model == model))).one()
        return State(count, last)

    async def vectors(self, model: str) -> tuple[np.ndarray, np.ndarray]:
        """Load what an embedder has encoded: ids (n,) int64 ascending, unit vectors (n, 384) float16."""
        query = sa.select(fact_checks.c.fact_check_id, fact_checks.c.vector).where(fact_checks.c.model == model)
        async with self._database.read() as connection:
            rows = (await connection.execute(query.order_by(fact_checks.c.fact_check_id))).all()
        ids = np.array([row.fact_check_id for row in rows], np.int64)
        packed = np.frombuffer(b"".join(row.vector for row in rows), np.float16)
        return ids, packed.reshape(len(ids), DIMENSIONS)

    async def not_encoded(self, model: str) -> int:
        """Count the fact-checks that an embedder has not encoded."""
        query = sa.select(sa.func.count()).where(fact_checks.c.model.is_distinct_from(model))
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one()

    async def to_encode(self, model: str) -> AsyncIterator[list[tuple[int, str]]]:
        """Give the fact-checks that an embedder has not encoded, a few hundred (id, text) at a time."""
        last = 0
        while True:
            query = (
                sa.select(*_WORDS)
                .where(fact_checks.c.model.is_distinct_from(model), fact_checks.c.fact_check_id > last)
                .order_by(fact_checks.c.fact_check_id)
                .limit(ENCODED)
            )
            async with self._database.read() as connection:
                rows = (await connection.execute(query)).all()
            if not rows:
                return
            last = rows[-1].fact_check_id
            yield [(row.fact_check_id, f"{row.title}\n{row.claim}".strip()) for row in rows]

    async def write_vectors(self, ids: Sequence[int], vectors: np.ndarray, model: str) -> None:
        """Keep what an embedder has made of fact-checks: unit vectors (n, 384)."""
        packed = vectors.astype(np.float16)
        rows = [{"of": each, "new": row.tobytes(), "by": model} for each, row in zip(ids, packed, strict=True)]
        statement = sa.update(fact_checks).where(fact_checks.c.fact_check_id == sa.bindparam("of"))
        statement = statement.values(vector=sa.bindparam("new"), model=sa.bindparam("by"))
        async with self._database.write() as connection:
            await connection.execute(statement, rows)

    async def get(self, ids: Sequence[int]) -> dict[int, FactCheck]:
        """Give fact-checks by their ids; those that are gone are left out."""
        query = sa.select(fact_checks).where(fact_checks.c.fact_check_id.in_(ids))
        async with self._database.read() as connection:
            return {row.fact_check_id: fact_check(row) for row in await connection.execute(query)}

    async def on_pages(self, pages: Sequence[str]) -> Sequence[int]:
        """List the fact-checks that stand on pages, given in their one form."""
        query = sa.select(fact_checks.c.fact_check_id).where(fact_checks.c.page.in_(pages))
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def with_words(self, text: str, k: int) -> Sequence[int]:
        """List the `k` fact-checks whose words are most like those of a text, best first (BM25)."""
        words = any_word(text)
        if not words:
            return []
        async with self._database.read() as connection:
            return list((await connection.execute(_NEAREST_WORDS, {"words": words, "k": k})).scalars())


def fact_check(row: sa.Row) -> FactCheck:
    """Make a fact-check of a row of its table."""
    return FactCheck(
        row.fact_check_id, row.page, row.claim, row.title, row.publisher, row.rating, row.url, row.published
    )


def _row(found: FactCheck, now: datetime) -> dict[str, Any]:
    return {name: getattr(found, name) for name in _NAMES} | {"imported_at": now}


_NAMES = [each.name for each in fields(FactCheck) if each.name != "id"]
_COUNT = sa.select(sa.func.count()).select_from(fact_checks)
_WORDS = (fact_checks.c.fact_check_id, fact_checks.c.title, fact_checks.c.claim)
_NEW = insert(fact_checks)
_REPLACED = {name: _NEW.excluded[name] for name in ("title", "publisher", "rating", "url", "published", "imported_at")}
_UPSERT = _NEW.on_conflict_do_update(
    index_elements=["page", "claim"],
    # The vector is of title and claim: it stands while they do.
    set_=_REPLACED | {"model": sa.case((fact_checks.c.title == _NEW.excluded.title, fact_checks.c.model))},
)
