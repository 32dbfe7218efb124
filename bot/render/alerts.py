"""Alerts, decided alerts and the queue: what moderators see of a flag, and the ids of the buttons under it.

What stands in the moderators' channel is for all of them and thus English, whoever's click changes it; the queue is
one moderator's.
"""

import re
from dataclasses import dataclass
from typing import Any

import discord

from bot.languages import ENGLISH, _, speaking
from bot.queue import ALL, Part
from bot.records import Flag
from bot.render.labels import COLORS, meaning_of, name_of, sureness
from bot.render.layout import Layout
from bot.render.suggestions import invitation
from bot.render.text import LABEL_MARKS, capital, clip, jump, numbered, quote
from models.labels import LABELS

DISMISSED = "dismissed"
OUTSIDE = "alert"
QUEUE = "review"
PRESS = (
    r"(?P<where>alert|review):(?P<flag>\d+):(?P<action>{actions})"
    r"(?::(?P<label>[a-z-]*):(?P<channel>\d*):(?P<asked>[01])(?::(?P<since>\d{{1,11}}))?)?"
)
ADDRESS = re.compile(r"https?://\S+")
REMARK = 30  # characters below which a story's first line hardly says what it is about
FEW = 5  # verdicts below which a record says nothing

Buttons = discord.ui.ActionRow[Any]


@dataclass(frozen=True, slots=True)
class Filters:
    """Hold what a moderator wants to see of the queue."""

    label: str | None = None
    asked: bool = False
    part: Part = ALL

    def __str__(self) -> str:
        channel, since = self.part.for_id()
        return f"{self.label or ''}:{channel}:{int(self.asked)}{since}"


@dataclass(frozen=True, slots=True)
class Place:
    """Hold where a flag is shown in the queue: how many more wait, and the flag decided just before.

    `suggested` counts the cards that wait for a moderator too.
    """

    filters: Filters
    more: int
    before: Flag | None = None
    suggested: int = 0


@dataclass(frozen=True, slots=True)
class Alert:
    """Hold what an alert shows; `text` is None when the message cannot be fetched, and empty when it has none.

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


@speaking(ENGLISH)
def alert_view(alert: Alert, role_id: int | None = None) -> Layout:
    """Show a flag in the moderators' channel; a role that is to look is mentioned above it."""
    body = discord.ui.Container(*_body(alert), *_buttons(alert.flag, None), accent_color=_color(alert.flag))
    return Layout(body) if role_id is None else Layout(discord.ui.TextDisplay(f"<@&{role_id}>"), body)


def review_view(alert: Alert, place: Place) -> Layout:
    """Show a flag as the queue hands it to a moderator."""
    after = numbered("{number} more flag after this one", "{number} more flags after this one", place.more)
    more = f"-# {capital(after) if place.more else _('The last one')}"
    rows = (*_body(alert), discord.ui.TextDisplay(more), *_buttons(alert.flag, place.filters))
    body = discord.ui.Container(*rows, accent_color=_color(alert.flag))
    return Layout(*_just_decided(place), body)


def queue_end(place: Place) -> Layout:
    """Say that nothing is left, or what was skipped."""
    cards = [invitation(place.suggested, place.filters.part)] if place.suggested else []
    if not place.more:
        said = _("### ✨ Nothing waits\nNo flag is left to decide.")
        return Layout(*_just_decided(place), discord.ui.TextDisplay(said), *cards)
    left = numbered(
        "{number} flag that you passed over still waits.",
        "{number} flags that you passed over still wait.",
        place.more,
    )
    said = f"{_('### You are through')}\n{capital(left)}"
    again = _button(_("Start again"), f"{QUEUE}:0:again:{place.filters}")
    return Layout(*_just_decided(place), discord.ui.TextDisplay(said), discord.ui.ActionRow(again), *cards)


@speaking(ENGLISH)
def decided_view(flag: Flag, extra: str = "") -> Layout:
    """Shrink a decided alert to one line with a way back."""
    return Layout(_decided_line(flag, _button(_("Undo"), f"{OUTSIDE}:{flag.id}:undo"), extra))


@speaking(ENGLISH)
def withdrawn_view(flag: Flag) -> Layout:
    """Say that an edit withdrew the flag."""
    said = f"-# ✏️ Edited, and no longer flagged as {flag.label} · {_link(flag)}"
    return Layout(discord.ui.TextDisplay(said))


def gone_view(moderator_id: int | None = None) -> Layout:
    """Say that the flagged message is gone, and who removed it, if a moderator did so here."""
    said = "The message was deleted." if moderator_id is None else f"<@{moderator_id}> deleted the message."
    return Layout(discord.ui.TextDisplay(f"-# 🗑️ {said}"))


def around(story: str | None, parent: str | None) -> str:
    """Say under a reply what it answers, and what its story is about."""
    said = ((_("Answers"), parent or ""), (_("Story"), _headline(story or "")))
    return "\n".join(f"-# **{name}** {quote(text, 180)}" for name, text in said if text.strip())


def _headline(story: str) -> str:
    """Give the first line of a story, and the next where that is only a remark above a link."""
    first, *others = [line.strip() for line in ADDRESS.sub("", story).splitlines() if line.strip()] or [""]
    return " · ".join([first, *others[:1]]) if len(first) < REMARK else first


