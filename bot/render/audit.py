"""The log of decisions: a page of it in words, and all of it as a table for other programs."""

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import discord

from bot.render.layout import Layout
from bot.render.text import ACCENT, clip, count, jump
from bot.store.audit import ACTIONS, ACTORS, KINDS, Entry, Wanted

PAGE = 10
ROOM = 3600
LINE = 330
DETAIL = 140
TABLE = "hindsight-audit.csv"
COLUMNS = ("entry", "at", "by", "moderator_id", "action", "subject_id", "detail")
PRESS = re.compile(
    r"audit:(?P<what>older|newer|table):(?P<entry>\d+):(?P<actor>[a-z]*):(?P<kind>[a-z]*):(?P<subject>\d*):(?P<since>\d{0,11})"
)
MARKS = {"flags": "🚩", "verdicts": "⚖️", "sanctions": "🔨", "cards": "🕰️", "privacy": "🔒"}
BY = {"bot": "Hindsight", "member": "a member"}
KIND_WORDS = {
    "flags": "Flags: raised, withdrawn, disputed",
    "verdicts": "Verdicts, second opinions, undone ones",
    "sanctions": "Messages deleted, members timed out",
    "cards": "Cards: due, posted, removed, hidden",
    "privacy": "Opt-outs and erasures",
    "settings": "Settings, watched channels, live or shadow",
}


@dataclass(frozen=True, slots=True)
class Page:
    """Hold a page of the log: its entries, newest first, and whether older and newer ones follow."""

    guild_id: int
    entries: Sequence[Entry]
    wanted: Wanted
    total: int
    older: bool = False
    newer: bool = False


def audit_view(page: Page) -> Layout:
    """Show a page of the log."""
    number = count(page.total, "entry" if page.total == 1 else "entries")
    head = f"### 📜 Log of decisions\n-# {filters_words(page.wanted)} · {number}"
    if not page.entries:
        said = "Nothing here yet: what I decide, and what moderators decide about it, is written down from now on."
        found = said if page.wanted == Wanted() else "Nothing in the log is like that. Try fewer filters."
        return Layout(discord.ui.TextDisplay(f"{head}\n{found}"))
    lines = "\n".join(line(page.guild_id, entry) for entry in page.entries)
    row: discord.ui.ActionRow[Any] = discord.ui.ActionRow(
        _button("Newer", "newer", page.entries[0].id, page.wanted, disabled=not page.newer),
        _button("Older", "older", page.entries[-1].id, page.wanted, disabled=not page.older),
        _button("As a table (CSV)", "table", 0, page.wanted),
    )
    text = discord.ui.TextDisplay(clip(f"{head}\n{lines}", ROOM))
    return Layout(discord.ui.Container(text, row, accent_color=ACCENT))


def line(guild_id: int, entry: Entry) -> str:
    """Say who decided what when about what."""
    by = f"<@{entry.actor_id}>" if entry.actor_id is not None else BY[entry.actor]
    parts = [
        f"{_mark(entry.action)} {discord.utils.format_dt(entry.at, 'f')} **{entry.action}** by {by}",
        _subject(guild_id, entry),
        clip(details(entry), DETAIL),
    ]
    return clip(" · ".join(part for part in parts if part), LINE)


def details(entry: Entry) -> str:
    """Say what else is known of a decision: scores, thresholds, model, settings before and after."""
    parts = []
    for name, value in entry.detail.items():
        words = name.replace("_", " ")
        if isinstance(value, list) and len(value) == 2:
            parts.append(f"{words}: {_said(value[0])} → {_said(value[1])}")
        elif value is not None:
            parts.append(f"{words} {_said(value)}")
    return ", ".join(parts)


def filters_words(wanted: Wanted) -> str:
    """Say which entries are shown."""
    parts = []
    if wanted.actor:
        parts.append({"bot": "by Hindsight", "moderator": "by moderators", "member": "by members"}[wanted.actor])
    if wanted.kind:
        parts.append(wanted.kind)
    if wanted.subject_id:
        parts.append("about one message or channel")
    if wanted.since:
        parts.append(f"since {discord.utils.format_dt(wanted.since, 'f')}")
    return ", ".join(parts).capitalize() if parts else "All of it, newest first"


def table(entries: Iterable[Entry]) -> str:
    """Write entries as CSV, with a head and times in UTC."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for entry in entries:
        at = entry.at.astimezone(UTC).isoformat(timespec="seconds")
        detail = json.dumps(dict(entry.detail), sort_keys=True)
        moderator, subject = entry.actor_id or "", entry.subject_id or ""
        rows.writerow((entry.id, at, entry.actor, moderator, entry.action, subject, detail))
    return written.getvalue()


def wanted_of(match: re.Match[str]) -> Wanted:
    """Give back the filters that stand in the id of a button."""
    since = match["since"]
    return Wanted(
        match["actor"] if match["actor"] in ACTORS else None,
        match["kind"] if match["kind"] in KINDS else None,
        int(match["subject"]) if match["subject"] else None,
        datetime.fromtimestamp(int(since), UTC) if since else None,
    )


def _subject(guild_id: int, entry: Entry) -> str:
    if entry.subject_id is None:
        return ""
    if entry.channel_id is None:
        return f"<#{entry.subject_id}>"
    return f"[message]({jump(guild_id, entry.channel_id, entry.subject_id)}) in <#{entry.channel_id}>"


def _kind(action: str) -> str | None:
    return next((kind for kind, actions in ACTIONS.items() if action in actions), None)


def _mark(action: str) -> str:
    return MARKS.get(_kind(action) or "", "⚙️")


def _said(value: Any) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.0%}" if 0 <= value <= 1 else f"{value:g}"
        case dict():
            return ", ".join(f"{name} {_said(each)}" for name, each in value.items()) or "none"
        case _:
            return str(value)


def _button(label: str, what: str, entry_id: int, wanted: Wanted, *, disabled: bool = False) -> discord.ui.Button[Any]:
    since = int(wanted.since.timestamp()) if wanted.since else ""
    filters = f"{wanted.actor or ''}:{wanted.kind or ''}:{wanted.subject_id or ''}:{since}"
    return discord.ui.Button(label=label, custom_id=f"audit:{what}:{entry_id}:{filters}", disabled=disabled)
