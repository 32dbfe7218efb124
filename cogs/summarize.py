"""Digests: `/summarize`, "Summarize from here", and the buttons under a digest."""

import asyncio
import logging
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import replace
from weakref import WeakValueDictionary

import discord
from discord import app_commands
from discord.ext import commands

from bot import needs
from bot.answers import Answer, Answers
from bot.buttons import Press, Pressed
from bot.client import Hindsight
from bot.digest import Digest
from bot.digest_posts import DigestPosts
from bot.discussion import MOST, Discussions, Mode, Scope
from bot.durations import parse_since
from bot.errors import NotAllowed, NotFound, UserError
from bot.history import Place
from bot.languages import N_, _, speaking
from bot.message_links import linked
from bot.render.digests import PRESS, Shown, digest_view, files, notice, progress
from bot.store.messages import Public
from bot.summaries import Summaries, drawn, follow
from bot.visibility import can_open

GONE = 5_000  # ids of messages just deleted, for digests that are under way
COOLDOWN = app_commands.checks.cooldown(1, 10.0, key=lambda interaction: (interaction.guild_id, interaction.user.id))
ONE = N_("Give only one of `last`, `since` and `from_message`.")
HERE = N_("Ask me in a text channel, a thread or a forum post.")
OTHERS = N_("Only who asked for this digest, or a moderator, can refresh it. `/summarize` makes one of your own.")
CLOSED = N_("You cannot open the channel of these messages (any more), so I cannot show you a digest of it.")

log = logging.getLogger(__name__)


