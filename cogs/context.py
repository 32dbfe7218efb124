"""Context cards and "Seen before?": what the server has met already."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import discord
from discord import app_commands
from discord.ext import commands

from bot import citing, policy
from bot.buttons import Press, Pressed, member_of
from bot.cards import Cards
from bot.client import Hindsight
from bot.errors import NotAllowed, NotFound
from bot.factchecks import question_of
from bot.intake import PASSING
from bot.languages import _
from bot.links import shared_pages
from bot.loops import every
from bot.message_links import LINK, linked
from bot.older import older
from bot.posts import is_readable, to_post
from bot.records import Card, Claim, MatchState, Outcome
from bot.render.cards import Shown, answer_view, gist, resumed_view, stopped_view
from bot.render.layout import Layout
from bot.render.setup import has_cards_again
from bot.statements import Stated, stated_in
from bot.store.messages import Public
from bot.visibility import Place, moderates

ASKED = 2000  # characters of a text that is asked about
MAYBE = 3  # occurrences in an answer that only look alike
AGAIN = 5  # claims tried again at once
MAYBE_CHECKED = 1  # fact-checks in it that may be of the same claim

COOLDOWN = app_commands.checks.cooldown(3, 10.0, key=lambda interaction: (interaction.guild_id, interaction.user.id))

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Hold what somebody asks about: the claim, what is stated, and the line that says what it is about.

    `question` is what a source of fact-checks may be asked: nothing that a member wrote.
    """

    claim: Claim
    stated: Stated
    about: str
    question: str | None


