"""Context cards, and the answer to "Seen before?": a claim's earlier occurrences and fact-checks, at a glance.

Everybody sees a card, so it is in English; an answer is in the asker's language.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any, TypeVar

import discord

from bot.languages import ENGLISH, N_, _, month, ngettext, speaking
from bot.links import finder
from bot.records import Checked, Occurrence, Post
from bot.render import factchecks
from bot.render.layout import Layout
from bot.render.tally import bar, in_words, legend
from bot.render.text import ACCENT, AGO, ago, capital, jump, numbered, quote
from models.decency import repeatable

T = TypeVar("T")

UNFOLDED = 5  # occurrences quoted in full
LATEST = 3  # of those quoted when more than five fold: the earliest and these
LINKED, LINKED_IN_ANSWER, LINKED_BESIDE_CHECKS = 10, 4, 1  # folded occurrences that still get a link, the latest
QUOTED = 140  # characters
PICTURED = 3  # occurrences from which there is a picture
PICTURE = "timeline.png"
ASKED = 100  # characters of the question repeated in its answer
NO_TEXT = N_("*(no text)*")
MOST = 4000  # characters that Discord takes in one message


@dataclass(frozen=True, slots=True)
class Cited:
    """Hold an occurrence with its text, fetched just now; empty where it is not quoted."""

    occurrence: Occurrence
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Hold what a card or an answer shows: occurrences, oldest first, and fact-checks, the surest first.

    `at` is when the claim itself was made.
    """

    guild_id: int
    at: datetime
    cited: Sequence[Cited]
    checked: Sequence[Checked] = ()

    @property
    def occurrences(self) -> list[Occurrence]:
        return [cited.occurrence for cited in self.cited]


@speaking(ENGLISH)
def card_view(card_id: int, shown: Shown, alt: str | None) -> Layout:
    """Show a card; `alt` describes its picture, which is attached as `PICTURE`, or is None without one."""
    heading, quoted = _heading("🕰️", shown), entries(shown)
    notes = _notes(shown)
    checks = factchecks.entries(shown.checked, MOST - _length([heading, *quoted, *notes]))
    buttons = discord.ui.ActionRow(
        _button("Helpful", f"card:{card_id}:helpful"),
        _button("Not helpful", f"card:{card_id}:unhelpful"),
        _button("Remove", f"card:{card_id}:remove"),
    )
    parts = [*_texts([heading]), *_picture(alt), *_texts([*quoted, *checks, *notes])]
    return Layout(discord.ui.Container(*parts, buttons, accent_color=ACCENT))


def answer_view(about: str, sure: Shown, maybe: Shown, note: str = "") -> Layout:
    """Answer "Seen before?" of a text: what is sure and what only looks alike, clearly apart; `note` comes last."""
    first = [_("-# Seen before? “{text}”").format(text=quote(about, ASKED))]
    if not _anything(sure) and not _anything(maybe):
        first.append(_("### ✨ New here\nI know of nothing like it in what you can read here."))
    if _anything(sure):
        first += [_heading("✅", sure), *entries(sure, LINKED_IN_ANSWER)]
    second = []
    if _anything(maybe):
        head = _("Maybe related") if _anything(sure) else _("Nothing sure, but maybe related")
        alike = _("-# These look alike; I cannot tell whether they say the same.")
        second = [f"### ❔ {head}\n{alike}", *entries(maybe)]
    notes = [*_notes(sure, maybe), *([f"-# {note}"] if note else [])]
    room = MOST - _length([*first, *second, *notes])
    first += (checks := factchecks.entries(sure.checked, room))
    second += factchecks.entries(maybe.checked, room - _length(checks))
    between = [discord.ui.Separator()] if _anything(sure) and second else []
    parts = [*_texts(first), *between, *_texts([*second, *notes])]
    return Layout(discord.ui.Container(*parts, accent_color=ACCENT))


