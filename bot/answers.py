"""Digests that only one person sees, for as long as Discord lets them be changed."""

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import discord

from bot.digest import Digest
from bot.render.digests import Shown
from bot.resources import Clock

LIVES = timedelta(minutes=15)  # an interaction's token
ROOM = 500  # answers in memory


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold an answer with the interaction whose token can change it."""

    interaction: discord.Interaction
    digest: Digest
    shown: Shown


class Answers:
    """Remember answers by their message, to turn their pages and to take deleted words out of them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._answers: OrderedDict[int, tuple[datetime, Answer]] = OrderedDict()

    def put(self, message_id: int, answer: Answer) -> None:
        """Remember what a message shows now."""
        self._answers.pop(message_id, None)
        self._answers[message_id] = (self._clock(), answer)
        while len(self._answers) > ROOM:
            self._answers.popitem(last=False)

    def get(self, message_id: int) -> Answer | None:
        """Give what a message shows, unless its time is over."""
        self._drop_old()
        found = self._answers.get(message_id)
        return found[1] if found else None

    def forget(self, message_id: int) -> None:
        """Forget a message that can no longer be changed."""
        self._answers.pop(message_id, None)

    def citing(self, message_ids: Collection[int]) -> list[tuple[int, Answer]]:
        """List the answers that cite one of some messages."""
        self._drop_old()
        return [
            (shown_id, answer)
            for shown_id, (_, answer) in self._answers.items()
            if not answer.digest.cited().keys().isdisjoint(message_ids)
        ]

    def citing_any(
        self, guild_id: int, message_ids: Collection[int], author_id: int | None
    ) -> list[tuple[int, Answer]]:
        """List the answers of a server that cite one of some messages, or anything by an author."""
        self._drop_old()
        return [
            (shown_id, answer)
            for shown_id, (_, answer) in self._answers.items()
            if answer.digest.guild_id == guild_id
            and any(
                message_id in message_ids or source.author_id == author_id
                for message_id, source in answer.digest.cited().items()
            )
        ]

    def cited_in(self, channel_id: int) -> list[int]:
        """List the messages of a channel that answers cite."""
        digests = [answer.digest for _, answer in self._answers.values()]
        return [each for digest in digests for each in digest.cited() if digest.sources[each].channel_id == channel_id]

    def _drop_old(self) -> None:
        limit = self._clock() - LIVES
        while self._answers and next(iter(self._answers.values()))[0] < limit:
            self._answers.popitem(last=False)
