"""What keeps the bot from its work in a server: each problem with its remedy, in words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import discord

from bot.needs import alerts_problem, mend, missing, to_watch
from bot.store.told import Key

REFUSED = "refused"


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
    guild: discord.Guild, alerts_id: int | None, watched: Sequence[int], refused: Collection[int]
) -> list[Problem]:
    """List what is missing in a server that reads channels; in `refused` channels Discord let no alert pass."""
    if not watched:
        return []
    found: list[Problem] = []
    alerts = alerts_problem(guild, alerts_id)
    if alerts is not None:
        found.append(Problem("alerts", alerts_id or 0, alerts))
    elif alerts_id is not None and alerts_id in refused:
        found.append(Problem(REFUSED, alerts_id, refusal(alerts_id)))
    for channel_id in watched:
        place = guild.get_channel_or_thread(channel_id)
        lacking = missing(place, to_watch(place)) if place is not None else ()
        if place is not None and lacking:
            found.append(Problem("watched", channel_id, mend(place, lacking)))
    return found


def refusal(channel_id: int) -> str:
    """Say that Discord refuses alerts although no permission is missing."""
    return (
        f"Discord does not let me post alerts in <#{channel_id}>, though I lack no permission there. Look whether "
        "AutoMod, a time-out or the verification level stops me; until then flags wait in `/review`."
    )


def report(found: Sequence[Problem], server_name: str | None = None) -> str:
    """Say what is missing, with the server's name where that is not plain from the place."""
    where = f" in **{discord.utils.escape_markdown(server_name)[:200]}**" if server_name else ""
    lines = [f"⚠️ {problem.text}" for problem in found[:4]]
    if len(found) > len(lines):
        lines.append(f"⚠️ and {len(found) - len(lines)} more: `/settings` names them all.")
    head = f"### Something keeps me from my work{where}"
    return "\n".join([head, *lines, "-# I say this once. `/settings` shows at any time what is missing."])[:1900]
