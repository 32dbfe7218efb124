"""Cards that are due or posted, what they show, and members' ratings of them."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from bot.errors import NotFound
from bot.languages import _
from bot.records import DECLINED, SUGGESTED, Card, Checked, MatchState, Occurrence
from bot.store.archive import fact_check
from bot.store.audit import write_entry
from bot.store.database import Database
from bot.store.leftovers import Public, write_leftovers
from bot.store.schema import card_fact_checks, card_occurrences, card_ratings, cards, fact_checks, messages
from bot.store.vault import Vault

LATEST = 10  # cards of a channel among which removed ones count


class Cards:
    """Keep the cards of servers."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def get(self, card_id: int) -> Card | None:
        """Give a card by its id, with its occurrences, oldest first."""
        async with self._database.read() as connection:
            row = (await connection.execute(sa.select(cards).where(cards.c.card_id == card_id))).one_or_none()
            return None if row is None else await connection.run_sync(_card, row)

    async def pending(self) -> Sequence[Card]:
        """List cards that are due and have no message id yet."""
        async with self._database.read() as connection:
            rows = (await connection.execute(sa.select(cards).where(cards.c.state == "pending"))).all()
            return [await connection.run_sync(_card, row) for row in rows]

    async def posted(self, card_id: int, posted_id: int, now: datetime) -> bool:
        """Remember the message that shows the card; say whether the card is still due and not withdrawn meanwhile."""
        due = sa.and_(cards.c.card_id == card_id, cards.c.state == "pending")
        return await self._settle(due, "posted", now, posted_id=posted_id)

    async def give_up(self, card_id: int, state: str, now: datetime) -> None:
        """Keep a card that is due from being posted: `shadow` or `dropped`."""
        due = sa.and_(cards.c.card_id == card_id, cards.c.state == "pending")
        await self._settle(due, state, now)

    async def shown_in(self, posted_id: int) -> Card | None:
        """Give the card that a message of ours shows."""
        chosen = sa.and_(cards.c.posted_id == posted_id, cards.c.state == "posted")
        async with self._database.read() as connection:
            row = (await connection.execute(sa.select(cards).where(chosen))).one_or_none()
            return None if row is None else await connection.run_sync(_card, row)

    async def citing(self, message_id: int) -> Sequence[int]:
        """List the cards, due or posted, that show a message."""
        query = (
            sa.select(cards.c.card_id)
            .join(card_occurrences, card_occurrences.c.card_id == cards.c.card_id)
            .where(card_occurrences.c.message_id == message_id, cards.c.state.in_(["pending", "posted"]))
        )
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def cited(self, guild_id: int) -> Sequence[tuple[int, int]]:
        """List in which channel of a server cards stand, due or posted, and from which they quote."""
        query = (
            sa.select(cards.c.channel_id, card_occurrences.c.channel_id)
            .join_from(cards, card_occurrences)
            .where(cards.c.guild_id == guild_id, cards.c.state.in_(["pending", "posted"]))
            .distinct()
        )
        async with self._database.read() as connection:
            return [(shown_in, cited) for shown_in, cited in await connection.execute(query)]

    async def withhold(self, shown_in: int, cited: int) -> Sequence[Public]:
        """Take what is quoted from a channel from the cards in another; give those cards, the newest first.

        They are written down as ones that are to be changed.
        """
        quoting = sa.select(card_occurrences.c.card_id).where(card_occurrences.c.channel_id == cited)
        standing = sa.and_(cards.c.channel_id == shown_in, cards.c.state.in_(["pending", "posted"]))
        query = sa.select(cards).where(standing, cards.c.card_id.in_(quoting)).order_by(cards.c.card_id.desc())
        there = sa.select(cards.c.card_id).where(standing)
        taken = sa.delete(card_occurrences).where(
            card_occurrences.c.channel_id == cited, card_occurrences.c.card_id.in_(there)
        )
        async with self._database.write() as connection:
            rows = (await connection.execute(query)).all()
            left = [Public("card", row.card_id, row.channel_id, row.posted_id, row.guild_id) for row in rows]
            await connection.execute(taken)
            await connection.run_sync(write_leftovers, left)
        return left

    async def regrade(self, card_id: int, message_id: int, judged: Occurrence | None) -> None:
        """Write how what a card shows of a message was judged again; None takes it from the card."""
        shown = sa.and_(card_occurrences.c.card_id == card_id, card_occurrences.c.message_id == message_id)
        change = sa.delete(card_occurrences).where(shown)
        if judged is not None:
            change = sa.update(card_occurrences).where(shown)
            change = change.values(score=judged.score, state=judged.state.value, contradicts=judged.contradicts)
        async with self._database.write() as connection:
            await connection.execute(change)

    async def unwanted(self, watched_id: int) -> int:
        """Count how many of a watched channel's last ten cards moderators removed."""
        latest = (
            sa.select(cards.c.state)
            .join(messages, messages.c.message_id == cards.c.message_id)
            .where(messages.c.watched_id == watched_id, cards.c.posted_id.is_not(None))
            .order_by(cards.c.card_id.desc())
            .limit(LATEST)
        )
        async with self._database.read() as connection:
            return list((await connection.execute(latest)).scalars()).count("removed")

    async def forgive(self, guild_id: int, watched_id: int, actor_id: int, now: datetime) -> None:
        """Let removed cards of a watched channel count no longer, so that it gets cards again."""
        there = sa.select(messages.c.message_id).where(messages.c.watched_id == watched_id)
        chosen = sa.and_(cards.c.guild_id == guild_id, cards.c.state == "removed", cards.c.message_id.in_(there))
        async with self._database.write() as connection:
            await connection.execute(sa.update(cards).where(chosen).values(state="forgiven"))
            await connection.run_sync(write_entry, guild_id, now, actor_id, "cards resumed", watched_id, {})

    async def answers(self, message_id: int) -> bool:
        """Say whether a card, due, posted or in shadow, answers a message."""
        query = sa.select(cards.c.card_id).where(_standing(message_id))
        async with self._database.read() as connection:
            return (await connection.execute(query)).first() is not None

    async def remove(self, card_id: int, state: str, now: datetime, actor_id: int | None = None) -> bool:
        """Mark a card as taken down, which is final; say whether it was not before.

        `state` says by whom: `removed` by moderators, `retracted` by the author of the claim, `hidden` by
        members' votes, `empty` when nothing was left to show. `actor_id` is a moderator's.
        """
        shown = sa.and_(cards.c.card_id == card_id, cards.c.state.in_(["pending", "posted"]))
        return await self._settle(shown, state, now, leaves=True, removed_by=actor_id)

    async def rate(self, card: Card, user_id: int, helpful: bool) -> tuple[int, int]:
        """Write a member's vote, which they may change; give the counts (helpful, not helpful).

        Raises:
            NotFound: the card is gone.
        """
        key = self._vault.author_key(card.guild_id, user_id)
        statement = insert(card_ratings).values(card_id=card.id, author_key=key, helpful=helpful)
        statement = statement.on_conflict_do_update(index_elements=["card_id", "author_key"], set_={"helpful": helpful})
        query = (
            sa.select(card_ratings.c.helpful, sa.func.count().label("votes"))
            .where(card_ratings.c.card_id == card.id)
            .group_by(card_ratings.c.helpful)
        )
        there = sa.select(cards.c.card_id).where(cards.c.card_id == card.id)
        async with self._database.write() as connection:
            if (await connection.execute(there)).first() is None:
                raise NotFound(_("This card is gone: what it showed was deleted or edited."))
            await connection.execute(statement)
            counts = {row.helpful: row.votes for row in await connection.execute(query)}
        return counts.get(True, 0), counts.get(False, 0)

    async def _settle(
        self, chosen: sa.ColumnElement[bool], state: str, now: datetime, *, leaves: bool = False, **values: int | None
    ) -> bool:
        """Change the state of a card and log it; say whether there was one to change.

        `leaves` writes its message down as one that is to be taken down.
        """
        statement = sa.update(cards).where(chosen).values(state=state, **values).returning(cards)
        action = "card in shadow" if state == "shadow" else f"card {state}"
        async with self._database.write() as connection:
            row = (await connection.execute(statement)).one_or_none()
            if row is not None:
                actor_id = values.get("removed_by")
                await connection.run_sync(write_entry, row.guild_id, now, actor_id, action, row.message_id, {})
            if leaves and row is not None and row.posted_id is not None:
                left = Public("card", row.card_id, row.channel_id, row.posted_id, row.guild_id)
                await connection.run_sync(write_leftovers, [left])
        return row is not None


