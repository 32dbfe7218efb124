"""What is kept and could not be read at its time is read again."""

import logging
from collections import Counter
from collections.abc import Callable

from bot.conversation import Conversations
from bot.intake import DISCORD, Intake
from bot.quotes import Quotes
from bot.store.messages import Kept, Messages

AT_ONCE = 100  # unread rows looked at together
HOPELESS = 3  # rows of a channel in a row that fail until its others are left for the next try

log = logging.getLogger(__name__)


class Recovery:
    """Take up unread rows, the oldest first; a channel in which they fail holds up no other, nor its own for ever."""

    def __init__(
        self, intake: Intake, quotes: Quotes, messages: Messages, new_conversations: Callable[[], Conversations]
    ) -> None:
        self._intake = intake
        self._quotes = quotes
        self._messages = messages
        self._new_conversations = new_conversations
        self._tried: dict[int, int] = {}

    async def run(self) -> None:
        """Read what can be read; `intake.unfinished` says whether something is left.

        Raises:
            StoreError: the database refuses.
        """
        intake, past = self._intake, self._new_conversations()
        intake.unfinished = False
        # Where the last try was given up, this one goes on, so that what always fails is not all that is tried.
        tried, self._tried = self._tried, {}
        failed: Counter[int] = Counter()
        after = 0
        while rows := await self._messages.unread(AT_ONCE, after):
            after = rows[-1].message_id
            for row in rows:
                place = row.channel_id
                if row.message_id <= tried.get(place, 0):
                    intake.unfinished = True
                elif failed[place] < HOPELESS and not intake.is_busy(row.message_id):
                    failed[place] = 0 if await self._read(row, past) else failed[place] + 1
                    if failed[place] == HOPELESS:
                        self._tried[place] = row.message_id
        if not intake.unfinished:
            intake.go_on()

    async def _read(self, row: Kept, past: Conversations) -> bool:
        """Read a row, or forget it when its message is gone; say whether that could be done."""
        left = self._intake.left
        try:
            message = await self._quotes.fetch(row.channel_id, row.message_id)
            if message is None or not self._intake.accepts(message):
                await self._intake.forget(row.guild_id, [row.message_id])
            else:
                await self._intake.take(message, past)
        except DISCORD as error:
            log.warning("message %s waits: %s", row.message_id, type(error).__name__)
            self._intake.unfinished = True
            return False
        return self._intake.left == left
