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

from bot.languages import N_, _, percent
from bot.render.labels import NAMES, name_of
from bot.render.layout import Layout
from bot.render.text import ACCENT, capital, clip, jump, numbered
from bot.store.audit import ACTIONS, ACTORS, KINDS, Entry, Wanted

PAGE = 10
ROOM = 3600
LINE = 350
DETAIL = 140
TABLE = "hindsight-audit.csv"
COLUMNS = ("entry", "at", "by", "moderator_id", "action", "subject_id", "detail")
PRESS = re.compile(
    r"audit:(?P<what>older|newer|table):(?P<entry>\d+):(?P<actor>[a-z]*):(?P<kind>[a-z]*):(?P<subject>\d*):(?P<since>\d{0,11})"
)
MARKS = {"flags": "🚩", "verdicts": "⚖️", "sanctions": "🔨", "cards": "🕰️", "privacy": "🔒"}
BY = {"bot": "Hindsight", "member": N_("a member")}
BY_WORDS = {"bot": N_("by Hindsight"), "moderator": N_("by moderators"), "member": N_("by members")}
KIND_WORDS = {
    "flags": "Flags: raised, withdrawn, disputed",
    "verdicts": "Verdicts, second opinions, undone ones",
    "sanctions": "Messages deleted, members timed out",
    "cards": "Cards: suggested, posted, removed, hidden",
    "privacy": "Opt-outs and erasures",
    "settings": "Settings, watched channels, live or shadow",
}
KIND_NAMES = {
    "flags": N_("flags"),
    "verdicts": N_("verdicts"),
    "sanctions": N_("sanctions"),
    "cards": N_("cards"),
    "privacy": N_("privacy"),
    "settings": N_("settings"),
}
# What the log writes in English, as the table hands it out; the pages say it in the reader's language.
WORDS = frozenset(
    {
        N_("flag"),
        N_("flag withdrawn"),
        N_("flag reopened"),
        N_("no alert"),
        N_("dispute"),
        N_("verdict"),
        N_("undo"),
        N_("second opinion"),
        N_("sample judged"),
        N_("sample taken back"),
        N_("message deleted"),
        N_("timed out"),
        N_("card suggested"),
        N_("card accepted"),
        N_("card declined"),
        N_("card due"),
        N_("card changed"),
        N_("card in shadow"),
        N_("card posted"),
        N_("card dropped"),
        N_("card withdrawn"),
        N_("card removed"),
        N_("card retracted"),
        N_("card hidden"),
        N_("card empty"),
        N_("cards stopped"),
        N_("cards resumed"),
        N_("opt-out"),
        N_("opt-in"),
        N_("erase"),
        N_("purge"),
        N_("erased by operator"),
        N_("watch"),
        N_("unwatch"),
        N_("unwatch and forget"),
        N_("live"),
        N_("shadow"),
        N_("preset"),
        N_("thresholds"),
        N_("thresholds fitted"),
        N_("thresholds restored"),
        N_("channel thresholds"),
        N_("settings imported"),
        N_("alerts channel"),
        N_("alerts role"),
        N_("retention"),
        N_("claims kept"),
        N_("disputes"),
        N_("digests"),
        N_("label"),
        N_("score"),
        N_("from"),
        N_("model"),
        N_("view"),
        N_("occurrences"),
        N_("fact checks"),
        N_("dismissed"),
        N_("minutes"),
        N_("replies"),
        N_("hour"),
        N_("a day"),
        N_("alerts a day"),
        N_("channels"),
        N_("retention days"),
        N_("claim days"),
    }
)


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
    number = numbered("{number} entry", "{number} entries", page.total)
    head = f"{_('### 📜 Log of decisions')}\n-# {filters_words(page.wanted)} · {number}"
    if not page.entries:
        said = _("Nothing here yet: what I decide, and what moderators decide about it, is written down from now on.")
        found = said if page.wanted == Wanted() else _("Nothing in the log is like that. Try fewer filters.")
        return Layout(discord.ui.TextDisplay(f"{head}\n{found}"))
    lines = "\n".join(line(page.guild_id, entry) for entry in page.entries)
    row: discord.ui.ActionRow[Any] = discord.ui.ActionRow(
        _button(_("Newer"), "newer", page.entries[0].id, page.wanted, disabled=not page.newer),
        _button(_("Older"), "older", page.entries[-1].id, page.wanted, disabled=not page.older),
        _button(_("As a table (CSV)"), "table", 0, page.wanted),
    )
    text = discord.ui.TextDisplay(clip(f"{head}\n{lines}", ROOM))
    return Layout(discord.ui.Container(text, row, accent_color=ACCENT))


def line(guild_id: int, entry: Entry) -> str:
    """Say who decided what when about what."""
    by = f"<@{entry.actor_id}>" if entry.actor_id is not None else _(BY[entry.actor])
    said = _("**{action}** by {by}").format(action=_word(entry.action), by=by)
    parts = [
        f"{_mark(entry.action)} {discord.utils.format_dt(entry.at, 'f')} {said}",
        _subject(guild_id, entry),
    ]
    more = f"\n-# {clip(details(entry), DETAIL)}" if entry.detail else ""
    return clip(" · ".join(part for part in parts if part), LINE - DETAIL) + more


def details(entry: Entry) -> str:
    """Say what else is known of a decision: scores, thresholds, model, settings before and after."""
    parts = []
    for name, value in entry.detail.items():
        words = _word(name.replace("_", " "))
        if isinstance(value, list) and len(value) == 2:
            parts.append(f"{words}: {_said(value[0])} → {_said(value[1])}")
        elif value is not None:
            parts.append(f"{words} {_said(value)}")
    return ", ".join(parts)


def filters_words(wanted: Wanted) -> str:
    """Say which entries are shown."""
    parts = []
    if wanted.actor:
        parts.append(_(BY_WORDS[wanted.actor]))
    if wanted.kind:
        parts.append(_(KIND_NAMES[wanted.kind]))
    if wanted.subject_id:
        parts.append(_("about one message or channel"))
    if wanted.since:
        parts.append(_("since {when}").format(when=discord.utils.format_dt(wanted.since, "f")))
    return capital(", ".join(parts)) if parts else _("All of it, newest first")


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
    link = jump(guild_id, entry.channel_id, entry.subject_id)
    return _("[message]({link}) in {channel}").format(link=link, channel=f"<#{entry.channel_id}>")


def _kind(action: str) -> str | None:
    return next((kind for kind, actions in ACTIONS.items() if action in actions), None)


def _mark(action: str) -> str:
    return MARKS.get(_kind(action) or "", "⚙️")


def _said(value: Any) -> str:
    match value:
        case None:
            return _("none")
        case bool():
            return _("yes") if value else _("no")
        case float():
            return percent(value) if 0 <= value <= 1 else f"{value:g}"
        case dict():
            return ", ".join(f"{_word(name)} {_said(each)}" for name, each in value.items()) or _("none")
        case other:
            return _word(str(other))


def _word(text: str) -> str:
    """Translate a word of the log's own; ids, numbers and versions stand as they are."""
    if text in NAMES:
        return name_of(text)
    return _(text) if text in WORDS else text


def _button(label: str, what: str, entry_id: int, wanted: Wanted, *, disabled: bool = False) -> discord.ui.Button[Any]:
    since = int(wanted.since.timestamp()) if wanted.since else ""
    filters = f"{wanted.actor or ''}:{wanted.kind or ''}:{wanted.subject_id or ''}:{since}"
    return discord.ui.Button(label=label, custom_id=f"audit:{what}:{entry_id}:{filters}", disabled=disabled)
