"""Check what the bot needs before it is started: settings, database, secrets, weights, token, intents, permissions."""

from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass

import discord

from bot import run
from bot.client import permissions
from bot.errors import HindsightError, InUse
from bot.lock import hold
from bot.resources import load_models
from bot.settings import Settings, exposed
from bot.store import Store, open_store
from bot.store.vault import load_vault
from models.reader import Passage


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold one thing that was looked at: is it well, and what is to be done if not?"""

    what: str
    well: bool
    words: str


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Give the findings one after the other."""
    yield _weights()
    try:
        with ExitStack() as stack:
            running = _runs(settings, stack)
            vault = load_vault(settings.key, settings.key_file)
            async with open_store(settings.database, vault, as_it_is=running) as store:
                await store.health.check()
                words = "can be written, and a bot runs on it" if running else "can be written"
                yield Finding("database", True, f"{settings.database} {words}")
                yield _secrets(settings)
                async for finding in _discord(settings, store):
                    yield finding
    except HindsightError as error:
        yield Finding("database", False, str(error))


def _runs(settings: Settings, stack: ExitStack) -> bool:
    """Say whether a bot runs on the database; if not, none can be started meanwhile."""
    try:
        stack.enter_context(hold(settings.database))
    except InUse:
        return True
    return False


def _secrets(settings: Settings) -> Finding:
    problems = exposed(settings)
    return Finding("secrets", not problems, "; ".join(problems) or "can be read by you alone")


def _weights() -> Finding:
    try:
        learned = load_models()
    except HindsightError as error:
        return Finding("weights", False, str(error))
    (reading,) = learned.reader.predict([Passage("Is there any source for this?")])
    return Finding("weights", True, f"reader {learned.reader.version} loads and reads ({reading.label})")


async def _discord(settings: Settings, store: Store) -> AsyncIterator[Finding]:
    if settings.token is None or not settings.token.get_secret_value():
        yield Finding("token", False, run.NO_TOKEN)
        return
    client = discord.Client(intents=discord.Intents.none())
    async with client:
        try:
            await client.login(settings.token.get_secret_value())
        except discord.LoginFailure:
            yield Finding("token", False, run.WRONG_TOKEN)
            return
        yield Finding("token", True, f"Discord knows the bot as {client.user}")
        yield await _intent(client)
        async for finding in _channels(client, store):
            yield finding


async def _intent(client: discord.Client) -> Finding:
    flags = (await client.application_info()).flags
    on = flags.gateway_message_content or flags.gateway_message_content_limited
    return Finding("Message Content intent", on, "is on" if on else run.NO_CONTENT)


async def _channels(client: discord.Client, store: Store) -> AsyncIterator[Finding]:
    for guild_id, channel_id in await store.servers.watched():
        try:
            guild = await client.fetch_guild(guild_id)
            channel = await guild.fetch_channel(channel_id)
            member = await guild.fetch_member(client.user.id if client.user else 0)
        except (discord.Forbidden, discord.NotFound):
            yield Finding(f"channel {channel_id}", False, "cannot be seen; invite me again or /watch remove it")
            continue
        parent = channel.parent if isinstance(channel, discord.Thread) else channel
        lacking = missing(parent.permissions_for(member)) if parent is not None else []
        words = "all permissions there" if not lacking else f"grant me {', '.join(lacking)}"
        yield Finding(f"#{channel.name} in {guild.name}", not lacking, words)


def missing(granted: discord.Permissions) -> list[str]:
    """Name the permissions that the bot asks for and lacks."""
    return [name.replace("_", " ") for name, needed in permissions() if needed and not getattr(granted, name)]
