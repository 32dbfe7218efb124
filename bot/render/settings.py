"""The settings panel, and what a change to the settings comes to, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot.policy import PRESETS, preset_of, thresholds_for
from bot.records import Server, Spread
from bot.render.layout import Layout
from bot.render.privacy import claim_options, day_options
from bot.render.setup import PRESET_WORDS, SHOWN, preset_words, warnings
from bot.render.text import ACCENT, clip, count, quote
from bot.tuning import flags_a_day
from models.labels import MARKS

PANEL = r"settings:(?P<what>alerts|preset|place|days|claims|live|shadow|thresholds|export|import|disputes)"
SAID = 700
HEAD = 2000
PLACES = 5  # channels with thresholds of their own that the panel names
NAMES = {
    "live": "live or in shadow",
    "alerts_channel": "alerts channel",
    "thresholds": "thresholds",
    "alerts_a_day": "alerts a day",
    "channels": "channels with thresholds of their own",
    "retention_days": "how long readings are kept",
    "claim_days": "how long claims are kept",
    "disputes": "whether authors may dispute",
}
KINDS = [discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.forum]
THREADS = [discord.ChannelType.public_thread, discord.ChannelType.private_thread, discord.ChannelType.news_thread]


@dataclass(frozen=True, slots=True)
class Overview:
    """Hold what the panel shows; `problems` are sentences that name what is missing and the remedy."""

    name: str
    server: Server
    channels: Sequence[int]
    waiting: int
    quieted: int
    problems: Sequence[str]
    spread: Spread


def panel(shown: Overview, said: str = "") -> Layout:
    """Show all settings with what changes them; `said` tells what was just changed."""
    server = shown.server
    items: list[discord.ui.Item[Any]] = []
    if said:
        items += [discord.ui.TextDisplay(clip(said, SAID)), discord.ui.Separator()]
    items += [
        discord.ui.TextDisplay(_head(shown)),
        discord.ui.Separator(),
        discord.ui.TextDisplay("**Alerts**"),
        _row(_alerts(server)),
        discord.ui.TextDisplay(f"**Flags**  {preset_words(server.thresholds)}\n-# {daily(server, shown.spread)}"),
        _row(_presets(server, shown.spread)),
        discord.ui.TextDisplay(_places(server)),
        _row(_place_select()),
        discord.ui.TextDisplay("**Kept**  never any text"),
        _row(_select("settings:days", "Keep readings and flags for …", day_options(server.retention_days))),
        _row(_select("settings:claims", "Keep claims for …", claim_options(server.claim_days))),
        discord.ui.Separator(),
        _row(
            _mode(server),
            _button("Thresholds …", "thresholds"),
            _button("Export", "export"),
            _button("Import …", "import"),
            _button("No disputes" if server.disputes else "Allow disputes", "disputes"),
        ),
    ]
    return Layout(discord.ui.Container(*items, accent_color=ACCENT))


def daily(server: Server, spread: Spread) -> str:
    """Say how much the thresholds flag a day, by the readings of the last days."""
    if not spread.rows:
        return "Nothing has been read lately that would show how many that makes."
    flags = sum(flags_a_day(server, spread).values())
    return f"{_about(flags).capitalize()} a day, by {_readings(spread)}{_rest(server, flags)}."


def effect(before: Server, after: Server, spread: Spread) -> str:
    """Say what a change of thresholds comes to, by the readings of the last days."""
    if not spread.rows:
        return "Nothing has been read lately that would show what it changes."
    was, now = (sum(flags_a_day(server, spread).values()) for server in (before, after))
    change = now - was
    if abs(change) < 0.5:
        words = "That changes next to nothing: " + _about(now) + " a day"
    else:
        words = f"That is {_about(abs(change))} a day {'more' if change > 0 else 'fewer'}"
    return f"{words}, by {_readings(spread)}{_rest(after, now)}. It holds for messages from now on."


def places_words(flags: Mapping[str, float | None]) -> str:
    """Say what thresholds a place has of its own."""
    parts = [f"{label} never" if score is None else f"{label} from {score:.0%}" for label, score in flags.items()]
    return ", ".join(parts[: len(MARKS)])


def placed(place_id: int, after: Server, *, read: bool) -> str:
    """Say what holds in a place from now on."""
    own = after.overrides.get(place_id)
    said = f"✅ In <#{place_id}>: {places_words(own)}." if own else f"✅ <#{place_id}> follows what is around it."
    return said if read else f"{said} I do not read it so far: `/watch add`."


def typed(before: Server, after: Server) -> str:
    """Say which thresholds were changed, and from what."""
    old, new = before.thresholds, after.thresholds
    parts = [
        f"{label} {_from(new.flags.get(label))} (was {_from(old.flags.get(label))})"
        for label in MARKS
        if new.flags.get(label) != old.flags.get(label)
    ]
    if new.alerts_a_day != old.alerts_a_day:
        parts.append(f"up to {new.alerts_a_day} alerts a day (was {old.alerts_a_day})")
    return "✅ " + ", ".join(parts).capitalize() + "." if parts else "Everything is as it was."


def disputing(*, allowed: bool) -> str:
    """Say what it means that authors may dispute, or may not."""
    if not allowed:
        return "✅ Authors cannot dispute labels any more. What they have disputed so far stays in the queue."
    return (
        "✅ Whoever asks why a flagged message of theirs has its label can **dispute** it, once a message. "
        "It comes back to the queue, for another moderator than the one who decided."
    )


def brought(names: Sequence[str]) -> str:
    """Say what a file has changed."""
    if not names:
        return "✅ The file says what is set already."
    return "✅ Taken from the file: " + ", ".join(NAMES[name] for name in names) + "."


def around(server: Server, *places: int) -> Mapping[str, str]:
    """Say for each label from where a place without thresholds of its own would have it flagged."""
    flags = thresholds_for(server, *places).flags
    return {label: _from(flags.get(label)) for label in MARKS}


def _head(shown: Overview) -> str:
    server = shown.server
    mode = "☀️ Live: cards are public" if server.live else "🌙 In shadow: nothing is public"
    channels = ", ".join(f"<#{channel_id}>" for channel_id in shown.channels[:SHOWN]) or "no channel yet"
    if len(shown.channels) > SHOWN:
        channels += f" and {len(shown.channels) - SHOWN} more"
    queue = f"{count(shown.waiting, 'flag')} waiting".capitalize()
    if shown.quieted:
        queue += f", {shown.quieted} of the last day without an alert"
    rows = [("Mode", mode), ("Reads", f"{channels} (`/watch`)"), ("Queue", f"{queue} (`/review`)")]
    if server.disputes:
        rows.append(("Disputes", "authors may ask for another moderator (`/why`)"))
    body = "\n".join(f"**{name}**  {text}" for name, text in rows)
    missing = "\n".join(warnings(shown.problems)) or "✅ Nothing is missing."
    return clip(f"### Settings of {quote(shown.name, 100)}\n{body}\n{missing}", HEAD)


def _places(server: Server) -> str:
    if not server.overrides:
        return "**Elsewhere**  no channel, forum or thread has thresholds of its own."
    shown = list(server.overrides.items())[:PLACES]
    lines = [f"- <#{channel_id}>: {places_words(flags)}" for channel_id, flags in shown]
    if len(server.overrides) > PLACES:
        lines.append(f"- and {count(len(server.overrides) - PLACES, 'more channel')}")
    return "**Elsewhere**  what a channel does not say, it takes from around it\n" + "\n".join(lines)


def _alerts(server: Server) -> discord.ui.ChannelSelect[Any]:
    select: discord.ui.ChannelSelect[Any] = discord.ui.ChannelSelect(
        custom_id="settings:alerts",
        placeholder="Post alerts in …",
        channel_types=[discord.ChannelType.text],
    )
    if server.alerts_channel_id is not None:
        channel = discord.SelectDefaultValue(id=server.alerts_channel_id, type=discord.SelectDefaultValueType.channel)
        select.default_values = [channel]
    return select


def _presets(server: Server, spread: Spread) -> discord.ui.Select[Any]:
    chosen = preset_of(server.thresholds)
    options = []
    for name, preset in PRESETS.items():
        words = PRESET_WORDS[name]
        if spread.rows:
            there = Server(server.guild_id, thresholds=preset, overrides=server.overrides)
            words += f"; {_about(sum(flags_a_day(there, spread).values()))} a day"
        options.append(
            discord.SelectOption(
                label=name.capitalize(), value=name, description=clip(words, 100), default=name == chosen
            )
        )
    return _select("settings:preset", "Thresholds of your own: or choose …", options)


def _place_select() -> discord.ui.ChannelSelect[Any]:
    return discord.ui.ChannelSelect(
        custom_id="settings:place", placeholder="Other thresholds in …", channel_types=[*KINDS, *THREADS]
    )


def _mode(server: Server) -> discord.ui.Button[Any]:
    if server.live:
        return _button("Back into shadow", "shadow")
    return _button("Go live", "live", discord.ButtonStyle.success)


def _from(score: float | None) -> str:
    return "never" if score is None else f"from {score:.0%}"


def _about(flags: float) -> str:
    if flags < 0.05:
        return "no flag"
    return "less than one flag" if flags < 0.5 else f"about {count(round(flags), 'flag')}"


def _readings(spread: Spread) -> str:
    return "the last day's readings" if spread.days == 1 else f"the last {spread.days} days' readings"


def _rest(server: Server, flags: float) -> str:
    rest = round(flags - server.thresholds.alerts_a_day)
    return f"; about {rest:,} of them without an alert" if rest > 0 else ""


def _select(custom_id: str, placeholder: str, options: list[discord.SelectOption]) -> discord.ui.Select[Any]:
    return discord.ui.Select(custom_id=custom_id, placeholder=placeholder, options=options)


def _button(
    label: str, what: str, style: discord.ButtonStyle = discord.ButtonStyle.secondary
) -> discord.ui.Button[Any]:
    return discord.ui.Button(label=label, custom_id=f"settings:{what}", style=style)


def _row(*items: discord.ui.Item[Any]) -> discord.ui.ActionRow[Any]:
    return discord.ui.ActionRow(*items)
