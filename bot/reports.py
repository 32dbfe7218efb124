"""What flags were worth: how often they were right, and how much they missed; pure.

How often flags are right shows in the verdicts on them. What was missed shows only in replies that were not flagged:
moderators judge a small random part of them, as many of rare labels as of common ones, so each kind counts as much as
it is large (a stratified sample).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import sqrt

import numpy as np

from bot.records import Server, Stratum
from bot.store.reports import Happened
from bot.tuning import Proposal

SAMPLE = 20  # replies drawn at once, and judged before anything is said of what was missed
LEAST_OF_KIND = 2
SMALL = 0.01  # share of the unflagged below which a kind may go unjudged
NORMAL = 1.96  # standard deviations that hold 95 %
DRAWS = 4000


@dataclass(frozen=True, slots=True)
class Share:
    """Hold a share in [0, 1] with its 95 % interval, and how many judgements it rests on."""

    value: float
    low: float
    high: float
    judged: int


@dataclass(frozen=True, slots=True)
class Report:
    """Hold what happened since a day, flagged and posted or not: what `/report` shows.

    `right` and `found` are by label: the share of its flags that were right, and the share of what moderators would
    give that label that was flagged; a label is missing where too little was judged.
    """

    server: Server
    since: date
    until: date
    happened: Happened
    strata: Sequence[Stratum]
    right: Mapping[str, Share]
    found: Mapping[str, Share]
    proposal: Proposal | None
    verdicts: int

    @property
    def days(self) -> int:
        """Count the days."""
        return max(1, (self.until - self.since).days)

    @property
    def days_read(self) -> int:
        """Count those of the days on which the bot was reading."""
        began = self.happened.began
        return self.days if began is None else max(1, min(self.days, (self.until - began.date()).days))

    @property
    def sampled(self) -> int:
        """Count the unflagged replies that were judged."""
        return sum(each.judged for each in self.strata if not each.flagged)


def window(days: int, server: Server, now: datetime) -> datetime:
    """Give the time from which a report counts: flags and readings are kept no longer than the server wants."""
    return now - timedelta(days=min(days, server.retention_days))


def report(
    server: Server,
    since: datetime,
    now: datetime,
    happened: Happened,
    strata: Sequence[Stratum],
    proposal: Proposal | None,
    verdicts: int,
) -> Report:
    """Say what flags were worth; `verdicts` counts those from which thresholds can be fitted."""
    labels = sorted({each.label for each in strata if each.flagged})
    shares = {label: precision(label, strata) for label in labels}
    recalls = {label: recall(label, strata) for label in labels}
    return Report(
        server,
        since.date(),
        now.date(),
        happened,
        strata,
        {label: share for label, share in shares.items() if share is not None},
        {label: share for label, share in recalls.items() if share is not None},
        proposal,
        verdicts,
    )


def precision(label: str, strata: Sequence[Stratum]) -> Share | None:
    """Give how often flags for a label were right, with Wilson's interval; None without verdicts."""
    flagged = [each for each in strata if each.flagged and each.label == label]
    judged = sum(each.judged for each in flagged)
    if not judged:
        return None
    right = sum(each.verdicts.get(label, 0) for each in flagged) / judged
    middle = right + NORMAL**2 / (2 * judged)
    reach = NORMAL * sqrt(right * (1 - right) / judged + (NORMAL / (2 * judged)) ** 2)
    whole = 1 + NORMAL**2 / judged
    # Rounding must not put the share outside its own interval.
    low, high = min(right, (middle - reach) / whole), max(right, (middle + reach) / whole)
    return Share(right, max(0.0, low), min(1.0, high), judged)


def recall(label: str, strata: Sequence[Stratum]) -> Share | None:
    """Estimate how much of what has a label was flagged for it; None until every kind of reply was judged enough.

    Each stratum's share is drawn from what its verdicts allow (Jeffreys' posterior) and counts by its size; the value
    is the median, the interval holds 95 %.
    """
    unflagged = [each for each in strata if not each.flagged and each.size]
    flagged = [each for each in strata if each.flagged and each.size]
    sampled, whole = sum(each.judged for each in unflagged), sum(each.size for each in unflagged)
    unknown = any(not each.judged and each.size > SMALL * whole for each in unflagged)
    own = sum(each.judged for each in flagged if each.label == label)
    if unknown or not own or sampled < min(SAMPLE, whole):
        return None
    random = np.random.default_rng(0)
    found, missed = np.zeros(DRAWS), np.zeros(DRAWS)
    for each in [each for each in (*flagged, *unflagged) if each.judged]:
        has = each.verdicts.get(label, 0)
        drawn = each.size * random.beta(has + 0.5, each.judged - has + 0.5, DRAWS)
        if each.flagged and each.label == label:
            found += drawn
        else:
            missed += drawn
    low, value, high = np.quantile(found / (found + missed), (0.025, 0.5, 0.975))
    return Share(float(value), float(low), float(high), own + sampled)


def draw(waiting: Mapping[str, Sequence[int]], random: np.random.Generator, size: int = SAMPLE) -> list[int]:
    """Draw messages at random, some with every label; common labels give more, but not as much more as they are.

    `waiting` lists message ids by the model's label.
    """
    kinds = {label: ids for label, ids in waiting.items() if ids}
    weights = {label: sqrt(len(ids)) for label, ids in kinds.items()}
    drawn: list[int] = []
    for label, ids in kinds.items():
        wanted = max(LEAST_OF_KIND, round(size * weights[label] / sum(weights.values())))
        drawn += random.choice(ids, min(wanted, len(ids)), replace=False).tolist()
    return drawn
