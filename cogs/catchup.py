"""Nothing lost: what was said before the bot came, or while it was away."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

import discord
from discord.ext import commands, tasks

from bot import history, needs
from bot.client import Hindsight
from bot.conversation import Conversations
from bot.intake import PASSING
from bot.lookback import look_at
from bot.loops import every
from bot.store.messages import Kept

RECOVERED = 100  # unread rows taken up again at once
SWEPT = timedelta(days=7)  # how far back deletions and edits are looked for at each start
SHOWN = 2_000  # older messages looked at after a start, of those that the bot's own show
AGAIN, SELDOM = timedelta(seconds=15), timedelta(minutes=10)  # between two tries, at first and at last
NEWEST = 2**63 - 1  # no id is higher
HOPELESS = 3  # unread rows in a row that fail until the others are left for the next try

Progress = Callable[[int], Awaitable[None]]
Watchable = discord.abc.GuildChannel | discord.Thread
Shown = Mapping[tuple[int, int], Sequence[int]]  # messages by the (server, channel) in which they stand

log = logging.getLogger(__name__)


class CatchUp(commands.Cog):
    """Read histories: a channel's past when it is first watched, and the gap after an absence."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot
        self._due = False
        self._looked_at = 0
        self._pause = AGAIN
        self._next_try = bot.clock()
        self._backfilling: set[int] = set()
        self._resting: set[int] = set()

    async def cog_load(self) -> None:
        """Note how far messages were read, before the first new one arrives."""
        await self.bot.store.gaps.note()
        self.rewrite.start()

    async def cog_unload(self) -> None:
        """Stop; what is left unread is found again at the next start."""
        for loop in (self.catch_up, self.take_up, self.look_back, self.rewrite):
            loop.cancel()

    @property
    def progress(self) -> int | None:
        """Count the messages looked at while catching up; None when there is nothing to catch up."""
        return self._looked_at if self.catch_up.is_running() else None

    @commands.Cog.listener()
    async def on_disconnect(self) -> None:
        """Note how far messages were read when the connection broke."""
        await self.bot.store.gaps.note()

    @commands.Cog.listener()
    async def on_resumed(self) -> None:
        """Let the note go: Discord has replayed what was missed."""
        if not self._due and not self.catch_up.is_running():
            await self.bot.pipeline.close_gaps()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Read what was missed; a new session replays nothing."""
        self._start()

    @commands.Cog.listener()
    async def on_unfinished(self) -> None:
        """Try again to read what could not be read, until it is."""
        if not self.take_up.is_running():
            self.take_up.start()

    async def backfill(self, channel: Watchable, progress: Progress, before: int | None = None) -> int:
        """Read all that stands in a channel and its threads, newest stories first; give the number of messages.

        It goes on after a restart, and ends early when it is paused; `progress` is told the number so far after each
        span.
        """
        servers, read = self.bot.store.servers, 0
        self._backfilling.add(channel.id)
        try:
            await servers.move_backfill(channel.id, before or discord.utils.time_snowflake(self.bot.clock()))
            async for place in history.places(channel):
                async for span in self._past(place, before if place.id == channel.id else None):
                    if channel.id in self._resting or not self.bot.intake.watches(channel):
                        return read
                    read += await self._take(span, self.bot.new_conversations())
                    if place.id == channel.id:
                        await servers.move_backfill(channel.id, span[0].id)
                    await progress(read)
            await servers.move_backfill(channel.id, None)
        finally:
            self._backfilling.discard(channel.id)
        log.info("backfill of %s: %s messages", channel.id, read)
        return read

    def backfills(self, channel_id: int) -> bool:
        """Say whether a channel's past is being read at this moment."""
        return channel_id in self._backfilling

    async def pause(self, channel_id: int, *, paused: bool) -> None:
        """Let a backfill rest after the span that it is at, over restarts too; or let it go on."""
        (self._resting.add if paused else self._resting.discard)(channel_id)
        await self.bot.store.servers.pause_backfill(channel_id, paused=paused)

    async def _past(self, place: history.Place, before: int | None) -> AsyncIterator[list[discord.Message]]:
        try:
            async for span in history.spans(place, 0, before):
                yield span
        except (discord.Forbidden, discord.NotFound):
            log.warning("history of %s cannot be read", place.id)

    @tasks.loop(count=1)
    async def catch_up(self) -> None:
        """Read what was missed, forget what was deleted meanwhile, and go on with what was under way.

        What Discord or the database keeps from being done is tried again; the note of the gap stands until then.
        """
        while self._due:
            self._due, self._looked_at = False, 0
            self.bot.pipeline.behind = False
            try:
                await self._all()
            except PASSING as error:
                log.warning("catching up waits: %s", type(error).__name__)
                self._due = True
                await asyncio.sleep(AGAIN.total_seconds())

    @every(seconds=AGAIN.total_seconds())
    async def take_up(self) -> None:
        """Take up again what could not be read or kept at its time; the longer that lasts, the more seldom."""
        intake, now = self.bot.intake, self.bot.clock()
        if not intake.unfinished and not self._due and not self.bot.pipeline.behind:
            self.take_up.stop()
            return
        # A try that is due in years was set by a clock that has been put right since.
        if self.catch_up.is_running() or now < self._next_try <= now + SELDOM:
            return
        if self._due:
            self._start()
            return
        try:
            await self.bot.pipeline.note_missed()
            await self._recover()
        except PASSING as error:
            log.warning("taking up waits: %s", type(error).__name__)
            intake.unfinished = True
        self._pause = min(2 * self._pause, SELDOM) if intake.unfinished else AGAIN
        self._next_try = now + self._pause
        if self.bot.pipeline.behind:
            self._start()

    @tasks.loop(count=1)
    async def look_back(self, places: Shown) -> None:
        """Follow what became of messages too old for the sweep that are shown still; where Discord fails, try again."""
        while True:
            places = {place: ids for place, ids in places.items() if not await self._looked_at_shown(*place, ids)}
            if not places:
                return
            await asyncio.sleep(SELDOM.total_seconds())

    @every(hours=24)
    async def rewrite(self) -> None:
        """Write the claim indexes anew, so that an erased vector leaves the disk within a day."""
        await self.bot.memory.save()

    def _start(self) -> None:
        self._due = True
        if not self.catch_up.is_running():
            self.catch_up.start()

    async def _all(self) -> None:
        store = self.bot.store
        self.bot.intake.announce_left(await store.leftovers.all())
        await store.gaps.note()
        reached = await store.gaps.all()
        await self._recover()
        for guild_id, channel_id in await store.servers.watched():
            channel = await self.bot.quotes.find(channel_id)
            if channel is not None:
                await self._catch_up(guild_id, channel, reached)
            elif await self.bot.quotes.is_deleted(channel_id):
                await self.bot.intake.drop(guild_id, channel_id)
        if not self._due:
            await self.bot.pipeline.close_gaps()
            await self._look_back()
        for left in await store.servers.backfills():
            channel = await self.bot.quotes.find(left.channel_id)
            if channel is not None and not left.paused and not self.backfills(channel.id):
                await self.backfill(channel, self._count, left.before)

    async def _look_back(self) -> None:
        swept = discord.utils.time_snowflake(self.bot.clock() - SWEPT)
        places = await self.bot.store.leftovers.shown(swept, SHOWN)
        (self.look_back.restart if self.look_back.is_running() else self.look_back.start)(places)

    async def _looked_at_shown(self, guild_id: int, channel_id: int, message_ids: Sequence[int]) -> bool:
        """Forget what is gone of what is shown from a channel, read what was edited; say whether that could be done."""
        try:
            seen = await look_at(self.bot, channel_id, message_ids, self.bot.budget.spare)
            await self.bot.intake.forget(guild_id, seen.gone)
            for page in seen.pages:
                kept = await self.bot.store.messages.between(channel_id, page[0].id, page[-1].id)
                edited = [message for message in history.changed(kept, page) if message.id in kept]
                await self._take(edited, self.bot.new_conversations())
        except PASSING as error:
            log.warning("messages of %s that are shown cannot be looked at: %s", channel_id, type(error).__name__)
            return False
        return True

    async def _recover(self) -> None:
        intake, past = self.bot.intake, self.bot.new_conversations()
        intake.unfinished = False
        await intake.make_good()
        after = failed = 0
        while rows := await self.bot.store.messages.unread(RECOVERED, after):
            after = rows[-1].message_id
            for row in rows:
                if not intake.is_busy(row.message_id):
                    left = intake.left
                    await self._read_again(row, past)
                    failed = failed + 1 if intake.left > left else 0
                if failed == HOPELESS:
                    return
        if not intake.unfinished:
            intake.go_on()

    async def _read_again(self, row: Kept, past: Conversations) -> None:
        message = await self.bot.quotes.fetch(row.channel_id, row.message_id)
        if message is None or not self.bot.intake.accepts(message):
            await self.bot.intake.forget(row.guild_id, [row.message_id])
        else:
            await self.bot.intake.take(message, past)

    async def _catch_up(self, guild_id: int, channel: Watchable, reached: Mapping[int, int]) -> None:
        added = discord.utils.time_snowflake(await self.bot.store.servers.added_at(channel.id))
        gone = set(await self.bot.store.messages.places(channel.id))
        async for place in history.places(channel):
            gone.discard(place.id)
            try:
                await self._sweep(guild_id, place, max(added, reached.get(place.id, added)))
            except (discord.Forbidden, discord.NotFound):
                log.warning("history of %s cannot be read", place.id)
        for thread_id in gone:
            if await self.bot.quotes.is_deleted(thread_id):
                await self.bot.intake.drop(guild_id, thread_id)

    async def _sweep(self, guild_id: int, place: history.Place, start: int) -> None:
        """Read what came after `start`, and follow what was changed in the days before."""
        if needs.missing(place, needs.READ):
            # Discord gives an empty history then, in which all would seem to be deleted.
            log.warning("history of %s cannot be read", place.id)
            return
        since = discord.utils.time_snowflake(discord.utils.snowflake_time(start) - SWEPT)
        # Asked before the history is: what comes in meanwhile is not on its pages, and is not gone.
        missing = set(await self.bot.store.messages.between(place.id, since, NEWEST))
        async for span in history.spans(place, since):
            kept = await self.bot.store.messages.between(place.id, span[0].id, span[-1].id)
            changed = [each for each in history.changed(kept, span) if each.id > start or each.id in kept]
            await self._take(changed, self.bot.new_conversations())
            await self._count(len(span))
            missing.difference_update(message.id for message in span)
            await self.bot.intake.forget(guild_id, [each for each in missing if each > span[0].id])
            missing = {each for each in missing if each < span[0].id}
        await self.bot.intake.forget(guild_id, missing)

    async def _count(self, looked_at: int) -> None:
        self._looked_at += looked_at

    async def _take(self, messages: Sequence[discord.Message], past: Conversations) -> int:
        accepted = [message for message in messages if self.bot.intake.accepts(message)]
        taken = await asyncio.gather(
            *(self.bot.intake.take(message, past) for message in accepted), return_exceptions=True
        )
        for message, result in zip(accepted, taken, strict=True):
            if isinstance(result, BaseException):
                log.error("message %s cannot be read", message.id, exc_info=result)
        return len(accepted)


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(CatchUp(bot))
