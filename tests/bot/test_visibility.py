"""Nothing is cited to people who could not open it: against a second implementation of Discord's rules.

The second one is written from Discord's documentation and knows nothing of `permissions_for`: it gives every person
that a small server can hold, adds up what each may do, and looks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

import discord
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot import citing
from bot.visibility import all_can_open, can_open
from tests.conftest import World

ADMINISTRATOR, VIEW, SEND, HISTORY, CONNECT, MANAGE_THREADS = 1 << 3, 1 << 10, 1 << 11, 1 << 16, 1 << 20, 1 << 34
BITS = (VIEW, HISTORY, SEND, CONNECT, VIEW | HISTORY, VIEW | CONNECT)
GUILD, OWNER, BOT = 1, 2, 3
ROLES = (11, 12, 13)
PEOPLE = (21, 22)
HERE, THERE, FORUM = 31, 32, 33
TEXT, VOICE, STAGE, FORUM_TYPE = 0, 2, 13, 15
KINDS = (TEXT, VOICE, STAGE, FORUM_TYPE)
WITH_THREADS = (TEXT, FORUM_TYPE)


@dataclass(frozen=True)
class Channel:
    """Hold a channel as Discord describes it; an overwrite is (allowed, denied) by the id of its role or member."""

    id: int
    kind: int = TEXT
    nsfw: bool = False
    overwrites: dict[int, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Somebody:
    """Hold a person: their id and the roles that they hold."""

    id: int
    roles: tuple[int, ...]


Roles = dict[int, int]


# ------------------------------------------------------------------------- the rules, a second time


def may(person: Somebody, channel: Channel, roles: Roles) -> int:
    """Add up a person's permissions in a channel, as Discord's documentation describes it step by step."""
    if person.id == OWNER:
        return ~0
    permissions = roles[GUILD]
    for role in person.roles:
        permissions |= roles[role]
    if permissions & ADMINISTRATOR:
        return ~0
    allow, deny = channel.overwrites.get(GUILD, (0, 0))
    permissions &= ~deny
    permissions |= allow
    allow = deny = 0
    for role in person.roles:
        more, less = channel.overwrites.get(role, (0, 0))
        allow |= more
        deny |= less
    permissions &= ~deny
    permissions |= allow
    allow, deny = channel.overwrites.get(person.id, (0, 0))
    permissions &= ~deny
    permissions |= allow
    return permissions


def everybody() -> Iterator[Somebody]:
    """Give every person that the server could hold: each of the known ones and a stranger, with every set of roles."""
    for count in range(len(ROLES) + 1):
        for held in combinations(ROLES, count):
            for person in (OWNER, *PEOPLE, 99):
                yield Somebody(person, held)


def reads(person: Somebody, channel: Channel, roles: Roles) -> bool:
    permissions = may(person, channel, roles)
    joins = channel.kind not in (VOICE, STAGE) or bool(permissions & CONNECT)
    return joins and bool(permissions & VIEW)


def opens(person: Somebody, channel: Channel, roles: Roles) -> bool:
    return reads(person, channel, roles) and bool(may(person, channel, roles) & HISTORY)


def expected(place: Channel, audience: Channel, roles: Roles) -> bool:
    """Say what must hold: every person who reads the one opens the other."""
    if place.nsfw and not audience.nsfw:
        return False
    return all(opens(person, place, roles) for person in everybody() if reads(person, audience, roles))


# ------------------------------------------------------------------------- discord.py's objects of the same server


def build(roles: Roles, *channels: Channel) -> discord.Guild:
    """Make the server as discord.py does when Discord describes it."""
    client = discord.Client(intents=discord.Intents.none())
    client._connection.user = discord.ClientUser(state=client._connection, data=user(BOT))
    described = {
        "id": GUILD,
        "name": "The Evening Wire",
        "owner_id": OWNER,
        "roles": [
            {"id": i, "name": str(i), "permissions": str(p), "position": i, "color": 0, "flags": 0, "colors": COLORS}
            for i, p in roles.items()
        ],
        "members": [member(BOT, ())],
        "channels": [describe(channel) for channel in channels],
    }
    return discord.Guild(data=described, state=client._connection)


COLORS = {"primary_color": 0, "secondary_color": None, "tertiary_color": None}


def describe(channel: Channel) -> dict:
    return {
        "id": channel.id,
        "type": channel.kind,
        "name": str(channel.id),
        "position": channel.id,
        "nsfw": channel.nsfw,
        "bitrate": 64_000,
        "user_limit": 0,
        "permission_overwrites": [
            {"id": target, "type": int(target in (*PEOPLE, BOT)), "allow": str(allow), "deny": str(deny)}
            for target, (allow, deny) in channel.overwrites.items()
        ],
    }


def user(user_id: int) -> dict:
    return {"id": user_id, "username": str(user_id), "discriminator": "0", "avatar": None, "bot": user_id == BOT}


def member(user_id: int, roles: tuple[int, ...]) -> dict:
    return {"user": user(user_id), "roles": list(roles), "joined_at": None, "flags": 0}


def thread(guild: discord.Guild, parent_id: int, *, private: bool, thread_id: int = 41) -> discord.Thread:
    described = {
        "id": thread_id,
        "parent_id": parent_id,
        "owner_id": OWNER,
        "name": "thread",
        "type": 12 if private else 11,
        "message_count": 0,
        "member_count": 0,
        "thread_metadata": {
            "archived": False,
            "auto_archive_duration": 60,
            "archive_timestamp": "2026-01-01T00:00:00+00:00",
        },
    }
    return discord.Thread(guild=guild, state=guild._state, data=described)


# ------------------------------------------------------------------------- the properties

overwrite = st.tuples(st.sampled_from((0, *BITS)), st.sampled_from((0, *BITS))).map(
    lambda pair: (pair[0], pair[1] & ~pair[0])
)
overwrites = st.dictionaries(st.sampled_from((GUILD, *ROLES, *PEOPLE, BOT, OWNER)), overwrite, max_size=5)
server_roles = st.fixed_dictionaries(
    {
        GUILD: st.sampled_from((0, VIEW, VIEW | HISTORY, VIEW | HISTORY, HISTORY, VIEW | HISTORY | CONNECT)),
        **{role: st.sampled_from((0, 0, VIEW, HISTORY, CONNECT, VIEW | HISTORY, ADMINISTRATOR)) for role in ROLES},
    }
)


def channels(channel_id: int, kinds: tuple[int, ...] = KINDS) -> st.SearchStrategy[Channel]:
    return st.builds(Channel, st.just(channel_id), st.sampled_from(kinds), st.booleans(), overwrites)


@settings(max_examples=300, deadline=None)
@given(server_roles, channels(HERE), channels(THERE))
@example({GUILD: VIEW | HISTORY, **dict.fromkeys(ROLES, 0)}, Channel(HERE), Channel(THERE))
@example({GUILD: VIEW, **dict.fromkeys(ROLES, 0)}, Channel(HERE), Channel(THERE))
@example(
    {GUILD: VIEW | HISTORY, **dict.fromkeys(ROLES, 0)},
    Channel(HERE, overwrites={GUILD: (0, VIEW), ROLES[0]: (VIEW, 0)}),
    Channel(THERE, overwrites={GUILD: (0, VIEW), ROLES[0]: (VIEW, 0), ROLES[1]: (0, VIEW)}),
)
@example({GUILD: VIEW | HISTORY | CONNECT, **dict.fromkeys(ROLES, 0)}, Channel(HERE, VOICE), Channel(THERE, STAGE))
@example({GUILD: VIEW | HISTORY, **dict.fromkeys(ROLES, 0)}, Channel(HERE), Channel(THERE, VOICE))
@example(
    {GUILD: VIEW | HISTORY | CONNECT, **dict.fromkeys(ROLES, 0)},
    Channel(HERE, VOICE, overwrites={GUILD: (0, CONNECT), ROLES[0]: (CONNECT, 0)}),
    Channel(THERE),
)
@example(
    {GUILD: HISTORY, **dict.fromkeys(ROLES, 0)},
    Channel(HERE, VOICE, overwrites={ROLES[0]: (VIEW, 0), ROLES[1]: (CONNECT, 0), ROLES[2]: (0, HISTORY)}),
    Channel(THERE, overwrites={GUILD: (VIEW | HISTORY, 0), ROLES[2]: (0, HISTORY)}),
)
def test_public_citation_needs_every_reader_to_be_able_to_open(roles: Roles, here: Channel, there: Channel) -> None:
    guild = build(roles, here, there)
    place, audience = guild.get_channel(THERE), guild.get_channel(HERE)
    assert all_can_open(place, audience) is expected(there, here, roles)
    assert all_can_open(audience, audience) is expected(here, here, roles)


@settings(max_examples=60, deadline=None)
@given(server_roles, channels(HERE, WITH_THREADS), channels(THERE, WITH_THREADS), st.booleans(), st.booleans())
def test_threads_follow_the_channel_above_and_private_ones_stay_inside(
    roles: Roles, here: Channel, there: Channel, inside: bool, private: bool
) -> None:
    guild = build(roles, here, there)
    place = thread(guild, THERE, private=private)
    audience = thread(guild, HERE, private=private, thread_id=42) if inside else guild.get_channel(HERE)
    assert all_can_open(place, audience) is (not private and expected(there, here, roles))
    assert all_can_open(place, place) is expected(there, there, roles)


@settings(max_examples=80, deadline=None)
@given(server_roles, channels(THERE), st.sampled_from(list(everybody())), st.booleans())
async def test_asker_is_shown_what_they_can_open(
    roles: Roles, there: Channel, person: Somebody, restricted: bool
) -> None:
    guild = build(roles, there, Channel(HERE, nsfw=restricted))
    asker = discord.Member(data=member(person.id, person.roles), guild=guild, state=guild._state)
    place, here = guild.get_channel(THERE), guild.get_channel(HERE)
    openable = opens(person, there, roles)
    assert await can_open(asker, place) is openable
    assert await can_open(asker, place, here=here) is (openable and (restricted or not there.nsfw))
    if there.kind in WITH_THREADS:
        public = thread(guild, THERE, private=False)
        assert await can_open(asker, public) is openable


def test_bot_is_nobody_who_could_be_kept_out() -> None:
    hidden = {GUILD: (0, VIEW), BOT: (VIEW, 0)}
    guild = build(
        {GUILD: VIEW | HISTORY, **dict.fromkeys(ROLES, 0)},
        Channel(HERE, overwrites=hidden),
        Channel(THERE, overwrites={GUILD: (0, VIEW)}),
    )
    assert all_can_open(guild.get_channel(THERE), guild.get_channel(HERE))


# ------------------------------------------------------------------------- the same on a simulated Discord


@pytest.mark.parametrize("joined", [True, False])
async def test_private_thread_is_for_its_members(world: World, joined: bool) -> None:
    opened = world.env.backend.create_thread(world.news.id, "quietly", world.moderator.id, type=12)
    world.env.backend.add_thread_member(opened.id, world.env.bot.user.id)
    if joined:
        world.env.backend.add_thread_member(opened.id, world.member.id)
    await world.env.settle()
    member = await world.env.bot.get_guild(world.guild.id).fetch_member(world.member.id)
    may_cite = citing.for_member(world.bot.quotes, member)
    assert await may_cite(opened.id) is joined
    assert not await citing.for_channel(world.bot.quotes, world.news.id)(opened.id)
    assert await citing.for_channel(world.bot.quotes, opened.id)(world.news.id)


async def test_hidden_channel_is_cited_among_those_who_see_it_only(world: World) -> None:
    await world.env.settle()
    in_news = citing.for_channel(world.bot.quotes, world.news.id)
    in_moderators = citing.for_channel(world.bot.quotes, world.moderators.id)
    assert await in_news(world.news.id)
    assert not await in_news(world.moderators.id)
    assert await in_moderators(world.news.id)
    assert not await in_news(10**17)
