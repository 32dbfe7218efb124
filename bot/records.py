"""The frozen values that travel between the steps of one message.

Text lives only in these values and only in memory; the store keeps ids, times and numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

import numpy as np

from models.matcher import State as MatchState
from models.reader import Reading

SUGGESTED, DECLINED = "suggested", "declined"  # states of a card that waits for a moderator, or that one refused


class Kind(StrEnum):
    """Say what a message is in its conversation; chat belongs to no story and is left unlabelled."""

    STORY = "story"
    REPLY = "reply"
    CHAT = "chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Hold a message of a watched channel as it came in.

    `channel_id` is where it lies (a thread has its own id), `watched_id` the watched channel above it.
    `links` are the pages it links to, in their one form; `headline` is text that others wrote (embeds,
    forwarded text), `title` what a linked page is called.
    """

    id: int
    guild_id: int
    channel_id: int
    watched_id: int
    author_id: int
    created_at: datetime
    text: str
    edited_at: datetime | None = None
    reply_to: int | None = None
    headline: str = ""
    title: str = ""
    links: tuple[str, ...] = ()
    by_person: bool = True
    in_thread: bool = False
    is_starter: bool = False
    forwarded: bool = False

    @property
    def full_text(self) -> str:
        """Join what the author wrote with what the embed or the forward says."""
        return "\n".join(part for part in (self.text.strip(), self.headline.strip()) if part)


@dataclass(frozen=True, slots=True)
class Placement:
    """Hold which conversation a post belongs to.

    `conversation_id` is the id of the story's message; `loose` is set for a message that neither answers
    another nor stands in a thread: it belongs to the channel's current story unless it is unlike it.
    """

    kind: Kind
    conversation_id: int | None
    parent_id: int | None = None
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """Hold the texts around a post while it is read."""

    story: str | None
    parent: str | None


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Hold a server's policy: which labels are flagged, from what score in [0, 1], and how many alerts a day."""

    flags: Mapping[str, float] = field(default_factory=lambda: {"partisan": 0.6, "off-topic": 0.6})
    claim: float = 0.5
    alerts_a_day: int = 30


@dataclass(frozen=True, slots=True)
class Server:
    """Hold what a server has set.

    Readings are kept `retention_days` (1–30), claims `claim_days` or, when None, as long as their messages.
    `overrides` hold, by channel, forum or thread, the thresholds that are other there; None for never.
    `disputes` lets authors of flagged messages ask for another moderator. New alerts mention `alerts_role_id`, if any.
    """

    guild_id: int
    live: bool = False
    alerts_channel_id: int | None = None
    thresholds: Thresholds = field(default_factory=Thresholds)
    retention_days: int = 30
    claim_days: int | None = None
    overrides: Mapping[int, Mapping[str, float | None]] = field(default_factory=dict)
    disputes: bool = False
    alerts_role_id: int | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Hold one earlier appearance of a claim; `tally` counts the labels in its conversation."""

    message_id: int
    channel_id: int
    conversation_id: int
    at: datetime
    score: float
    state: MatchState
    tally: Mapping[str, int] = field(default_factory=dict)
    contradicts: bool = False


@dataclass(frozen=True, slots=True)
class FactCheck:
    """Hold a public fact-check in its publisher's words; `page` is the one form of `url`."""

    id: int
    page: str
    claim: str
    title: str
    publisher: str
    rating: str
    url: str
    published: date | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """Hold a fact-check and how surely it is about the same claim; its claim may deny what was said."""

    found: FactCheck
    score: float
    state: MatchState
    contradicts: bool = False


@dataclass(frozen=True, slots=True)
class Flag:
    """Hold a reply that policy sends to moderators.

    `quiet` is set for one that waits in the queue without an alert; it is None until that is settled.
    `asked_by` is the moderator who wants a second opinion. `disputed_at` is when the author disputed the label, and
    `judged_by` the moderator whose verdict that was about.
    """

    id: int
    guild_id: int
    channel_id: int
    message_id: int
    conversation_id: int | None
    label: str
    score: float
    created_at: datetime
    state: str = "open"
    verdict: str | None = None
    decided_by: int | None = None
    decided_at: datetime | None = None
    alert_channel_id: int | None = None
    alert_message_id: int | None = None
    quiet: bool | None = None
    asked_by: int | None = None
    disputed_at: datetime | None = None
    judged_by: int | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """Hold what a moderator said of a label that the model gave; `verdict` is a label or "dismissed"."""

    label: str
    score: float
    verdict: str

    @property
    def right(self) -> bool:
        """Say whether the model's label was right."""
        return self.verdict == self.label


@dataclass(frozen=True, slots=True)
class Scored:
    """Hold how many replies of a place got a label with a score, in whole percents rounded down.

    `channel_id` is the channel or thread where they stand, or 0 where that makes no difference to policy.
    """

    channel_id: int
    watched_id: int
    label: str
    percent: int
    count: int


@dataclass(frozen=True, slots=True)
class Spread:
    """Hold how a server's replies were scored over some days, without saying which they are."""

    days: int
    rows: Sequence[Scored]


@dataclass(frozen=True, slots=True)
class Stratum:
    """Hold replies that the model gave one label: how many, flagged or not, and what a part was judged to be."""

    label: str
    flagged: bool
    size: int
    verdicts: Mapping[str, int] = field(default_factory=dict)

    @property
    def judged(self) -> int:
        """Count those that moderators judged."""
        return sum(self.verdicts.values())


@dataclass(frozen=True, slots=True)
class Sample:
    """Hold a reply that was not flagged and that moderators are asked to judge; label and score are the model's."""

    message_id: int
    guild_id: int
    channel_id: int
    label: str
    score: float
    verdict: str | None = None
    decided_by: int | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """Hold a card, due, posted or suggested: the claim it answers, the occurrences and fact-checks that it shows."""

    id: int
    guild_id: int
    channel_id: int
    message_id: int
    conversation_id: int
    occurrences: tuple[Occurrence, ...]
    created_at: datetime
    state: str = "pending"
    posted_id: int | None = None
    checked: tuple[Checked, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """Hold what policy decides about one message: a pure function of reading, matches and the server.

    `flag_from` is the score from which its label is flagged there.
    """

    kind: Kind
    labelled: bool
    flag_label: str | None = None
    flag_score: float = 0.0
    flag_from: float | None = None
    is_claim: bool = False
    card: bool = False


@dataclass(frozen=True, slots=True)
class Public:
    """Point at a message of the bot's own that shows a message which is gone or was changed.

    `kind` is `card`, `alert` or `digest`; `context` for an alert that is to be made anew from its flag; `quoted` for
    all cards that show a changed message, whose id it holds. `posted_id` is None where the bot stopped before it knew
    whether it had posted.
    """

    kind: str
    id: int
    channel_id: int
    posted_id: int | None
    guild_id: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold what became of one message, for the edge to act on."""

    post: Post
    placement: Placement
    reading: Reading | None
    decision: Decision
    flag: Flag | None = None
    card: Card | None = None
    withdrawn_flag: Flag | None = None
    withdrawn_card: Card | None = None
    changed_card: Card | None = None
    flag_opened: bool = False  # no alert of it can have been posted before
    left: tuple[Public, ...] = ()  # what shows the message as it was


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """Hold a claim: a unit vector (384 float32) and a reference to its message, never its text."""

    guild_id: int
    channel_id: int
    message_id: int
    conversation_id: int
    at: datetime
    vector: np.ndarray
    urls: tuple[str, ...] = ()
