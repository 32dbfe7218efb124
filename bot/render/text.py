"""The small parts of every message: clipped and escaped quotes, jump links, times, counts and gaps in words."""

from datetime import datetime, timedelta

import discord

from bot.languages import ENGLISH, decimal, ngettext, plural, spoken

ACCENT = discord.Color.from_str("#5b8def")
LABEL_MARKS = {
    "skeptical": "🤨",
    "partisan": "📣",
    "off-topic": "🌀",
    "informative": "📎",
    "none": "💬",
    "unsure": "❔",
}
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
LONG = {
    "year": plural("{number} year", "{number} years"),
    "month": plural("{number} month", "{number} months"),
    "week": plural("{number} week", "{number} weeks"),
    "day": plural("{number} day", "{number} days"),
    "hour": plural("{number} hour", "{number} hours"),
    "minute": plural("{number} minute", "{number} minutes"),
}
AGO = {
    "year": plural("{number} year ago", "{number} years ago"),
    "month": plural("{number} month ago", "{number} months ago"),
    "week": plural("{number} week ago", "{number} weeks ago"),
    "day": plural("{number} day ago", "{number} days ago"),
    "hour": plural("{number} hour ago", "{number} hours ago"),
    "minute": plural("{number} minute ago", "{number} minutes ago"),
}


def clip(text: str, limit: int) -> str:
    """Cut a text to `limit` characters at a word, with an ellipsis where something is missing."""
    text = text.strip()
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit // 2 else cut).rstrip() + "…"


def quote(text: str, limit: int = 200) -> str:
    """Show what someone wrote on one line: no mention, no markup, no link preview, never longer than `limit`."""
    line = " ".join(text.split())
    plain = discord.utils.escape_markdown(discord.utils.escape_mentions(clip(line, limit)))
    return clip(plain.replace("](", "]\u200b(").replace("://", ":\u200b//"), limit)


def jump(guild_id: int, channel_id: int, message_id: int) -> str:
    """Give the address of a message."""
    return f"https://discord.com/channels/{guild_id}/{channel_id}/{message_id}"


def when(moment: datetime) -> str:
    """Show a time in the reader's own zone, with how long ago that is."""
    return f"{discord.utils.format_dt(moment, 'D')} ({discord.utils.format_dt(moment, 'R')})"


def numbered(one: str, many: str, number: int) -> str:
    """Say a text that counts, in the language that is spoken: `{number}` becomes a word in English, else figures."""
    in_words = spoken() == ENGLISH and 0 <= number < len(NUMBERS)
    return ngettext(one, many, number).format(number=NUMBERS[number] if in_words else decimal(number))


def capital(text: str) -> str:
    """Begin a text with a capital letter; the others stay, as German nouns want."""
    return text[:1].upper() + text[1:]


def gap(span: timedelta) -> str:
    """Say a span of time in words: "nine months", "five years", "three days"."""
    unit, number = _measured(span)
    return numbered(*LONG[unit], number)


def ago(span: timedelta) -> str:
    """Say how long ago something was: "nine months ago"."""
    unit, number = _measured(span)
    return numbered(*AGO[unit], number)


def _measured(span: timedelta) -> tuple[str, int]:
    """Choose the unit in which a person would say a span, and round to it."""
    days, hours = max(0, span.days), span.seconds // 3600
    if days >= 700:
        return "year", round(days / 365.25)
    if days >= 60:
        return "month", round(days / 30.44)
    if days >= 14:
        return "week", round(days / 7)
    if days >= 1:
        return "day", days
    return ("hour", hours) if hours else ("minute", max(1, span.seconds // 60))
