"""Who may decide on what waits in the queue: moderators of the channel where the message stands."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import discord

from bot.quotes import Quotes
from bot.store import Store
from bot.visibility import moderates

ASKED_FOR = timedelta(days=3)  # after that a suggested card comes too late under its story


@dataclass(frozen=True, slots=True)
class Wanted:
    """Hold which suggested cards a moderator goes through: of a channel, made since a time; None asks for all."""

    channel_id: int | None = None
    since: datetime | None = None


async def decides(quotes: Quotes, member: discord.Member, channel_id: int) -> bool:
    """Say whether a member may decide on messages of a channel."""
    place = await quotes.find(channel_id)
    if place is None:
        return member.guild_permissions.manage_messages
    return await moderates(member, place)


async def within(quotes: Quotes, channel_id: int, wanted_id: int | None) -> bool:
    """Say whether a channel is the wanted one, or a thread in it; any is when none is wanted."""
    if wanted_id is None or channel_id == wanted_id:
        return True
    place = await quotes.find(channel_id)
    return isinstance(place, discord.Thread) and place.parent_id == wanted_id


async def suggested_to(
    store: Store, quotes: Quotes, member: discord.Member, wanted: Wanted, now: datetime
) -> list[int]:
    """List those of the wanted suggested cards that a member may decide on, oldest first."""
    earliest = now - ASKED_FOR
    since = earliest if wanted.since is None else max(earliest, wanted.since)
    waiting = await store.suggestions.waiting(member.guild.id, since)
    places = {place for _card_id, place in waiting if await within(quotes, place, wanted.channel_id)}
    allowed = {place for place in places if await decides(quotes, member, place)}
    return [card_id for card_id, place in waiting if place in allowed]
