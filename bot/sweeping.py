"""What was said and what was changed in a channel while nobody listened, read from its history."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta

import discord

from bot import history, needs
from bot.client import Hindsight
from bot.conversation import Conversations
from bot.intake import PASSING
from bot.lookback import look_at

SWEPT = timedelta(days=7)  # how far back deletions and edits are looked for at each start
NEWEST = 2**63 - 1  # no id is higher

Watchable = discord.abc.GuildChannel | discord.Thread

log = logging.getLogger(__name__)


class Sweep:
    """Read histories and take what is new in them; `looked_at` counts the messages."""

    def __init__(self, bot: Hindsight) -> None:
        self._bot = bot
        self.looked_at = 0

    async def catch_up(self, guild_id: int, channel_id: int, reached: Mapping[int, int]) -> bool:
        """Catch up with a watched channel; say whether Discord shows it."""
        channel = await self._bot.quotes.find(channel_id)
        if channel is None:
            if await self._bot.quotes.is_deleted(channel_id):
                await self._bot.intake.drop(guild_id, channel_id)
            return True
        if not is_shown(channel):
            return False
        await self._read(guild_id, channel, reached)
        return True

    async def fill(self, place_id: int, after: int) -> bool:
        """Read what a channel or thread holds after a message; say whether Discord shows it."""
        place = await self._bot.quotes.find(place_id)
        if not isinstance(place, history.Place):
            return True
        if not is_shown(place):
            return False
        async for span in self.spans(place, after):
            kept = await self._bot.store.messages.between(place.id, span[0].id, span[-1].id)
            await self.take(history.changed(kept, span), self._bot.new_conversations())
            self.looked_at += len(span)
        return True

    async def look_at(self, guild_id: int, channel_id: int, message_ids: Sequence[int]) -> bool:
        """Forget what is gone of what is shown from a channel, read what was edited; say whether that could be done."""
        try:
            seen = await look_at(self._bot, channel_id, message_ids, self._bot.budget.spare)
            await self._bot.intake.forget(guild_id, seen.gone)
            for page in seen.pages:
                kept = await self._bot.store.messages.between(channel_id, page[0].id, page[-1].id)
                edited = [message for message in history.changed(kept, page) if message.id in kept]
                await self.take(edited, self._bot.new_conversations())
        except PASSING as error:
            log.warning("messages of %s that are shown cannot be looked at: %s", channel_id, type(error).__name__)
            return False
        return True

    async def spans(
        self, place: history.Place, after: int, before: int | None = None
    ) -> AsyncIterator[list[discord.Message]]:
        """Give the messages of a place between two ids as `history.spans` does; none where they may not be read."""
        try:
            async for span in history.spans(place, after, before):
                yield span
        except (discord.Forbidden, discord.NotFound):
            log.warning("history of %s cannot be read", place.id)

    async def take(self, messages: Sequence[discord.Message], past: Conversations) -> int:
        """Take what is accepted of some messages that belong together; give the number."""
        accepted = [message for message in messages if self._bot.intake.accepts(message)]
        await asyncio.gather(*(self._bot.intake.take(message, past) for message in accepted))
        return len(accepted)

    async def _read(self, guild_id: int, channel: Watchable, reached: Mapping[int, int]) -> None:
        added = discord.utils.time_snowflake(await self._bot.store.servers.added_at(channel.id))
        gone = set(await self._bot.store.messages.places(channel.id))
        async for place in history.places(channel):
            gone.discard(place.id)
            try:
                await self._sweep(guild_id, place, max(added, reached.get(place.id, added)))
            except (discord.Forbidden, discord.NotFound):
                log.warning("history of %s cannot be read", place.id)
        for thread_id in gone:
            if await self._bot.quotes.is_deleted(thread_id):
                await self._bot.intake.drop(guild_id, thread_id)

    async def _sweep(self, guild_id: int, place: history.Place, start: int) -> None:
        """Read what came after `start`, and follow what was changed in the days before."""
        if needs.missing(place, needs.READ):
            # Discord gives an empty history then, in which all would seem to be deleted.
            log.warning("history of %s cannot be read", place.id)
            return
        since = discord.utils.time_snowflake(discord.utils.snowflake_time(start) - SWEPT)
        # Asked before the history is: what comes in meanwhile is not on its pages, and is not gone.
        missing = set(await self._bot.store.messages.between(place.id, since, NEWEST))
        async for span in history.spans(place, since):
            kept = await self._bot.store.messages.between(place.id, span[0].id, span[-1].id)
            changed = [each for each in history.changed(kept, span) if each.id > start or each.id in kept]
            await self.take(changed, self._bot.new_conversations())
            self.looked_at += len(span)
            missing.difference_update(message.id for message in span)
            await self._bot.intake.forget(guild_id, [each for each in missing if each > span[0].id])
            missing = {each for each in missing if each < span[0].id}
        await self._bot.intake.forget(guild_id, missing)


def is_shown(channel: Watchable) -> bool:
    """Say whether Discord shows the server of a channel; in an outage it shows the bot neither roles nor threads."""
    return not channel.guild.unavailable and channel.guild.me is not None
