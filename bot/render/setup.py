"""What the setup commands say: the notice in a watched channel, presets in words, what is missing."""

from collections.abc import Mapping, Sequence
from typing import Any

import discord

from bot.languages import N_, _, decimal, percent
from bot.policy import PRESETS, preset_of
from bot.records import Thresholds
from bot.render.labels import name_of
from bot.render.layout import Layout
from bot.render.text import ACCENT, capital, clip, numbered

SETUP = r"setup:(?P<action>backfill|keep|forget):(?P<channel>\d+)"
SHOWN = 15  # channels named in one message
PROBLEM_ROOM = 350
PROBLEMS = 5
PRESET_NAMES = {"quiet": N_("quiet"), "standard": N_("standard"), "strict": N_("strict")}
PRESET_WORDS = {
    "quiet": N_("few alerts, only where the model is very sure"),
    "standard": N_("alerts where the model is fairly sure"),
    "strict": N_("many alerts, also where the model leans one way only"),
}
LIVE = N_(
    "### ☀️ Live\nFrom now on I post context cards in the watched channels when a story returns. Alerts go to the "
    "moderators' channel as before. `/shadow` takes it back."
)
SHADOW = N_(
    "### 🌙 In shadow\nFrom now on nothing that I make is public: I read and remember as before, cards are only "
    "counted, alerts go to the moderators' channel alone. `/golive` takes it back."
)


def notice() -> Layout:
    """Tell a channel that it is read from now on; everybody sees it, so it is English."""
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
        _("A notice in the channel says so to its members.")
        if posted
        else _(
            "A forum cannot hold a notice: please mention in its guidelines that Hindsight reads it, and `/privacy`."
        )
    )
    head = _("### ✅ Reading {channel}").format(channel=f"<#{channel_id}>")
    said = f"{head}\n{told}\n{_('I know nothing of what was said there before, unless I read it now.')}"
    button = _button(_("Read what is already here"), f"setup:backfill:{channel_id}", discord.ButtonStyle.primary)
    return Layout(discord.ui.TextDisplay(said), discord.ui.ActionRow(button))


def ask_removal(channel_id: int) -> Layout:
    """Ask what is to become of what was read."""
    said = _(
        "### Stop reading {channel}?\n"
        "**Keep**: earlier stories from there can still be found.\n"
        "**Forget**: all that was kept of its messages is deleted, and cards that showed them go."
    ).format(channel=f"<#{channel_id}>")
    row = discord.ui.ActionRow[Any](
        _button(_("Stop and keep"), f"setup:keep:{channel_id}", discord.ButtonStyle.primary),
        _button(_("Stop and forget"), f"setup:forget:{channel_id}", discord.ButtonStyle.danger),
    )
    return Layout(discord.ui.TextDisplay(said), row)


def told(text: str) -> Layout:
    """Say one thing."""
    return Layout(discord.ui.TextDisplay(clip(text, 3500)))


def channel_list(channels: Sequence[int], problems: Mapping[int, str]) -> str:
    """List watched channels, with what is missing in them."""
    if not channels:
        return _("No channel is watched yet: `/watch add` begins.")
    lines = [f"- <#{channel_id}>" + (" ⚠️" if channel_id in problems else "") for channel_id in channels[:SHOWN]]
    if len(channels) > SHOWN:
        lines.append(f"- {more_channels(len(channels) - SHOWN)}")
    head = numbered("I read {number} channel", "I read {number} channels", len(channels))
    return "\n".join([f"### 👀 {head}", *lines, *warnings(list(problems.values()))])


def gets_no_cards(channel_id: int) -> discord.ui.Section[Any]:
    """Say that a channel's cards have stopped, with a way back."""
    said = _("⏸️ {channel} gets no more cards: moderators removed three of the last ten there.")
    button = _button(_("Post cards there again"), f"cards:{channel_id}:resume", discord.ButtonStyle.secondary)
    return discord.ui.Section(said.format(channel=f"<#{channel_id}>"), accessory=button)


def has_cards_again(channel_id: int) -> Layout:
    """Say that a channel's cards go on, to the person who let them."""
    return told(_("▶️ I post cards in {channel} again.").format(channel=f"<#{channel_id}>"))


def more_channels(number: int) -> str:
    """Say how many channels are not named."""
    return numbered("and {number} more channel", "and {number} more channels", number)


def preset_words(thresholds: Thresholds) -> str:
    """Describe a policy in words and numbers."""
    name = preset_of(thresholds)
    head = f"{capital(_(PRESET_NAMES[name]))}: {_(PRESET_WORDS[name])}" if name else _("Own thresholds")
    numbers = ", ".join(flagged_from(label, score) for label, score in list(thresholds.flags.items())[:5])
    most = _("up to {number} alerts a day, the rest waits in the queue").format(number=decimal(thresholds.alerts_a_day))
    return f"{head}\n-# {capital(f'{numbers}; {most}' if numbers else most)}"


def flagged_from(label: str, score: float | None) -> str:
    """Say from what score a label is flagged; None means never."""
    if score is None:
        return _("{label} never").format(label=name_of(label))
    return _("{label} from {score}").format(label=name_of(label), score=percent(score))


def preset_choice(name: str) -> str:
    """Describe a preset in the list from which it is chosen, in at most 100 characters."""
    preset = PRESETS[name]
    least = min(preset.flags.values())
    return f"{name}: {PRESET_WORDS[name]} ({least:.0%} and more, {preset.alerts_a_day} a day)"


def warnings(problems: Sequence[str]) -> list[str]:
    """Name what is missing, the first few of it."""
    lines = [f"⚠️ {clip(problem, PROBLEM_ROOM)}" for problem in problems[:PROBLEMS]]
    if len(problems) > PROBLEMS:
        lines.append(f"⚠️ {_('and {number} more').format(number=len(problems) - PROBLEMS)}")
    return lines


def _button(label: str, custom_id: str, style: discord.ButtonStyle) -> discord.ui.Button[Any]:
    return discord.ui.Button(label=label, custom_id=custom_id, style=style)
