"""What a server's moderators see of the last weeks, as a picture and in words; and what `/about` says."""

import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import discord

from bot.languages import N_, _, decimal, ngettext, percent, short_day
from bot.records import Server
from bot.render.charts import COLORS, SHOWN
from bot.render.drawing import INK, PAPER, SIZE, drawable, in_turn, legend, plain, sheet, thin
from bot.render.layout import Layout
from bot.render.tally import meant
from bot.render.text import ACCENT, capital, clip, numbered, when
from bot.store.statistics import Figures

NAME = "stats.png"
MOST_CHANNELS = 6
NAMED = 22  # letters of a channel's name that fit beside its bar
OUTCOMES = {
    "agreed": "#54b87a",
    "corrected": "#f0a83c",
    "dismissed": "#e2604f",
    "withdrawn": "#4a4e58",
    "open": "#7d838f",
}
OUTCOME_WORDS = {
    "agreed": N_("agreed"),
    "corrected": N_("corrected"),
    "dismissed": N_("dismissed"),
    "withdrawn": N_("withdrawn"),
    "open": N_("still open"),
}
TAKEN_DOWN = {
    "removed": N_("{number} removed by moderators"),
    "forgiven": N_("{number} removed by moderators"),
    "retracted": N_("{number} taken back by who shared the story"),
    "hidden": N_("{number} hidden by members' votes"),
    "empty": N_("{number} empty after deletions"),
}
LISTED = 10  # channels and missing permissions that `/about` names

Bars = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class About:
    """Hold what `/about` says to one person: `channels` are those that they can open, `problems` for moderators.

    `paused` is since when the reader fails; `caught_up` counts the messages looked at while catching up, None
    when nothing was missed.
    """

    version: str
    server: Server
    channels: Sequence[int]
    backlog: int
    models: Mapping[str, str]
    problems: Sequence[str] | None
    paused: datetime | None = None
    caught_up: int | None = None


def about_view(about: About) -> Layout:
    """Say what the bot is and how it stands here."""
    said = _(
        "I show which claims were met here before, and how those discussions went.\n"
        "I condense discussions, every sentence with its source: `/summarize`.\n"
        "I point moderators to replies worth a look; I never punish anybody, and keep no score of people."
    )
    head = f"### Hindsight {about.version}\n{said}"
    live = _("I am **live**") if about.server.live else _("I am **in shadow**: nothing is posted in public yet")
    watched = _listed([f"<#{channel_id}>" for channel_id in about.channels]) or _("no channel that you can open")
    models = " · ".join(f"{name} `{version[:16]}`" for name, version in about.models.items())
    state = _("{live}, watch {channels}, and {reading}.").format(live=live, channels=watched, reading=_reading(about))
    foot = _("`/privacy show` says what is kept of you; `/privacy optout` leaves you out.")
    items: list[discord.ui.Item[Any]] = [discord.ui.TextDisplay(head), discord.ui.TextDisplay(state)]
    if about.problems is not None:
        items += [discord.ui.Separator(), discord.ui.TextDisplay(f"{_problems(about.problems)}\n-# {models}")]
    return Layout(discord.ui.Container(*items, discord.ui.TextDisplay(foot), accent_color=ACCENT))


def _reading(about: About) -> str:
    if about.paused is not None:
        said = _("**have paused reading** since {when}: messages wait, none is lost")
        return said.format(when=when(about.paused))
    if about.caught_up:
        return numbered(
            "am catching up on what I missed, {number} message so far",
            "am catching up on what I missed, {number} messages so far",
            about.caught_up,
        )
    if about.backlog:
        return numbered("{number} message waits to be read", "{number} messages wait to be read", about.backlog)
    return _("everything is read")


def stats_view(figures: Figures, *, drawn: bool) -> Layout:
    """Show the picture, when there is one, above the same in words."""
    days = (figures.until - figures.since).days
    items: list[discord.ui.Item[Any]] = [discord.ui.TextDisplay(_("### The last {number} days").format(number=days))]
    if drawn:
        gallery = discord.ui.MediaGallery[Any]()
        gallery.add_item(media=f"attachment://{NAME}", description=clip(in_words(figures), 1000))
        items.append(gallery)
    foot = _("-# Counted by label and channel, never by person.")
    words = discord.ui.TextDisplay(f"{in_words(figures)}\n{foot}")
    return Layout(discord.ui.Container(*items, words, accent_color=ACCENT))


def in_words(figures: Figures) -> str:
    """Say what was read, flagged, decided and posted."""
    labels = _labels(figures)
    if not labels and not figures.flags and not figures.cards:
        return _("Nothing has been read yet. `/watch add` chooses the channels.")
    flags = (_said_of_flags(figures.flags), *_said_of_pairs(figures))
    return "\n".join((_said_of_labels(labels), *flags, _said_of_cards(figures)))


@in_turn
def draw(figures: Figures, called: Callable[[int], str]) -> bytes:
    """Draw labels by day and by channel and flags by verdict as a PNG; slow, so off the event loop."""
    channels = _by_channel(figures, called)
    flags = {meant(label): {o: figures.flags.get((label, o), 0) for o in OUTCOMES} for label in SHOWN}
    flags = {label: outcomes for label, outcomes in flags.items() if any(outcomes.values())}
    figure, by_day, lower = sheet(max(len(channels), len(flags)))
    _columns(by_day, figures)
    _lines(lower[0], _("Replies by channel"), channels, {label: COLORS[label] for label in SHOWN})
    _lines(lower[1], _("Flags and verdicts"), flags, OUTCOMES)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", facecolor=PAPER)
    return picture.getvalue()


