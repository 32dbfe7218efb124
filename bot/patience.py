"""When what has failed is tried again."""

from collections.abc import Hashable
from datetime import datetime, timedelta

from bot.resources import Clock


class Patience:
    """Say of each thing that fails when it may be tried again: `soon` at first, and up to `seldom` while that lasts."""

    def __init__(self, clock: Clock, soon: timedelta, seldom: timedelta) -> None:
        self._clock = clock
        self._soon = soon
        self._seldom = seldom
        self._pauses: dict[Hashable, timedelta] = {}
        self._due: dict[Hashable, datetime] = {}

    def allows(self, what: Hashable) -> bool:
        """Say whether a thing may be tried now."""
        due, now = self._due.get(what), self._clock()
        # A try that is due in years was set by a clock that has been put right since.
        return due is None or not now < due <= now + self._seldom

    def note(self, what: Hashable, *, failed: bool) -> None:
        """Remember how a try went."""
        if not failed:
            self._pauses.pop(what, None)
            self._due.pop(what, None)
            return
        before = self._pauses.get(what)
        self._pauses[what] = self._soon if before is None else min(2 * before, self._seldom)
        self._due[what] = self._clock() + self._pauses[what]
