"""Post a message once, whatever crashes in between.

A row stands in the store before anything is posted. `nonce` with `enforce_nonce` makes Discord refuse a repeat for
minutes (discord.py sends both); after a restart the row's id is looked for in the buttons of our own messages.
"""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import aiohttp
import discord

DISCORD_FAILED = 500  # statuses from which on trying again later makes sense
ARCHIVED = 50_083  # Discord's code for a message that cannot be changed because its thread is archived
NOBODY = discord.AllowedMentions.none()  # to be said with every edit: the client's own default holds for what is sent
LOOKED_AT = 2_000  # messages of a channel searched for one that was posted before a crash

log = logging.getLogger(__name__)


async def post_once(
    channel: discord.abc.Messageable,
    kind: str,
    row_id: int,
    *,
    again: bool,
    about: int = 0,
    mentioned: discord.Role | None = None,
    **content: Any,
) -> discord.Message:
    """Send the message of a row, or find the one already there when this is a second attempt (`again`).

    `about` is the id of the message that made the row: what was posted for it stands after that. `content` is handed
    to `channel.send`; its view must hold a component whose custom id begins with `kind:row_id` and ends there or at
    a colon. Nobody is notified by it but a role that is `mentioned`.
    """
    if again and (found := await find_posted(channel, kind, row_id, about)) is not None:
        return found
    allowed = NOBODY if mentioned is None else NOBODY.merge(discord.AllowedMentions(roles=[mentioned]))
    return await channel.send(nonce=f"{kind}-{row_id}", allowed_mentions=allowed, **content)


async def find_posted(
    channel: discord.abc.Messageable, kind: str, row_id: int, about: int = 0
) -> discord.Message | None:
    """Find our message with the row's buttons among the channel's latest, those after a message id."""
    after = discord.Object(about)
    async for message in channel.history(limit=LOOKED_AT, after=after, oldest_first=False):
        if message.author.id == _own_id(channel) and carries(message, kind, row_id):
            return message
    return None


async def settled(change: Awaitable[object], what: str) -> bool:
    """Change or delete a message of ours, named by `what` in the log; say whether there is nothing left to try."""
    try:
        await change
    except discord.NotFound:
        log.debug("%s is gone", what)
    except discord.HTTPException as error:
        log.warning("%s cannot be changed: HTTP %s", what, error.status)
        return error.status < DISCORD_FAILED and error.code != ARCHIVED
    except (aiohttp.ClientError, OSError) as error:
        log.warning("%s cannot be changed: %s", what, type(error).__name__)
        return False
    return True


async def settled_in(channel: object, change: Callable[[], Awaitable[object]], what: str) -> bool:
    """Do the same to a message that may stand in an archived thread: that is opened for it, and archived again.

    `change` is called once more then. Where the thread may not be opened, a later try makes sense.
    """
    return await settled(_opened(channel, change) if isinstance(channel, discord.Thread) else change(), what)


async def _opened(thread: discord.Thread, change: Callable[[], Awaitable[object]]) -> None:
    try:
        await change()
    except discord.HTTPException as error:
        if error.code != ARCHIVED:
            raise
        try:
            await thread.edit(archived=False)
        except discord.HTTPException:
            raise error from None
        try:
            await change()
        finally:
            with suppress(discord.Forbidden):  # it archives itself in time
                await thread.edit(archived=True)


def carries(message: discord.Message, kind: str, row_id: int) -> bool:
    """Say whether one of a message's components belongs to the row."""
    marker = f"{kind}:{row_id}"
    return any(
        custom_id == marker or custom_id.startswith(marker + ":") for custom_id in _custom_ids(message.components)
    )


def _custom_ids(components: Any) -> list[str]:
    found: list[str] = []
    for component in components:
        if getattr(component, "custom_id", None):
            found.append(component.custom_id)
        found += _custom_ids(getattr(component, "children", ()))
        if getattr(component, "accessory", None) is not None:
            found += _custom_ids([component.accessory])
    return found


def _own_id(channel: discord.abc.Messageable) -> int | None:
    guild = getattr(channel, "guild", None)
    return guild.me.id if guild is not None and guild.me is not None else None
