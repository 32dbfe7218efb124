"""What a server's moderators see of the last weeks, as a picture and in words; and what `/about` says."""

import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import discord

from bot.records import Server
from bot.render.charts import COLORS, SHOWN, WORDS
from bot.render.drawing import INK, PAPER, SIZE, drawable, in_turn, legend, plain
from bot.render.layout import Layout
from bot.render.text import ACCENT, clip, count, when
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
TAKEN_DOWN = {
    "removed": "removed by moderators",
    "forgiven": "removed by moderators",
    "retracted": "taken back by who shared the story",
    "hidden": "hidden by members' votes",
    "empty": "empty after deletions",
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
    head = (
        f"### Hindsight {about.version}\n"
        "I show which claims were met here before, and how those discussions went.\n"
        "I condense discussions, every sentence with its source: `/summarize`.\n"
        "I point moderators to replies worth a look; I never punish anybody, and keep no score of people."
    )
    live = "**live**" if about.server.live else "**in shadow**: nothing is posted in public yet"
    watched = _listed([f"<#{channel_id}>" for channel_id in about.channels]) or "no channel that you can open"
    models = " · ".join(f"{name} `{version[:16]}`" for name, version in about.models.items())
    state = f"I am {live}, watch {watched}, and {_reading(about)}.\n-# {models}"
    foot = "`/privacy show` says what is kept of you; `/privacy optout` leaves you out."
    items: list[discord.ui.Item[Any]] = [discord.ui.TextDisplay(head), discord.ui.TextDisplay(state)]
    if about.problems is not None:
        items += [discord.ui.Separator(), discord.ui.TextDisplay(_problems(about.problems))]
    return Layout(discord.ui.Container(*items, discord.ui.TextDisplay(foot), accent_color=ACCENT))


def _reading(about: About) -> str:
    if about.paused is not None:
        return f"**have paused reading** since {when(about.paused)}: messages wait, none is lost"
    if about.caught_up:
        return f"am catching up on what I missed, {count(about.caught_up, 'message')} so far"
    return f"{count(about.backlog, 'message')} wait to be read" if about.backlog else "everything is read"


def stats_view(figures: Figures, *, drawn: bool) -> Layout:
    """Show the picture, when there is one, above the same in words."""
    days = (figures.until - figures.since).days
    items: list[discord.ui.Item[Any]] = [discord.ui.TextDisplay(f"### The last {days} days")]
    if drawn:
        gallery = discord.ui.MediaGallery[Any]()
        gallery.add_item(media=f"attachment://{NAME}", description=clip(in_words(figures), 1000))
        items.append(gallery)
    foot = "-# Counted by label and channel, never by person."
    words = discord.ui.TextDisplay(f"{in_words(figures)}\n{foot}")
    return Layout(discord.ui.Container(*items, words, accent_color=ACCENT))


def in_words(figures: Figures) -> str:
    """Say what was read, flagged, decided and posted."""
    labels = _labels(figures)
    if not labels and not figures.flags and not figures.cards:
        return "Nothing has been read yet. `/watch add` chooses the channels."
    return "\n".join((_said_of_labels(labels), _said_of_flags(figures.flags), _said_of_cards(figures)))


@in_turn
def draw(figures: Figures, name_of: Callable[[int], str]) -> bytes:
    """Draw labels by day and by channel and flags by verdict as a PNG; slow, so off the event loop."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6.6), dpi=110, facecolor=PAPER, layout="constrained")
    rows: Any = figure.subfigures(2, 1, height_ratios=(1, 1.1))
    by_day, lower = rows[0].subplots(), rows[1].subplots(1, 2)
    _columns(by_day, figures)
    channels = _by_channel(figures, name_of)
    _lines(lower[0], "Replies by channel", channels, {label: COLORS[label] for label in SHOWN})
    flags = {label: {o: figures.flags.get((label, o), 0) for o in OUTCOMES} for label in SHOWN}
    _lines(lower[1], "Flags and verdicts", {k: v for k, v in flags.items() if any(v.values())}, OUTCOMES)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", facecolor=PAPER)
    return picture.getvalue()


def _columns(axes: Any, figures: Figures) -> None:
    days = [figures.since + timedelta(days=i) for i in range((figures.until - figures.since).days + 1)]
    below = [0] * len(days)
    for label in (each for each in SHOWN if any(figures.days.get((day, each)) for day in days)):
        heights = [figures.days.get((day, label), 0) for day in days]
        axes.bar(range(len(days)), heights, bottom=below, color=COLORS[label], label=WORDS.get(label, label))
        below = [under + height for under, height in zip(below, heights, strict=True)]
    marks = range(0, len(days), max(1, len(days) // 6))
    axes.set_xticks(list(marks), [_day(days[mark]) for mark in marks])
    plain(axes, "Replies by day", rows=1)
    axes.yaxis.get_major_locator().set_params(integer=True, nbins=4)
    if any(below):
        legend(axes, 6)


def _lines(axes: Any, title: str, bars: Bars, colors: Mapping[str, str]) -> None:
    names = list(bars)[::-1]
    left = [0] * len(names)
    for part in (each for each in colors if any(bars[name].get(each) for name in names)):
        widths = [bars[name].get(part, 0) for name in names]
        axes.barh(range(len(names)), widths, left=left, color=colors[part], label=WORDS.get(part, part))
        left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.set_yticks(range(len(names)), names, parse_math=False)
    plain(axes, title, rows=2)
    if not names:
        axes.set_xticks([])
        axes.text(0.5, 0.5, "none yet", color=INK, fontsize=SIZE, ha="center", transform=axes.transAxes)
        return
    axes.xaxis.get_major_locator().set_params(integer=True, nbins=4)
    if set(colors) == set(OUTCOMES):
        legend(axes, 3)


def _by_channel(figures: Figures, name_of: Callable[[int], str]) -> Bars:
    totals: Counter[int] = Counter()
    for (channel_id, _), number in figures.channels.items():
        totals[channel_id] += number
    chosen = [channel_id for channel_id, _ in totals.most_common(MOST_CHANNELS)]
    bars: dict[str, dict[str, int]] = {}
    for place, channel_id in enumerate(chosen):
        name = clip(drawable(name_of(channel_id)), NAMED) or str(channel_id)
        # Two channels may have one name; a bar each they still get.
        key = name if name not in bars else f"{name} ({place})"
        bars[key] = {label: figures.channels.get((channel_id, label), 0) for label in SHOWN}
    return bars


def _labels(figures: Figures) -> Counter[str]:
    labels: Counter[str] = Counter()
    for (_, label), number in figures.days.items():
        labels[label] += number
    return labels


def _said_of_labels(labels: Counter[str]) -> str:
    total = labels.total()
    shares = [f"{WORDS.get(label, label)} {number / total:.0%}" for label, number in labels.most_common()]
    words = "1 reply" if total == 1 else f"{total:,} replies"
    return f"**{words} read**" + (": " + ", ".join(shares) if shares else "") + "."


def _said_of_flags(flags: Mapping[tuple[str, str], int]) -> str:
    outcomes: Counter[str] = Counter()
    for (_, outcome), number in flags.items():
        outcomes[outcome] += number
    parts = [f"{outcomes[outcome]:,} {outcome}" for outcome in OUTCOMES if outcomes[outcome]]
    said = f"**{count(outcomes.total(), 'flag')}**" + (": " + ", ".join(parts) if parts else "") + "."
    decided = outcomes["agreed"] + outcomes["corrected"] + outcomes["dismissed"]
    return f"{said} Moderators agreed with {outcomes['agreed'] / decided:.0%} of those decided." if decided else said


def _said_of_cards(figures: Figures) -> str:
    down: Counter[str] = Counter()
    for state, number in figures.cards.items():
        if state in TAKEN_DOWN:
            down[TAKEN_DOWN[state]] += number
    posted = figures.cards.get("posted", 0) + down.total()
    parts = [f"{number:,} {words}" for words, number in down.most_common()]
    if figures.cards.get("shadow"):
        parts.append(f"{figures.cards['shadow']:,} more would have been posted, were it not for shadow")
    said = f"**{count(posted, 'context card')} posted**" + (": " + ", ".join(parts) if parts else "") + "."
    if figures.helpful or figures.unhelpful:
        said += f" Votes: {figures.helpful:,} helpful, {figures.unhelpful:,} not."
    return said


def _problems(problems: Sequence[str]) -> str:
    if not problems:
        return "**For moderators**: no permission is missing."
    return "**For moderators**, to mend:\n" + clip("\n".join(f"- {each}" for each in problems[:LISTED]), 1800)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"