class Context(commands.Cog):
    """Show what the server has met before: by itself when sure, to those who ask when it may be."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot
        self.cards = Cards(bot.resources, bot.quotes, bot.intake, bot.memory)
        self._failed = False
        self.seen_before = app_commands.ContextMenu(name="Seen before?", callback=self.ask)
        self.seen_before.guild_only = True

    async def cog_load(self) -> None:
        """Listen to the buttons, also of cards from before a restart, and take up what was left."""
        self.bot.add_dynamic_items(CardButton, Resume)
        self.bot.tree.add_command(self.seen_before)
        self.take_up.start()
        self.encode_archive.start()

    async def cog_unload(self) -> None:
        """Stop listening."""
        self.take_up.cancel()
        self.encode_archive.cancel()
        self.try_again.cancel()
        self.bot.tree.remove_command(self.seen_before.name, type=self.seen_before.type)
        self.bot.remove_dynamic_items(CardButton, Resume)

    @every(minutes=5)
    async def take_up(self) -> None:
        """Post the cards that a crash, or Discord's failing, kept from being posted; then rest."""
        await self.bot.wait_until_ready()
        self._failed = False
        due = await self.bot.store.cards.pending()
        settled = all([await self.cards.post(card.id, again=True) for card in due])
        if settled and not self._failed:
            self.take_up.stop()

    @every(hours=24)
    async def encode_archive(self) -> None:
        """Encode the fact-checks that a stopped import left, or all of them when the embedder is a new one."""
        await self.bot.resources.fact_checks.encode()

    @every(seconds=30)
    async def try_again(self) -> None:
        """Read claims once more for which too many texts had to be fetched, then rest; not at once."""
        if self.try_again.current_loop == 0:
            return
        for claim in self.bot.memory.put_off(AGAIN):
            try:
                await self._read_again(claim)
            except PASSING as error:
                log.warning("the claim of message %s waits: %s", claim.message_id, type(error).__name__)
                self.bot.memory.wait(claim)
        if not self.bot.memory.waits:
            self.try_again.stop()

    @commands.Cog.listener()
    async def on_outcome(self, outcome: Outcome) -> None:
        """Post the card of a claim, follow an edit of the claim with it, and follow edits in quotes."""
        for card in (outcome.withdrawn_card, outcome.changed_card):
            if card is not None:
                await self.on_forgotten([Public("card", card.id, card.channel_id, card.posted_id)])
        if outcome.card is not None:
            await self.bring(outcome.card.id)
        if self.bot.memory.waits and not self.try_again.is_running():
            self.try_again.start()
        await self.on_forgotten(outcome.left)

    @commands.Cog.listener()
    async def on_forgotten(self, shown: Sequence[Public]) -> None:
        """Take down the cards of claims that are gone, and the quotes of messages that are gone or were edited."""
        for public in shown:
            if public.kind == "card":
                settled = await self.cards.follow(public)
            elif public.kind == "quoted":
                settled = await self._quote_anew(public)
            else:
                continue
            if settled:
                await self.bot.store.leftovers.settle(public)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Take a card that was deleted by hand as removed: only moderators can."""
        card = await self.bot.store.cards.shown_in(payload.message_id)
        if card is not None:
            await self.remove(card)
            await self.bot.store.leftovers.settle(Public("card", card.id, card.channel_id, card.posted_id))

    @app_commands.command()
    @app_commands.describe(message="A link to a message or an article, or any text")
    @app_commands.guild_only()
    @COOLDOWN
    async def context(self, interaction: Pressed, message: app_commands.Range[str, 1, ASKED]) -> None:
        """Was this reported here before? What the server has met already; only you see the answer"""
        await interaction.response.defer(ephemeral=True, thinking=True)
        member = member_of(interaction)
        if LINK.search(message):
            claim = await self._made_in(await linked(self.bot.quotes, member, message))
        else:
            claim = await self._stated(member, message)
        await self._answer(interaction, claim)

    @COOLDOWN
    async def ask(self, interaction: Pressed, message: discord.Message) -> None:
        """Ask the same of a message, from its menu."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._answer(interaction, await self._made_in(message))

    async def bring(self, card_id: int) -> None:
        """Post a card that is due, now or, where Discord fails, later."""
        if not await self.cards.post(card_id, again=False):
            self._try_later()

    async def remove(self, card: Card, moderator_id: int | None = None) -> None:
        """Count a card as removed by moderators, and tell them when that stops the channel's cards."""
        store = self.bot.store
        claim = await store.messages.get(card.message_id)
        if not await store.cards.remove(card.id, "removed", self.bot.clock(), moderator_id) or claim is None:
            return
        if await store.cards.unwanted(claim.watched_id) == policy.CARDS_UNWANTED:
            log.info("channel %s gets no more cards", claim.watched_id)
            await store.audit.add(card.guild_id, self.bot.clock(), None, "cards stopped", claim.watched_id)
            await self._tell_moderators(card.guild_id, stopped_view(claim.watched_id))

    async def _quote_anew(self, public: Public) -> bool:
        """Judge and show an edited message anew on all cards that show it; say whether that is settled."""
        edited = await self.bot.quotes.get(public.channel_id, public.id)
        cited = await self.bot.store.cards.citing(public.id)
        if edited is None:
            return all([await self.cards.refresh(card_id) for card_id in cited])
        return all([await self.cards.judge_again(card_id, edited) for card_id in cited])

    async def _read_again(self, claim: Claim) -> None:
        message = await self.bot.quotes.fetch(claim.channel_id, claim.message_id)
        if message is None or policy.is_stale(claim.at, self.bot.clock(), self.bot.resources.settings.pace):
            return
        await self.bot.store.messages.reopen(claim.message_id, message.edited_at)
        await self.bot.intake.take(message)

    async def _made_in(self, message: discord.Message) -> Asked:
        """Give the claim that a message makes."""
        post = to_post(message)
        if not is_readable(message) or not post.full_text:
            raise NotFound(_("There is no text in that message that I can read: give `/context` its words instead."))
        if await self.bot.store.members.opted_out(post.guild_id, post.author_id):
            raise NotFound(_("Who wrote that message does not want it to be read by me."))
        kept = await self.bot.store.messages.get(post.id)
        known = kept.placement.conversation_id if kept is not None and kept.placement is not None else None
        stated = await stated_in(self.bot.models, post.full_text)
        place = (post.guild_id, post.channel_id, post.id, known or post.id)
        claim = Claim(*place, post.created_at, stated.vector, post.links)
        return Asked(claim, stated, gist(post), question_of(post))

    async def _stated(self, member: discord.Member, text: str) -> Asked:
        """Give the claim that a text makes, as if it were said now."""
        stated = await stated_in(self.bot.models, text)
        links = shared_pages(text)
        claim = Claim(member.guild.id, 0, 0, 0, self.bot.clock(), stated.vector, links)
        return Asked(claim, stated, text, next(iter(links), None))

    async def _answer(self, interaction: Pressed, asked: Asked) -> None:
        """Show the asker what they can open of a claim's earlier occurrences."""
        claim = asked.claim
        here = interaction.channel if isinstance(interaction.channel, Place) else None
        may_cite = citing.for_member(self.bot.quotes, member_of(interaction), here)
        found = await self.bot.memory.find(claim, asked.stated, may_cite, first=True)
        unread, note = await older(self.bot, claim, asked.stated, may_cite)
        found = sorted((*found, *unread), key=lambda each: each.at)
        sure = policy.shown(found)
        maybe = sorted((each for each in found if each not in sure), key=lambda each: -each.score)[:MAYBE]
        maybe.sort(key=lambda each: each.at)
        fact_checks = self.bot.resources.fact_checks
        checked = await fact_checks.of(asked.stated, claim.urls, asked.question)
        surely = policy.shown_checks(checked, ())
        perhaps = [each for each in checked if each.state is MatchState.SUGGESTED][:MAYBE_CHECKED]
        about = [each.text for each in asked.stated.statements]
        views = [
            Shown(claim.guild_id, claim.at, await self.cards.fetch(part, claim.guild_id, may_cite, about), checks)
            for part, checks in ((sure, surely), (maybe, perhaps))
        ]
        await interaction.followup.send(view=answer_view(asked.about, *views, note=note), ephemeral=True)

    async def _tell_moderators(self, guild_id: int, view: Layout) -> None:
        server = await self.bot.store.servers.get(guild_id)
        channel = self.bot.get_channel(server.alerts_channel_id or 0)
        if not isinstance(channel, discord.TextChannel):
            return
        try:
            await channel.send(view=view)
        except discord.HTTPException as error:
            log.warning("moderators of server %s cannot be told: HTTP %s", guild_id, error.status)

    def _try_later(self) -> None:
        self._failed = True  # a turn that is under way may be past this card
        if not self.take_up.is_running():
            self.take_up.start()


