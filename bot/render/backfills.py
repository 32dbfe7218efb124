"""How far the reading of what was there before has come, with a button that pauses it or lets it go on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import discord

from bot.languages import _, decimal, ngettext
from bot.render.layout import Layout
from bot.render.text import clip
from bot.store.servers import Backfill

BACKFILL = r"backfill:(?P<action>pause|resume):(?P<channel>\d+)"
LISTED = 10  # entries of a list that have buttons
ROOM = 2000


def reading(channel_id: int, read: int, oldest: datetime) -> Layout:
    """Say that a channel's past is being read, how many messages so far and back to which day."""
    said = _("📖 Reading {channel} … {number} messages so far, back to {day}.")
    text = said.format(channel=f"<#{channel_id}>", number=decimal(read), day=_day(oldest))
    return Layout(discord.ui.TextDisplay(text), discord.ui.ActionRow[Any](_button(channel_id, paused=False)))


def paused(channel_id: int, oldest: datetime) -> Layout:
    """Say that the reading rests, and back to which day it has come."""
    row = discord.ui.ActionRow[Any](_button(channel_id, paused=True))
    return Layout(discord.ui.TextDisplay(_paused(channel_id, oldest)), row)


def finished(channel_id: int, read: int, claims: int) -> str:
    """Say that all is read."""
    said = _("✅ {channel}: {read}, {claims}.")
    messages = ngettext("{number} message read", "{number} messages read", read).format(number=decimal(read))
    kept = ngettext("{number} claim remembered", "{number} claims remembered", claims).format(number=decimal(claims))
    return said.format(channel=f"<#{channel_id}>", read=messages, claims=kept)


def listed(text: str, backfills: Sequence[Backfill], others: Sequence[discord.ui.Section[Any]] = ()) -> Layout:
    """Say one thing, then what other entries say, and how far each backfill has come."""
    entries = [*others, *(_entry(each) for each in backfills)]
    return Layout(discord.ui.TextDisplay(clip(text, ROOM)), *entries[:LISTED])


def _entry(backfill: Backfill) -> discord.ui.Section[Any]:
    oldest = discord.utils.snowflake_time(backfill.before)
    if backfill.paused:
        said = _paused(backfill.channel_id, oldest)
    else:
        said = _("📖 Reading what was said before in {channel}, back to {day} so far.")
        said = said.format(channel=f"<#{backfill.channel_id}>", day=_day(oldest))
    return discord.ui.Section(said, accessory=_button(backfill.channel_id, paused=backfill.paused))


def _paused(channel_id: int, oldest: datetime) -> str:
    said = _("⏸️ Reading what was said before in {channel} is paused; it has come back to {day}.")
    return said.format(channel=f"<#{channel_id}>", day=_day(oldest))


def _day(moment: datetime) -> str:
    return discord.utils.format_dt(moment, "D")


def _button(channel_id: int, *, paused: bool) -> discord.ui.Button[Any]:
    label, action = (_("Resume"), "resume") if paused else (_("Pause"), "pause")
    return discord.ui.Button(label=label, custom_id=f"backfill:{action}:{channel_id}")
