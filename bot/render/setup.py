"""What the setup commands say: the notice in a watched channel, presets in words, what is missing."""

from collections.abc import Mapping, Sequence
from typing import Any

import discord

from bot.policy import PRESETS, preset_of
from bot.records import Thresholds
from bot.render.layout import Layout
from bot.render.text import ACCENT, clip, count

SETUP = r"setup:(?P<action>backfill|keep|forget):(?P<channel>\d+)"
SHOWN = 15  # channels named in one message
PROBLEM_ROOM = 350
PROBLEMS = 5
PRESET_WORDS = {
    "quiet": "few alerts, only where the model is very sure",
    "standard": "alerts where the model is fairly sure",
    "strict": "many alerts, also where the model leans one way only",
}
LIVE = (
    "### ☀️ Live\nFrom now on I post context cards in the watched channels when a story returns. Alerts go to the "
    "moderators' channel as before. `/shadow` takes it back."
)
SHADOW = (
    "### 🌙 In shadow\nFrom now on nothing that I make is public: I read and remember as before, cards are only "
    "counted, alerts go to the moderators' channel alone. `/golive` takes it back."
)


def notice() -> Layout:
    """Tell a channel that it is read from now on."""
    said = (
        "### 👀 Hindsight reads this channel from now on\n"
        "When a story is shared that this server has met before, it says when. It also reads what the replies do in "
        "the discussion, for the moderators, and can sum a discussion up.\n"
        "-# **What is read:** messages posted here. **What is kept:** ids, times, label scores and an encrypted "
        "fingerprint of claims, never the text; it goes when the message goes. "
        "**`/privacy`** shows what is kept of you, erases it, or opts you out."
    )
    return Layout(discord.ui.Container(discord.ui.TextDisplay(said), accent_color=ACCENT))


def watch_added(channel_id: int, *, posted: bool) -> Layout:
    """Say that a channel is read, and offer to read what is already there."""
    told = (
        "A notice in the channel says so to its members."
        if posted
        else "A forum cannot hold a notice: please mention in its guidelines that Hindsight reads it, and `/privacy`."
    )
    said = (
        f"### ✅ Reading <#{channel_id}>\n{told}\nI know nothing of what was said there before, unless I read it now."
    )
    button = _button("Read what is already here", f"setup:backfill:{channel_id}", discord.ButtonStyle.primary)
    return Layout(discord.ui.TextDisplay(said), discord.ui.ActionRow(button))


def ask_removal(channel_id: int) -> Layout:
    """Ask what is to become of what was read."""
    said = (
        f"### Stop reading <#{channel_id}>?\n"
        "**Keep**: earlier stories from there can still be found.\n"
        "**Forget**: all that was kept of its messages is deleted, and cards that showed them go."
    )
    row = discord.ui.ActionRow[Any](
        _button("Stop and keep", f"setup:keep:{channel_id}", discord.ButtonStyle.primary),
        _button("Stop and forget", f"setup:forget:{channel_id}", discord.ButtonStyle.danger),
    )
    return Layout(discord.ui.TextDisplay(said), row)


def told(text: str) -> Layout:
    """Say one thing."""
    return Layout(discord.ui.TextDisplay(clip(text, 3500)))


def channel_list(channels: Sequence[int], problems: Mapping[int, str]) -> str:
    """List watched channels, with what is missing in them."""
    if not channels:
        return "No channel is watched yet: `/watch add` begins."
    lines = [f"- <#{channel_id}>" + (" ⚠️" if channel_id in problems else "") for channel_id in channels[:SHOWN]]
    if len(channels) > SHOWN:
        lines.append(f"- and {count(len(channels) - SHOWN, 'more channel')}")
    return "\n".join([*lines, *warnings(list(problems.values()))])


def preset_words(thresholds: Thresholds) -> str:
    """Describe a policy in words and numbers."""
    name = preset_of(thresholds)
    head = f"{name.capitalize()}: {PRESET_WORDS[name]}" if name else "Own thresholds"
    numbers = ", ".join(f"{label} from {score:.0%}" for label, score in list(thresholds.flags.items())[:5])
    return f"{head}\n-# {numbers}; up to {thresholds.alerts_a_day} alerts a day, the rest waits in the queue"


def preset_choice(name: str) -> str:
    """Describe a preset in the list from which it is chosen, in at most 100 characters."""
    preset = PRESETS[name]
    least = min(preset.flags.values())
    return f"{name}: {PRESET_WORDS[name]} ({least:.0%} and more, {preset.alerts_a_day} a day)"


def warnings(problems: Sequence[str]) -> list[str]:
    """Name what is missing, the first few of it."""
    lines = [f"⚠️ {clip(problem, PROBLEM_ROOM)}" for problem in problems[:PROBLEMS]]
    if len(problems) > PROBLEMS:
        lines.append(f"⚠️ and {len(problems) - PROBLEMS} more")
    return lines


def _button(label: str, custom_id: str, style: discord.ButtonStyle) -> discord.ui.Button[Any]:
    return discord.ui.Button(label=label, custom_id=custom_id, style=style)
