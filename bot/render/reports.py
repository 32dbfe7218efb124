"""What flags and cards there were or would have been, as a picture and in words, and a sample to judge."""

import io
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import discord

from bot.languages import N_, _, decimal, percent, plural, short_day, tenths
from bot.records import Sample
from bot.render.alerts import around
from bot.render.charts import COLORS
from bot.render.drawing import INK, PAPER, SIZE, drawable, in_turn, legend, plain, sheet, thin
from bot.render.labels import meaning_of, name_of
from bot.render.layout import Layout
from bot.render.text import ACCENT, LABEL_MARKS, capital, clip, jump, numbered, quote
from bot.reports import Report, Share
from bot.tuning import LEAST_VERDICTS, Proposal
from models.labels import LABELS, MARKS

NAME = "report.png"
REPORT = r"report:(?P<action>judge|live)"
SAMPLE = r"sample:(?P<message>\d+):(?P<what>skeptical|partisan|off-topic|informative|none|skip|undo)"
TUNE = r"tune:(?P<way>apply|undo):(?P<now>[spoi\d]*):(?P<then>[spoi\d]*)"
CHANNELS = 6  # with the most flags, drawn and named
NAMED = 20  # letters of a channel's name that fit beside its bar
CARDS = N_("cards")
POSTED = plural("**{number} context card**", "**{number} context cards**")
DUE = plural("**{number} card** that would have been posted", "**{number} cards** that would have been posted")
ELSEWHERE = N_("elsewhere")


@dataclass(frozen=True, slots=True)
class Shown:
    """Hold a sample with what is shown of it, how many more wait, and the one judged just before."""

    sample: Sample
    text: str
    story: str | None
    parent: str | None
    more: int
    before: int | None = None


def report_view(report: Report, *, drawn: bool) -> Layout:
    """Show the picture, when there is one, above the same in words, and what can be done about it."""
    items: list[discord.ui.Item[Any]] = [discord.ui.TextDisplay(head(report))]
    if drawn:
        gallery = discord.ui.MediaGallery[Any]()
        gallery.add_item(media=f"attachment://{NAME}", description=clip(in_words(report), 1000))
        items.append(gallery)
    items += [discord.ui.TextDisplay(in_words(report)), discord.ui.Separator(), discord.ui.TextDisplay(_fitted(report))]
    buttons = [_button(_("Judge a sample"), "report:judge", discord.ButtonStyle.primary)]
    if report.proposal is not None:
        buttons.append(_button(_("Use these thresholds"), tune("apply", report.proposal.before, report.proposal.after)))
    if not report.server.live:
        buttons.append(_button(_("Go live"), "report:live", discord.ButtonStyle.success))
    return Layout(discord.ui.Container(*items, discord.ui.ActionRow(*buttons), accent_color=ACCENT))


def head(report: Report) -> str:
    """Say what the report is of."""
    span = _("the last day") if report.days == 1 else _("the last {number} days").format(number=report.days)
    if report.server.live:
        return _("### What happened: {span}").format(span=span)
    return _("### 🌙 What would have happened, were this server live: {span}").format(span=span)


def in_words(report: Report) -> str:
    """Say what was flagged and shown, and how often that was right."""
    happened = report.happened
    if not happened.replies and not happened.flags and not happened.cards:
        return _("Nothing has been read in that time. `/watch add` chooses the channels.")
    flags, cards = sum(happened.flags.values()), sum(happened.cards.values())
    posted = numbered(*(POSTED if report.server.live else DUE), cards)
    counted = (
        f"**{capital(numbered('{number} reply read', '{number} replies read', happened.replies))}**",
        f"{numbered('**{number} flag**', '**{number} flags**', flags)} ({_daily(flags, report.days_read)})",
        f"{posted} ({_daily(cards, report.days_read)}).",
    )
    worth = (_worth(report, label) for label in LABELS if label in _labels(report))
    return "\n".join([", ".join(counted), *worth])


def sample_view(shown: Shown) -> Layout:
    """Show a reply that was not flagged, without what the model said of it."""
    sample = shown.sample
    link = f"[{_('open')}]({jump(sample.guild_id, sample.channel_id, sample.message_id)})"
    meanings = "\n".join(f"-# {LABEL_MARKS[label]} **{name_of(label)}** {meaning_of(label)}" for label in LABELS)
    more = numbered("{number} more reply after this one", "{number} more replies after this one", shown.more)
    where = _("in {channel}").format(channel=f"<#{sample.channel_id}>")
    texts = (
        _(
            "### What does this reply do?\n-# It was not flagged, and chance chose it: with you I count what I miss. "
            "What I took it for is not said, so that it does not sway you."
        ),
        f"> {quote(shown.text, 900) or _('(no text)')}\n-# {where} · {link}",
        around(shown.story, shown.parent),
        meanings,
        f"-# {capital(more) if shown.more else _('The last one')}",
    )
    last = [_button(_("Skip"), f"sample:{sample.message_id}:skip")]
    if shown.before is not None:
        last.append(_button(_("Undo the last"), f"sample:{shown.before}:undo"))
    choices = [
        _button(capital(name_of(label)), f"sample:{sample.message_id}:{label}", emoji=LABEL_MARKS[label])
        for label in LABELS
    ]
    rows = (discord.ui.ActionRow[Any](*choices), discord.ui.ActionRow[Any](*last))
    displays = [discord.ui.TextDisplay[Any](text) for text in texts if text]
    return Layout(discord.ui.Container(*displays, *rows, accent_color=ACCENT))


