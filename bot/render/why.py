"""The answer to "why this label?", in words that the author of the message understands."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import discord

from bot.languages import N_, _, percent
from bot.records import Flag
from bot.render.alerts import DISMISSED
from bot.render.labels import meaning_of, name_of, sureness
from bot.render.layout import Layout
from bot.render.text import LABEL_MARKS, capital, quote
from models.labels import UNSURE
from models.reader import Reading

NOT_KEPT = N_(
    "Nothing is kept of this message: its channel is not watched, it came before the channel was, its author has "
    "opted out, or its reading has expired."
)
NOT_READ = N_("This message has not been read yet. Please try again in a minute.")
CHAT = N_("This message belongs to no story, so it has no label: labels are for replies under news.")
FOOT = N_(
    "-# A label says what a message does in the discussion, never whether it is right or who wrote it. "
    "Only its author and moderators see this. `/privacy` shows and erases what is kept."
)


def why(reading: Reading, flag: Flag | None, words: Sequence[str]) -> str:
    """Explain a message's label: what it means, how sure it is, what moved it, and what a moderator decided."""
    lines = [_decided(flag)] if flag is not None and flag.state == "decided" else []
    model = flag.label if lines and flag is not None else reading.label
    lines += (
        _unsure(reading) if model == UNSURE else _label(model, reading.scores.get(model, 0.0), by_model=bool(lines))
    )
    if words and model != UNSURE:
        listed = ", ".join(f"**{quote(word, 40)}**" for word in words)
        lines.append(_("The words that moved it most: {words}.").format(words=listed))
    if flag is not None and flag.disputed_at is not None:
        lines.append(_disputed(flag, flag.disputed_at))
    return "\n".join([*lines, _(FOOT)])


def with_dispute(said: str, message_id: int) -> Layout:
    """Add the way to another moderator."""
    button: discord.ui.Button[Any] = discord.ui.Button(
        label=_("Dispute"), custom_id=f"dispute:{message_id}", emoji="✋"
    )
    offer = _("This label was put before the moderators. If it is wrong, ask for another look, once:")
    row: discord.ui.ActionRow[Any] = discord.ui.ActionRow(button)
    return Layout(discord.ui.TextDisplay(said), discord.ui.TextDisplay(offer), row)


def disputed_view() -> Layout:
    """Confirm a dispute."""
    said = _(
        "### ✋ Disputed\nThe label is back in the moderators' queue, before somebody who has not decided yet. "
        "Ask *Why this label?* again to see what they say. Nothing that you write is kept for it."
    )
    return Layout(discord.ui.TextDisplay(said))


def _disputed(flag: Flag, at: datetime) -> str:
    when = discord.utils.format_dt(at, "R")
    if flag.state != "decided":
        return _("✋ The author disputed this {when}; another moderator is to look at it.").format(when=when)
    said = _("✋ The author disputed this {when}, and a moderator has looked again since: this is the answer.")
    return said.format(when=when)


def _decided(flag: Flag) -> str:
    if flag.verdict == DISMISSED:
        return _("### 💬 No label\nA moderator looked at this message and decided that the label was wrong.")
    verdict = flag.verdict or flag.label
    none = verdict == "none"
    said = _("A moderator decided this: it is {meaning}.") if none else _("A moderator decided this: it {meaning}.")
    return f"{_('### 💬 No label') if none else _head(verdict)}\n{said.format(meaning=meaning_of(verdict))}"


def _label(label: str, score: float, *, by_model: bool) -> list[str]:
    if by_model:
        said = _("Before that, the model had said {label} ({sureness}).")
        return [said.format(label=name_of(label), sureness=sureness(score))]
    if label == "none":
        said, head = _("It is {meaning}."), _("### 💬 No label")
    else:
        said, head = _("It {meaning}."), _head(label)
    return [f"{head} · {sureness(score)}", said.format(meaning=meaning_of(label))]


def _unsure(reading: Reading) -> list[str]:
    first, second = sorted(reading.scores.items(), key=lambda item: -item[1])[:2]
    closest = [f"{name_of(label)} ({percent(score)})" for label, score in (first, second)]
    said = _("No label fits clearly enough, so it has none. The closest were {first} and {second}.")
    return [_("### ❔ Unsure"), said.format(first=closest[0], second=closest[1])]


def _head(label: str) -> str:
    return f"### {LABEL_MARKS.get(label, '')} {capital(name_of(label))}"
