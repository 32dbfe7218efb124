"""What Discord's search finds of a claim beside what is remembered, for somebody who asks."""

from collections.abc import Sequence
from datetime import timedelta
from math import ceil

from bot.claims import TOGETHER, MayCite
from bot.client import Hindsight
from bot.languages import _, ngettext
from bot.message_search import Hit, NotReady, Refused
from bot.records import Claim, Occurrence
from bot.statements import Stated
from models.statements import alike

COMPARED = 5  # hits whose messages are fetched and judged


async def older(bot: Hindsight, claim: Claim, stated: Stated, may_cite: MayCite) -> tuple[Sequence[Occurrence], str]:
    """Give occurrences that were never read, in watched channels that the asker can open; and what to say of it."""
    if bot.search is None:
        return (), ""
    until = claim.at - TOGETHER if claim.message_id else claim.at
    answer = await bot.search.ask(claim.guild_id, stated.statements[0].text, until)
    if answer is None:
        return (), ""
    if isinstance(answer, NotReady):
        return (), _waiting(answer.after)
    if isinstance(answer, Refused):
        said = _(
            "Discord does not let me search older messages here: this is what I have read myself. The permission Read "
            "Message History lets me find more; an administrator can give it to me."
        )
        return (), said
    return await _judged(bot, await _citable(bot, answer, stated, may_cite), stated), ""


async def _citable(bot: Hindsight, hits: Sequence[Hit], stated: Stated, may_cite: MayCite) -> Sequence[Hit]:
    """Keep the hits that may be shown and are not remembered already, those nearest in words first."""
    known = {place[0] for place in await bot.store.claims.places([hit.message_id for hit in hits])}
    new = [hit for hit in hits if hit.message_id not in known and bot.user and hit.author_id != bot.user.id]
    there = {channel_id for channel_id in {hit.channel_id for hit in new} if await _shows(bot, channel_id, may_cite)}
    said = [each.text for each in stated.statements]
    near = sorted(new, key=lambda hit: -max(alike(hit.text, text) for text in said))
    return [hit for hit in near if hit.channel_id in there][:COMPARED]


async def _shows(bot: Hindsight, channel_id: int, may_cite: MayCite) -> bool:
    return bot.intake.watches(await bot.quotes.find(channel_id)) and await may_cite(channel_id)


async def _judged(bot: Hindsight, hits: Sequence[Hit], stated: Stated) -> Sequence[Occurrence]:
    posts = [await bot.quotes.get(hit.channel_id, hit.message_id) for hit in hits]
    judged = [await bot.memory.judge(stated, post) for post in posts if post is not None]
    return [found for found in judged if found is not None]


def _waiting(after: timedelta) -> str:
    minutes = max(1, ceil(after / timedelta(minutes=1)))
    said = ngettext(
        "Discord is getting its search of this server ready: ask again in {number} minute for what was said before I "
        "read along.",
        "Discord is getting its search of this server ready: ask again in {number} minutes for what was said before I "
        "read along.",
        minutes,
    )
    return said.format(number=minutes)