def sample_end(before: int | None) -> Layout:
    """Say that there is nothing more to judge."""
    said = _("### ✨ All judged\nThere is no more to judge for now. `/report` says what it comes to.")
    items: list[discord.ui.Item[Any]] = [discord.ui.TextDisplay(said)]
    if before is not None:
        items.append(discord.ui.ActionRow(_button(_("Undo the last"), f"sample:{before}:undo")))
    return Layout(*items)


def tuned(before: Mapping[str, int], after: Mapping[str, int], *, undone: bool) -> Layout:
    """Say which thresholds hold now, with the way back."""
    head = _("### ✅ Thresholds as they were") if undone else _("### ✅ Thresholds fitted to this server's verdicts")
    said = f"{head}\n{changes(before, after)}.\n-# {_('It holds for messages from now on.')}"
    back = ("apply", _("Use the fitted ones again")) if undone else ("undo", _("Undo"))
    button = _button(back[1], tune(back[0], after, before))
    return Layout(discord.ui.TextDisplay(said), discord.ui.ActionRow(button))


def changes(before: Mapping[str, int], after: Mapping[str, int]) -> str:
    """Say how thresholds differ."""
    said = _("{label} from {now} % (was {before} %)")
    return ", ".join(
        said.format(label=name_of(label), now=now, before=before.get(label, "–")) for label, now in after.items()
    )


def tune(way: str, now: Mapping[str, int], then: Mapping[str, int]) -> str:
    """Give the id of a button that changes thresholds, which holds what they have to be and what they become."""
    return f"tune:{way}:{_code(now)}:{_code(then)}"


def decoded(code: str) -> dict[str, int]:
    """Read thresholds in whole percents from the id of a button."""
    names = {label[0]: label for label in MARKS}
    return {names[letter]: int(number) for letter, number in re.findall(r"([spoi])(\d+)", code)}


@in_turn
def draw(report: Report, names: Mapping[int, str]) -> bytes:
    """Draw flags and cards by day, flags by channel, and how good they were; slow, so off the event loop."""
    channels = {channel_id for _, channel_id, _ in report.happened.flags}
    figure, upper, lower = sheet(max(min(len(channels), CHANNELS), len(report.right) + len(report.found)))
    _by_day(upper, report)
    _by_channel(lower[0], report, names)
    _shares(lower[1], report)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", facecolor=PAPER)
    return picture.getvalue()


