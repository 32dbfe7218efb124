"""The only place that speaks SQL: open it once, hand it down, ask it in the project's own words."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.store.archive import Archive
from bot.store.audit import Audit
from bot.store.cards import Cards
from bot.store.claims import Claims
from bot.store.database import open_database
from bot.store.digests import Digests
from bot.store.disputes import Disputes
from bot.store.flags import Flags
from bot.store.gaps import Gaps
from bot.store.health import Health
from bot.store.highlights import Highlights
from bot.store.keys import unlock
from bot.store.leftovers import Leftovers
from bot.store.members import Members
from bot.store.messages import Messages
from bot.store.outcomes import Outcomes
from bot.store.reports import Reports
from bot.store.retention import Retention
from bot.store.samples import Samples
from bot.store.servers import Servers
from bot.store.statistics import Statistics
from bot.store.story_digests import StoryDigests
from bot.store.suggestions import Suggestions
from bot.store.told import Told
from bot.store.vault import Vault

__all__ = ["Store", "open_store"]


@dataclass(frozen=True, slots=True)
class Store:
    """Hold the store's rooms, one for each noun."""

    servers: Servers
    messages: Messages
    gaps: Gaps
    leftovers: Leftovers
    outcomes: Outcomes
    claims: Claims
    flags: Flags
    disputes: Disputes
    highlights: Highlights
    cards: Cards
    suggestions: Suggestions
    digests: Digests
    story_digests: StoryDigests
    members: Members
    retention: Retention
    audit: Audit
    told: Told
    statistics: Statistics
    samples: Samples
    reports: Reports
    archive: Archive
    health: Health


@asynccontextmanager
async def open_store(path: Path, master: Vault, *, as_it_is: bool = False) -> AsyncIterator[Store]:
    """Open the store at `path` under the master key and close it at the end.

    `as_it_is` leaves an older database as it is, because another process works on it.

    Raises:
        StoreError: the file cannot be opened or written, or the key is not the one of this database.
    """
    async with open_database(path, as_it_is=as_it_is) as database:
        vault = await unlock(database, master)
        servers = Servers(database)
        yield Store(
            servers=servers,
            messages=Messages(database, vault),
            gaps=Gaps(database),
            leftovers=Leftovers(database),
            outcomes=Outcomes(database, vault),
            claims=Claims(database, vault),
            flags=Flags(database),
            disputes=Disputes(database),
            highlights=Highlights(database),
            cards=Cards(database, vault),
            suggestions=Suggestions(database),
            digests=Digests(database, vault),
            story_digests=StoryDigests(database),
            members=Members(database, vault),
            retention=Retention(database, servers),
            audit=Audit(database),
            told=Told(database),
            statistics=Statistics(database),
            samples=Samples(database),
            reports=Reports(database),
            archive=Archive(database),
            health=Health(database),
        )
