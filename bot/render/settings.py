"""The settings panel, and what a change to the settings comes to, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot.languages import N_, _, decimal, percent
from bot.policy import PRESETS, preset_of, thresholds_for
from bot.records import Server, Spread
from bot.render.labels import name_of
from bot.render.layout import Layout
from bot.render.privacy import claim_options, day_options
from bot.render.setup import (
    PRESET_NAMES,
    PRESET_WORDS,
    SHOWN,
    flagged_from,
    more_channels,
    preset_words,
    warnings,
)
from bot.render.text import ACCENT, capital, clip, numbered, quote
from bot.tuning import flags_a_day
from models.labels import MARKS

PANEL = r"settings:(?P<what>alerts|role|preset|place|days|claims|live|shadow|thresholds|export|import|disputes)"
SAID = 700
HEAD = 2000
PLACES = 5  # channels with thresholds of their own that the panel names
NAMES = {
    "live": N_("live or in shadow"),
    "alerts_channel": N_("alerts channel"),
    "alerts_role": N_("alerts role"),
    "thresholds": N_("thresholds"),
    "alerts_a_day": N_("alerts a day"),
    "channels": N_("channels with thresholds of their own"),
    "retention_days": N_("how long readings are kept"),
    "claim_days": N_("how long claims are kept"),
    "disputes": N_("whether authors may dispute"),
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
        discord.ui.TextDisplay(_("**Alerts**")),
        _row(_alerts(server)),
        _row(_role(server)),
        discord.ui.TextDisplay(
            f"{_('**Flags**')}  {preset_words(server.thresholds)}\n-# {daily(server, shown.spread)}"
        ),
        _row(_presets(server, shown.spread)),
        discord.ui.TextDisplay(_places(server)),
        _row(_place_select()),
        discord.ui.TextDisplay(_("**Readings and flags**  kept for")),
        _row(_select("settings:days", _("Keep readings and flags for…"), day_options(server.retention_days))),
        discord.ui.TextDisplay(_("**Claims**  kept for")),
        _row(_select("settings:claims", _("Keep claims for…"), claim_options(server.claim_days))),
        discord.ui.Separator(),
        _row(
            _mode(server),
            _button(_("Thresholds…"), "thresholds"),
            _button(_("Export"), "export"),
            _button(_("Import…"), "import"),
            _button(_("No disputes") if server.disputes else _("Allow disputes"), "disputes"),
        ),
    ]
    return Layout(discord.ui.Container(*items, accent_color=ACCENT))


def daily(server: Server, spread: Spread) -> str:
    """Say how much the thresholds flag a day, by the readings of the last days."""
    if not spread.rows:
        return _("Nothing has been read lately that would show how many that makes.")
    flags = sum(flags_a_day(server, spread).values())
    said = _("{flags} a day, by {readings}").format(flags=capital(_about(flags)), readings=_readings(spread))
    return f"{said}{_rest(server, flags)}."


def effect(before: Server, after: Server, spread: Spread) -> str:
    """Say what a change of thresholds comes to, by the readings of the last days."""
    if not spread.rows:
        return _("Nothing has been read lately that would show what it changes.")
    was, now = (sum(flags_a_day(server, spread).values()) for server in (before, after))
    change = now - was
    if abs(change) < 0.5:
        words, flags = _("That changes next to nothing: {flags} a day, by {readings}"), now
    elif change > 0:
        words, flags = _("That is {flags} a day more, by {readings}"), change
    else:
        words, flags = _("That is {flags} a day fewer, by {readings}"), -change
    said = words.format(flags=_about(flags), readings=_readings(spread))
    return f"{said}{_rest(after, now)}. {_('It holds for messages from now on.')}"


def places_words(flags: Mapping[str, float | None]) -> str:
    """Say what thresholds a place has of its own."""
    parts = [flagged_from(label, score) for label, score in flags.items()]
    return ", ".join(parts[: len(MARKS)])


def placed(place_id: int, after: Server, *, read: bool) -> str:
    """Say what holds in a place from now on."""
    own = after.overrides.get(place_id)
    said = _("✅ In {channel}: {thresholds}.") if own else _("✅ {channel} follows what is around it.")
    said = said.format(channel=f"<#{place_id}>", thresholds=places_words(own or {}))
    return said if read else f"{said} {_('I do not read it so far: `/watch add`.')}"


def typed(before: Server, after: Server) -> str:
    """Say which thresholds were changed, and from what."""
    old, new = before.thresholds, after.thresholds
    parts = [
        _("{label} {now} (was {before})").format(
            label=name_of(label), now=_from(new.flags.get(label)), before=_from(old.flags.get(label))
        )
        for label in MARKS
        if new.flags.get(label) != old.flags.get(label)
    ]
    if new.alerts_a_day != old.alerts_a_day:
        most = _("up to {number} alerts a day (was {before})")
        parts.append(most.format(number=decimal(new.alerts_a_day), before=decimal(old.alerts_a_day)))
    return f"✅ {capital(', '.join(parts))}." if parts else _("Everything is as it was.")


def disputing(*, allowed: bool) -> str:
    """Say what it means that authors may dispute, or may not."""
    if not allowed:
        return _("✅ Authors cannot dispute labels any more. What they have disputed so far stays in the queue.")
    return _(
        "✅ Whoever asks why a flagged message of theirs has its label can **dispute** it, once a message. "
        "It comes back to the queue, for another moderator than the one who decided."
    )


def mentioning(role_id: int | None) -> str:
    """Say what it means that new alerts mention a role, or nobody."""
    if role_id is None:
        return _("✅ New alerts mention nobody.")
    said = _("✅ New alerts mention {role}, once when several come at a time. Those that stand already do not.")
    return said.format(role=f"<@&{role_id}>")


def brought(names: Sequence[str]) -> str:
    """Say what a file has changed."""
    if not names:
        return _("✅ The file says what is set already.")
    return _("✅ Taken from the file: {names}.").format(names=", ".join(_(NAMES[name]) for name in names))


def around(server: Server, *places: int) -> Mapping[str, str]:
    """Say for each label from where a place without thresholds of its own would have it flagged."""
    flags = thresholds_for(server, *places).flags
    return {label: _from(flags.get(label)) for label in MARKS}


def _head(shown: Overview) -> str:
    server = shown.server
    mode = _("☀️ Live: cards are public") if server.live else _("🌙 In shadow: nothing is public")
    channels = ", ".join(f"<#{channel_id}>" for channel_id in shown.channels[:SHOWN]) or _("no channel yet")
    if len(shown.channels) > SHOWN:
        channels += f" {_('and {number} more').format(number=len(shown.channels) - SHOWN)}"
    queue = capital(numbered("{number} flag waiting", "{number} flags waiting", shown.waiting))
    if shown.quieted:
        queue += _(", {number} of the last day without an alert").format(number=decimal(shown.quieted))
    rows = [
        _("**Mode**  {mode}").format(mode=mode),
        _("**Reads**  {channels} (`/watch`)").format(channels=channels),
        _("**Queue**  {queue} (`/review`)").format(queue=queue),
    ]
    if server.disputes:
        rows.append(_("**Disputes**  authors may ask for another moderator (`/why`)"))
    missing = warnings(shown.problems) or [_("✅ Nothing is missing.")]
    head = _("### Settings of {server}").format(server=quote(shown.name, 100))
    return clip("\n".join([head, *rows, *missing]), HEAD)


def _places(server: Server) -> str:
    if not server.overrides:
        return _("**Exceptions**  none: every channel, forum and thread follows that")
    shown = list(server.overrides.items())[:PLACES]
    lines = [f"- <#{channel_id}>: {places_words(flags)}" for channel_id, flags in shown]
    if len(server.overrides) > PLACES:
        lines.append(f"- {more_channels(len(server.overrides) - PLACES)}")
    return "\n".join([_("**Exceptions**  what a channel does not say, it takes from around it"), *lines])


def _alerts(server: Server) -> discord.ui.ChannelSelect[Any]:
    select: discord.ui.ChannelSelect[Any] = discord.ui.ChannelSelect(
        custom_id="settings:alerts",
        placeholder=_("Post alerts in…"),
        channel_types=[discord.ChannelType.text],
    )
    if server.alerts_channel_id is not None:
        channel = discord.SelectDefaultValue(id=server.alerts_channel_id, type=discord.SelectDefaultValueType.channel)
        select.default_values = [channel]
    return select


def _role(server: Server) -> discord.ui.RoleSelect[Any]:
    select: discord.ui.RoleSelect[Any] = discord.ui.RoleSelect(
        custom_id="settings:role", placeholder=_("New alerts mention no role"), min_values=0
    )
    if server.alerts_role_id is not None:
        role = discord.SelectDefaultValue(id=server.alerts_role_id, type=discord.SelectDefaultValueType.role)
        select.default_values = [role]
    return select


def _presets(server: Server, spread: Spread) -> discord.ui.Select[Any]:
    chosen = preset_of(server.thresholds)
    options = []
    for name, preset in PRESETS.items():
        words = _(PRESET_WORDS[name])
        if spread.rows:
            there = Server(server.guild_id, thresholds=preset, overrides=server.overrides)
            flags = _about(sum(flags_a_day(there, spread).values()))
            words += f"; {_('{flags} a day').format(flags=flags)}"
        options.append(
            discord.SelectOption(
                label=capital(_(PRESET_NAMES[name])), value=name, description=clip(words, 100), default=name == chosen
            )
        )
    return _select("settings:preset", _("Thresholds of your own: or choose…"), options)


def _place_select() -> discord.ui.ChannelSelect[Any]:
    return discord.ui.ChannelSelect(
        custom_id="settings:place", placeholder=_("Other thresholds in…"), channel_types=[*KINDS, *THREADS]
    )


def _mode(server: Server) -> discord.ui.Button[Any]:
    if server.live:
        return _button(_("Back into shadow"), "shadow")
    return _button(_("Go live"), "live", discord.ButtonStyle.success)


def _from(score: float | None) -> str:
    return _("never") if score is None else _("from {score}").format(score=percent(score))


def _about(flags: float) -> str:
    if flags < 0.05:
        return _("no flag")
    if flags < 0.5:
        return _("less than one flag")
    return numbered("about {number} flag", "about {number} flags", round(flags))


def _readings(spread: Spread) -> str:
    if spread.days == 1:
        return _("the last day's readings")
    return _("the last {number} days' readings").format(number=spread.days)


def _rest(server: Server, flags: float) -> str:
    rest = round(flags - server.thresholds.alerts_a_day)
    return _("; about {number} of them without an alert").format(number=decimal(rest)) if rest > 0 else ""


def _select(custom_id: str, placeholder: str, options: list[discord.SelectOption]) -> discord.ui.Select[Any]:
    return discord.ui.Select(custom_id=custom_id, placeholder=placeholder, options=options)


def _button(
    label: str, what: str, style: discord.ButtonStyle = discord.ButtonStyle.secondary
) -> discord.ui.Button[Any]:
    return discord.ui.Button(label=label, custom_id=f"settings:{what}", style=style)


def _row(*items: discord.ui.Item[Any]) -> discord.ui.ActionRow[Any]:
    return discord.ui.ActionRow(*items)