def write_card(connection: sa.Connection, card: Card) -> Card | None:
    """Make a card due, once for a claim and conversation; give None when there has been one."""
    if _is_shown(connection, card):
        return None
    statement = insert(cards).values(
        guild_id=card.guild_id,
        channel_id=card.channel_id,
        message_id=card.message_id,
        conversation_id=card.conversation_id,
        state=card.state,
        created_at=card.created_at,
    )
    row = connection.execute(statement.on_conflict_do_nothing().returning(cards)).one_or_none()
    if row is None:
        return None
    _write_shown(connection, row.card_id, card)
    return _card(connection, row)


def last_at(connection: sa.Connection, channel_id: int) -> datetime | None:
    """Give the time of the newest card of a channel that is due, was posted or, in shadow, would have been."""
    query = sa.select(sa.func.max(cards.c.created_at)).where(
        cards.c.channel_id == channel_id, cards.c.state.not_in(["dropped", SUGGESTED, DECLINED])
    )
    return connection.execute(query).scalar_one()


def standing_card(connection: sa.Connection, message_id: int) -> Card | None:
    """Give the card, due, posted or in shadow, that answers a message."""
    row = connection.execute(sa.select(cards).where(_standing(message_id))).one_or_none()
    return None if row is None else _card(connection, row)


