"""The demo's Discord server: channels, members, roles and five years of messages, before the bot wakes up."""

from dataclasses import dataclass, field
from datetime import datetime

import discord
from simcord import ChannelHandle, Env, GuildHandle, MemberActor, RoleHandle, UserHandle, WebhookHandle
from simcord.backend.access import can_access_channel

from bot.demo.history import History, Reply, Story

DESK = "Wire Desk"
MODERATOR = "mara"
MEMBER = "ines"


@dataclass(frozen=True, slots=True)
class Server:
    """Hold the handles through which people act on the simulated server."""

    env: Env
    guild: GuildHandle
    members: dict[str, MemberActor] = field(default_factory=dict)
    channels: dict[str, ChannelHandle] = field(default_factory=dict)
    desks: dict[str, WebhookHandle] = field(default_factory=dict)

    @property
    def moderator(self) -> MemberActor:
        return self.members[MODERATOR]

    @property
    def member(self) -> MemberActor:
        return self.members[MEMBER]

    def can_see(self, viewer: MemberActor, channel: ChannelHandle) -> bool:
        return can_access_channel(self.env, channel.id, viewer)

    def link(self, message: discord.Message) -> str:
        return f"https://discord.com/channels/{self.guild.id}/{message.channel.id}/{message.id}"


def build(env: Env, history: History, permissions: discord.Permissions) -> Server:
    """Found the server, let its past happen, and stop at the history's present.

    `env` is not started yet. The bot gets `permissions` and no more.
    """
    travel(env, history.begins.replace(day=1, hour=0))
    env.backend.edit_bot_profile("Hindsight")
    owner = env.create_user("wren", global_name="Wren")
    server = Server(env, env.create_guild("The Evening Wire", owner=owner))
    env.backend.edit_role(server.guild.id, server.guild.roles["Hindsight"].id, {"permissions": permissions.value})
    moderators = server.guild.create_role(
        "Moderator",
        permissions=discord.Permissions(
            manage_guild=True, manage_messages=True, moderate_members=True, view_audit_log=True
        ),
        color=0xE8A33D,
        hoist=True,
        position=2,
    )
    for name, shown in history.members.items():
        user = env.create_user(name, global_name=shown)
        server.members[name] = server.guild.add_member(user, roles=[moderators] if name == MODERATOR else [])
    _add_channels(server, moderators)
    _replay(server, history)
    travel(env, history.present)
    return server


def travel(env: Env, moment: datetime) -> None:
    """Set the simulated clock, backwards too; only before the bot has started."""
    env.backend.advance_clock((moment - env.now()).total_seconds())


def _add_channels(server: Server, moderators: RoleHandle) -> None:
    guild, bot = server.guild, UserHandle(server.env, server.env.backend.bot_user)
    hidden = {
        guild.default_role: discord.PermissionOverwrite(view_channel=False),
        moderators: discord.PermissionOverwrite(view_channel=True),
        bot: discord.PermissionOverwrite(view_channel=True),
    }
    server.channels.update(
        {
            "news": guild.create_text_channel("news", topic="What happened in and around Port Averley"),
            "world": guild.create_text_channel("world", topic="News from everywhere else"),
            "off-topic": guild.create_text_channel("off-topic", topic="Geese, noodles and board games"),
            "moderators": guild.create_text_channel("moderators", topic="The back room", overwrites=hidden),
            "deep-dives": guild.create_forum_channel("deep-dives"),
        }
    )
    for name in ("news", "world"):
        server.desks[name] = guild.create_webhook(server.channels[name], DESK)


def _replay(server: Server, history: History) -> None:
    posted: dict[tuple[Story, int], tuple[int, int]] = {}
    for at, story, reply in history.timeline():
        travel(server.env, at)
        if reply is None:
            posted[story, 0] = _plant_story(server, story)
        else:
            number = 1 + story.replies.index(reply)
            posted[story, number] = _plant_reply(server, reply, posted, story)


def _plant_story(server: Server, story: Story) -> tuple[int, int]:
    channel = server.channels[story.channel]
    if story.channel == "deep-dives":
        return _plant_post(server, story)
    desk = server.desks.get(story.channel) if story.author == "desk" else None
    message = server.env.backend.create_message(
        channel.id,
        desk.id if desk else server.members[story.author].id,
        story.content,
        embeds=story.embeds,
        webhook_id=desk.id if desk else None,
    )
    return channel.id, message.id


def _plant_post(server: Server, story: Story) -> tuple[int, int]:
    """Open a forum post whose starter bears the post's id, as on Discord; members cannot do it in the simulation."""
    backend, author = server.env.backend, server.members[story.author].id
    forum = server.channels[story.channel]
    starter = backend.prepare_message(forum.id, author, story.content)
    thread = backend.create_thread(forum.id, story.title, author, message_id=starter.id, broadcast=False)
    starter.channel_id = thread.id
    backend.commit_message(starter)
    server.channels[story.title] = ChannelHandle(server.env, server.guild, thread)
    return thread.id, starter.id


def _plant_reply(
    server: Server, reply: Reply, posted: dict[tuple[Story, int], tuple[int, int]], story: Story
) -> tuple[int, int]:
    channel_id, _ = posted[story, 0]
    reference = None
    if reply.to is not None:
        reference = {"channel_id": channel_id, "message_id": posted[story, reply.to][1]}
    author = server.members[reply.author].id
    message = server.env.backend.create_message(channel_id, author, reply.text, reference=reference)
    return channel_id, message.id
