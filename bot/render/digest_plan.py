"""When a server's stories get digests by themselves, in words."""

from datetime import datetime, timedelta

import discord

from bot.digest_plan import Plan, last_hour
from bot.languages import N_, _

NEVER = N_("Digests are made only when somebody asks: `/summarize`. `/digests when:after a rest` changes that.")


def plan_words(plan: Plan | None, now: datetime, *, live: bool) -> str:
    """Say when digests are made, and how that is ended."""
    if plan is None:
        return _(NEVER)
    said = _(
        "✅ When a story has {number} replies, {when}, I post a digest under it, and make it anew "
        "when people go on. It cites only what everyone in the channel can open. `/digests when:never` ends that; "
        "deleting a digest ends it for its story."
    ).format(number=plan.replies, when=_when(plan, now))
    return said if live else f"{said}\n{_('🌙 In shadow nothing is posted: `/golive` begins it.')}"


def _when(plan: Plan, now: datetime) -> str:
    if plan.rest is not None:
        return _("and {number} minutes pass without another").format(number=round(plan.rest / timedelta(minutes=1)))
    following = last_hour(plan.hour or 0, now) + timedelta(days=1)
    return _("each day at {time}").format(time=discord.utils.format_dt(following, "t"))
