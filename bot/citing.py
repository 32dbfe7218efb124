"""May a message of one place be shown in another? Channels are found in memory or fetched."""

from collections.abc import Iterable, Mapping
from typing import TypeGuard

import discord

from bot.claims import MayCite
from bot.quotes import Quotes
from bot.visibility import Place, all_can_open, can_open


def for_channel(quotes: Quotes, channel_id: int) -> MayCite:
    """Allow what everyone who can read the channel can open."""

    async def may_cite(cited_id: int) -> bool:
        audience, place = await quotes.channel(channel_id), await quotes.channel(cited_id)
        return _is_place(audience) and _is_place(place) and all_can_open(place, audience)

    return _once_each(may_cite)


def for_member(quotes: Quotes, member: discord.Member, here: Place | None = None) -> MayCite:
    """Allow what the member can open; `here` is where they ask, which matters for age-restricted channels."""

    async def may_cite(cited_id: int) -> bool:
        place = await quotes.channel(cited_id)
        return _is_place(place) and await can_open(member, place, here=here)

    return _once_each(may_cite)


async def names_for(quotes: Quotes, member: discord.Member, channel_ids: Iterable[int]) -> Mapping[int, str]:
    """Name the channels that the member can open, by id; the others are left out."""
    names: dict[int, str] = {}
    for channel_id in set(channel_ids):
        place = await quotes.find(channel_id)
        if place is not None and await can_open(member, place):
            names[channel_id] = f"#{place.name}"
    return names


def _once_each(may_cite: MayCite) -> MayCite:
    """Ask about each channel once: the answer is for one card, which cites the same few channels again and again."""
    known: dict[int, bool] = {}

    async def remembered(cited_id: int) -> bool:
        if cited_id not in known:
            known[cited_id] = await may_cite(cited_id)
        return known[cited_id]

    return remembered


def _is_place(channel: object) -> TypeGuard[Place]:
    return isinstance(channel, discord.abc.GuildChannel | discord.Thread)
