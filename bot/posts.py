"""Discord messages → posts: the text, the links, and what embeds and forwards add."""

import discord

from bot.links import find_links, pages
from bot.records import Post

NEWS_TYPES = (discord.MessageType.default, discord.MessageType.reply)


def is_readable(message: discord.Message) -> bool:
    """Say whether a message is something that someone wrote, rather than a notice of Discord's."""
    return message.guild is not None and message.type in NEWS_TYPES


def to_post(message: discord.Message) -> Post:
    """Take from a message what the steps need."""
    channel = message.channel
    thread = channel if isinstance(channel, discord.Thread) else None
    forwarded = [snapshot.content for snapshot in message.message_snapshots if snapshot.content]
    text = message.content
    return Post(
        id=message.id,
        guild_id=message.guild.id if message.guild else 0,
        channel_id=channel.id,
        watched_id=thread.parent_id if thread else channel.id,
        author_id=message.author.id,
        created_at=message.created_at,
        edited_at=message.edited_at,
        text=text,
        headline="\n".join([*forwarded, *(_headline(embed) for embed in message.embeds)]).strip(),
        title=next((embed.title for embed in message.embeds if embed.title and pages([embed.url])), ""),
        links=pages([*find_links("\n".join([text, *forwarded])), *(embed.url for embed in message.embeds)]),
        reply_to=_answered(message),
        by_person=not message.author.bot and message.webhook_id is None,
        in_thread=thread is not None,
        is_starter=thread is not None and message.id == thread.id,
        forwarded=bool(message.message_snapshots),
    )


def _headline(embed: discord.Embed) -> str:
    return "\n".join(part for part in (embed.title, embed.description) if part)


def _answered(message: discord.Message) -> int | None:
    reference = message.reference
    if reference is None or message.type is not discord.MessageType.reply:
        return None
    return reference.message_id
