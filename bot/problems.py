"""What keeps the bot from its work in a server: each problem with its remedy, in words."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import discord

from bot.alerts_role import role_problem
from bot.languages import _
from bot.needs import Place, alerts_problem, mend, missing, to_watch
from bot.quotes import Quotes
from bot.records import Server
from bot.store import Store
from bot.store.told import Key

ALERTS = "alerts"
REFUSED = "refused"
ROLE = "role"
WATCHED = "watched"
NAMED = 4  # problems in one report


@dataclass(frozen=True, slots=True)
class Problem:
    """Hold what is missing in a channel (`place_id`; 0 for the server), and in `text` who mends it how."""

    name: str
    place_id: int
    text: str

    @property
    def key(self) -> Key:
        """Name the problem, whatever its words are."""
        return self.name, self.place_id


def problems(
    guild: discord.Guild, server: Server, watched: Mapping[int, Place | None], refused: Collection[int] = ()
) -> list[Problem]:
    """List what is missing for alerts and in the watched channels, of which None cannot be seen.

    In `refused` channels Discord let no alert pass.
    """
    found: list[Problem] = []
    alerts_id = server.alerts_channel_id or 0
    alerts = alerts_problem(guild, server.alerts_channel_id)
    if alerts is not None:
        found.append(Problem(ALERTS, alerts_id, alerts))
    elif alerts_id in refused:
        found.append(Problem(REFUSED, alerts_id, _refusal(alerts_id)))
    role = role_problem(guild, server.alerts_channel_id, server.alerts_role_id)
    if alerts is None and role is not None:
        found.append(Problem(ROLE, alerts_id, role))
    for channel_id, place in watched.items():
        if place is None:
            found.append(Problem(WATCHED, channel_id, _hidden(channel_id)))
        elif lacking := missing(place, to_watch(place)):
            found.append(Problem(WATCHED, channel_id, mend(place, lacking)))
    return found


async def problems_of(store: Store, quotes: Quotes, guild: discord.Guild) -> list[Problem]:
    """List what is missing in a server now, for somebody who asks; channels that are not at hand are fetched."""
    server = await store.servers.get(guild.id)
    watched = [channel_id for _guild_id, channel_id in await store.servers.watched(guild.id)]
    refused = {place_id for name, place_id in await store.told.of(guild.id) if name == REFUSED}
    return problems(guild, server, {each: await quotes.find(each) for each in watched}, refused)


def report(found: Sequence[Problem], server_name: str | None = None) -> str:
    """Say what is missing, with the server's name where that is not plain from the place."""
    head = _("### Something keeps me from my work")
    if server_name:
        named = discord.utils.escape_markdown(server_name)[:200]
        head = _("### Something keeps me from my work in **{server}**").format(server=named)
    lines = [f"⚠️ {problem.text}" for problem in found[:NAMED]]
    if len(found) > NAMED:
        more = _("and {number} more: `/settings` names them all.").format(number=len(found) - NAMED)
        lines.append(f"⚠️ {more}")
    foot = _("-# I say this once. `/settings` shows at any time what is missing.")
    return "\n".join([head, *lines, foot])[:1900]


def _refusal(channel_id: int) -> str:
    return _(
        "Discord does not let me post alerts in {channel}, though I lack no permission there. Look whether "
        "AutoMod, a time-out or the verification level stops me; until then flags wait in `/review`."
    ).format(channel=f"<#{channel_id}>")


def _hidden(channel_id: int) -> str:
    said = _("I cannot see {channel} any more: allow my role **View Channel** there, or `/watch remove` it.")
    return said.format(channel=f"<#{channel_id}>")
