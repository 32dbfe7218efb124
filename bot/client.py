"""The bot: what it may see, what it opens, how it starts and stops."""

import logging
from math import ceil
from typing import Any, TypeVar

import discord
from discord import app_commands
from discord.ext import commands

from bot.claims import ClaimMemory
from bot.conversation import Conversations
from bot.errors import UserError
from bot.intake import Intake
from bot.languages import ENGLISH, N_, Translator, Tree, _, ngettext, speaking
from bot.message_search import MessageSearch
from bot.needs import named
from bot.pipeline import Pipeline
from bot.posting import NOBODY
from bot.quotes import Budget, Quotes
from bot.records import Post
from bot.resources import Resources
from bot.store.messages import Kept, Standing

C = TypeVar("C", bound=commands.Cog)

EXTENSIONS = (
    "cogs.watch",
    "cogs.catchup",
    "cogs.counting",
    "cogs.context",
    "cogs.summarize",
    "cogs.digests",
    "cogs.suggestions",
    "cogs.review",
    "cogs.opinions",
    "cogs.sanctions",
    "cogs.why",
    "cogs.disputes",
    "cogs.highlights",
    "cogs.setup",
    "cogs.settings",
    "cogs.report",
    "cogs.backfills",
    "cogs.channels",
    "cogs.statistics",
    "cogs.privacy",
    "cogs.audit",
    "cogs.mending",
    "cogs.withholding",
    "cogs.leftovers",
)
TOO_MANY, SERVER_FAULT = 429, 500  # answers of Discord's that pass
FAILED = N_("Something went wrong on my side; it is logged. Please try again in a minute.")

log = logging.getLogger(__name__)


def intents() -> discord.Intents:
    """Give the three intents that the bot needs: servers, their messages, and what the messages say."""
    return discord.Intents(guilds=True, guild_messages=True, message_content=True)


def permissions() -> discord.Permissions:
    """Give the least permissions that the bot asks for in its invitation."""
    return discord.Permissions(
        view_channel=True,
        read_message_history=True,
        send_messages=True,
        send_messages_in_threads=True,
        embed_links=True,
        attach_files=True,
    )


def invite_link(client: discord.Client) -> str:
    """Compute the address at which a moderator invites the bot; the client has logged in."""
    scopes = ("bot", "applications.commands")
    return discord.utils.oauth_url(client.application_id or 0, permissions=permissions(), scopes=scopes)


class Lookup:
    """Answer the questions of `Conversations` from the store and from Discord."""

    def __init__(self, resources: Resources, quotes: Quotes) -> None:
        self._messages = resources.store.messages
        self._quotes = quotes

    async def kept(self, message_id: int) -> Kept | None:
        return await self._messages.get(message_id)

    async def fetched(self, channel_id: int, message_id: int) -> Post | None:
        return await self._quotes.get(channel_id, message_id)

    async def starter(self, thread_id: int) -> int | None:
        return await self._quotes.starter(thread_id)

    async def standing(self, channel_id: int, before: int) -> Standing | None:
        return await self._messages.standing(channel_id, before)


class Hindsight(commands.AutoShardedBot):
    """Hold the parts that cogs share; every part is handed its needs, none of them knows the bot."""

    def __init__(self, resources: Resources) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=intents(),
            allowed_mentions=NOBODY,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            http_trace=resources.metrics.trace(),
            tree_cls=Tree,
        )
        self.resources = resources
        self.store = resources.store
        self.models = resources.models
        self.clock = resources.clock
        self.quotes = Quotes(self, resources.clock, resources.store.members.opted_out)
        self.budget = Budget(self.quotes)
        self.memory = ClaimMemory(resources.store, self.quotes, resources.indexes, resources.models, self.budget)
        self.pipeline = Pipeline(resources, self.quotes, self.new_conversations(), self.memory)
        self.intake = Intake(self.pipeline, self.quotes, self.dispatch, resources)
        self.search: MessageSearch | None = None
        self.tree.on_error = self.on_interaction_error

    def loaded(self, kind: type[C]) -> C:
        """Give a cog by its class, for what is answered only as long as that cog is loaded."""
        cog = self.get_cog(kind.__name__)
        assert isinstance(cog, kind)  # noqa: S101 - narrows the type
        return cog

    async def setup_hook(self) -> None:
        """Load every capability; one that fails stops the start."""
        self.intake.own_id = self.user.id if self.user else None
        for name in EXTENSIONS:
            await self.load_extension(name)
        await self.tree.set_translator(Translator())
        await self.tree.sync()

    def new_conversations(self) -> Conversations:
        """Begin to follow conversations, now or at some time in the past."""
        return Conversations(Lookup(self.resources, self.quotes))

    def dispatch(self, event_name: str, /, *args: Any, **kwargs: Any) -> None:
        """Hand an event to the cogs; what comes of it is for everybody, not for the person who caused it."""
        with speaking(ENGLISH):
            super().dispatch(event_name, *args, **kwargs)

    async def on_ready(self) -> None:
        """Say in the log that the bot is there, and how to invite it."""
        log.info("ready in %s servers; invite: %s", len(self.guilds), invite_link(self))

    async def on_interaction_error(
        self, interaction: discord.Interaction, error: app_commands.AppCommandError | Exception
    ) -> None:
        """Tell the person what to do next: named errors as they stand, anything else as a fault of ours."""
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        text = explain(cause)
        if text is None:
            log.error("interaction %s failed", interaction.id, exc_info=cause)
            text = _(FAILED)
        await answer(interaction, text)


def explain(error: BaseException) -> str | None:
    """Turn a known error into a sentence for the person who asked; None for one that is not known."""
    match error:
        case UserError():
            return str(error)
        case app_commands.MissingPermissions():
            needed = ", ".join(f"**{named(name)}**" for name in error.missing_permissions)
            return _("This needs the permission {needed}. Ask an administrator of the server.").format(needed=needed)
        case app_commands.NoPrivateMessage():
            return _("This works in a server, not in direct messages.")
        case app_commands.CommandOnCooldown():
            wait = max(1, ceil(error.retry_after))
            said = ngettext(
                "One moment: try again in {number} second.", "One moment: try again in {number} seconds.", wait
            )
            return said.format(number=wait)
        case discord.HTTPException() if error.status >= SERVER_FAULT or error.status == TOO_MANY:
            return _("Discord is failing just now, so I cannot do that. Please try again in a minute.")
        case discord.Forbidden():
            return _("Discord did not let me do that: I lack a permission there. `/about` names what is missing.")
        case _:
            return None


async def answer(interaction: discord.Interaction, text: str) -> None:
    """Answer only the person who asked, whether or not the interaction was deferred; it may be over by now."""
    try:
        if interaction.response.is_done():
            await interaction.followup.send(text, ephemeral=True)
        else:
            await interaction.response.send_message(text, ephemeral=True)
    except discord.NotFound:
        log.debug("interaction %s is over", interaction.id)