class CardButton(Press, template=r"card:(?P<card>\d+):(?P<action>helpful|unhelpful|remove)"):
    """Rate a card, or remove it."""

    async def press(self, interaction: Pressed) -> None:
        """Do what the button says."""
        bot = interaction.client
        card = await bot.store.cards.get(int(self.match["card"]))
        if card is None or card.guild_id != interaction.guild_id or card.state not in ("pending", "posted"):
            raise NotFound(
                _("This card is no longer there. “Seen before?” in the message’s menu says what I know now.")
            )
        await interaction.response.defer(ephemeral=True, thinking=True)
        if self.match["action"] == "remove":
            said = await self._remove(interaction, card)
        else:
            said = await self._rate(interaction, card, helpful=self.match["action"] == "helpful")
        await interaction.followup.send(said, ephemeral=True)

    async def _rate(self, interaction: Pressed, card: Card, *, helpful: bool) -> str:
        bot = interaction.client
        votes = await bot.store.cards.rate(card, interaction.user.id, helpful)
        if not policy.hides(*votes):
            return _("Thank you. If you change your mind, press the other button: only your last vote counts.")
        if await bot.store.cards.remove(card.id, "hidden", bot.clock()):
            await self._take_down(interaction, card)
        return _("Thank you. Most of those who voted found this card unhelpful, so it is gone.")

    async def _remove(self, interaction: Pressed, card: Card) -> str:
        bot = interaction.client
        claim = await bot.quotes.fetch(card.channel_id, card.message_id)
        if claim is not None and claim.author.id == interaction.user.id:
            await bot.store.cards.remove(card.id, "retracted", bot.clock())
        elif interaction.permissions.manage_messages:
            await context_of(bot).remove(card, interaction.user.id)
        else:
            raise NotAllowed(_("Only moderators and the author of the message that this card answers can remove it."))
        await self._take_down(interaction, card)
        return _("The card is gone, and will not be posted again.")

    async def _take_down(self, interaction: Pressed, card: Card) -> None:
        if interaction.message is not None:
            shown = replace(card, posted_id=interaction.message.id)
            if not await context_of(interaction.client).cards.clear(shown):
                interaction.client.dispatch("still_up")


class Resume(Press, template=r"cards:(?P<channel>\d+):resume"):
    """Let a channel have cards again."""

    async def press(self, interaction: Pressed) -> None:
        """Forgive the removed cards, and say so in place of the button."""
        bot, member, channel_id = interaction.client, member_of(interaction), int(self.match["channel"])
        channel = await bot.quotes.find(channel_id)
        if channel is None or channel.guild.id != member.guild.id:
            raise NotFound(_("I cannot see this channel any more."))
        if not await moderates(member, channel):
            raise NotAllowed(_("Only people with Manage Messages can do that: ask a moderator."))
        await bot.store.cards.forgive(member.guild.id, channel_id, member.id, bot.clock())
        alone = interaction.message is not None and interaction.message.flags.ephemeral
        view = has_cards_again(channel_id) if alone else resumed_view(channel_id, member.id)
        await interaction.response.edit_message(view=view)


def context_of(bot: Hindsight) -> Context:
    """Give the cog that posts cards.

    Raises:
        NotFound: it is not loaded.
    """
    cog = bot.get_cog("Context")
    if not isinstance(cog, Context):
        raise NotFound(_("The part of me that shows cards did not start: tell the people who run me."))
    return cog


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Context(bot))
