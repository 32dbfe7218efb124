"""Pure decisions: is it chat, is it a claim, is it flagged, does it get a card?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from bot.records import Checked, Decision, Flag, Kind, MatchState, Occurrence, Placement, Server, Thresholds
from models.labels import UNSURE
from models.reader import Reading

CHAT_BELOW = 0.04  # cosine to the story under which a loose message is chat: 5 % of real replies, 35 % of strangers
CHAT_WORDS = 8  # shorter loose messages are reactions: too little text to be unlike anything
EVENT_WORDS = 12  # a person's loose message of so many words, surely a claim, reports an event
EVENT_CLAIM = 0.8
CARDS_UNWANTED = 3  # of a channel's last ten, removed by moderators: it gets no more
VOTES = 5  # on a card before it may hide
CHECKS = 2  # fact-checks on a card
SUGGESTIONS = 3  # occurrences on a card that moderators are asked about
UNDO_WITHIN = timedelta(days=30)
STANDARD = "standard"
PRESETS: Mapping[str, Thresholds] = {
    "quiet": Thresholds({"partisan": 0.85, "off-topic": 0.9}, alerts_a_day=10),
    STANDARD: Thresholds(),
    "strict": Thresholds({"partisan": 0.45, "off-topic": 0.45}, alerts_a_day=100),
}


@dataclass(frozen=True, slots=True)
class Pace:
    """Hold how old a message is too old for a card or an alert, and how long a channel rests between two cards."""

    stale_after: timedelta = timedelta(hours=1)
    card_pause: timedelta = timedelta(minutes=10)


PACE = Pace()


def may_be_chat(placement: Placement, words: int, reading: Reading) -> bool:
    """Say whether a loose message does nothing under the current story; its likeness to it has to be looked at then."""
    return placement.loose and words >= CHAT_WORDS and reading.label not in ("skeptical", "partisan", "informative")


def is_chat(likeness: float) -> bool:
    """Say whether such a message is unlike the story (`likeness` is a cosine)."""
    return likeness < CHAT_BELOW


def reports_event(placement: Placement, words: int, reading: Reading) -> bool:
    """Say whether a loose message under no story is one itself: it reports an event without a link."""
    return placement.kind is Kind.CHAT and placement.loose and words >= EVENT_WORDS and reading.claim >= EVENT_CLAIM


def thresholds_for(server: Server, *places: int) -> Thresholds:
    """Give the thresholds that hold in `places`, from the inside out: the thread, then its channel or forum.

    A label that a place says nothing of is taken from the place around it, and at last from the server.
    """
    flags: dict[str, float | None] = dict(server.thresholds.flags)
    for place in reversed(places):
        flags |= server.overrides.get(place, {})
    return replace(server.thresholds, flags={label: score for label, score in flags.items() if score is not None})


def decide(kind: Kind, reading: Reading | None, thresholds: Thresholds) -> Decision:
    """Decide what a message's reading means under the thresholds that hold where it stands."""
    if kind is Kind.CHAT or reading is None:
        return Decision(Kind.CHAT, labelled=False)
    if kind is Kind.STORY:
        return Decision(kind, labelled=True, is_claim=True)
    claim = reading.claim >= thresholds.claim and reading.label in ("informative", "none", "skeptical")
    threshold = thresholds.flags.get(reading.label)
    score = reading.scores.get(reading.label, 0.0)
    if reading.label == UNSURE or threshold is None or score < threshold:
        return Decision(kind, labelled=True, is_claim=claim)
    return Decision(
        kind, labelled=True, flag_label=reading.label, flag_score=score, flag_from=threshold, is_claim=claim
    )


def is_stale(created_at: datetime, now: datetime, pace: Pace = PACE) -> bool:
    """Say whether a message is too old for a card or an alert of its own accord."""
    return now - created_at > pace.stale_after


def card_is_due(
    found: Sequence[Occurrence | Checked],
    created_at: datetime,
    last_card: datetime | None,
    now: datetime,
    pace: Pace = PACE,
) -> bool:
    """Say whether sure earlier occurrences or fact-checks deserve a card now: fresh, and not one of many."""
    if is_stale(created_at, now, pace) or not found:
        return False
    # A card of the future was made before the clock was put back.
    return last_card is None or not last_card <= now < last_card + pace.card_pause


def shown(occurrences: Sequence[Occurrence]) -> tuple[Occurrence, ...]:
    """Keep what a card may show by itself: suggested occurrences are for those who ask, and for moderators."""
    return tuple(found for found in occurrences if found.state is MatchState.CONFIRMED)


def suggested(
    occurrences: Sequence[Occurrence], kind: Kind, created_at: datetime, now: datetime, pace: Pace = PACE
) -> bool:
    """Say whether moderators are asked about what may be a claim's occurrences: for a fresh story only."""
    return kind is Kind.STORY and bool(occurrences) and not is_stale(created_at, now, pace)


def surest(occurrences: Sequence[Occurrence]) -> tuple[Occurrence, ...]:
    """Keep the few likeliest of those that a suggested card shows, oldest first."""
    likeliest = sorted(occurrences, key=lambda found: -found.score)[:SUGGESTIONS]
    return tuple(sorted(likeliest, key=lambda found: found.at))


def shown_checks(checked: Sequence[Checked], links: Sequence[str]) -> tuple[Checked, ...]:
    """Keep the fact-checks that a card may show: sure ones, apart from those that the message itself links to."""
    sure = (found for found in checked if found.state is MatchState.CONFIRMED and found.found.page not in links)
    return tuple(islice(sure, CHECKS))


def cards_stop(removed: int) -> bool:
    """Say whether a channel gets no more cards, by how many of its last ten moderators removed."""
    return removed >= CARDS_UNWANTED


def hides(helpful: int, unhelpful: int) -> bool:
    """Say whether members' votes hide a card: at least five, and most of them against it."""
    return helpful + unhelpful >= VOTES and unhelpful > helpful


def preset_of(thresholds: Thresholds) -> str | None:
    """Name the preset that a server follows; None when its thresholds are its own."""
    return next((name for name, preset in PRESETS.items() if preset == thresholds), None)


def may_dispute(server: Server, flag: Flag | None) -> bool:
    """Say whether the author of a message may ask for another moderator: once, about a label that stands."""
    if not server.disputes or flag is None or flag.disputed_at is not None:
        return False
    return flag.state == "open" or (flag.state == "decided" and flag.verdict not in ("dismissed", "none"))


def can_undo(decided_at: datetime | None, now: datetime) -> bool:
    """Say whether a verdict can still be taken back."""
    return decided_at is not None and now - decided_at <= UNDO_WITHIN
