"""Nothing lost: what was said before the bot came, or while it was away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

import discord
from discord.ext import commands, tasks

from bot import history
from bot.client import Hindsight
from bot.errors import HindsightError
from bot.intake import DISCORD, PASSING
from bot.loops import every
from bot.patience import Patience
from bot.recovery import Recovery
from bot.store.servers import Backfill
from bot.sweeping import SWEPT, Sweep, Watchable, is_shown

SHOWN = 2_000  # older messages looked at after a start, of those that the bot's own show
AGAIN, SELDOM = timedelta(seconds=15), timedelta(minutes=10)  # between two tries, at first and at last
UNREAD, ALL = "unread rows", "all channels"  # what is tried again beside single channels

Progress = Callable[[int], Awaitable[None]]
Shown = Mapping[tuple[int, int], Sequence[int]]  # messages by the (server, channel) in which they stand

log = logging.getLogger(__name__)


class CatchUp(commands.Cog):
    """Read histories: a channel's past when it is first watched, and the gap after an absence."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot
        self._due = False
        self._absent = True
        self._failed: set[int] = set()
        self._sweep = Sweep(bot)
        self._patience = Patience(bot.clock, AGAIN, SELDOM)
        self._recovery = Recovery(bot.intake, bot.quotes, bot.store.messages, bot.new_conversations)
        self._backfilling: set[int] = set()
        self._resting: set[int] = set()

    async def cog_load(self) -> None:
        """Note how far messages were read, before the first new one arrives."""
        await self.bot.store.gaps.note()
        self.rewrite.start()

    async def cog_unload(self) -> None:
        """Stop; what is left unread is found again at the next start."""
        for loop in (self.catch_up, self.take_up, self.go_on, self.look_back, self.rewrite):
            loop.cancel()

    @property
    def progress(self) -> int | None:
        """Count the messages looked at while catching up; None when there is nothing to catch up."""
        return self._sweep.looked_at if self.catch_up.is_running() or self.go_on.is_running() else None

    @commands.Cog.listener()
    async def on_disconnect(self) -> None:
        """Note how far messages were read when the connection broke."""
        self._absent = True
        await self.bot.store.gaps.note()

    @commands.Cog.listener()
    async def on_resumed(self) -> None:
        """Let the note go: Discord has replayed what was missed."""
        self._absent = False
        if not self.catch_up.is_running():
            await self._close()

    @commands.Cog.listener()
    async def on_guild_unavailable(self, guild: discord.Guild) -> None:
        """Note how far messages of a server were read that Discord cannot show for a while, and try until it can."""
        await self.bot.store.gaps.note()
        self._failed.update(channel_id for _, channel_id in await self.bot.store.servers.watched(guild.id))
        await self.on_unfinished()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Read what was missed; a new session replays nothing."""
        self._due, self._absent = True, False
        if not self.catch_up.is_running():
            self.catch_up.start()

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
                async for span in self._sweep.spans(place, 0, before if place.id == channel.id else None):
                    if channel.id in self._resting or not self.bot.intake.watches(channel):
                        return read
                    read += await self._sweep.take(span, self.bot.new_conversations())
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

    @tasks.loop(count=1)
    async def catch_up(self) -> None:
        """Read what was missed and forget what was deleted meanwhile; or do what of that is left.

        What Discord or the database keeps from being done is tried again; the note of the gap stands until then.
        """
        self._sweep.looked_at = 0
        refused = False
        while not refused:
            whole, self._due = self._due, False
            try:
                await (self._all() if whole else self._rest())
            except PASSING as error:
                log.warning("catching up waits: %s", type(error).__name__)
                refused = True
                self._due = self._due or whole
            self._patience.note(ALL, failed=refused)
            if not self._due:
                break
        if self._is_left():
            await self.on_unfinished()

    @every(seconds=AGAIN.total_seconds())
    async def take_up(self) -> None:
        """Take up again what could not be done at its time; the longer something fails, the more seldom."""
        if not self._is_left():
            self.take_up.stop()
            return
        if self.catch_up.is_running():
            return
        if (self._due or await self._took_up_unread()) and self._may_catch_up():
            self.catch_up.start()

    @every(seconds=SELDOM.total_seconds())
    async def go_on(self) -> None:
        """Go on with the backfills that a restart has interrupted, then rest."""
        left = await self.bot.store.servers.backfills()
        if all([await self._tried(f"the past of {each.channel_id}", self._resumed(each)) for each in left]):
            self.go_on.stop()

    @tasks.loop(count=1)
    async def look_back(self, places: Shown) -> None:
        """Follow what became of messages too old for the sweep that are shown still; where Discord fails, try again."""
        while True:
            places = {place: ids for place, ids in places.items() if not await self._sweep.look_at(*place, ids)}
            if not places:
                return
            await asyncio.sleep(SELDOM.total_seconds())

    @every(hours=24)
    async def rewrite(self) -> None:
        """Write the claim indexes anew, so that an erased vector leaves the disk within a day."""
        await self.bot.memory.save()

    def _is_left(self) -> bool:
        """Say whether there is something to be tried again."""
        missed = self.bot.pipeline.missed_since() is not None
        return self.bot.intake.unfinished or self._due or bool(self._failed) or missed

    def _may_catch_up(self) -> bool:
        """Say whether something of what is left to catch up with may be tried now."""
        if self._due:
            return self._patience.allows(ALL)
        return any(self._patience.allows(each) for each in (*self._failed, *self.bot.pipeline.behind))

    async def _took_up_unread(self) -> bool:
        """Do what the database has refused, and read again what may be tried now; say whether it refuses no more."""
        intake = self.bot.intake
        refused = False
        try:
            await self.bot.pipeline.note_missed()
            await intake.make_good()
            if not intake.unfinished or not self._patience.allows(UNREAD):
                return True
            await self._recovery.run()
        except PASSING as error:
            log.warning("taking up waits: %s", type(error).__name__)
            intake.unfinished = refused = True
        self._patience.note(UNREAD, failed=intake.unfinished)
        return not refused

    async def _all(self) -> None:
        store, pipeline = self.bot.store, self.bot.pipeline
        self.bot.intake.announce_left(await store.leftovers.all())
        await store.gaps.note()
        await pipeline.note_missed()
        pipeline.behind.clear()  # what was left out up to now is read with all the rest
        reached = await store.gaps.all()
        await self.bot.intake.make_good()
        await self._recovery.run()
        self._failed.clear()
        for guild, each in await store.servers.watched():
            if not await self._tried(each, self._sweep.catch_up(guild, each, reached)):
                self._failed.add(each)
        if not self._due:
            await self._close()
            await self._look_back()
        if not self.go_on.is_running():
            self.go_on.start()

    async def _rest(self) -> None:
        """Try those channels again that failed, and read what was left out in floods."""
        store, behind = self.bot.store, self.bot.pipeline.behind
        reached, watched = await store.gaps.all(), await store.servers.watched()
        self._failed &= {channel_id for _, channel_id in watched}
        for guild, each in watched:
            may = each in self._failed and self._patience.allows(each)
            if may and await self._tried(each, self._sweep.catch_up(guild, each, reached)):
                self._failed.discard(each)
        for place_id in [each for each in behind if self._patience.allows(each)]:
            after, done = behind.pop(place_id), False
            try:
                done = await self._tried(place_id, self._sweep.fill(place_id, after))
            finally:
                if not done:
                    behind[place_id] = min(after, behind.get(place_id, after))
        await self._close()

    async def _tried(self, what: object, work: Awaitable[bool]) -> bool:
        """Do what a channel needs; say whether it is done. What is not is tried again and holds up nothing else."""
        try:
            done = await work
        except DISCORD as error:
            log.warning("catching up with %s waits: %s", what, type(error).__name__)
            done = False
        except HindsightError:
            raise
        except Exception:
            log.exception("catching up with %s failed", what)
            done = False
        self._patience.note(what, failed=not done)
        return done

    async def _close(self) -> None:
        """Let the note of those gaps go that are read, unless the connection has broken again."""
        beside = set(self._failed)
        for channel_id in self._failed:
            beside.update(await self.bot.store.messages.places(channel_id))
        if not self._due and not self._absent:
            await self.bot.pipeline.close_gaps(beside)

    async def _resumed(self, left: Backfill) -> bool:
        channel = await self.bot.quotes.find(left.channel_id)
        if channel is not None and not left.paused and not self.backfills(channel.id):
            if not is_shown(channel):
                return False
            before = self._sweep.looked_at

            async def progress(read: int) -> None:
                self._sweep.looked_at = before + read

            await self.backfill(channel, progress, left.before)
        return True

    async def _look_back(self) -> None:
        swept = discord.utils.time_snowflake(self.bot.clock() - SWEPT)
        places = await self.bot.store.leftovers.shown(swept, SHOWN)
        (self.look_back.restart if self.look_back.is_running() else self.look_back.start)(places)


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(CatchUp(bot))
