"""Google's Fact Check Tools API as a source of fact-checks: off unless its key is set."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from bot.errors import RowError
from bot.importing_reviews import to_fact_check
from bot.records import FactCheck

ADDRESS = "https://factchecktools.googleapis.com/v1alpha1/claims:search"
PATIENCE = aiohttp.ClientTimeout(total=2)
KEPT = timedelta(days=1)  # how long an answer is good
ROOM = 1_000  # questions in memory
PAUSE = timedelta(minutes=1)  # after a failure
MOST = 10  # claims in an answer

log = logging.getLogger(__name__)


class GoogleFactChecks:
    """Ask each question once a day: by then the archive holds what was found. After a failure, pause."""

    def __init__(
        self, session: aiohttp.ClientSession, key: str, clock: Callable[[], datetime], address: str = ADDRESS
    ) -> None:
        self._session = session
        self._key = key
        self._clock = clock
        self._address = address
        self._asked: OrderedDict[str, datetime] = OrderedDict()
        self._paused_until: datetime | None = None

    async def ask(self, question: str) -> Sequence[FactCheck]:
        """Give new fact-checks of a headline; nothing when it was asked already, or the source fails."""
        now = self._clock()
        if (before := self._asked.get(question)) is not None and now - before < KEPT:
            return ()
        if self._paused_until is not None and now < self._paused_until:
            return ()
        try:
            found = list(_fact_checks(await self._fetch(question)))
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.warning("the source of fact-checks fails: %s", _reason(error))
            self._paused_until = now + PAUSE
            return ()
        self._asked[question] = now
        self._asked.move_to_end(question)
        while len(self._asked) > ROOM:
            self._asked.popitem(last=False)
        return found

    async def _fetch(self, question: str) -> Any:
        asked = {"query": question, "pageSize": str(MOST), "languageCode": "en"}
        # In a header the key is in no address that somebody might log.
        headers = {"X-Goog-Api-Key": self._key}
        async with self._session.get(self._address, params=asked, headers=headers, timeout=PATIENCE) as response:
            response.raise_for_status()
            return await response.json()


def _fact_checks(answer: object) -> Iterator[FactCheck]:
    """Give what an answer holds; what is malformed in it is left out."""
    for claim in _dicts(answer, "claims"):
        for review in _dicts(claim, "claimReview"):
            publisher = review.get("publisher")
            named = publisher if isinstance(publisher, dict) else {}
            row = {
                **{name: review.get(name) for name in ("url", "title", "textualRating", "reviewDate")},
                "claim": claim.get("text"),
                "publisher": named.get("name") or named.get("site"),
            }
            try:
                yield to_fact_check(row, "the source")
            except RowError as bad:
                log.debug("%s", bad)


def _dicts(holder: object, name: str) -> Iterator[dict[str, Any]]:
    held = holder.get(name) if isinstance(holder, dict) else None
    if isinstance(held, list):
        yield from (each for each in held if isinstance(each, dict))


def _reason(error: Exception) -> str:
    return f"HTTP {error.status}" if isinstance(error, aiohttp.ClientResponseError) else type(error).__name__
