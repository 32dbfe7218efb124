"""Alerts, decided alerts and the queue: what moderators see of a flag, and the ids of the buttons under it."""

import re
from dataclasses import dataclass
from typing import Any

import discord

from bot.languages import N_
from bot.records import Flag
from bot.render.layout import Layout
from bot.render.text import LABEL_MARKS, clip, count, jump, quote
from models.labels import LABELS

DISMISSED = "dismissed"
OUTSIDE = "alert"
QUEUE = "review"
PRESS = (
    r"(?P<where>alert|review):(?P<flag>\d+):(?P<action>{actions})"
    r"(?::(?P<label>[a-z-]*):(?P<channel>\d*):(?P<asked>[01]))?"
)
COLORS = {
    "partisan": discord.Color.from_str("#d9534f"),
    "off-topic": discord.Color.from_str("#8e7cc3"),
    "skeptical": discord.Color.from_str("#e0a030"),
    "informative": discord.Color.from_str("#4caf7a"),
}
MEANINGS = {
    "skeptical": N_("doubts the story, its source or a claim, or asks for proof"),
    "partisan": N_("takes or attacks a political side"),
    "off-topic": N_("is not about the story or the discussion"),
    "informative": N_("adds something checkable: a fact, figure or source"),
    "none": N_("an ordinary reply: a reaction, an opinion, thanks"),
}
SURENESS = (
    (0.9, N_("very sure")),
    (0.75, N_("fairly sure")),
    (0.6, N_("leaning that way")),
    (0.0, N_("little more than a guess")),
)
ADDRESS = re.compile(r"https?://\S+")
FEW = 5  # verdicts below which a record says nothing

Buttons = discord.ui.ActionRow[Any]


@dataclass(frozen=True, slots=True)
class Filters:
    """Hold what a moderator wants to see of the queue."""

    label: str | None = None
    channel_id: int | None = None
    asked: bool = False

    def __str__(self) -> str:
        return f"{self.label or ''}:{self.channel_id or ''}:{int(self.asked)}"


@dataclass(frozen=True, slots=True)
class Place:
    """Hold where a flag is shown in the queue: how many more wait, and the flag decided just before."""

    filters: Filters
    more: int
    before: Flag | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """Hold what an alert shows; `text` is None when the message cannot be fetched.

    `right` counts how often moderators agreed with this label lately, among how many verdicts.
    """

    flag: Flag
    text: str | None
    author_id: int | None = None
    words: tuple[str, ...] = ()
    story: str | None = None
    parent: str | None = None
    right: tuple[int, int] = (0, 0)
    last_of_day: bool = False


def alert_view(alert: Alert) -> Layout:
    """Show a flag in the moderators' channel."""
    body = discord.ui.Container(*_body(alert), *_buttons(alert.flag, None), accent_color=_color(alert.flag))
    return Layout(body)


def review_view(alert: Alert, place: Place) -> Layout:
    """Show a flag as the queue hands it to a moderator."""
    more = f"-# {count(place.more, 'flag').capitalize()} more after this one" if place.more else "-# The last one"
    rows = (*_body(alert), discord.ui.TextDisplay(more), *_buttons(alert.flag, place.filters))
    body = discord.ui.Container(*rows, accent_color=_color(alert.flag))
    return Layout(*_just_decided(place), body)


def queue_end(place: Place) -> Layout:
    """Say that nothing is left, or what was skipped."""
    if not place.more:
        return Layout(*_just_decided(place), discord.ui.TextDisplay("### ✨ Nothing waits\nThe queue is empty."))
    said = f"### You are through\n{count(place.more, 'flag').capitalize()} that you passed over still "
    said += "waits." if place.more == 1 else "wait."
    again = _button("Start again", f"{QUEUE}:0:again:{place.filters}")
    return Layout(*_just_decided(place), discord.ui.TextDisplay(said), discord.ui.ActionRow(again))


def decided_view(flag: Flag, extra: str = "") -> Layout:
    """Shrink a decided alert to one line with a way back."""
    return Layout(_decided_line(flag, _button("Undo", f"{OUTSIDE}:{flag.id}:undo"), extra))


def withdrawn_view(flag: Flag) -> Layout:
    """Say that an edit withdrew the flag."""
    said = f"-# ✏️ Edited, and no longer flagged as {flag.label} · {_link(flag)}"
    return Layout(discord.ui.TextDisplay(said))


def gone_view(moderator_id: int | None = None) -> Layout:
    """Say that the flagged message is gone, and who removed it, if a moderator did so here."""
    said = "The message was deleted." if moderator_id is None else f"<@{moderator_id}> deleted the message."
    return Layout(discord.ui.TextDisplay(f"-# 🗑️ {said}"))


def verdict_words(flag: Flag) -> str:
    """Say what was decided."""
    if flag.verdict == flag.label:
        return f"agreed: **{flag.label}**"
    if flag.verdict == DISMISSED:
        return f"dismissed: not **{flag.label}**"
    return f"changed {flag.label} to **{flag.verdict}**"


