"""Why this label? For the author of a message and for moderators."""

import discord
from discord import app_commands
from discord.ext import commands

from bot import policy
from bot.buttons import Pressed, member_of
from bot.client import Hindsight
from bot.errors import NotAllowed
from bot.languages import _
from bot.message_links import linked
from bot.posts import to_post
from bot.queue import decides
from bot.records import Flag, Kind
from bot.render.why import CHAT, NOT_KEPT, NOT_READ, why, with_dispute
from cogs.review import Review, review_of
from models.labels import UNSURE

COOLDOWN = app_commands.checks.cooldown(4, 20.0, key=lambda interaction: (interaction.guild_id, interaction.user.id))


class Why(commands.Cog):
    """Explain labels."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot
        self.menu = app_commands.ContextMenu(name="Why this label?", callback=self.ask)
        self.menu.guild_only = True

    async def cog_load(self) -> None:
        """Add the entry to the menu of every message."""
        self.bot.tree.add_command(self.menu)

    async def cog_unload(self) -> None:
        """Take the entry away."""
        self.bot.tree.remove_command(self.menu.name, type=self.menu.type)

    @COOLDOWN
    async def ask(self, interaction: Pressed, message: discord.Message) -> None:
        """Explain the label of the message that was chosen."""
        await interaction.response.defer(ephemeral=True)
        await self._answer(interaction, message)

    @app_commands.command(name="why")
    @app_commands.guild_only()
    @COOLDOWN
    @app_commands.describe(message="Link to the message: right-click or hold it, then Copy Message Link")
    async def why(self, interaction: Pressed, message: str) -> None:
        """Explain the label of a message of yours; moderators can ask about any message."""
        await interaction.response.defer(ephemeral=True)
        found = await linked(self.bot.quotes, member_of(interaction), message)
        await self._answer(interaction, found)

    async def _answer(self, interaction: Pressed, message: discord.Message) -> None:
        member, review = member_of(interaction), review_of(interaction)
        own = message.author.id == member.id
        if not own and not await decides(self.bot.quotes, member, message.channel.id):
            raise NotAllowed(_("Only the author of a message and moderators can see its label."))
        flag = await self.bot.store.flags.of_message(message.id)
        said = await self._explain(review, message, flag)
        server = await self.bot.store.servers.get(member.guild.id)
        if own and policy.may_dispute(server, flag):
            await interaction.followup.send(view=with_dispute(said, message.id), ephemeral=True)
        else:
            await interaction.followup.send(said, ephemeral=True)

    async def _explain(self, review: Review, message: discord.Message, flag: Flag | None) -> str:
        store = self.bot.store
        kept = await store.messages.get(message.id)
        reading = await store.messages.reading(message.id)
        if kept is not None and not kept.read:
            return _(NOT_READ)
        if kept is not None and kept.placement is not None and kept.placement.kind is Kind.CHAT:
            return _(CHAT)
        if reading is None:
            return _(NOT_KEPT)
        decided = flag is not None and flag.state == "decided"
        label = flag.label if decided and flag is not None else reading.label
        words: tuple[str, ...] = ()
        if label != UNSURE:
            words = await review.alerts.words(await self.bot.pipeline.passage(to_post(message)), label)
        return why(reading, flag, words)


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Why(bot))
