"""What thresholds would flag, and thresholds fitted to a server's own verdicts; pure, without any message's content.

The shipped scores are calibrated: of replies that score 0.7 for a label, 70 % have it, on the reader's test data. A
server's moderators may see it otherwise, so its verdicts bend that line (Platt scaling), the more the more there are.
Labels are then flagged from where they are equally likely to be right, and as often in all as before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.policy import thresholds_for
from bot.records import Judged, Scored, Server, Spread

LEAST_VERDICTS = 50
LEAST_GAIN = 0.02  # of expected precision, below which thresholds are left as they are
LOWEST, HIGHEST = 30, 99  # percents between which thresholds are fitted
SLOPE_SPREAD = 0.5  # how far, one standard deviation, servers are taken to be from the shipped scores
OFFSET_SPREAD = 1.0
STEPS = 50


@dataclass(frozen=True, slots=True)
class Line:
    """Hold how likely a label is right by its score: `logit p = slope · logit score + offset`."""

    slope: float = 1.0
    offset: float = 0.0

    def at(self, percents: np.ndarray) -> np.ndarray:
        """Give the probability at scores in whole percents."""
        return _sigmoid(self.slope * _logit((percents + 0.5) / 100) + self.offset)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Hold thresholds in whole percents as they are and as they fit better, with what both come to.

    `flags_a_day` and the expected `precision` in [0, 1] are (before, after) and leave out channels that have
    thresholds of their own.
    """

    before: Mapping[str, int]
    after: Mapping[str, int]
    flags_a_day: tuple[float, float]
    precision: tuple[float, float]
    verdicts: int


def percents(flags: Mapping[str, float]) -> dict[str, int]:
    """Give thresholds in whole percents."""
    return {label: round(100 * score) for label, score in flags.items()}


def flags_a_day(server: Server, spread: Spread) -> dict[str, float]:
    """Count what a server's thresholds would have flagged a day, by label."""
    held: dict[tuple[int, int], Mapping[str, int]] = {}
    flagged: dict[str, float] = {}
    for row in spread.rows:
        place = (row.channel_id, row.watched_id)
        if place not in held:
            held[place] = percents(thresholds_for(server, *place).flags)
        if row.percent >= held[place].get(row.label, 101):
            flagged[row.label] = flagged.get(row.label, 0.0) + row.count / spread.days
    return flagged


def fit(judged: Sequence[Judged]) -> Line:
    """Fit one label's line to verdicts on it, drawn towards the shipped scores where verdicts are few.

    The most probable line under normal priors on slope (mean 1) and offset (mean 0), by Newton's method.
    """
    scores = _logit(np.array([each.score for each in judged]))
    right = np.array([each.right for each in judged], dtype=float)
    features = np.stack([scores, np.ones_like(scores)], axis=1)
    mean, weight = np.array([1.0, 0.0]), np.array([SLOPE_SPREAD, OFFSET_SPREAD]) ** -2.0
    line = mean.copy()
    for _ in range(STEPS):
        likely = _sigmoid(features @ line)
        slope = features.T @ (right - likely) - weight * (line - mean)
        bend = (features * (likely * (1 - likely))[:, None]).T @ features + np.diag(weight)
        step = np.linalg.solve(bend, slope)
        line = line + step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-9:
            break
    # A line that falls would flag the least sure replies first.
    return Line(max(0.1, float(line[0])), float(line[1]))


def propose(server: Server, judged: Sequence[Judged], spread: Spread) -> Proposal | None:
    """Propose thresholds that flag as much as now and are right more often.

    None with fewer than fifty verdicts on flagged labels, without readings, or where little would be gained.
    """
    before = percents(server.thresholds.flags)
    verdicts = [each for each in judged if each.label in before]
    counts = {label: _counts(server, spread.rows, label) for label in before}
    flags = _flags(counts, before)
    if len(verdicts) < LEAST_VERDICTS or not flags:
        return None
    likely = {label: fit([each for each in verdicts if each.label == label]).at(np.arange(101)) for label in before}
    after = _equally_likely(counts, likely, flags)
    precision = (_precision(counts, likely, before), _precision(counts, likely, after))
    if precision[1] - precision[0] < LEAST_GAIN:
        return None
    daily = (flags / spread.days, _flags(counts, after) / spread.days)
    return Proposal(before, after, daily, precision, len(verdicts))


def _equally_likely(
    counts: Mapping[str, np.ndarray], likely: Mapping[str, np.ndarray], flags: int
) -> Mapping[str, int]:
    """Find the thresholds from which all labels are equally likely right that come closest to so many flags."""
    edges = np.unique(np.concatenate([each[LOWEST : HIGHEST + 1] for each in likely.values()]))
    # Of edges that flag as much, the highest: nothing is known of scores that nothing had.
    cuts = [
        {label: LOWEST + int(np.searchsorted(each[LOWEST:HIGHEST], edge)) for label, each in likely.items()}
        for edge in edges[::-1]
    ]
    return min(cuts, key=lambda cut: abs(_flags(counts, cut) - flags))


def _counts(server: Server, rows: Sequence[Scored], label: str) -> np.ndarray:
    """Count replies by percent where the server's own threshold for a label holds."""
    counts = np.zeros(101)
    for row in rows:
        own = any(label in server.overrides.get(place, {}) for place in (row.channel_id, row.watched_id))
        if row.label == label and not own:
            counts[min(100, row.percent)] += row.count
    return counts


def _flags(counts: Mapping[str, np.ndarray], cut: Mapping[str, int]) -> int:
    return sum(int(counts[label][cut[label] :].sum()) for label in counts)


def _precision(counts: Mapping[str, np.ndarray], likely: Mapping[str, np.ndarray], cut: Mapping[str, int]) -> float:
    right = sum(float((counts[label] * likely[label])[cut[label] :].sum()) for label in counts)
    return right / max(1, _flags(counts, cut))


def _logit(scores: np.ndarray) -> np.ndarray:
    kept = np.clip(scores, 0.01, 0.99)
    return np.log(kept / (1 - kept))


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))