class Summarize(commands.Cog):
    """Answer with digests, and keep those that are shown true to what they cite."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot
        self.discussions = Discussions(bot.store, bot.quotes)
        self.summaries = Summaries(self.discussions, bot.store, bot.models, bot.resources.writer)
        self.answers = Answers(bot.clock)
        self.gone: deque[int] = deque(maxlen=GONE)
        self.posts = DigestPosts(bot.store, bot.quotes, bot.clock, self.gone, self.summaries.edits)
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self.menu = app_commands.ContextMenu(name="Summarize from here", callback=self.from_here)
        self.menu.guild_only = True

    async def cog_load(self) -> None:
        self.bot.tree.add_command(self.menu)
        self.bot.add_dynamic_items(DigestButton)

    async def cog_unload(self) -> None:
        self.bot.tree.remove_command(self.menu.name, type=self.menu.type)
        self.bot.remove_dynamic_items(DigestButton)
        await self.summaries.close()

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.describe(
        last=f"How many of the latest messages (1–{MOST})",
        since="From when on: 2h, 90 min, yesterday, 2026-03-01 14:00",
        from_message="From which message on: its link",
        public="Post it in the channel instead of showing it only to you",
    )
    @COOLDOWN
    async def summarize(
        self,
        interaction: discord.Interaction,
        last: app_commands.Range[int, 1, MOST] | None = None,
        since: str | None = None,
        from_message: str | None = None,
        public: bool = False,
    ) -> None:
        """What was said here? A short digest in which every sentence links to the messages that say it"""
        await interaction.response.defer(ephemeral=True, thinking=True)
        scope = await self._meant(interaction, last, since, from_message)
        if public:
            await self._share(interaction, scope)
        else:
            await self.answer(interaction, scope)

    @COOLDOWN
    async def from_here(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Condense what was said from a message on, or a story's discussion."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self.answer(interaction, await self.discussions.starting_at(message))

    @commands.Cog.listener()
    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Take a deleted message out of the digests that are shown."""
        self.summaries.change(payload.channel_id)
        await self._forget([payload.message_id])

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Take messages that were deleted together out of the digests that are shown."""
        self.summaries.change(payload.channel_id)
        await self._forget(list(payload.message_ids))

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        """Take the messages of a deleted thread out of the digests that are shown."""
        await self._lost(payload.guild_id, payload.thread_id)

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Take the messages of a deleted channel out of the digests that are shown."""
        await self._lost(channel.guild.id, channel.id)

    @commands.Cog.listener()
    async def on_forgotten(self, shown: Sequence[Public]) -> None:
        """Take what is forgotten out of public digests."""
        for public in shown:
            if public.kind == "digest":
                await self.posts.trim(public.id, public.channel_id)
                await self.bot.store.leftovers.settle(public)

    @commands.Cog.listener()
    async def on_erased(self, guild_id: int, message_ids: Collection[int], author_id: int | None) -> None:
        """Take what was erased, and all that its author wrote, out of the answers that single people see."""
        for shown_id, answer in self.answers.citing_any(guild_id, message_ids, author_id):
            written = {each for each, source in answer.digest.sources.items() if source.author_id == author_id}
            await self._again(shown_id, replace(answer, digest=answer.digest.without(written.union(message_ids))))

    @commands.Cog.listener()
    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Mark the digests that cite an edited message."""
        if payload.message.edited_at is None:
            return
        self.summaries.edits.note(payload.message_id)
        self.summaries.change(payload.channel_id)
        await self.posts.outdate(payload.message_id)
        for message_id, answer in self.answers.citing([payload.message_id]):
            await self._again(message_id, answer)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Take out what was forgotten just before the bot stopped."""
        await self.posts.trim_latest()

    async def answer(self, interaction: discord.Interaction, scope: Scope, page: int = 0) -> None:
        """Make a digest and show it to the asker alone."""
        digest = await self._made(interaction, scope)
        await self._show(Answer(interaction, digest, Shown(interaction.user.id, page)))

    async def turn(self, interaction: discord.Interaction, message_id: int, scope: Scope, page: int) -> None:
        """Show another page; after a restart the digest is made again."""
        answer = self.answers.get(message_id)
        if answer is None:
            await self.answer(interaction, scope, page)
        else:
            await self._show(replace(answer, interaction=interaction, shown=replace(answer.shown, page=page)))

    async def share(self, interaction: discord.Interaction, message_id: int, scope: Scope) -> None:
        """Post the digest that the asker sees, once, and say where."""
        async with self._turns.setdefault(message_id, asyncio.Lock()):
            answer = self.answers.get(message_id)
            if answer is not None and answer.shown.shared is not None:
                await self._show(replace(answer, interaction=interaction))
                return
            if answer is None or answer.shown.outdated:
                answer = Answer(interaction, await self._made(interaction, scope), Shown(interaction.user.id))
            posted = await self.posts.publish(interaction, answer.digest)
            shown = replace(answer.shown, shared=posted.jump_url)
            await self._show(replace(answer, interaction=interaction, shown=shown))

    async def refresh(
        self, interaction: discord.Interaction, message: discord.Message, scope: Scope, asker_id: int
    ) -> None:
        """Make a digest anew, from what stands there now."""
        if message.flags.ephemeral:
            await self.answer(interaction, scope)
        else:
            digest = await self._made(interaction, scope, told=False)
            await self.posts.fill(message, digest, Shown(asker_id, public=True))

    async def close(self, interaction: discord.Interaction, message_id: int, why: str) -> None:
        """Take an answer away whose asker can no longer open what it cites."""
        self.answers.forget(message_id)
        await interaction.edit_original_response(view=notice(why), attachments=[])

    async def _share(self, interaction: discord.Interaction, scope: Scope) -> None:
        await self.posts.allowed(interaction)
        posted = await self.posts.publish(interaction, await self._made(interaction, scope))
        await interaction.edit_original_response(view=notice(_("Posted: {link}").format(link=posted.jump_url)))

    async def _meant(
        self, interaction: discord.Interaction, last: int | None, since: str | None, from_message: str | None
    ) -> Scope:
        here = _here(interaction)
        if sum(option is not None for option in (last, since, from_message)) > 1:
            raise UserError(_(ONE))
        if last is not None:
            return Scope(here.id, Mode.LAST, last)
        if since is not None:
            moment = parse_since(since, self.bot.clock())
            return Scope(here.id, Mode.FROM, max(1, discord.utils.time_snowflake(moment)))
        if from_message is not None:
            return await self.discussions.starting_at(await self._linked(interaction, from_message))
        return await self.discussions.current(here)

    async def _linked(self, interaction: discord.Interaction, link: str) -> discord.Message:
        if not isinstance(interaction.user, discord.Member):
            raise UserError(_(HERE))
        return await linked(self.bot.quotes, interaction.user, link)

    async def opened(
        self, interaction: discord.Interaction, scope: Scope, asker: discord.Member | discord.User | None
    ) -> None:
        """Raise when the bot or the asker cannot open the channel of a scope."""
        place = await self.bot.quotes.channel(scope.channel_id)
        if not isinstance(place, Place) or place.guild.id != interaction.guild_id:
            raise NotFound(_(CLOSED))
        if lacking := needs.missing(place, needs.READ):
            raise NotAllowed(needs.mend(place, lacking))
        here = _here(interaction)
        if not isinstance(asker, discord.Member) or not await can_open(asker, place, here=here):
            raise NotAllowed(_(CLOSED))

    async def _made(self, interaction: discord.Interaction, scope: Scope, *, told: bool = True) -> Digest:
        """Make a digest for someone who can open its messages, before and after."""
        await self.opened(interaction, scope, interaction.user)
        job = self.summaries.ask(scope)

        async def tell(done: int, total: int) -> None:
            if told:
                await interaction.edit_original_response(view=progress(done, total), attachments=[])

        digest = await follow(job, tell)
        await self.opened(interaction, scope, await _asker_now(interaction))
        return digest

    async def _show(self, answer: Answer) -> None:
        """Show a digest to its asker alone, in their language, as far as it may be shown now."""
        true = await self._true(answer)
        with speaking(true.interaction.locale):
            picture = await drawn(true.digest) if true.shown.page == 0 else None
            view = digest_view(true.digest, true.shown, picture=picture is not None)
        message = await true.interaction.edit_original_response(view=view, attachments=files(view, picture))
        self.answers.put(message.id, true)
        if await self._true(true) != true:  # what changed since it was looked at found no answer to mend
            await self._again(message.id, true)

    async def _true(self, answer: Answer) -> Answer:
        """Take out of an answer what was deleted and who has opted out, and mark it when what it cites was edited."""
        cited = answer.digest.cited()
        writers = {source.author_id for source in cited.values()}
        silent = await self.bot.store.members.opted_out_of(answer.digest.guild_id, writers)
        hidden = {message_id for message_id, source in cited.items() if source.author_id in silent}
        digest = answer.digest.without(hidden.union(self.gone))
        outdated = answer.shown.outdated or self.summaries.edits.touch(digest)
        return replace(answer, digest=digest, shown=replace(answer.shown, outdated=outdated))

    async def _again(self, message_id: int, answer: Answer) -> None:
        try:
            await self._show(answer)
        except discord.HTTPException as error:
            log.debug("answer %s can no longer be changed: %s", message_id, error.status)
            self.answers.forget(message_id)

    async def _lost(self, guild_id: int, channel_id: int) -> None:
        """Forget what was cited of a channel that is gone, whether or not it was watched."""
        self.summaries.change(channel_id)
        await self._forget(self.answers.cited_in(channel_id))
        await self.bot.intake.forget(guild_id, await self.bot.store.digests.cited_in(channel_id))

    async def _forget(self, message_ids: Sequence[int]) -> None:
        self.gone.extend(message_ids)
        for message_id, answer in self.answers.citing(message_ids):
            await self._again(message_id, answer)
        await self.posts.forget(message_ids)


