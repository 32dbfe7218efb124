"""Links to messages: from what a person pasted to the message, if they can open it."""

import re

import discord

from bot.errors import NotFound, UserError
from bot.languages import N_, _
from bot.quotes import Quotes
from bot.visibility import can_open

LINK = re.compile(r"https?://(?:\w+\.)?discord(?:app)?\.com/channels/(\d{1,20})/(\d{1,20})/(\d{1,20})")
UNSEEN = N_("I cannot find that message, or you cannot open it.")


async def linked(quotes: Quotes, member: discord.Member, text: str) -> discord.Message:
    """Fetch the message that a link points to, for a member who can open it.

    Raises:
        UserError: the text is no link to a message.
        NotFound: there is no such message in this server, or the member cannot open it.
    """
    match = LINK.search(text)
    if match is None:
        raise UserError(
            _("That is no link to a message. Right-click a message (or hold it) and choose Copy Message Link.")
        )
    guild_id, channel_id, message_id = map(int, match.groups())
    place = await quotes.find(channel_id) if guild_id == member.guild.id else None
    if place is None or place.guild.id != member.guild.id or not await can_open(member, place):
        raise NotFound(_(UNSEEN))
    message = await quotes.fetch(channel_id, message_id)
    if message is None:
        raise NotFound(_(UNSEEN))
    return message
