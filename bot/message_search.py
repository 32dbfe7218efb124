"""Discord's own message search, asked once for a question that somebody waits for, and never in sweeps.

discord.py has no method for it. Bots may ask it where they have Read Message History and the message content intent;
it matches words, no meanings, and answers 202 while it is getting a server ready: not ready is not nothing found.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import aiohttp
import discord
from discord.http import Route
from discord.utils import time_snowflake

from bot.posting import DISCORD_FAILED
from bot.resources import Clock
from models.wording import plain

PAGE = 25  # hits that Discord gives at most
WORDS = 3  # of a text that are searched for: Discord looks for all of them
APART = 100  # words that may stand between two of them
INDEXING = 110000  # Discord's code for "not ready"
WAIT = timedelta(minutes=1)  # when Discord does not say how long it needs
OFF = timedelta(days=1)  # how long a server is not asked about after a refusal
_WORD = re.compile(r"\w[\w'’-]*")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Hit:
    """Hold where a message stands that was found, and its text."""

    channel_id: int
    message_id: int
    author_id: int
    text: str


@dataclass(frozen=True, slots=True)
class NotReady:
    """Say that nothing can be found yet, and when to ask again."""

    after: timedelta


@dataclass(frozen=True, slots=True)
class Refused:
    """Say that Discord does not let the bot search there."""


Answer = Sequence[Hit] | NotReady | Refused


class MessageSearch(Protocol):
    """Search a server's messages."""

    async def ask(self, guild_id: int, text: str, before: datetime) -> Answer | None:
        """Find messages from before a time that hold the words by which a text is known.

        None where it is not asked: the text has no such words, or it was refused there a short while ago.
        """
        ...


class DiscordSearch:
    """Ask Discord, one request a question."""

    def __init__(self, client: discord.Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._off_until: dict[int, datetime] = {}

    async def ask(self, guild_id: int, text: str, before: datetime) -> Answer | None:
        """Ask once; see `MessageSearch`."""
        words = telling_words(text)
        if not words or self._clock() < self._off_until.get(guild_id, before):
            return None
        params = {"content": " ".join(words), "slop": APART, "limit": PAGE, "max_id": time_snowflake(before)}
        route = Route("GET", "/guilds/{guild_id}/messages/search", guild_id=guild_id)
        try:
            data = await self._client.http.request(route, params=params)
        except discord.HTTPException as error:
            return self._failed(guild_id, error)
        except (aiohttp.ClientError, OSError) as error:
            log.warning("messages of server %s cannot be searched: %s", guild_id, type(error).__name__)
            return NotReady(WAIT)
        if data.get("code") == INDEXING or "messages" not in data:
            return NotReady(timedelta(seconds=float(data.get("retry_after") or WAIT.total_seconds())))
        return [_hit(message) for group in data["messages"] for message in group]

    def _failed(self, guild_id: int, error: discord.HTTPException) -> Answer:
        log.warning("messages of server %s cannot be searched: HTTP %s", guild_id, error.status)
        if error.code == INDEXING or error.status >= DISCORD_FAILED:
            return NotReady(WAIT)
        self._off_until[guild_id] = self._clock() + OFF
        return Refused()


def telling_words(text: str) -> list[str]:
    """Choose the words by which a text is best known, in their order: names and numbers first, then the longest."""
    words = list(dict.fromkeys(_WORD.findall(plain(text))))
    ranked = sorted(words, key=lambda word: (not _names(word, words[0]), -len(word)))
    return sorted((word for word in ranked[:WORDS] if len(word) > 1), key=words.index)


def _names(word: str, opening: str) -> bool:
    return word[0].isdigit() or (word[0].isupper() and word != opening)


def _hit(message: Mapping[str, Any]) -> Hit:
    embeds = message.get("embeds", ())
    said = [message.get("content"), *(each.get(part) for each in embeds for part in ("title", "description"))]
    place = (int(message["channel_id"]), int(message["id"]), int(message["author"]["id"]))
    return Hit(*place, "\n".join(part for part in said if part))