class DigestButton(Press, template=PRESS):
    """A button under a digest; its custom id says which digest and who asked for it."""

    async def press(self, interaction: Pressed) -> None:
        """Turn the page, refresh or share."""
        cog, message = interaction.client.get_cog("Summarize"), interaction.message
        if not isinstance(cog, Summarize) or message is None:
            return
        scope, asker_id = Scope.parse(self.match["scope"]), int(self.match["asker"])
        if not message.flags.ephemeral and not _may_change(interaction, asker_id):
            raise NotAllowed(_(OTHERS))
        await interaction.response.defer()
        try:
            await cog.opened(interaction, scope, interaction.user)
        except UserError as refused:
            if not message.flags.ephemeral:
                raise
            await cog.close(interaction, message.id, str(refused))
            return
        match self.match["action"]:
            case "page":
                await cog.turn(interaction, message.id, scope, int(self.match["page"]))
            case "share":
                await cog.share(interaction, message.id, scope)
            case _:
                await cog.refresh(interaction, message, scope, asker_id)


def _here(interaction: discord.Interaction) -> Place:
    if not isinstance(interaction.channel, Place):
        raise UserError(_(HERE))
    return interaction.channel


async def _asker_now(interaction: discord.Interaction) -> discord.Member | None:
    """Fetch who asked, with the roles that they hold by now; None when they have left."""
    if interaction.guild is None:
        return None
    try:
        return await interaction.guild.fetch_member(interaction.user.id)
    except discord.NotFound:
        return None


def _may_change(interaction: discord.Interaction, asker_id: int) -> bool:
    return interaction.user.id == asker_id or interaction.permissions.manage_messages


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Summarize(bot))
