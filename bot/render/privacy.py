"""What is kept of a member or a server, in words, and the ids of the buttons under it."""

from collections.abc import Mapping, Sequence
from typing import Any

import discord

from bot.languages import _, decimal, ngettext
from bot.records import Server
from bot.render.layout import Layout
from bot.render.text import ACCENT, capital, clip, numbered
from bot.store.statistics import Kept

FILE = "hindsight-what-is-kept-of-me.json"
OWN = r"privacy:(?P<what>erase|optout|optin):(?P<step>ask|do)"
KEEP = r"privacy:keep"
SERVER = r"privacy:server:(?P<what>days|claims|channel|all)"
PURGE = r"privacy:purge:(?P<channel>\d+)"
READING_DAYS = (1, 2, 3, 5, 7, 10, 14, 21, 30)
CLAIM_DAYS = (30, 90, 180, 365, 730, 1825)
FOREVER = "0"
RED = discord.Color.from_str("#d9534f")

Item = discord.ui.Item[Any]


def own_view(stored: Mapping[str, Any], server: Server, file: str | None) -> Layout:
    """Say what is kept of a member; `file` is the name of the attachment that lists it all."""
    lines = _own_lines(stored, server)
    head = _("### 🔒 What is kept of you in this server")
    said = "\n".join(f"- {line}" for line in lines) if lines else _("Nothing.")
    if stored["opted_out"]:
        out = _("You have **opted out**: your messages are not read. Only a keyed hash that says so is kept.")
        said += f"\n\n{out}"
    never = _("-# Never kept: what you wrote, your name, and any count or score of you.")
    items: list[Item] = [discord.ui.TextDisplay(f"{head}\n{said}"), discord.ui.TextDisplay(never)]
    if file is not None:
        items.append(discord.ui.File(f"attachment://{file}"))
    return Layout(discord.ui.Container(*items, _own_buttons(stored, some=bool(lines)), accent_color=ACCENT))


def erase_view() -> Layout:
    """Ask before everything of a member is erased."""
    said = _(
        "### Erase what is kept of you here?\n"
        "- All ids, labels, scores, claim vectors and votes of yours in this server are deleted.\n"
        "- Context cards and digests that showed your messages are taken down or lose them.\n"
        "- Flags on your messages leave the moderators' queue; what they decided stays in their log, "
        "without your message.\n"
        "- Your messages themselves stay in Discord: only you can delete those.\n\n"
        "What you write or edit from now on is read again, unless you opt out."
    )
    return _question(said, _danger(_("Erase everything"), "privacy:erase:do"))


def optout_view() -> Layout:
    """Ask before a member opts out."""
    said = _(
        "### Opt out in this server?\n"
        "- Your messages are not read, labelled, cited or counted from now on.\n"
        "- What was kept of you is erased; cards and digests that showed your messages are taken down or lose them.\n"
        "- Only a keyed hash is kept, so that the bot knows whom to leave out.\n\n"
        "`/privacy optin` takes it back."
    )
    return _question(said, _danger(_("Opt out"), "privacy:optout:do"))


def purge_view(channel_id: int | None) -> Layout:
    """Ask before a channel or the whole server is purged."""
    where = _("{channel} and its threads").format(channel=f"<#{channel_id}>") if channel_id else _("the whole server")
    said = _(
        "### Purge {where}?\n"
        "All ids, labels, scores, claims, cards, flags and digests are deleted, and the past is not read again. "
        "Settings, opt-outs and the log of decisions stay. This cannot be undone."
    ).format(where=where)
    label = _("Purge this channel") if channel_id else _("Purge the whole server")
    return _question(said, _danger(label, f"privacy:purge:{channel_id or 0}"))


def done_view(said: str) -> Layout:
    """Say what was done."""
    return Layout(discord.ui.Container(discord.ui.TextDisplay(clip(said, 3900)), accent_color=ACCENT))


def server_view(name: str, server: Server, kept: Kept) -> Layout:
    """Show how long a server keeps what, and how that is changed."""
    head = _("### 🔒 What is kept of {server}").format(server=clip(discord.utils.escape_markdown(name), 100))
    now = _("At the moment: the ids of {messages}, {readings} and {claims} as sealed vectors; no text.").format(
        messages=numbered("{number} message", "{number} messages", kept.messages),
        readings=numbered("{number} reading", "{number} readings", kept.readings),
        claims=numbered("{number} claim", "{number} claims", kept.claims),
    )
    items = [
        discord.ui.TextDisplay(f"{head}\n{now}"),
        discord.ui.Separator(),
        discord.ui.TextDisplay(_("**Readings and flags**  kept for; after that, only counts per discussion")),
        _row(_select("privacy:server:days", _("Keep readings and flags for…"), day_options(server.retention_days))),
        discord.ui.TextDisplay(_("**Claims**  kept for")),
        _row(_select("privacy:server:claims", _("Keep claims for…"), claim_options(server.claim_days))),
        discord.ui.TextDisplay(_("-# If the bot is removed, everything is deleted after seven days.")),
        discord.ui.Separator(),
        discord.ui.TextDisplay(_("**Purge** deletes at once what was learned. You are asked again first.")),
        _row(_channels("privacy:server:channel", _("Purge a channel…"))),
        _row(_danger(_("Purge the whole server…"), "privacy:server:all")),
    ]
    return Layout(discord.ui.Container(*items, accent_color=ACCENT))


