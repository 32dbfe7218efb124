"""The bot's own messages that show what is gone or was changed: kept until they are taken down or changed, too."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.records import Public
from bot.store.database import Database
from bot.store.schema import card_occurrences, cards, digest_citations, digests, flags, leftovers, messages, watched


class Leftovers:
    """Keep what is still to be done after a deletion or an edit, so that a crash leaves no old words behind."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Sequence[Public]:
        """List what is still to be done."""
        async with self._database.read() as connection:
            return [_public(row) for row in await connection.execute(sa.select(leftovers))]

    async def shown(self, swept: int, limit: int) -> Mapping[tuple[int, int], Sequence[int]]:
        """Give messages that cards, digests and open alerts show, by the (server, channel) in which they stand.

        What the latest posts show comes first. Left out is what the sweep covers: messages of watched channels whose
        ids are above `swept`.
        """
        found = _shown()
        seen = sa.exists().where(
            messages.c.message_id == found.c.message_id, messages.c.watched_id == watched.c.channel_id
        )
        place = (found.c.guild_id, found.c.channel_id, found.c.message_id)
        query = (
            sa.select(*place)
            .where(sa.or_(found.c.message_id <= swept, ~seen))
            .group_by(*place)
            .order_by(sa.func.max(found.c.posted_id).desc(), found.c.message_id.desc())
            .limit(limit)
        )
        places: dict[tuple[int, int], list[int]] = {}
        async with self._database.read() as connection:
            for guild_id, channel_id, message_id in await connection.execute(query):
                places.setdefault((guild_id, channel_id), []).append(message_id)
        return places

    async def settle(self, public: Public) -> None:
        """Let go of what is done."""
        chosen = sa.and_(leftovers.c.kind == public.kind, leftovers.c.id == public.id)
        async with self._database.write() as connection:
            await connection.execute(sa.delete(leftovers).where(chosen))


async def leave(connection: AsyncConnection, message_ids: Sequence[int]) -> list[Public]:
    """Write down what shows messages that are about to be deleted, inside the caller's transaction; give it."""
    shown = [
        Public(kind, row.id, row.channel_id or 0, row.posted_id, row.guild_id)
        for kind, query in _queries(message_ids).items()
        for row in await connection.execute(query)
    ]
    await connection.run_sync(write_leftovers, shown)
    return shown


def leave_changed(connection: sa.Connection, message_id: int) -> tuple[Public, ...]:
    """Write down what shows a message that was read anew, inside the caller's transaction; give it."""
    own = _alert().where(
        flags.c.message_id == message_id,
        flags.c.state.in_(["open", "withdrawn"]),
        flags.c.alert_message_id.is_not(None),
    )
    told = cards.join(card_occurrences, card_occurrences.c.card_id == cards.c.card_id)
    quoted = (
        sa.select(cards.c.guild_id, card_occurrences.c.channel_id)
        .select_from(told)
        .where(card_occurrences.c.message_id == message_id, cards.c.state.in_(["pending", "posted"]))
    )
    alerts = [*connection.execute(own), *connection.execute(_beside([message_id]))]
    shown = [Public("context", row.id, row.channel_id, row.posted_id, row.guild_id) for row in alerts]
    if (card := connection.execute(quoted).first()) is not None:
        shown.append(Public("quoted", message_id, card.channel_id, None, card.guild_id))
    write_leftovers(connection, shown)
    return tuple(shown)


def write_leftovers(connection: sa.Connection, shown: Sequence[Public]) -> None:
    """Write down what is to be taken down or changed, inside the caller's transaction."""
    rows = [{name: getattr(public, name) for name in Public.__dataclass_fields__} for public in shown]
    if rows:
        connection.execute(insert(leftovers).on_conflict_do_nothing(), rows)


def _queries(ids: Sequence[int]) -> dict[str, sa.Select]:
    card = _pointer(cards, cards.c.card_id, cards.c.channel_id, cards.c.posted_id).where(
        sa.or_(cards.c.posted_id.is_not(None), cards.c.state == "pending")
    )
    matches = sa.select(card_occurrences.c.card_id).where(card_occurrences.c.message_id.in_(ids))
    digest = _pointer(digests, digests.c.posted_id, digests.c.channel_id, digests.c.posted_id)
    cited = sa.select(digest_citations.c.posted_id).where(digest_citations.c.message_id.in_(ids))
    return {
        "card": card.where(sa.or_(cards.c.message_id.in_(ids), cards.c.card_id.in_(matches))),
        "alert": _alert().where(
            flags.c.message_id.in_(ids), sa.or_(flags.c.alert_message_id.is_not(None), flags.c.quiet.is_(False))
        ),
        "context": _beside(ids),
        "digest": digest.where(digests.c.posted_id.in_(cited)),
    }


def _alert() -> sa.Select:
    return _pointer(flags, flags.c.flag_id, flags.c.alert_channel_id, flags.c.alert_message_id)


def _beside(ids: Sequence[int]) -> sa.Select:
    """Ask for the alerts that quote messages beside the flagged one: its story, its parent."""
    return (
        _alert()
        .join(messages, messages.c.message_id == flags.c.message_id)
        .where(
            flags.c.state == "open",
            flags.c.alert_message_id.is_not(None),
            flags.c.message_id.not_in(ids),
            sa.or_(messages.c.conversation_id.in_(ids), messages.c.parent_id.in_(ids)),
        )
    )


def _shown() -> sa.Subquery:
    card, digest, alert = cards.c.posted_id, digests.c.posted_id, flags.c.alert_message_id
    posted, stands = cards.c.state == "posted", sa.and_(flags.c.state == "open", alert.is_not(None))
    occurrence, cited = card_occurrences.c, digest_citations.c
    place = sa.func.coalesce(cited.channel_id, digests.c.channel_id)
    flagged = messages.alias()
    beside = sa.or_(messages.c.message_id == flagged.c.conversation_id, messages.c.message_id == flagged.c.parent_id)
    return sa.union_all(
        sa.select(cards.c.guild_id, cards.c.channel_id, cards.c.message_id, card.label("posted_id")).where(posted),
        sa.select(cards.c.guild_id, occurrence.channel_id, occurrence.message_id, card)
        .join_from(card_occurrences, cards)
        .where(posted),
        sa.select(digests.c.guild_id, place, cited.message_id, digest).join_from(digest_citations, digests),
        sa.select(flags.c.guild_id, flags.c.channel_id, flags.c.message_id, alert).where(stands),
        sa.select(flags.c.guild_id, messages.c.channel_id, messages.c.message_id, alert)
        .join_from(flags, flagged, flagged.c.message_id == flags.c.message_id)
        .join(messages, beside)
        .where(stands),
    ).subquery()


def _pointer(table: sa.Table, row_id: sa.Column, channel: sa.Column, posted: sa.Column) -> sa.Select:
    labelled = (row_id.label("id"), channel.label("channel_id"), posted.label("posted_id"))
    return sa.select(*labelled, table.c.guild_id)


def _public(row: sa.Row) -> Public:
    return Public(row.kind, row.id, row.channel_id, row.posted_id, row.guild_id)