def verdict_words(flag: Flag) -> str:
    """Say what was decided."""
    if flag.verdict == flag.label:
        said = _("agreed: **{label}**")
    elif flag.verdict == DISMISSED:
        said = _("dismissed: not **{label}**")
    else:
        said = _("changed {label} to **{verdict}**")
    return said.format(label=name_of(flag.label), verdict=name_of(flag.verdict or ""))


def _body(alert: Alert) -> list[discord.ui.Item[Any]]:
    flag = alert.flag
    head = f"### {LABEL_MARKS.get(flag.label, '')} {capital(name_of(flag.label))} · {sureness(flag.score)}"
    place = f"<#{flag.channel_id}>"
    by = _("{author} in {channel}").format(author=f"<@{alert.author_id}>", channel=place) if alert.author_id else place
    link = f"[{_('open')}]({jump(flag.guild_id, flag.channel_id, flag.message_id)})"
    where = f"-# {by} · {discord.utils.format_dt(flag.created_at, 'R')} · {link}"
    unseen = _("*This message can no longer be shown.*") if alert.text is None else _("(no text)")
    said = f"> {quote(alert.text, 900) if alert.text else unseen}"
    under = around(alert.story, alert.parent)
    texts = (f"{head}\n{where}", said, under, _why(alert))
    return [*(discord.ui.TextDisplay(text) for text in texts if text), discord.ui.Separator()]


def _why(alert: Alert) -> str:
    lines = []
    if alert.words:
        lines.append(
            f"-# **{_('Why')}** " + ", ".join(_("“{text}”").format(text=quote(each, 40)) for each in alert.words)
        )
    agreed, decided = alert.right
    if decided >= FEW:
        said = _("-# Moderators agreed with {agreed} of the last {decided} flags for this.")
        lines.append(said.format(agreed=agreed, decided=decided))
    if alert.flag.asked_by is not None:
        lines.append(_("🙋 {moderator} asks for a second opinion.").format(moderator=f"<@{alert.flag.asked_by}>"))
    if alert.flag.disputed_at is not None:
        lines.append(_disputed(alert.flag))
    if alert.last_of_day:
        lines.append(_("-# The last alert of this day: what else is flagged waits in `/review`."))
    return "\n".join(lines)


def _disputed(flag: Flag) -> str:
    if flag.judged_by is None:
        return _("✋ The author disputes this label: another moderator looks again.")
    said = _("✋ The author disputes this label: another moderator looks again, not {first}, who decided first.")
    return said.format(first=f"<@{flag.judged_by}>")


def _buttons(flag: Flag, filters: Filters | None) -> list[Buttons]:
    def custom_id(action: str) -> str:
        return f"{OUTSIDE}:{flag.id}:{action}" if filters is None else f"{QUEUE}:{flag.id}:{action}:{filters}"

    first = [
        _button(_("Agree"), custom_id("agree"), discord.ButtonStyle.success),
        _button(_("Dismiss"), custom_id("dismiss")),
    ]
    if filters is not None:
        first.append(_button(_("Skip"), custom_id("skip")))
    if flag.asked_by is None:
        first.append(_button(_("Second opinion"), custom_id("ask")))
    other: discord.ui.Select[Any] = discord.ui.Select(
        custom_id=custom_id("other"),
        placeholder=_("Other label…"),
        options=[
            discord.SelectOption(
                label=name_of(label), value=label, description=meaning_of(label), emoji=LABEL_MARKS[label]
            )
            for label in LABELS
            if label != flag.label
        ],
    )
    last = (
        _button(_("Delete message"), custom_id("delete"), discord.ButtonStyle.danger),
        _button(_("Time out…"), custom_id("timeout")),
    )
    return [discord.ui.ActionRow(*first), discord.ui.ActionRow(other), discord.ui.ActionRow(*last)]


def _just_decided(place: Place) -> list[discord.ui.Item[Any]]:
    if place.before is None:
        return []
    undo = _button(_("Undo"), f"{QUEUE}:{place.before.id}:undo:{place.filters}")
    return [_decided_line(place.before, undo)]


def _decided_line(flag: Flag, undo: discord.ui.Button[Any], extra: str = "") -> discord.ui.Section[Any]:
    mark = {flag.label: "✅", DISMISSED: "➖"}.get(flag.verdict or "", "🏷️")
    again = f" {_('after the author disputed it')}" if flag.disputed_at is not None else ""
    parts = [f"{mark} <@{flag.decided_by}> {verdict_words(flag)}{again}", clip(extra, 200), _link(flag)]
    if flag.decided_at is not None:
        parts.append(discord.utils.format_dt(flag.decided_at, "R"))
    return discord.ui.Section(" · ".join(part for part in parts if part), accessory=undo)


def _link(flag: Flag) -> str:
    said = _("[message]({link}) in {channel}")
    link = jump(flag.guild_id, flag.channel_id, flag.message_id)
    return said.format(link=link, channel=f"<#{flag.channel_id}>")


def _button(
    label: str, custom_id: str, style: discord.ButtonStyle = discord.ButtonStyle.secondary
) -> discord.ui.Button[Any]:
    return discord.ui.Button(label=label, custom_id=custom_id, style=style)


def _color(flag: Flag) -> discord.Color | None:
    color = COLORS.get(flag.label)
    return discord.Color.from_str(color) if color else None
