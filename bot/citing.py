"""May a message of one place be shown in another? Channels are found in memory or fetched."""

import discord

from bot.claims import MayCite
from bot.quotes import Quotes
from bot.visibility import all_can_open, can_open


def for_channel(quotes: Quotes, channel_id: int) -> MayCite:
    """Allow what everyone who can read the channel can open."""

    async def may_cite(cited_id: int) -> bool:
        audience, place = await quotes.channel(channel_id), await quotes.channel(cited_id)
        if not isinstance(audience, discord.abc.GuildChannel | discord.Thread):
            return False
        return isinstance(place, discord.abc.GuildChannel | discord.Thread) and all_can_open(place, audience)

    return may_cite


def for_member(quotes: Quotes, member: discord.Member) -> MayCite:
    """Allow what the member can open."""

    async def may_cite(cited_id: int) -> bool:
        place = await quotes.channel(cited_id)
        return isinstance(place, discord.abc.GuildChannel | discord.Thread) and await can_open(member, place)

    return may_cite
