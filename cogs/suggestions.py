"""Suggested cards: a moderator says whether a story was here before where the bot is not sure."""

from datetime import datetime
from typing import Any

import discord
from discord.ext import commands

from bot.buttons import Press, Pressed, member_of
from bot.client import Hindsight
from bot.errors import NotAllowed, NotFound, UserError
from bot.languages import _
from bot.queue import Part, decides, suggested_to
from bot.records import SUGGESTED, Card
from bot.render import suggestions as render
from bot.render.cards import gist
from bot.store.flags import LEASE
from cogs.context import context_of


class Suggestions(commands.Cog):
    """Show suggested cards one at a time, each to one moderator."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot
        # In memory only: after a restart two may see the same card, and one of them decides.
        self._leases: dict[int, tuple[int, datetime]] = {}

    async def cog_load(self) -> None:
        """Listen to the buttons, also of before a restart."""
        self.bot.add_dynamic_items(Suggestion)

    async def cog_unload(self) -> None:
        """Stop listening."""
        self.bot.remove_dynamic_items(Suggestion)

    async def next(
        self,
        interaction: Pressed,
        part: Part,
        after: int = 0,
        above: discord.ui.Item[Any] | None = None,
    ) -> None:
        """Show a moderator the next suggested card, and nobody else for ten minutes."""
        bot, member, now = self.bot, member_of(interaction), self.bot.clock()
        waiting = await suggested_to(bot.store, bot.quotes, member, part, now)
        free = [card_id for card_id in waiting if self._is_free(card_id, member.id, now)]
        rest = [card_id for card_id in free if card_id > after]
        for number, card_id in enumerate(rest, start=1):
            view = await self._view(card_id, len(rest) - number, part, above)
            if view is not None:
                self._leases[card_id] = member.id, now + LEASE
                await interaction.edit_original_response(view=view)
                return
        view = render.none_left(part, len(free) - len(rest), above)
        await interaction.edit_original_response(view=view)

    def release(self, card_id: int) -> None:
        """Give a card back to whoever asks next."""
        self._leases.pop(card_id, None)

    def _is_free(self, card_id: int, member_id: int, now: datetime) -> bool:
        holder, until = self._leases.get(card_id, (member_id, now))
        return holder == member_id or until < now

    async def _view(
        self, card_id: int, more: int, part: Part, above: discord.ui.Item[Any] | None
    ) -> discord.ui.LayoutView | None:
        """Show a card as it stands; None when nothing of it can be shown."""
        card = await self.bot.store.cards.get(card_id)
        if card is None or card.state != SUGGESTED:
            return None
        story = await self.bot.quotes.get(card.channel_id, card.message_id)
        shown = await context_of(self.bot).cards.shown(card)
        if story is None or shown is None:
            return None
        return render.suggestion_view(card, gist(story), shown, more, part, above)


class Suggestion(Press, template=render.PRESS):
    """Answer the buttons under a suggested card."""

    async def press(self, interaction: Pressed) -> None:
        """Check the person again, then do what the button says, once."""
        await interaction.response.defer()
        cog, action = suggestions_of(interaction), self.match["action"]
        part = Part.of(self.match)
        if action == "again":
            await cog.next(interaction, part)
            return
        card_id = int(self.match["card"])
        try:
            card = await card_for(interaction, card_id)
        except NotFound:
            await cog.next(interaction, part, card_id)
            raise
        done, above = await self._done(interaction, card, part)
        cog.release(card.id)
        await cog.next(interaction, part, card.id - (action == "undo"), above)
        if not done:
            raise UserError(_("Another moderator was a moment faster with this card."))

    async def _done(self, interaction: Pressed, card: Card, part: Part) -> tuple[bool, discord.ui.Item[Any] | None]:
        """Do it; say whether this press did, and give what is said about it above the next card."""
        bot, who = interaction.client, (interaction.user.id, interaction.client.clock())
        match self.match["action"]:
            case "post" if await bot.store.suggestions.accept(card.id, *who):
                await context_of(bot).bring(card.id)
                return True, render.accepted(await bot.store.cards.get(card.id) or card)
            case "decline" if await bot.store.suggestions.decline(card.id, *who):
                return True, render.declined(card, part)
            case "undo" if await bot.store.suggestions.reopen(card.id, *who):
                return True, None
            case action:
                return action == "skip", None


async def card_for(interaction: Pressed, card_id: int) -> Card:
    """Give a card of this server to someone who may decide on it.

    Raises:
        NotFound: it is not there any more, or not of this server.
        NotAllowed: the person lacks Manage Messages where the story stands.
    """
    bot = interaction.client
    card = await bot.store.cards.get(card_id)
    if card is None or card.guild_id != interaction.guild_id:
        raise NotFound(_("This card is not there any more: its story was deleted or edited."))
    if not await decides(bot.quotes, member_of(interaction), card.channel_id):
        said = _("Only people with Manage Messages in {channel} can decide this.")
        raise NotAllowed(said.format(channel=f"<#{card.channel_id}>"))
    return card


def suggestions_of(interaction: Pressed) -> Suggestions:
    """Give the cog, which is loaded as long as its buttons are answered."""
    return interaction.client.loaded(Suggestions)


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Suggestions(bot))