@speaking(ENGLISH)
def stopped_view(watched_id: int) -> Layout:
    """Tell moderators that a channel gets no more cards, with a way back."""
    said = (
        f"### ⏸️ No more cards in <#{watched_id}>\nModerators removed three of the last ten cards there, so I post "
        "no more of them. “Seen before?” still answers those who ask."
    )
    resume = discord.ui.ActionRow(_button("Post cards there again", f"cards:{watched_id}:resume"))
    return Layout(discord.ui.Container(discord.ui.TextDisplay(said), resume, accent_color=ACCENT))


@speaking(ENGLISH)
def resumed_view(watched_id: int, moderator_id: int) -> Layout:
    """Say who let cards be posted again."""
    return Layout(discord.ui.TextDisplay(f"-# ▶️ <@{moderator_id}> lets me post cards in <#{watched_id}> again."))


def title(shown: Shown) -> str:
    """Say when the claim was met: "Seen before: nine months ago, and five years ago"."""
    same = _same(shown)
    met = same or shown.occurrences
    if len(met) > UNFOLDED:
        folded = _("Seen before {times}: first {first}, last {last}")
        if not same:
            folded = _("Contradicts what was reported {times}: first {first}, last {last}")
        first, last = ago(shown.at - met[0].at), ago(shown.at - met[-1].at)
        return folded.format(times=_times(len(met)), first=first, last=last)
    said = _("Seen before: {ago}") if same else _("Contradicts what was reported {ago}")
    return said.format(ago=_all_ago([occurrence.at for occurrence in met], shown.at))


def gist(post: Post) -> str:
    """Give the line of a post that says what it is about: its headline, else its text without the links."""
    if post.headline:
        return post.headline.partition("\n")[0]
    text = post.text
    for match in reversed(finder().match(text) or []):
        if match.schema in ("http:", "https:"):
            text = text[: match.index] + text[match.last_index :]
    return " ".join(text.split()) or post.text


def _all_ago(moments: Sequence[datetime], at: datetime) -> str:
    """Join times, latest first: "nine months ago, and five years ago"; equal ones are counted."""
    grouped = [(words, len(list(equal))) for words, equal in groupby(ago(at - moment) for moment in reversed(moments))]
    phrases, numbers = zip(*grouped, strict=True)
    if len(phrases) > 2:
        phrases = _shortened(phrases)
    *others, last = [
        words if number == 1 else f"{words} ({_times(number)})" for words, number in zip(phrases, numbers, strict=True)
    ]
    if not others:
        return last
    if len(others) == 1:
        return _("{first}, and {second}").format(first=others[0], second=last)
    return _(" and ").join((", ".join(others), last))


def _shortened(times: Sequence[str]) -> list[str]:
    """Leave out what the next one says again: "two months ago, four months ago" becomes "two, four months ago".

    What a language puts before the number is said once: "vor 2, 4 Monaten".
    """
    lead = ngettext(*AGO["day"], 2).partition("{number}")[0]
    times = [times[0], *(time.removeprefix(lead) for time in times[1:])]
    short = []
    for time, following in pairwise([*times, ""]):
        words, ends = time.split(), following.split()
        while words and ends and words[-1] == ends[-1]:
            words.pop()
            ends.pop()
        short.append(" ".join(words))
    return short


def _times(number: int) -> str:
    return numbered("{number} time", "{number} times", number)


def _anything(shown: Shown) -> bool:
    return bool(shown.cited or shown.checked)


def _heading(mark: str, shown: Shown) -> str:
    if not shown.cited:
        return f"### 🔎 {factchecks.heading(shown.checked)}"
    return f"### {mark} {title(shown)}\n{_span(shown)}".strip()


def _notes(*shown: Shown) -> list[str]:
    """Explain the bars, if there are any."""
    notes = legend([occurrence.tally for each in shown for occurrence in each.occurrences])
    return [f"-# {notes}"] if notes else []


