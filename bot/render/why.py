"""The answer to "why this label?", in words that the author of the message understands."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import discord

from bot.records import Flag
from bot.render.alerts import DISMISSED, MEANINGS, sureness
from bot.render.layout import Layout
from bot.render.text import LABEL_MARKS, quote
from models.labels import UNSURE
from models.reader import Reading

NOT_KEPT = (
    "Nothing is kept of this message: its channel is not watched, it came before the channel was, its author has "
    "opted out, or its reading has expired."
)
NOT_READ = "This message has not been read yet. Please try again in a minute."
CHAT = "This message belongs to no story, so it has no label: labels are for replies under news."
FOOT = (
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
        lines.append("The words that moved it most: " + ", ".join(f"**{quote(word, 40)}**" for word in words) + ".")
    if flag is not None and flag.disputed_at is not None:
        lines.append(_disputed(flag, flag.disputed_at))
    return "\n".join([*lines, FOOT])


def with_dispute(said: str, message_id: int) -> Layout:
    """Add the way to another moderator."""
    button: discord.ui.Button[Any] = discord.ui.Button(label="Dispute", custom_id=f"dispute:{message_id}", emoji="✋")
    offer = "This label was put before the moderators. If it is wrong, ask for another look, once:"
    row: discord.ui.ActionRow[Any] = discord.ui.ActionRow(button)
    return Layout(discord.ui.TextDisplay(said), discord.ui.TextDisplay(offer), row)


def disputed_view() -> Layout:
    """Confirm a dispute."""
    said = (
        "### ✋ Disputed\nThe label is back in the moderators' queue, before somebody who has not decided yet. "
        "Ask *Why this label?* again to see what they say. Nothing that you write is kept for it."
    )
    return Layout(discord.ui.TextDisplay(said))


def _disputed(flag: Flag, at: datetime) -> str:
    when = discord.utils.format_dt(at, "R")
    if flag.state != "decided":
        return f"✋ The author disputed this {when}; another moderator is to look at it."
    return f"✋ The author disputed this {when}, and a moderator has looked again since: this is the answer."


def _decided(flag: Flag) -> str:
    if flag.verdict == DISMISSED:
        return "### 💬 No label\nA moderator looked at this message and decided that the label was wrong."
    verdict = flag.verdict or flag.label
    meaning = MEANINGS.get(verdict, "")
    return f"### {LABEL_MARKS.get(verdict, '')} {verdict.capitalize()}\nA moderator decided this: it {meaning}."


def _label(label: str, score: float, *, by_model: bool) -> list[str]:
    if by_model:
        return [f"Before that, the model had said {label} ({sureness(score)})."]
    if label == "none":
        return [f"### 💬 No label · {sureness(score)}", f"It is {MEANINGS[label]}."]
    return [f"### {LABEL_MARKS.get(label, '')} {label.capitalize()} · {sureness(score)}", f"It {MEANINGS[label]}."]


def _unsure(reading: Reading) -> list[str]:
    first, second = sorted(reading.scores.items(), key=lambda item: -item[1])[:2]
    return [
        "### ❔ Unsure",
        "No label fits clearly enough, so it has none. "
        f"The closest were {first[0]} ({first[1]:.0%}) and {second[0]} ({second[1]:.0%}).",
    ]
