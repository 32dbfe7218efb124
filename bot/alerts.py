"""Alerts: post each flag's once in the moderators' channel, keep it true, and take it down."""

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import timedelta

import aiohttp
import discord

from bot.alerts_role import alerts_role
from bot.errors import StoreError
from bot.needs import alerts_problem
from bot.pipeline import Pipeline
from bot.posting import DISCORD_FAILED, NOBODY, find_posted, post_once, settled
from bot.quotes import Quotes
from bot.records import Flag, Server
from bot.render.alerts import Alert, alert_view, decided_view, gone_view, withdrawn_view
from bot.render.layout import Layout
from bot.resources import Resources
from bot.store.leftovers import Public
from models.batcher import BatchError
from models.explain import chosen, without
from models.reader import Passage, tidy

LATELY = timedelta(days=30)
EXPLAINED = 5.0  # seconds in which words are found that explain a label; an alert does not wait for longer
REFUSED = (403, 404)
BAD_REQUEST = 400  # the fault of one alert; anything else would stop the next one too

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Round:
    """Hold what is known while a server's alerts are posted; the first of them mentions `role`, for all of them."""

    guild: discord.Guild
    server: Server
    role: discord.Role | None
    failed: bool = False


class Alerts:
    """Bring flags before moderators."""

    def __init__(self, client: discord.Client, resources: Resources, quotes: Quotes, pipeline: Pipeline) -> None:
        self._client = client
        self._store = resources.store
        self._models = resources.models
        self._clock = resources.clock
        self._quotes = quotes
        self._pipeline = pipeline
        self._turns: dict[int, asyncio.Lock] = {}

    async def post_waiting(self, guild_id: int, new: int | None = None) -> bool:
        """Post the alerts that a server's flags are due; `new` is the flag that cannot have been posted before.

        What cannot be posted now waits in the queue and is tried again with the next flag. Say whether that will do:
        where Discord fails, it is to be tried without waiting for a flag.
        """
        guild = self._client.get_guild(guild_id)
        if guild is None:
            return True
        async with self._turns.setdefault(guild_id, asyncio.Lock()):
            try:
                return await self._post_all(guild, new)
            except StoreError as error:
                log.warning("alerts in server %s wait: %s", guild_id, error)
                return False

    async def refresh(self, flag: Flag) -> bool:
        """Bring a posted alert in line with its flag; say whether that is settled."""
        try:
            view = await self.view(flag)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.warning("alert of flag %s cannot be changed: %s", flag.id, type(error).__name__)
            return False
        return await self._edit(flag.alert_channel_id, flag.alert_message_id, view)

    async def follow(self, public: Public, moderator_id: int | None = None) -> bool:
        """Shrink the alert of a message that is gone; say whether that is settled."""
        if public.posted_id is not None:
            return await self._edit(public.channel_id, public.posted_id, gone_view(moderator_id))
        async with self._turns.setdefault(public.guild_id, asyncio.Lock()):
            server = await self._store.servers.get(public.guild_id)
            channel = self._client.get_channel(server.alerts_channel_id or 0)
            if not isinstance(channel, discord.TextChannel):
                return True
            left = await find_posted(channel, "alert", public.id)
            return left is None or await self._edit(channel.id, left.id, gone_view(moderator_id))

    async def view(self, flag: Flag) -> Layout:
        """Show a flag as it stands."""
        if flag.state == "decided":
            return decided_view(flag)
        if flag.state == "withdrawn":
            return withdrawn_view(flag)
        return alert_view(await self.describe(flag))

    async def describe(self, flag: Flag, *, last_of_day: bool = False, first: bool = True) -> Alert:
        """Collect what an alert shows; the texts come from Discord. `first` is for somebody who waits."""
        right = await self._right(flag)
        post = await self._quotes.get(flag.channel_id, flag.message_id)
        if post is None:
            return Alert(flag, None, right=right, last_of_day=last_of_day)
        passage = await self._pipeline.passage(post)
        words = await self.words(passage, flag.label, first=first)
        return Alert(
            flag, post.full_text, post.author_id, words, passage.story, passage.parent, right, last_of_day=last_of_day
        )

    async def words(self, passage: Passage, label: str, *, first: bool = True) -> tuple[str, ...]:
        """Name the words that moved a label; none when the models cannot say, or not in time: messages go before."""
        tidied = tidy(passage)
        asked = [replace(tidied, text=text) for text in without(tidied.text)]
        try:
            async with asyncio.timeout(EXPLAINED):
                readings = await self._models.read.submit(asked, first=first)
        except (BatchError, TimeoutError) as error:
            log.warning("no explanation of %s: %s", label, type(error).__name__)
            return ()
        return tuple(chosen(tidied.text, [reading.scores[label] for reading in readings]))

    async def _post_all(self, guild: discord.Guild, new: int | None) -> bool:
        """Post alerts; say whether Discord did not fail."""
        server = await self._store.servers.get(guild.id)
        posting = Round(guild, server, alerts_role(guild, server.alerts_role_id))
        for flag in await self._store.flags.without_alert(guild.id):
            if not await self._post(posting, flag, again=flag.id != new):
                break
        return not posting.failed

    async def _post(self, posting: Round, flag: Flag, *, again: bool) -> bool:
        """Post one alert; say whether there is sense in going on with the next."""
        guild, server, role = posting.guild, posting.server, posting.role
        a_day = server.thresholds.alerts_a_day if server.alerts_channel_id else 0
        left = await self._store.flags.allot(flag.id, a_day, self._clock())
        if left is None:
            return True
        channel = guild.get_channel(server.alerts_channel_id or 0)
        problem = alerts_problem(guild, server.alerts_channel_id)
        if problem is not None or not isinstance(channel, discord.TextChannel):
            log.warning("alert of flag %s in server %s waits: %s", flag.id, guild.id, problem)
            return False
        try:
            alert = await self.describe(flag, last_of_day=left == 0, first=False)
            view = alert_view(alert, role.id if role else None)
            message = await post_once(
                channel, "alert", flag.id, again=again, about=flag.message_id, mentioned=role, view=view
            )
        except (aiohttp.ClientError, OSError) as error:
            log.warning("alert of flag %s in server %s waits: %s", flag.id, guild.id, type(error).__name__)
            posting.failed = True
            return False
        except discord.HTTPException as error:
            log.warning("alert of flag %s in server %s waits: HTTP %s", flag.id, guild.id, error.status)
            if error.status in REFUSED:
                self._client.dispatch("alert_tried", guild, channel.id, False)
            posting.failed = error.status >= DISCORD_FAILED
            return error.status == BAD_REQUEST
        posting.role = None
        self._client.dispatch("alert_tried", guild, channel.id, True)
        await self._settle(flag, message)
        return True

    async def _settle(self, flag: Flag, message: discord.Message) -> None:
        # The message may have been edited, decided on in the queue or deleted while its alert was on the way.
        now = await self._store.flags.alerted(flag.id, message.channel.id, message.id)
        if now is None:
            await self._edit(message.channel.id, message.id, gone_view(None))
        elif (now.state, now.label, now.asked_by) != (flag.state, flag.label, flag.asked_by):
            await self.refresh(now)

    async def _edit(self, channel_id: int | None, message_id: int | None, view: Layout) -> bool:
        channel = self._client.get_channel(channel_id or 0)
        if message_id is None or not isinstance(channel, discord.TextChannel):
            return True
        change = channel.get_partial_message(message_id).edit(view=view, allowed_mentions=NOBODY)
        return await settled(change, f"alert {message_id} in {channel_id}")

    async def _right(self, flag: Flag) -> tuple[int, int]:
        counts = await self._store.flags.verdict_counts(flag.guild_id, self._clock() - LATELY)
        of_label = [(verdict, number) for label, verdict, number in counts if label == flag.label]
        return sum(number for verdict, number in of_label if verdict == flag.label), sum(n for _, n in of_label)
