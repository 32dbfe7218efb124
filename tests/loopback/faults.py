"""What goes wrong, and when: rules for REST, and what the gateway does to events and sockets."""

import random
import re
from dataclasses import dataclass, field
from typing import Any

DROPPED = 0  # the status of a reply that never comes: the socket is cut


@dataclass(slots=True)
class Rule:
    """Spoil the next `times` requests to a route.

    `after` lets the request take effect first, so that the bot cannot know that it did; then nothing is said for
    `hangs` seconds. `keep` is how many bytes of the reply get through when the socket is cut.
    """

    route: re.Pattern[str]
    status: int
    times: int
    after: bool = False
    delay: float = 0.0
    hangs: float = 0.0
    retry_after: float = 0.0
    everywhere: bool = False
    keep: int = 0


@dataclass(slots=True)
class Faults:
    """Hold the script; every chance is drawn from one seed."""

    seed: int = 7
    rules: list[Rule] = field(default_factory=list)
    duplicated: float = 0.0
    reordered: float = 0.0
    acks: bool = True
    latency: float = 0.0
    slow: float = 0.0
    _dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311 - a script, not a secret

    def spoil(self, route: str, status: int, times: int = 1, **rule: Any) -> None:
        """Answer the next requests to a route (`POST /channels/\\d+/messages`) with a status; 0 cuts the socket."""
        self.rules.append(Rule(re.compile(route), status, times, **rule))

    def rule(self, route: str) -> Rule | None:
        """Give what spoils a request, and use it up."""
        for rule in self.rules:
            if rule.times > 0 and rule.route.fullmatch(route):
                rule.times -= 1
                return rule
        return None

    def pause(self) -> float:
        """Give how long a reply takes."""
        return self.latency + (self._dice.random() * self.slow if self.slow else 0.0)

    def copies(self) -> int:
        """Say how often an event is sent."""
        return 2 if self._dice.random() < self.duplicated else 1

    def holds(self) -> bool:
        """Say whether an event waits until the next one has gone."""
        return self._dice.random() < self.reordered
