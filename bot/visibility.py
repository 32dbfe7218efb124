"""Who can open what: nothing is cited where it is shown to people who could not open it themselves.

The bot does not know who holds which roles. So a message may be cited in public only when nobody, whatever roles
they hold, could read the channel in which it is shown without being able to open the cited one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import discord

VIEW = discord.Permissions.view_channel.flag
HISTORY = discord.Permissions.read_message_history.flag
CONNECT = discord.Permissions.connect.flag
LOOKED_AT = VIEW | HISTORY | CONNECT

Place = discord.abc.GuildChannel | discord.Thread
Vocal = discord.VoiceChannel | discord.StageChannel
Overwrites = Mapping[int, tuple[int, int]]  # what is (allowed, denied) in a channel, by the id of a role or member


@dataclass(frozen=True, slots=True)
class Grant:
    """Hold what a role, or the overwrites of one member, say about what is looked at.

    `base` counts in the whole server; `allowed` and `denied` count in (the audience's channel, the cited one).
    """

    base: int = 0
    allowed: tuple[int, int] = (0, 0)
    denied: tuple[int, int] = (0, 0)


def all_can_open(place: Place, audience: Place) -> bool:
    """Say whether everyone who can read `audience` can open messages of `place`."""
    if isinstance(place, discord.Thread) and place.is_private() and place.id != audience.id:
        return False
    cited, shown = _channel(place), _channel(audience)
    if cited is None or shown is None or not _is_read(cited) or _is_age_restricted(cited, shown):
        return False
    if place.guild.default_role.permissions.administrator:
        return True
    overwrites = _overwrites(shown), _overwrites(cited)
    default = place.guild.default_role
    everyone = _grant(default.id, default.permissions.value & LOOKED_AT, overwrites)
    reads, opens = _to_read(shown), _to_read(cited) | HISTORY
    return all(
        _permissions(everyone, grants, 1) & opens == opens
        for grants in _possible_members(place.guild, overwrites, roles=reads.bit_count() + 1)
        if _permissions(everyone, grants, 0) & reads == reads
    )


async def moderates(member: discord.Member, place: Place) -> bool:
    """Say whether a member may decide on messages of a channel or thread."""
    return place.permissions_for(member).manage_messages and await can_open(member, place)


async def can_open(member: discord.Member, place: Place, *, here: Place | None = None) -> bool:
    """Say whether a member can open messages of a channel or thread; asks Discord for private threads only.

    With `here`, the place in which they ask, an age-restricted channel counts only from within another one.
    """
    channel = _channel(place)
    if channel is None:
        return False
    opens = _to_read(channel) | HISTORY
    if channel.permissions_for(member).value & opens != opens:
        return False
    if here is not None and _is_age_restricted(channel, _channel(here)):
        return False
    if not isinstance(place, discord.Thread) or not place.is_private():
        return True
    return channel.permissions_for(member).manage_threads or await _in_thread(member, place)


def _channel(place: Place) -> discord.abc.GuildChannel | None:
    # Whoever reads a thread can see its parent, so the parent's readers are the most that it can have.
    return place.parent if isinstance(place, discord.Thread) else place


def _is_read(channel: discord.abc.GuildChannel) -> bool:
    return isinstance(channel, discord.TextChannel | discord.ForumChannel | Vocal)


def _to_read(channel: discord.abc.GuildChannel) -> int:
    """Give the permissions without which nothing of a channel is seen: where people talk, the right to join them."""
    return VIEW | CONNECT if isinstance(channel, Vocal) else VIEW


def _is_age_restricted(cited: discord.abc.GuildChannel, shown: discord.abc.GuildChannel | None) -> bool:
    return getattr(cited, "nsfw", False) and not getattr(shown, "nsfw", False)


def _possible_members(
    guild: discord.Guild, overwrites: tuple[Overwrites, Overwrites], roles: int
) -> Iterator[tuple[Grant, ...]]:
    """List members as the grants of up to so many roles and, last, of their own overwrites.

    One role for each permission that reading takes and one more are enough: of someone who reads the one channel and
    cannot open the other, drop all roles but those that let them read and one that keeps them out, and they still
    can and cannot.
    """
    known = {
        _grant(role.id, role.permissions.value & LOOKED_AT, overwrites)
        for role in guild.roles
        if not (role.is_default() or role.is_bot_managed() or role.permissions.administrator)
    }
    no_person = {guild.owner_id, guild.me.id if guild.me else None, *(role.id for role in guild.roles)}
    people = {_grant(member_id, 0, overwrites) for member_id in {*overwrites[0], *overwrites[1]} - no_person}
    for count in range(roles + 1):
        for held in combinations(known, count):
            for own in {Grant(), *people}:
                yield (*held, own)


def _permissions(everyone: Grant, grants: tuple[Grant, ...], channel: int) -> int:
    """Add up permissions in Discord's order: server, everyone's overwrite, those of roles, the member's own."""
    *roles, own = grants
    base = allowed = denied = 0
    for role in roles:
        base |= role.base
        allowed |= role.allowed[channel]
        denied |= role.denied[channel]
    held = (everyone.base | base) & ~everyone.denied[channel] | everyone.allowed[channel]
    held = held & ~denied | allowed
    return held & ~own.denied[channel] | own.allowed[channel]


def _overwrites(channel: discord.abc.GuildChannel) -> Overwrites:
    pairs = {target.id: overwrite.pair() for target, overwrite in channel.overwrites.items()}
    return {target_id: (allow.value & LOOKED_AT, deny.value & LOOKED_AT) for target_id, (allow, deny) in pairs.items()}


def _grant(target_id: int, base: int, overwrites: tuple[Overwrites, Overwrites]) -> Grant:
    shown, cited = (channel.get(target_id, (0, 0)) for channel in overwrites)
    return Grant(base, (shown[0], cited[0]), (shown[1], cited[1]))


async def _in_thread(member: discord.Member, thread: discord.Thread) -> bool:
    try:
        await thread.fetch_member(member.id)
    except (discord.NotFound, discord.Forbidden):
        return False
    return True
