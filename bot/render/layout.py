"""A layout whose buttons are answered by their custom ids alone, so that they outlive a restart."""

from typing import Any

import discord


class Layout(discord.ui.LayoutView):
    """Show items; nothing of it is kept in memory once it is sent."""

    def __init__(self, *items: discord.ui.Item[Any]) -> None:
        super().__init__(timeout=None)
        for item in items:
            self.add_item(item)
        # A view that has ended is not listened to: `DynamicItem`s answer its buttons.
        self.stop()
