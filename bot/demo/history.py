"""The invented server's past and present, read from ``history.toml``."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from bot.importing_reviews import to_fact_check
from bot.records import FactCheck

FILE = Path(__file__).with_name("history.toml")


@dataclass(frozen=True, slots=True)
class Reply:
    """Say who answers, how long after the message before, and which message (0: the story, n: reply n)."""

    after: timedelta
    author: str
    text: str
    to: int | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """Hold one story as it is posted: what the poster wrote, the link and what the link's page says."""

    channel: str
    at: datetime
    author: str
    replies: tuple[Reply, ...]
    title: str = ""
    lede: str = ""
    text: str = ""
    url: str = ""

    @property
    def content(self) -> str:
        return "\n".join(part for part in (self.text, self.url) if part)

    @property
    def embeds(self) -> list[dict[str, str]]:
        """Return what Discord makes of the link."""
        if not self.url:
            return []
        return [{"type": "article", "url": self.url, "title": self.title, "description": self.lede}]


@dataclass(frozen=True)
class History:
    """Hold everything that was said before the demo begins, what is said while it runs, and what others checked."""

    present: datetime
    members: dict[str, str]
    past: tuple[Story, ...]
    live: tuple[Story, ...]
    fact_checks: tuple[FactCheck, ...]

    @cached_property
    def begins(self) -> datetime:
        return min(story.at for story in self.past)

    def timeline(self) -> Iterator[tuple[datetime, Story, Reply | None]]:
        """Yield the past in the order in which it was said; a story comes with no reply."""
        lines: list[tuple[datetime, Story, Reply | None]] = []
        for story in self.past:
            at = story.at
            lines.append((at, story, None))
            for reply in story.replies:
                at += reply.after
                lines.append((at, story, reply))
        yield from sorted(lines, key=lambda line: line[0])


def load(file: Path = FILE) -> History:
    """Read a history; a field that is missing or misspelt raises TypeError and names itself."""
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    return History(
        present=data["present"],
        members=data["members"],
        past=tuple(_story(entry) for entry in data["story"]),
        live=tuple(_story(entry) for entry in data["live"]),
        fact_checks=tuple(to_fact_check(entry, file.name) for entry in data["fact_check"]),
    )


def _story(entry: dict) -> Story:
    replies = tuple(Reply(timedelta(minutes=minutes), *rest) for minutes, *rest in entry.pop("replies"))
    return Story(**entry, replies=replies)