def rewrite_card(connection: sa.Connection, card: Card) -> bool:
    """Have a card that stands show what it now holds; say whether that was not refused, as `write_card` would."""
    if _is_shown(connection, card):
        return False
    for table in (card_occurrences, card_fact_checks):
        connection.execute(sa.delete(table).where(table.c.card_id == card.id))
    _write_shown(connection, card.id, card)
    _leave(connection, card)
    return True


def withdraw_card(connection: sa.Connection, card: Card) -> None:
    """Forget the card of a claim that no longer matches."""
    connection.execute(sa.delete(cards).where(cards.c.card_id == card.id))
    _leave(connection, card)


def _leave(connection: sa.Connection, card: Card) -> None:
    """Write down that the message of a card is to be changed or taken down."""
    if card.state != "shadow":
        write_leftovers(connection, [Public("card", card.id, card.channel_id, card.posted_id, card.guild_id)])


def _standing(message_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(cards.c.message_id == message_id, cards.c.state.in_(["pending", "posted", "shadow"]))


def _is_shown(connection: sa.Connection, card: Card) -> bool:
    """Say whether another card of the same conversation shows one of the same occurrences or fact-checks."""
    told, checked = card_occurrences.c, card_fact_checks.c
    theirs = sa.union_all(
        sa.select(told.card_id).where(told.message_id.in_([each.message_id for each in card.occurrences])),
        sa.select(checked.card_id).where(checked.fact_check_id.in_([each.found.id for each in card.checked])),
    )
    same = sa.select(cards.c.card_id).where(
        cards.c.conversation_id == card.conversation_id,
        cards.c.state != SUGGESTED,
        cards.c.card_id != card.id,
        cards.c.card_id.in_(theirs),
    )
    return connection.execute(same).first() is not None


def _write_shown(connection: sa.Connection, card_id: int, card: Card) -> None:
    told = [
        {
            "card_id": card_id,
            "message_id": occurrence.message_id,
            "channel_id": occurrence.channel_id,
            "conversation_id": occurrence.conversation_id,
            "at": occurrence.at,
            "score": occurrence.score,
            "state": occurrence.state.value,
            "contradicts": occurrence.contradicts,
        }
        for occurrence in card.occurrences
    ]
    checked = [
        {"card_id": card_id, "fact_check_id": each.found.id, "score": each.score, "contradicts": each.contradicts}
        for each in card.checked
    ]
    for table, rows in ((card_occurrences, told), (card_fact_checks, checked)):
        if rows:
            connection.execute(sa.insert(table), rows)


def _card(connection: sa.Connection, row: sa.Row) -> Card:
    return Card(
        row.card_id,
        row.guild_id,
        row.channel_id,
        row.message_id,
        row.conversation_id,
        _occurrences(connection, row.card_id),
        row.created_at,
        row.state,
        row.posted_id,
        _checked(connection, row.card_id),
    )


def _occurrences(connection: sa.Connection, card_id: int) -> tuple[Occurrence, ...]:
    query = sa.select(card_occurrences).where(card_occurrences.c.card_id == card_id).order_by(card_occurrences.c.at)
    return tuple(
        Occurrence(
            found.message_id,
            found.channel_id,
            found.conversation_id,
            found.at,
            found.score,
            MatchState(found.state),
            contradicts=found.contradicts,
        )
        for found in connection.execute(query)
    )


def _checked(connection: sa.Connection, card_id: int) -> tuple[Checked, ...]:
    query = (
        sa.select(fact_checks, card_fact_checks.c.score, card_fact_checks.c.contradicts)
        .join(card_fact_checks, card_fact_checks.c.fact_check_id == fact_checks.c.fact_check_id)
        .where(card_fact_checks.c.card_id == card_id)
        .order_by(card_fact_checks.c.score.desc())
    )
    return tuple(
        Checked(fact_check(row), row.score, MatchState.CONFIRMED, row.contradicts) for row in connection.execute(query)
    )
