"""Who may decide on what waits in the queue: moderators of the channel where the message stands."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

import discord

from bot.quotes import Quotes
from bot.store import Store
from bot.visibility import moderates

ASKED_FOR = timedelta(days=3)  # after that a suggested card comes too late under its story


@dataclass(frozen=True, slots=True)
class Part:
    """Hold which part of what waits a moderator looks at: of a channel, since a time; None asks for all."""

    channel_id: int | None = None
    since: datetime | None = None

    @classmethod
    def of(cls, pressed: re.Match[str]) -> Self:
        """Read it from a button's id, in which `channel` and `since` are found."""
        channel, since = pressed["channel"], pressed["since"]
        return cls(int(channel) if channel else None, datetime.fromtimestamp(int(since), UTC) if since else None)

    def for_id(self) -> tuple[str, str]:
        """Give channel and time for a button's id; the time stands at its end, behind a colon, or not at all."""
        return str(self.channel_id or ""), "" if self.since is None else f":{int(self.since.timestamp())}"


ALL = Part()


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


async def suggested_to(store: Store, quotes: Quotes, member: discord.Member, part: Part, now: datetime) -> list[int]:
    """List the suggested cards in a part of the queue that a member may decide on, oldest first."""
    earliest = now - ASKED_FOR
    waiting = await store.suggestions.waiting(member.guild.id, max(earliest, part.since or earliest))
    places = {place for _card_id, place in waiting if await within(quotes, place, part.channel_id)}
    allowed = {place for place in places if await decides(quotes, member, place)}
    return [card_id for card_id, place in waiting if place in allowed]
