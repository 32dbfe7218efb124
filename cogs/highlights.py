"""The good lane: replies that add something, because a queue of faults alone makes a bad habit."""

from collections import Counter
from datetime import datetime, timedelta

import discord
from discord import app_commands
from discord.ext import commands

from bot import citing
from bot.buttons import Pressed
from bot.claims import MayCite
from bot.client import Hindsight
from bot.durations import parse_since
from bot.errors import UserError
from bot.languages import _
from bot.render.cards import gist
from bot.render.highlights import Highlight, highlights_view
from bot.store.highlights import Found
from bot.visibility import Place
from models.decency import repeatable

SPAN = timedelta(hours=24)
LONGEST = timedelta(days=30)  # readings are not kept for longer
SURE = 0.7  # of being informative
SHOWN = 8
OF_ONE_STORY = 3
LOOKED_AT = 60  # candidates whose texts may be fetched for one answer
COOLDOWN = app_commands.checks.cooldown(2, 20.0, key=lambda interaction: (interaction.guild_id, interaction.user.id))


class Highlights(commands.Cog):
    """Answer `/highlights`."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot

    @app_commands.command(name="highlights")
    @app_commands.guild_only()
    @app_commands.describe(since="From when on: 24h (the default), 3 days, monday")
    @COOLDOWN
    async def highlights(self, interaction: Pressed, since: str | None = None) -> None:
        """Which replies added a fact, a figure or a source? Only you see the answer"""
        await interaction.response.defer(ephemeral=True, thinking=True)
        member = interaction.user
        if not isinstance(member, discord.Member):
            raise app_commands.NoPrivateMessage
        now = self.bot.clock()
        begin = parse_since(since, now) if since is not None else now - SPAN
        if now - begin > LONGEST:
            raise UserError(_("`since`: labels are kept for 30 days at most. Give a time within them."))
        here = interaction.channel if isinstance(interaction.channel, Place) else None
        found = await self._found(member.guild.id, begin, citing.for_member(self.bot.quotes, member, here))
        await interaction.followup.send(view=highlights_view(member.guild.id, begin, found), ephemeral=True)

    async def _found(self, guild_id: int, since: datetime, may_cite: MayCite) -> list[Highlight]:
        """Take the surest that the asker can open and that still stand, few of one story; by story and time."""
        candidates = await self.bot.store.highlights.since(guild_id, since, SURE, LOOKED_AT)
        stories: Counter[int | None] = Counter()
        taken: list[tuple[Found, str]] = []
        for found in candidates:
            if len(taken) == SHOWN:
                break
            if stories[found.story_id] == OF_ONE_STORY or not await may_cite(found.channel_id):
                continue
            post = await self.bot.quotes.get(found.channel_id, found.message_id)
            if post is not None and post.full_text and repeatable(post.full_text):
                stories[found.story_id] += 1
                taken.append((found, post.full_text))
        taken.sort(key=lambda each: (each[0].story_id or 0, each[0].message_id))
        headlines = {story_id: await self._headline(story_id, may_cite) for story_id in stories}
        return [
            Highlight(found.channel_id, found.message_id, found.at, text, headlines[found.story_id])
            for found, text in taken
        ]

    async def _headline(self, story_id: int | None, may_cite: MayCite) -> str | None:
        """Give the first line of a story, if the asker can open it."""
        kept = await self.bot.store.messages.get(story_id) if story_id is not None else None
        if kept is None or not await may_cite(kept.channel_id):
            return None
        post = await self.bot.quotes.get(kept.channel_id, kept.message_id)
        return gist(post) if post is not None else None


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Highlights(bot))
