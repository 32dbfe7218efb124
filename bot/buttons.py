"""Buttons and forms that outlive a restart or fail in words: the base of all that are pressed."""

import re
from typing import Any, Self

import discord
from discord import app_commands

from bot.client import Hindsight
from bot.errors import NotFound
from bot.languages import _, speak

LARGEST = 2**63 - 1  # the greatest id that there is, and that the database holds

Pressed = discord.Interaction[Hindsight]


def member_of(interaction: Pressed) -> discord.Member:
    """Give the person as a member of the server in which they press."""
    if not isinstance(interaction.user, discord.Member):
        raise app_commands.NoPrivateMessage
    return interaction.user


class Press(discord.ui.DynamicItem[discord.ui.Item[Any]], template=r"(?!)"):
    """Answer buttons and selects whose custom id matches the subclass's template; `match` holds its parts."""

    def __init__(self, item: discord.ui.Item[Any], match: re.Match[str]) -> None:
        super().__init__(item)
        self.match = match

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],
        item: discord.ui.Item[Any],
        match: re.Match[str],
        /,
    ) -> Self:
        """Make the item anew from what was pressed."""
        return cls(item, match)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Press, and hand what goes wrong to the one place that answers errors."""
        speak(interaction.locale)
        try:
            self._check_numbers()
            await self.press(interaction)
        except Exception as error:  # noqa: BLE001 - discord.py would log it and leave the person without an answer
            await interaction.client.on_interaction_error(interaction, error)

    def _check_numbers(self) -> None:
        if any(int(number) > LARGEST for number in re.findall(r"\d+", self.match.string)):
            raise NotFound(_("What this button is about is not there."))

    async def press(self, interaction: Pressed) -> None:
        """Do what the button says."""
        raise NotImplementedError


class Form(discord.ui.Modal):
    """Ask in a form; what goes wrong is answered like every other error."""

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Submit, in the language of the person who filled it in."""
        speak(interaction.locale)
        await self.submit(interaction)

    async def submit(self, interaction: Pressed) -> None:
        """Do what the form asked about."""
        raise NotImplementedError

    async def on_error(self, interaction: discord.Interaction[Any], error: Exception, /) -> None:
        """Hand the error to the one place that answers errors."""
        await interaction.client.on_interaction_error(interaction, error)
