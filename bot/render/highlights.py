"""What members added to discussions, quoted and linked; nobody is named or ranked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import discord

from bot.languages import _
from bot.render.layout import Layout
from bot.render.text import ACCENT, capital, jump, numbered, quote

SAID = 260
STORY = 90


@dataclass(frozen=True, slots=True)
class Highlight:
    """Hold one reply that adds something, with what it says and the story that it stands under."""

    channel_id: int
    message_id: int
    at: datetime
    text: str
    story: str | None = None


def highlights_view(guild_id: int, since: datetime, found: Sequence[Highlight]) -> Layout:
    """Show what was added since a time, by story and then by time."""
    began = discord.utils.format_dt(since, "f")
    head = _("### 📎 Worth reading\n-# What replies added since {time}").format(time=began)
    if not found:
        said = _(
            "Nothing yet: no reply that you can open added a fact, a figure or a source that I am sure of. "
            "Try a longer time: `/highlights since:3 days`."
        )
        return Layout(discord.ui.TextDisplay(f"{head}\n{said}"))
    texts = [head]
    told = None
    for each in found:
        story = f"**{quote(each.story, STORY)}**\n" if each.story and each.story != told else ""
        told = each.story
        when = discord.utils.format_dt(each.at, "R")
        link = jump(guild_id, each.channel_id, each.message_id)
        texts += [f"{story}> {quote(each.text, SAID)}", f"-# [{_('open')}]({link}) · <#{each.channel_id}> · {when}"]
    chosen = numbered(
        "{number} reply, chosen by what is said, not by who said it.",
        "{number} replies, chosen by what is said, not by who said it.",
        len(found),
    )
    texts.append(f"-# {capital(chosen)}")
    return Layout(discord.ui.Container(*(discord.ui.TextDisplay[Any](text) for text in texts), accent_color=ACCENT))
