"""The small parts of every message: clipped and escaped quotes, jump links, times, counts and gaps in words."""

from datetime import datetime, timedelta

import discord

from bot.languages import ENGLISH, decimal, ngettext, spoken

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


def count(number: int, noun: str) -> str:
    """Say how many in words a person would use."""
    word = NUMBERS[number] if 0 <= number < len(NUMBERS) else f"{number:,}"
    return f"{word} {noun}" if number == 1 else f"{word} {noun if noun.endswith('s') else noun + 's'}"


def numbered(one: str, many: str, number: int) -> str:
    """Say a text that counts, in the language that is spoken: `{number}` becomes a word in English, else figures."""
    in_words = spoken() == ENGLISH and 0 <= number < len(NUMBERS)
    return ngettext(one, many, number).format(number=NUMBERS[number] if in_words else decimal(number))


def gap(span: timedelta) -> str:
    """Say a span of time in words: "nine months", "five years", "three days"."""
    days = max(0, span.days)
    if days >= 700:
        return count(round(days / 365.25), "year")
    if days >= 60:
        return count(round(days / 30.44), "month")
    if days >= 14:
        return count(round(days / 7), "week")
    if days >= 1:
        return count(days, "day")
    hours = span.seconds // 3600
    return count(hours, "hour") if hours else count(max(1, span.seconds // 60), "minute")