def _by_day(axes: Any, report: Report) -> None:
    days = [report.since + timedelta(days=i) for i in range((report.until - report.since).days + 1)]
    flags: Counter[tuple[Any, str]] = Counter()
    for (day, _place, label), number in report.happened.flags.items():
        flags[day, label] += number
    below = [0] * len(days)
    for label in (each for each in LABELS if any(flags[day, each] for day in days)):
        heights = [flags[day, label] for day in days]
        axes.bar(range(len(days)), heights, bottom=below, color=COLORS[label], label=name_of(label))
        below = [under + height for under, height in zip(below, heights, strict=True)]
    cards = [sum(n for (day, _), n in report.happened.cards.items() if day == each) for each in days]
    if any(cards):
        some = [place for place, number in enumerate(cards) if number]
        axes.plot(some, [cards[place] for place in some], "D", color=INK, markersize=7, label=_(CARDS))
        axes.set_xlim(-0.6, len(days) - 0.4)
    marks = range(0, len(days), max(1, len(days) // 6))
    axes.set_xticks(list(marks), [short_day(days[mark]) for mark in marks])
    plain(axes, _("Flags and cards by day"), rows=1)
    axes.set_ylim(bottom=0)
    axes.yaxis.get_major_locator().set_params(integer=True, nbins=4)
    if any(below) or any(cards):
        legend(axes, 6)


def _by_channel(axes: Any, report: Report, names: Mapping[int, str]) -> None:
    totals: Counter[int] = Counter()
    for (_day, channel_id, _label), number in report.happened.flags.items():
        totals[channel_id if channel_id in names else 0] += number
    chosen = [channel_id for channel_id, _ in totals.most_common(CHANNELS)][::-1]
    left = [0] * len(chosen)
    for label in LABELS:
        widths = [_of_channel(report, names, channel_id, label) for channel_id in chosen]
        axes.barh(range(len(chosen)), widths, left=left, color=COLORS[label])
        left = [start + width for start, width in zip(left, widths, strict=True)]
    named = [clip(drawable(names.get(each, _(ELSEWHERE))), NAMED) or str(each) for each in chosen]
    axes.set_yticks(range(len(chosen)), named, parse_math=False)
    thin(axes, len(chosen))
    plain(axes, _("Flags by channel"), rows=0)
    _empty_or_whole(axes, bool(chosen))


def _of_channel(report: Report, names: Mapping[int, str], channel_id: int, label: str) -> int:
    return sum(
        number
        for (_, place, name), number in report.happened.flags.items()
        if name == label and (place if place in names else 0) == channel_id
    )


def _shares(axes: Any, report: Report) -> None:
    rows = [
        (f"{name_of(label)}: {word}", share, COLORS[label])
        for label in LABELS
        for word, share in ((_("right"), report.right.get(label)), (_("found"), report.found.get(label)))
        if share is not None
    ][::-1]
    for place, (_name, share, color) in enumerate(rows):
        axes.plot([100 * share.low, 100 * share.high], [place, place], color=color, linewidth=5, alpha=0.55)
        axes.plot([100 * share.value], [place], color=INK, marker="o", markersize=7)
    axes.set_yticks(range(len(rows)), [name for name, _share, _color in rows])
    axes.set_xlim(-3, 103)
    axes.set_ylim(-0.6, max(0.6, len(rows) - 0.4))
    plain(axes, _("How good they were"), rows=0)
    if rows:
        axes.set_xticks([0, 50, 100], ["0", "50", "100 %"])
        axes.grid(axis="x", color=INK, alpha=0.15)
    else:
        _empty_or_whole(axes, some=False)


def _empty_or_whole(axes: Any, some: bool) -> None:
    if some:
        axes.xaxis.get_major_locator().set_params(integer=True, nbins=4)
        return
    axes.set_xticks([])
    axes.text(0.5, 0.5, _("none yet"), color=INK, fontsize=SIZE, ha="center", transform=axes.transAxes)


def _labels(report: Report) -> set[str]:
    return {label for _, _, label in report.happened.flags} | set(report.right)


def _worth(report: Report, label: str) -> str:
    flags = sum(n for (_, _, name), n in report.happened.flags.items() if name == label)
    right, found = report.right.get(label), report.found.get(label)
    name = name_of(label)
    said = f"{LABEL_MARKS[label]} **{capital(name)}**: {numbered('{number} flag', '{number} flags', flags)}"
    if right:
        said += _(", right {share} of {judged} judged").format(share=_said(right), judged=decimal(right.judged))
    else:
        said += _(", none judged so far")
    if found:
        said += _("; of all that is {label}, about {share} was flagged").format(label=name, share=_said(found))
    return said


def _fitted(report: Report) -> str:
    lines = []
    if not report.found and _labels(report):
        lines.append(
            _(
                "**What is missed** is unknown until some replies that were not flagged are judged: "
                "*Judge a sample* shows them one at a time ({number} so far)."
            ).format(number=report.sampled)
        )
    if report.proposal is not None:
        lines.append(_proposed(report.proposal))
    elif report.verdicts < LEAST_VERDICTS:
        said = _("**Thresholds** can be fitted to this server from {least} verdicts on: {number} so far.")
        lines.append(said.format(least=LEAST_VERDICTS, number=report.verdicts))
    else:
        said = _("**Thresholds** fit this server already, by {number} verdicts.")
        lines.append(said.format(number=decimal(report.verdicts)))
    foot = _("-# Counted by label and channel, never by person. The ranges hold the truth 19 times in 20.")
    return "\n".join([*lines, foot])


def _proposed(proposal: Proposal) -> str:
    (flags, flags_then), (right, right_then) = proposal.flags_a_day, proposal.precision
    return _(
        "**Thresholds that fit this server better**, by {number} verdicts: {changes}.\n"
        "- flags a day: {flags} → {flags_then}\n"
        "- of them right, as expected: {right} → {right_then}"
    ).format(
        number=decimal(proposal.verdicts),
        changes=changes(proposal.before, proposal.after),
        flags=tenths(flags),
        flags_then=tenths(flags_then),
        right=percent(right),
        right_then=percent(right_then),
    )


def _said(share: Share) -> str:
    said = _("{share} ({low} to {high})")
    return said.format(share=percent(share.value), low=percent(share.low), high=percent(share.high))


def _daily(number: int, days: int) -> str:
    return _("{number} a day").format(number=tenths(number / days))


def _code(flags: Mapping[str, int]) -> str:
    return "".join(f"{label[0]}{percent}" for label, percent in sorted(flags.items()) if label in MARKS)


def _button(
    label: str,
    custom_id: str,
    style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    emoji: str | None = None,
) -> discord.ui.Button[Any]:
    return discord.ui.Button(label=label, custom_id=custom_id, style=style, emoji=emoji)