def sureness(score: float) -> str:
    """Say how sure a score in [0, 1] is, as a percentage and in words."""
    return f"{score:.0%}, {sure_words(score)}"


def sure_words(score: float) -> str:
    """Say how sure a score in [0, 1] is, in words that are yet to be translated."""
    return next(words for least, words in SURENESS if score >= least)


def _body(alert: Alert) -> list[discord.ui.Item[Any]]:
    flag = alert.flag
    head = f"### {LABEL_MARKS.get(flag.label, '')} {flag.label.capitalize()} · {sureness(flag.score)}"
    by = f"<@{alert.author_id}> in " if alert.author_id else ""
    link = f"[open]({jump(flag.guild_id, flag.channel_id, flag.message_id)})"
    where = f"-# {by}<#{flag.channel_id}> · {discord.utils.format_dt(flag.created_at, 'R')} · {link}"
    said = f"> {quote(alert.text, 900)}" if alert.text else "> *This message can no longer be shown.*"
    under = "\n".join(f"-# **{name}** {quote(text, 180)}" for name, text in _around(alert))
    texts = (f"{head}\n{where}", said, under, _why(alert))
    return [*(discord.ui.TextDisplay(text) for text in texts if text), discord.ui.Separator()]


def _around(alert: Alert) -> list[tuple[str, str]]:
    around = (("Answers", alert.parent), ("Story", ADDRESS.sub("", alert.story or "")))
    return [(name, text) for name, text in around if text and text.strip()]


def _why(alert: Alert) -> str:
    lines = []
    if alert.words:
        lines.append("-# **Why** " + ", ".join(f"“{quote(word, 40)}”" for word in alert.words))
    agreed, decided = alert.right
    if decided >= FEW:
        lines.append(f"-# Moderators agreed with {agreed} of the last {decided} flags for this.")
    if alert.flag.asked_by is not None:
        lines.append(f"🙋 <@{alert.flag.asked_by}> asks for a second opinion.")
    if alert.flag.disputed_at is not None:
        lines.append(_disputed(alert.flag))
    if alert.last_of_day:
        lines.append("-# The last alert of this day: what else is flagged waits in `/review`.")
    lines.append(f"-# **Who decides** anyone with Manage Messages in <#{alert.flag.channel_id}>")
    return "\n".join(lines)


def _disputed(flag: Flag) -> str:
    other = f", not <@{flag.judged_by}>, who decided first" if flag.judged_by is not None else ""
    return f"✋ The author disputes this label: another moderator looks again{other}."


def _buttons(flag: Flag, filters: Filters | None) -> list[Buttons]:
    def custom_id(action: str) -> str:
        return f"{OUTSIDE}:{flag.id}:{action}" if filters is None else f"{QUEUE}:{flag.id}:{action}:{filters}"

    first = [
        _button("Agree", custom_id("agree"), discord.ButtonStyle.success),
        _button("Dismiss", custom_id("dismiss")),
    ]
    if filters is not None:
        first.append(_button("Skip", custom_id("skip")))
    if flag.asked_by is None:
        first.append(_button("Second opinion", custom_id("ask")))
    other: discord.ui.Select[Any] = discord.ui.Select(
        custom_id=custom_id("other"),
        placeholder="Other label…",
        options=[
            discord.SelectOption(label=label, description=MEANINGS[label], emoji=LABEL_MARKS[label])
            for label in LABELS
            if label != flag.label
        ],
    )
    last = (
        _button("Delete message", custom_id("delete"), discord.ButtonStyle.danger),
        _button("Time out…", custom_id("timeout")),
    )
    return [discord.ui.ActionRow(*first), discord.ui.ActionRow(other), discord.ui.ActionRow(*last)]


def _just_decided(place: Place) -> list[discord.ui.Item[Any]]:
    if place.before is None:
        return []
    undo = _button("Undo", f"{QUEUE}:{place.before.id}:undo:{place.filters}")
    return [_decided_line(place.before, undo)]


def _decided_line(flag: Flag, undo: discord.ui.Button[Any], extra: str = "") -> discord.ui.Section[Any]:
    mark = {flag.label: "✅", DISMISSED: "➖"}.get(flag.verdict or "", "🏷️")
    again = " after the author disputed it" if flag.disputed_at is not None else ""
    parts = [f"{mark} <@{flag.decided_by}> {verdict_words(flag)}{again}", clip(extra, 200), _link(flag)]
    if flag.decided_at is not None:
        parts.append(discord.utils.format_dt(flag.decided_at, "R"))
    return discord.ui.Section(" · ".join(part for part in parts if part), accessory=undo)


def _link(flag: Flag) -> str:
    return f"[message]({jump(flag.guild_id, flag.channel_id, flag.message_id)}) in <#{flag.channel_id}>"


def _button(
    label: str, custom_id: str, style: discord.ButtonStyle = discord.ButtonStyle.secondary
) -> discord.ui.Button[Any]:
    return discord.ui.Button(label=label, custom_id=custom_id, style=style)


def _color(flag: Flag) -> discord.Color | None:
    return COLORS.get(flag.label)
