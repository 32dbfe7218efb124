"""Who can open what: nothing is cited where it is shown to people who could not open it themselves.

The public rule errs on the side of silence: a message may be cited in another
channel only when everyone in the server can open it, or when both channels have the same overwrites.
"""

import discord

NEEDED = discord.Permissions(view_channel=True, read_message_history=True)

Place = discord.abc.GuildChannel | discord.Thread


async def can_open(member: discord.Member, place: Place) -> bool:
    """Say whether a member can open messages of a channel or thread; asks Discord for private threads only."""
    if not isinstance(place, discord.Thread):
        return place.permissions_for(member).is_superset(NEEDED)
    if place.parent is None or not await can_open(member, place.parent):
        return False
    return not place.is_private() or await _in_thread(member, place)


def all_can_open(place: Place, audience: Place) -> bool:
    """Say whether everyone who can read `audience` can open messages of `place`."""
    if place.id == audience.id:
        return True
    if isinstance(place, discord.Thread):
        if place.is_private() or place.parent is None:
            return False
        return all_can_open(place.parent, audience)
    if isinstance(audience, discord.Thread):
        # Whoever reads a thread can see its parent, so the parent's audience is the widest it can have.
        return audience.parent is not None and all_can_open(place, audience.parent)
    if _age_restricted(place) and not _age_restricted(audience):
        return False
    return _open_to_everyone(place) or place.overwrites == audience.overwrites


def _open_to_everyone(channel: discord.abc.GuildChannel) -> bool:
    everyone = channel.guild.default_role
    if not channel.permissions_for(everyone).is_superset(NEEDED):
        return False
    return all(not overwrite.pair()[1].value & NEEDED.value for overwrite in channel.overwrites.values())


async def _in_thread(member: discord.Member, thread: discord.Thread) -> bool:
    if thread.permissions_for(member).manage_threads:
        return True
    try:
        await thread.fetch_member(member.id)
    except discord.NotFound:
        return False
    return True


def _age_restricted(channel: discord.abc.GuildChannel) -> bool:
    return bool(getattr(channel, "nsfw", False))
