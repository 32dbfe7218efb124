"""When a story gets a digest by itself: after its discussion has come to rest, or daily at an hour. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

LATE = timedelta(hours=24)  # a discussion that ended before is left alone, whatever kept the bot away


@dataclass(frozen=True, slots=True)
class Plan:
    """Hold when a server's stories get digests: from how many replies on, and after which rest or at which hour.

    One of `rest` and `hour` (of UTC) is set; `since` is when the server switched it on.
    """

    guild_id: int
    replies: int
    rest: timedelta | None
    hour: int | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Talk:
    """Hold how far a story's discussion has come, and which reply was the newest that its digest condensed (0: none).

    `conversation_id` is the story's message, and `channel_id` where that stands. For a daily digest, replies after
    its hour do not count.
    """

    guild_id: int
    channel_id: int
    conversation_id: int
    replies: int
    latest_id: int
    latest_at: datetime
    told_id: int = 0


def is_due(plan: Plan, talk: Talk, now: datetime) -> bool:
    """Say whether a story's digest is to be made, or made anew because people went on."""
    if talk.replies < plan.replies or talk.latest_id <= talk.told_id or talk.latest_at < plan.since:
        return False
    until = now - plan.rest if plan.rest is not None else counted_until(plan, now)
    return until - LATE <= talk.latest_at <= until


def counted_until(plan: Plan, now: datetime) -> datetime:
    """Say up to when replies count: to now where a discussion must rest, else to the plan's last hour."""
    return now if plan.rest is not None else last_hour(plan.hour or 0, now)


def last_hour(hour: int, now: datetime) -> datetime:
    """Give the last time that the clock (UTC) stood at an hour."""
    at = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    return at if at <= now else at - timedelta(days=1)