def erased_words(messages: int, shown: int) -> str:
    """Say what an erasure has done."""
    of = numbered("{number} message", "{number} messages", messages)
    said = _("### Erased\nWhat was kept of {messages} is deleted.").format(messages=of)
    if shown:
        mended = numbered(
            "{number} post of mine that showed them is mended.",
            "{number} posts of mine that showed them are mended.",
            shown,
        )
        said += f" {capital(mended)}"
    return said


def _own_lines(stored: Mapping[str, Any], server: Server) -> list[str]:
    messages: Sequence[Mapping[str, Any]] = stored["messages"]
    claims = sum(message["claim_vector_kept"] for message in messages)
    readings = sum("label" in message for message in messages)
    flags = sum("flag" in message for message in messages)
    cards, digests = len(stored["cards_showing_them"]), len(stored["digests_citing_them"])
    votes = len(stored["card_ratings"])
    days = numbered("{number} day", "{number} days", server.retention_days)
    counted = (
        (
            len(messages),
            numbered("{number} message", "{number} messages", len(messages)),
            _("where and when you wrote them, and which story they belong to"),
        ),
        (
            readings,
            numbered("{number} reading", "{number} readings", readings),
            _("a label with its scores, deleted {days} after it was made").format(days=days),
        ),
        (
            claims,
            numbered("{number} claim vector", "{number} claim vectors", claims),
            _("numbers that stand for what was claimed; sealed; kept {long}").format(long=_kept_long(server)),
        ),
        (
            flags,
            numbered("{number} flag", "{number} flags", flags),
            _("messages that moderators were asked to look at"),
        ),
        (
            cards,
            numbered("{number} context card", "{number} context cards", cards),
            _("show a message of yours with a link"),
        ),
        (
            digests,
            numbered("{number} digest", "{number} digests", digests),
            _("cite a message of yours with a link"),
        ),
        (
            votes,
            numbered("{number} vote", "{number} votes", votes),
            _("whether you found a card helpful"),
        ),
    )
    return [f"**{capital(head)}**: {meaning}" for number, head, meaning in counted if number]


def _own_buttons(stored: Mapping[str, Any], *, some: bool) -> discord.ui.ActionRow[Any]:
    buttons = [_danger(_("Erase…"), "privacy:erase:ask")] if some else []
    if stored["opted_out"]:
        buttons.append(discord.ui.Button(label=_("Opt in"), custom_id="privacy:optin:do"))
    else:
        buttons.append(discord.ui.Button(label=_("Opt out…"), custom_id="privacy:optout:ask"))
    return discord.ui.ActionRow(*buttons)


def _question(said: str, yes: discord.ui.Button[Any]) -> Layout:
    no = discord.ui.Button[Any](label=_("Keep everything as it is"), custom_id="privacy:keep")
    return Layout(discord.ui.Container(discord.ui.TextDisplay(said), _row(yes, no), accent_color=RED))


def _kept_long(server: Server) -> str:
    if server.claim_days is None:
        return _("as long as the message stands")
    return numbered("for {number} day", "for {number} days", server.claim_days)


def day_options(chosen: int) -> list[discord.SelectOption]:
    """List for how long readings and flags can be kept."""
    days = sorted({*READING_DAYS, chosen})
    return [discord.SelectOption(label=_days(each), value=str(each), default=each == chosen) for each in days]


def claim_options(chosen: int | None) -> list[discord.SelectOption]:
    """List for how long claims can be kept."""
    days = sorted({*CLAIM_DAYS, chosen} if chosen else set(CLAIM_DAYS))
    options = [discord.SelectOption(label=_("As long as their messages"), value=FOREVER, default=chosen is None)]
    return options + [discord.SelectOption(label=_days(each), value=str(each), default=each == chosen) for each in days]


def _days(days: int) -> str:
    return ngettext("{number} day", "{number} days", days).format(number=decimal(days))


def _select(custom_id: str, placeholder: str, options: list[discord.SelectOption]) -> discord.ui.Select[Any]:
    return discord.ui.Select(custom_id=custom_id, placeholder=placeholder, options=options)


def _channels(custom_id: str, placeholder: str) -> discord.ui.ChannelSelect[Any]:
    kinds = [discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.forum]
    return discord.ui.ChannelSelect(custom_id=custom_id, placeholder=placeholder, channel_types=kinds)


def _danger(label: str, custom_id: str) -> discord.ui.Button[Any]:
    return discord.ui.Button(label=label, custom_id=custom_id, style=discord.ButtonStyle.danger)


def _row(*items: Item) -> discord.ui.ActionRow[Any]:
    return discord.ui.ActionRow(*items)