def _texts(texts: Sequence[str]) -> list[discord.ui.Item[Any]]:
    return [discord.ui.TextDisplay(text) for text in texts]


def _length(texts: Sequence[str]) -> int:
    return sum(map(len, texts))


def _span(shown: Shown) -> str:
    """Name the number, the first and the last day, where there are several; and how often it was denied."""
    same = _same(shown)
    denials = len(shown.cited) - len(same) if same else 0
    said = _times_and_days(same or shown.occurrences)
    if not denials:
        return said
    denied = _denied(denials)
    return f"{said} · {denied}" if said else f"-# {capital(denied)}"


def _times_and_days(met: Sequence[Occurrence]) -> str:
    if len(met) < 2:
        return ""
    return _("-# {times} · first {first} · last {last}").format(
        times=capital(_times(len(met))),
        first=discord.utils.format_dt(met[0].at, "D"),
        last=discord.utils.format_dt(met[-1].at, "D"),
    )


def _denied(number: int) -> str:
    if number == 1:
        return _("denied once")
    return _("denied twice") if number == 2 else _("denied {times}").format(times=_times(number))


def _same(shown: Shown) -> list[Occurrence]:
    """Keep the occurrences that say the same: a denial is no time that the claim was met."""
    return [occurrence for occurrence in shown.occurrences if not occurrence.contradicts]


def _picture(alt: str | None) -> list[discord.ui.Item[Any]]:
    if alt is None:
        return []
    return [discord.ui.MediaGallery(discord.MediaGalleryItem(f"attachment://{PICTURE}", description=alt))]


def quoted(found: Sequence[T]) -> Sequence[T]:
    """Choose which of some occurrences, oldest first, are quoted: up to five all, of more the first and the last."""
    return found if len(found) <= UNFOLDED else [found[0], *found[-LATEST:]]


def entries(shown: Shown, links: int = LINKED) -> list[str]:
    """Quote occurrences, oldest first; of more than five, those between get `links` links at most."""
    cited = list(shown.cited)
    if len(cited) <= UNFOLDED:
        return [_entry(shown, each, before) for before, each in zip([None, *cited], cited, strict=False)]
    first, *last = quoted(cited)
    between = cited[1:-LATEST]
    linked = between[-(LINKED_BESIDE_CHECKS if shown.checked else links) :]
    listed = [f"[{month(each.occurrence.at)}]({_link(shown.guild_id, each.occurrence)})" for each in linked]
    fold = _("-# … {times} in between: {links}").format(times=_times(len(between)), links=" · ".join(listed))
    latest = [_entry(shown, each, before) for before, each in pairwise([first, *last])]
    return [_entry(shown, first, None), fold, *latest]


def _entry(shown: Shown, cited: Cited, before: Cited | None) -> str:
    """Name day and place, how the conversation took it, and what was said, unless that stands just above."""
    occurrence = cited.occurrence
    day = f"**{discord.utils.format_dt(occurrence.at, 'D')}**"
    denied = _("⚡ Contradicts what was reported {day} in {channel}")
    where = denied if occurrence.contradicts else _("{day} in {channel}")
    head = where.format(day=day, channel=f"<#{occurrence.channel_id}>")
    lines = [f"{head} · [{_('open')}]({_link(shown.guild_id, occurrence)})"]
    if occurrence.tally:
        lines.append(f"-# {bar(occurrence.tally)} {in_words(occurrence.tally)}".replace("#  ", "# "))
    if before is None or before.text != cited.text:
        said = (quote(cited.text, QUOTED) or _(NO_TEXT)) if repeatable(cited.text) else _(factchecks.UNSAID)
        lines.append(f"> {said}")
    return "\n".join(lines)


def _link(guild_id: int, occurrence: Occurrence) -> str:
    return jump(guild_id, occurrence.channel_id, occurrence.message_id)


def _button(label: str, custom_id: str) -> discord.ui.Button[Any]:
    return discord.ui.Button(label=label, custom_id=custom_id)
