"""Suggested cards: what a moderator sees of a story that may have been here before, in their language."""

from typing import Any

import discord

from bot.languages import _
from bot.queue import Part
from bot.records import Card
from bot.render.cards import Shown, entries
from bot.render.layout import Layout
from bot.render.text import ACCENT, capital, jump, numbered, quote

PRESS = r"suggested:(?P<card>\d+):(?P<action>post|decline|skip|undo|again):(?P<channel>\d*)(?::(?P<since>\d{1,11}))?"
SAID = 300  # characters of the story

Item = discord.ui.Item[Any]


def suggestion_view(card: Card, story: str, shown: Shown, more: int, part: Part, above: Item | None = None) -> Layout:
    """Show a card that may be right as it would be posted, below the story that it answers.

    `more` counts those that wait after it, `above` tells what was done with the one before.
    """
    link = f"[{_('open')}]({jump(card.guild_id, card.channel_id, card.message_id)})"
    told = discord.utils.format_dt(shown.at, "R")
    head = f"{_('### 🕰️ Was this here before?')}\n-# <#{card.channel_id}> · {told} · {link}"
    after = numbered("{number} more suggested card", "{number} more suggested cards", more)
    buttons = discord.ui.ActionRow[Any](
        _button(_("The same: post the card"), card.id, "post", part, discord.ButtonStyle.success),
        _button(_("Not the same"), card.id, "decline", part),
        _button(_("Skip"), card.id, "skip", part),
    )
    texts = [
        f"{head}\n> {quote(story, SAID) or _('(no text)')}",
        _("**It looks like this; I cannot tell whether it says the same.**"),
        *entries(shown),
        f"-# {capital(after) if more else _('The last one')}",
    ]
    displays = [discord.ui.TextDisplay[Any](text) for text in texts]
    return _under(above, discord.ui.Container[Any](*displays, buttons, accent_color=ACCENT))


def declined(card: Card, part: Part) -> Item:
    """Say that a card is not posted, with the way back."""
    link = jump(card.guild_id, card.channel_id, card.message_id)
    said = _("➖ Not the same: no card under [this story]({link}).").format(link=link)
    return discord.ui.Section[Any](said, accessory=_button(_("Undo"), card.id, "undo", part))


def accepted(card: Card) -> Item:
    """Say what became of a card that was to be posted."""
    said = {
        "posted": _("✅ [The card]({link}) stands under its story; *Remove* below it takes it back."),
        "shadow": _("🌙 Counted, not posted: this server is in shadow."),
        "pending": _("⏳ Discord is failing just now: the card follows as soon as it can."),
    }.get(card.state, _("This card cannot be posted: a message was deleted, or cards are stopped in that channel."))
    link = jump(card.guild_id, card.channel_id, card.posted_id or card.message_id)
    return discord.ui.TextDisplay(said.format(link=link))


def none_left(part: Part, passed: int = 0, above: Item | None = None) -> Layout:
    """Say that no suggested card waits, or how many were passed over."""
    if not passed:
        said = _("### ✨ No suggested card waits\nWhat I am sure of, I post; where I am not, I ask you here.")
        return _under(above, discord.ui.TextDisplay[Any](said))
    left = numbered(
        "{number} suggested card that you passed over still waits.",
        "{number} suggested cards that you passed over still wait.",
        passed,
    )
    said = f"{_('### You are through')}\n{capital(left)}"
    row = discord.ui.ActionRow[Any](_button(_("Start again"), 0, "again", part))
    return _under(above, discord.ui.TextDisplay[Any](said), row)


def invitation(waiting: int, part: Part) -> discord.ui.ActionRow[Any]:
    """Lead from the end of the queue to the suggested cards."""
    said = numbered("Look at {number} suggested card", "Look at {number} suggested cards", waiting)
    return discord.ui.ActionRow(_button(said, 0, "again", part, discord.ButtonStyle.primary))


def _button(
    label: str,
    card_id: int,
    action: str,
    part: Part,
    style: discord.ButtonStyle = discord.ButtonStyle.secondary,
) -> discord.ui.Button[Any]:
    channel, since = part.for_id()
    return discord.ui.Button(label=label, custom_id=f"suggested:{card_id}:{action}:{channel}{since}", style=style)


def _under(above: Item | None, *items: Item) -> Layout:
    return Layout(*([above] if above is not None else []), *items)
