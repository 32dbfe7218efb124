"""What the bot must be allowed to do in a channel, what of it is missing, and how that is mended."""

import discord

from bot.languages import N_, _, ngettext
from bot.visibility import Vocal

Place = discord.abc.GuildChannel | discord.Thread

READ = discord.Permissions(view_channel=True, read_message_history=True)
POST = discord.Permissions(send_messages=True, embed_links=True)
JOIN = discord.Permissions(connect=True)  # where people talk, nothing is read without it
POST_IN_THREADS = discord.Permissions(send_messages_in_threads=True, embed_links=True)
NAMES = {
    "read_messages": N_("View Channel"),
    "view_channel": N_("View Channel"),
    "read_message_history": N_("Read Message History"),
    "connect": N_("Connect"),
    "send_messages": N_("Send Messages"),
    "send_messages_in_threads": N_("Send Messages in Threads"),
    "embed_links": N_("Embed Links"),
    "manage_messages": N_("Manage Messages"),
    "manage_guild": N_("Manage Server"),
    "mention_everyone": N_("Mention @everyone, @here, and All Roles"),
}


def to_watch(place: Place) -> discord.Permissions:
    """Give what watching a channel, forum or thread needs."""
    in_threads = isinstance(place, discord.Thread | discord.ForumChannel)
    return READ | (POST_IN_THREADS if in_threads else POST)


def to_alert(place: Place) -> discord.Permissions:
    """Give what posting alerts in a channel needs; its history tells after a restart what was posted."""
    return to_watch(place)


def missing(place: Place, needed: discord.Permissions) -> tuple[str, ...]:
    """List the permissions that the bot lacks in a channel: all, where Discord does not show it its own roles."""
    granted = discord.Permissions() if place.guild.me is None else place.permissions_for(place.guild.me)
    return lacks(place, granted, needed)


def lacks(place: Place, granted: discord.Permissions, needed: discord.Permissions) -> tuple[str, ...]:
    """List what is needed in a channel and not granted."""
    wanted = needed | JOIN if isinstance(place, Vocal) else needed
    lacking = wanted & ~granted
    return tuple(name for name, wanted in lacking if wanted) if lacking.value else ()


def named(permission: str) -> str:
    """Name a permission as Discord's settings do."""
    return _(NAMES[permission])


def mend(place: Place, lacking: tuple[str, ...]) -> str:
    """Say which permissions are missing where, and who gives them how."""
    role = place.guild.me.top_role.name if place.guild.me.top_role != place.guild.default_role else _("my role")
    permissions = _(" and ").join(f"**{named(name)}**" for name in lacking)
    where = f"<#{place.id}>" if not isinstance(place, discord.Thread) else f"<#{place.parent_id}>"
    said = ngettext(
        "I lack {permissions} in {place}. Open the settings of {where} → Permissions, add the role {role} "
        "and allow it.",
        "I lack {permissions} in {place}. Open the settings of {where} → Permissions, add the role {role} "
        "and allow them.",
        len(lacking),
    )
    escaped = discord.utils.escape_markdown(role)
    return said.format(permissions=permissions, place=f"<#{place.id}>", where=where, role=escaped)


def alerts_problem(guild: discord.Guild, channel_id: int | None) -> str | None:
    """Say why alerts cannot be posted, and what to do; None when they can."""
    if channel_id is None:
        return _("No channel for alerts is set: choose one with `/setup alerts`.")
    channel = guild.get_channel(channel_id)
    if not isinstance(channel, discord.TextChannel):
        return _("The channel for alerts is gone: choose another with `/setup alerts`.")
    if is_public(channel):
        return _(
            "Everyone can read {channel}, and labels are not for everyone: hide the channel "
            "or choose another with `/setup alerts`."
        ).format(channel=f"<#{channel.id}>")
    lacking = missing(channel, to_alert(channel))
    return mend(channel, lacking) if lacking else None


def is_public(place: Place) -> bool:
    """Say whether every member can read a channel."""
    return place.permissions_for(place.guild.default_role).view_channel
