"""Check what the bot needs before it is started: settings, database, secrets, weights, token, intents, permissions.

What members read in Discord about the same things is in `bot/problems.py`; this asks without a connection.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import discord

from bot import run
from bot.client import invite_link
from bot.errors import HindsightError
from bot.lock import hold_unless_held
from bot.needs import Place, is_public, lacks, named, to_alert, to_watch
from bot.resources import load_models
from bot.settings import Settings, exposed
from bot.store import Store, open_store
from bot.store.vault import load_vault
from models.reader import Passage

GONE = (discord.Forbidden, discord.NotFound)


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
        with hold_unless_held(settings.database) as running:
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
    try:
        async with discord.Client(intents=discord.Intents.none()) as client:
            await client.login(settings.token.get_secret_value())
            yield Finding("token", True, f"Discord knows the bot as {client.user}")
            yield await _intent(client)
            yield Finding("invitation", True, invite_link(client))
            async for finding in _servers(client, store):
                yield finding
    except discord.LoginFailure:
        yield Finding("token", False, run.WRONG_TOKEN)
    except run.UNREACHABLE as error:
        yield Finding("Discord", False, run.cannot_be_reached(error))


async def _intent(client: discord.Client) -> Finding:
    flags = (await client.application_info()).flags
    on = flags.gateway_message_content or flags.gateway_message_content_limited
    return Finding("Message Content intent", on, "is on" if on else run.NO_CONTENT)


async def _servers(client: discord.Client, store: Store) -> AsyncIterator[Finding]:
    """Look at every channel that is watched, and at its server's channel for alerts."""
    watched: dict[int, list[int]] = {}
    for guild_id, channel_id in await store.servers.watched():
        watched.setdefault(guild_id, []).append(channel_id)
    for guild_id, channel_ids in watched.items():
        try:
            guild = await client.fetch_guild(guild_id)
            me = await guild.fetch_member(client.user.id if client.user else 0)
        except GONE:
            words = f"I am not in it: invite me again, or delete what is kept of it with erase --server {guild_id}"
            yield Finding(f"server {guild_id}", False, words)
            continue
        for channel_id in channel_ids:
            yield await _watched(guild, me, channel_id)
        yield await _alerts(guild, me, (await store.servers.get(guild_id)).alerts_channel_id)


async def _watched(guild: discord.Guild, me: discord.Member, channel_id: int) -> Finding:
    try:
        place = await guild.fetch_channel(channel_id)
        granted = await _granted(guild, me, place)
    except GONE:
        words = f"cannot be seen: allow my role {named('view_channel')} there, or /watch remove it"
        return Finding(f"channel {channel_id} in {guild.name}", False, words)
    return _permitted(f"#{place.name} in {guild.name}", lacks(place, granted, to_watch(place)))


async def _alerts(guild: discord.Guild, me: discord.Member, channel_id: int | None) -> Finding:
    what = f"alerts in {guild.name}"
    if channel_id is None:
        return Finding(what, False, "no channel for them is set: choose one with /setup alerts")
    try:
        channel = await guild.fetch_channel(channel_id)
    except GONE:
        words = f"their channel cannot be seen: allow my role {named('view_channel')} there, or choose another"
        return Finding(what, False, f"{words} with /setup alerts")
    if not isinstance(channel, discord.TextChannel):
        return Finding(what, False, f"#{channel.name} is no text channel: choose another with /setup alerts")
    if is_public(channel):
        return Finding(what, False, f"everyone can read #{channel.name}: hide it, or choose another with /setup alerts")
    return _permitted(f"{what}, #{channel.name}", lacks(channel, channel.permissions_for(me), to_alert(channel)))


async def _granted(guild: discord.Guild, me: discord.Member, place: Place) -> discord.Permissions:
    """Give what the bot may do; a thread has the permissions of its channel, which is not at hand here."""
    if not isinstance(place, discord.Thread):
        return place.permissions_for(me)
    parent = await guild.fetch_channel(place.parent_id)
    # A channel's own method takes away Embed Links where nobody but threads may be written in.
    return discord.abc.GuildChannel.permissions_for(parent, me)  # type: ignore[arg-type]


def _permitted(what: str, lacking: tuple[str, ...]) -> Finding:
    if not lacking:
        return Finding(what, True, "all permissions there")
    permissions = ", ".join(named(name) for name in lacking)
    return Finding(what, False, f"allow my role {permissions}, in the channel's settings → Permissions")
