"""The role that new alerts mention: which one may be chosen, and what keeps a mention from reaching its members."""

import discord

from bot.languages import _
from bot.needs import named


def alerts_role(guild: discord.Guild, role_id: int | None) -> discord.Role | None:
    """Give the role that alerts mention; None when none is set, or it is gone."""
    role = guild.get_role(role_id or 0)
    return None if role is None or role.is_default() else role


def refusal(guild: discord.Guild, role_id: int) -> str | None:
    """Say why alerts may not mention a role, and what to do; None when they may."""
    role = guild.get_role(role_id)
    if role is None:
        return _("This server has no such role: choose another.")
    if role.is_default():
        return _("That is everyone, and alerts are for moderators: choose a role that only they have.")
    if role.is_bot_managed():
        said = _("{role} belongs to a bot, which looks at no alert: choose a role that people have.")
        return said.format(role=role.mention)
    return None


def role_problem(guild: discord.Guild, channel_id: int | None, role_id: int | None) -> str | None:
    """Say why alerts in a channel reach nobody by the role that is set, and who mends it how; None when they do."""
    if role_id is None:
        return None
    role, channel = alerts_role(guild, role_id), guild.get_channel(channel_id or 0)
    if role is None:
        return _("The role that new alerts mention is gone, so they mention nobody: choose another with `/settings`.")
    if channel is None or role.mentionable or channel.permissions_for(guild.me).mention_everyone:
        return None
    said = _(
        "New alerts show {role} and notify nobody, because not everyone may mention it. Whoever has **Manage Roles**: "
        "open it for mentions under Server Settings → Roles, or allow my role **{permission}** in {channel}."
    )
    return said.format(role=role.mention, permission=named("mention_everyone"), channel=f"<#{channel.id}>")