def _columns(axes: Any, figures: Figures) -> None:
    days = [figures.since + timedelta(days=i) for i in range((figures.until - figures.since).days + 1)]
    below = [0] * len(days)
    for label in (each for each in SHOWN if any(figures.days.get((day, each)) for day in days)):
        heights = [figures.days.get((day, label), 0) for day in days]
        axes.bar(range(len(days)), heights, bottom=below, color=COLORS[label], label=meant(label))
        below = [under + height for under, height in zip(below, heights, strict=True)]
    marks = range(0, len(days), max(1, len(days) // 6))
    axes.set_xticks(list(marks), [short_day(days[mark]) for mark in marks])
    plain(axes, _("Replies by day"), rows=1)
    axes.yaxis.get_major_locator().set_params(integer=True, nbins=4)
    if any(below):
        legend(axes, 6)


def _lines(axes: Any, title: str, bars: Bars, colors: Mapping[str, str]) -> None:
    names = list(bars)[::-1]
    left = [0] * len(names)
    for part in (each for each in colors if any(bars[name].get(each) for name in names)):
        widths = [bars[name].get(part, 0) for name in names]
        axes.barh(
            range(len(names)),
            widths,
            left=left,
            color=colors[part],
            label=_(OUTCOME_WORDS[part]) if part in OUTCOME_WORDS else meant(part),
        )
        left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.set_yticks(range(len(names)), names, parse_math=False)
    thin(axes, len(names))
    plain(axes, title, rows=2)
    if not names:
        axes.set_xticks([])
        axes.text(0.5, 0.5, _("none yet"), color=INK, fontsize=SIZE, ha="center", transform=axes.transAxes)
        return
    axes.xaxis.get_major_locator().set_params(integer=True, nbins=4)
    if set(colors) == set(OUTCOMES):
        legend(axes, 3)


def _by_channel(figures: Figures, called: Callable[[int], str]) -> Bars:
    totals: Counter[int] = Counter()
    for (channel_id, _label), number in figures.channels.items():
        totals[channel_id] += number
    chosen = [channel_id for channel_id, _ in totals.most_common(MOST_CHANNELS)]
    bars: dict[str, dict[str, int]] = {}
    for place, channel_id in enumerate(chosen):
        name = clip(drawable(called(channel_id)), NAMED) or str(channel_id)
        # Two channels may have one name; a bar each they still get.
        key = name if name not in bars else f"{name} ({place})"
        bars[key] = {label: figures.channels.get((channel_id, label), 0) for label in SHOWN}
    return bars


def _labels(figures: Figures) -> Counter[str]:
    labels: Counter[str] = Counter()
    for (_day, label), number in figures.days.items():
        labels[label] += number
    return labels


def _said_of_labels(labels: Counter[str]) -> str:
    total = labels.total()
    said = ngettext("**{number} reply read**", "**{number} replies read**", total).format(number=decimal(total))
    return _with(said, [f"{meant(label)} {percent(number / total)}" for label, number in labels.most_common()])


def _said_of_flags(flags: Mapping[tuple[str, str], int]) -> str:
    outcomes: Counter[str] = Counter()
    for (_label, outcome), number in flags.items():
        outcomes[outcome] += number
    parts = [f"{decimal(outcomes[outcome])} {_(OUTCOME_WORDS[outcome])}" for outcome in OUTCOMES if outcomes[outcome]]
    said = _with(f"**{capital(numbered('{number} flag', '{number} flags', outcomes.total()))}**", parts)
    decided = outcomes["agreed"] + outcomes["corrected"] + outcomes["dismissed"]
    if not decided:
        return said
    agreed = _("Moderators agreed with {share} of those decided.").format(share=percent(outcomes["agreed"] / decided))
    return f"{said} {agreed}"


def _said_of_pairs(figures: Figures) -> list[str]:
    """Say how often two moderators who judged the same flag said the same."""
    if not figures.judged_twice:
        return []
    said = ngettext(
        "**Two moderators** judged {number} flag, and agreed with each other on {agreed}.",
        "**Two moderators** judged {number} flags, and agreed with each other on {agreed}.",
        figures.judged_twice,
    )
    return [said.format(number=decimal(figures.judged_twice), agreed=decimal(figures.judged_alike))]


def _said_of_cards(figures: Figures) -> str:
    down: Counter[str] = Counter()
    for state, number in figures.cards.items():
        if state in TAKEN_DOWN:
            down[TAKEN_DOWN[state]] += number
    posted = figures.cards.get("posted", 0) + down.total()
    parts = [_(words).format(number=decimal(number)) for words, number in down.most_common()]
    if figures.cards.get("shadow"):
        more = _("{number} more would have been posted, were it not for shadow")
        parts.append(more.format(number=decimal(figures.cards["shadow"])))
    counted = numbered("{number} context card posted", "{number} context cards posted", posted)
    said = _with(f"**{capital(counted)}**", parts)
    if figures.helpful or figures.unhelpful:
        votes = _("Votes: {helpful} helpful, {unhelpful} not.")
        votes = votes.format(helpful=decimal(figures.helpful), unhelpful=decimal(figures.unhelpful))
        said += f" {votes}"
    return said


def _with(said: str, parts: Sequence[str]) -> str:
    return f"{said}: {', '.join(parts)}." if parts else f"{said}."


def _problems(problems: Sequence[str]) -> str:
    if not problems:
        return _("**For moderators**: no permission is missing.")
    head = _("**For moderators**, to mend:")
    return f"{head}\n" + clip("\n".join(f"- {each}" for each in problems[:LISTED]), 1800)


def _listed(names: Sequence[str]) -> str:
    more = f" {_('and {number} more').format(number=len(names) - LISTED)}" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more
