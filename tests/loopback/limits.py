"""Discord's published limits, counted: what would have been refused, and what would have been punished.

A bot that waits as it is told is never punished. Refusals count against the budget of invalid requests; a request
to what has just been refused, before the time that was named, is the mark of a bot that does not wait.
"""

import time
from collections import deque
from dataclasses import dataclass, field

WINDOW = 600.0  # seconds over which invalid requests count
ON_THE_WAY = 0.25  # seconds in which requests may still come that were sent before the refusal was read
UNHEEDED = 5  # requests before their time until it is no accident
INVALID = (401, 403, 429)


@dataclass(frozen=True, slots=True)
class Rate:
    """Allow so many requests in so many seconds."""

    limit: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """Hold what a 429 says."""

    retry_after: float
    everywhere: bool


@dataclass(slots=True)
class Bucket:
    """Count the requests of one route and major parameter."""

    rate: Rate
    began: float = -1e9
    count: int = 0
    refused_at: float = -1e9
    closed_until: float = -1e9

    def left(self, now: float) -> float:
        """Say in how many seconds the bucket is full again."""
        return max(0.0, self.began + self.rate.seconds - now)

    def take(self, now: float) -> bool:
        """Count a request; say whether it is within the limit."""
        if self.left(now) == 0:
            self.began, self.count = now, 0
        if self.count >= self.rate.limit:
            return False
        self.count += 1
        return True

    def close(self, now: float, seconds: float) -> None:
        """Refuse everything for some seconds."""
        if now >= self.closed_until:
            self.refused_at = now
        self.closed_until = max(self.closed_until, now + seconds)

    def unheeded(self, now: float) -> bool:
        """Say whether a request comes well after a refusal and well before the time that it named."""
        return self.refused_at + ON_THE_WAY < now < self.closed_until - ON_THE_WAY / 5


@dataclass(slots=True)
class Limits:
    """Hold the limits and what has been counted; `punished` is what a test looks at."""

    overall: Rate = Rate(50, 1.0)
    routes: dict[str, Rate] = field(default_factory=lambda: {"POST messages": Rate(5, 5.0)})
    others: Rate = Rate(50, 1.0)
    invalid_allowed: int = 10_000
    identifies_allowed: int = 1_000
    sends_allowed: Rate = Rate(120, 60.0)
    punished: list[str] = field(default_factory=list)
    requests: int = 0
    refusals: int = 0
    unheeded: int = 0
    identifies: int = 0
    resumes: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    _buckets: dict[str, Bucket] = field(default_factory=dict)
    _invalid: deque[float] = field(default_factory=deque)
    _sends: Bucket | None = None

    def bucket(self, route: str, major: str) -> Bucket:
        """Give the bucket of a route and its major parameter."""
        rate = self.routes.get(route, self.others)
        return self._buckets.setdefault(f"{route} {major}", Bucket(rate))

    @property
    def everywhere(self) -> Bucket:
        """Give the bucket of all requests together."""
        return self._buckets.setdefault("*", Bucket(self.overall))

    def admit(self, route: str, major: str, *, counted: bool = True) -> Refusal | None:
        """Count a request; give what refuses it. Answers to interactions are not counted with all the others."""
        now = time.monotonic()
        self.requests += 1
        own, all_of_them = self.bucket(route, major), self.everywhere
        closed = [bucket for bucket in (own, all_of_them) if now < bucket.closed_until and (counted or bucket is own)]
        if closed:
            self._heed(route, any(bucket.unheeded(now) for bucket in closed))
            return Refusal(max(bucket.closed_until for bucket in closed) - now, all_of_them in closed)
        for bucket in (own, all_of_them):
            if (counted or bucket is own) and not bucket.take(now):
                bucket.close(now, bucket.left(now))
                return Refusal(bucket.left(now), bucket is all_of_them)
        return None

    def answered(self, status: int) -> None:
        """Count a reply; too many that are invalid have the address banned."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.refusals += status == 429
        if status not in INVALID:
            return
        now = time.monotonic()
        self._invalid.append(now)
        while self._invalid[0] < now - WINDOW:
            self._invalid.popleft()
        if len(self._invalid) > self.invalid_allowed:
            self._punish(f"banned: more than {self.invalid_allowed} invalid requests in ten minutes")

    def identified(self) -> None:
        """Count a new session; too many of them reset the token."""
        self.identifies += 1
        if self.identifies > self.identifies_allowed:
            self._punish(f"token reset: more than {self.identifies_allowed} identifies a day")

    def sent(self) -> None:
        """Count what the bot sends on the gateway."""
        if self._sends is None:
            self._sends = Bucket(self.sends_allowed)
        if not self._sends.take(time.monotonic()):
            self._punish(f"disconnected: more than {self.sends_allowed.limit} sends a minute")

    def _heed(self, route: str, unheeded: bool) -> None:
        self.unheeded += unheeded
        if self.unheeded > UNHEEDED:
            self._punish(f"429 ignored on {route}")

    def _punish(self, why: str) -> None:
        if why not in self.punished:
            self.punished.append(why)
