"""Step 6 of one message: its reading, flag, claim and card in a single transaction."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from bot.records import SUGGESTED, Card, Claim, Flag, Placement, Post
from bot.store.audit import write_entry
from bot.store.cards import withdraw_card, write_card
from bot.store.claims import drop_claim, write_claim
from bot.store.database import Database
from bot.store.flags import reopen_edited, withdraw_flag, write_flag
from bot.store.samples import drop_edited
from bot.store.schema import cards, claims, flags, messages, readings, samples
from bot.store.suggestions import drop_suggestion
from bot.store.vault import Vault
from models.labels import LABELS, MARKS
from models.reader import Reading


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """Hold all that one message comes to; None where there is nothing of the kind.

    `flag_from` is the threshold that the flag has passed; `fresh` allows a new flag (an old one may still change);
    `card_stands` keeps a card that was made earlier.
    """

    post: Post
    placement: Placement
    reading: Reading | None
    flag: Flag | None = None
    flag_from: float | None = None
    claim: Claim | None = None
    card: Card | None = None
    card_stands: bool = False
    fresh: bool = True


@dataclass(frozen=True, slots=True)
class Recorded:
    """Hold what has to be shown or taken back after the transaction."""

    flag: Flag | None = None
    card: Card | None = None
    withdrawn_flag: Flag | None = None
    withdrawn_card: Card | None = None


class Outcomes:
    """Record what a message comes to, all of it or nothing."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def record(self, result: Result, reader: str, embedder: str, now: datetime) -> Recorded | None:
        """Write a result; give None when the message was deleted or edited meanwhile, and nothing is written."""
        return await self._database.change(partial(self._record, result, reader, embedder, now))

    def _record(
        self, result: Result, reader: str, embedder: str, now: datetime, connection: sa.Connection
    ) -> Recorded | None:
        post = result.post
        if not _mark_read(connection, post, result.placement):
            return None
        log = _Log(connection, post, now)
        if reopen_edited(connection, post.id, post.edited_at):
            log.add("flag reopened")
        drop_edited(connection, post.id, post.edited_at)
        known = _known(connection, post.id)
        _write_reading(connection, post.id, result.reading, known.human_label, reader, now)
        if known.claim:
            drop_claim(connection, post.id)
        if result.claim is not None:
            write_claim(connection, self._vault, result.claim, embedder)
        flag, withdrawn_flag = _write_flag(connection, result, known, log, reader)
        card, withdrawn_card = _write_card(connection, result, known, log, embedder)
        return Recorded(flag, card, withdrawn_flag, withdrawn_card)


@dataclass(frozen=True, slots=True)
class _Known:
    """Hold what a moderator has said of a message, and whether it has a flag, a card, a claim."""

    human_label: str | None
    flag: bool
    card: bool
    claim: bool


class _Log:
    """Write what the bot decides about one message in the log of decisions."""

    def __init__(self, connection: sa.Connection, post: Post, now: datetime) -> None:
        self._connection = connection
        self._post = post
        self._now = now

    def add(self, action: str, **detail: str | float | None) -> None:
        """Append one entry."""
        write_entry(self._connection, self._post.guild_id, self._now, None, action, self._post.id, detail)


def _write_flag(
    connection: sa.Connection, result: Result, known: _Known, log: _Log, reader: str
) -> tuple[Flag | None, Flag | None]:
    """Write or withdraw the flag; give the one that stands and the one that was withdrawn."""
    if result.flag is not None:
        flag, changed = write_flag(connection, result.flag, may_open=result.fresh)
        if changed:
            log.add("flag", **_flagged(result.flag, result.flag_from), model=reader)
        return flag, None
    withdrawn = withdraw_flag(connection, result.post.id) if known.flag else None
    if withdrawn is not None:
        log.add("flag withdrawn", label=withdrawn.label, model=reader)
    return None, withdrawn


def _write_card(
    connection: sa.Connection, result: Result, known: _Known, log: _Log, embedder: str
) -> tuple[Card | None, Card | None]:
    """Write or withdraw the card; give the one that is new and due, and the one that was withdrawn."""
    suggestion = result.card if result.card is not None and result.card.state == SUGGESTED else None
    if known.card:
        drop_suggestion(connection, result.post.id)
    if result.card is not None and suggestion is None:
        card = write_card(connection, result.card)
        if card is not None:
            log.add("card in shadow" if card.state == "shadow" else "card due", **_shown(card, embedder))
        return card, None
    withdrawn = withdraw_card(connection, result.post.id) if known.card and not result.card_stands else None
    if withdrawn is not None:
        log.add("card withdrawn", model=embedder)
    if suggestion is not None and (written := write_card(connection, suggestion)) is not None:
        log.add("card suggested", **_shown(written, embedder))
    return None, withdrawn


def _flagged(flag: Flag, threshold: float | None) -> dict[str, str | float | None]:
    return {"label": flag.label, "score": round(flag.score, 4), "from": threshold}


def _shown(card: Card, embedder: str) -> dict[str, str | float | None]:
    scores = [each.score for each in (*card.occurrences, *card.checked)]
    counts = {"occurrences": len(card.occurrences), "fact_checks": len(card.checked)}
    return {**counts, "score": round(max(scores, default=0.0), 4), "model": embedder}


def _mark_read(connection: sa.Connection, post: Post, placement: Placement) -> bool:
    values = {
        "message": post.id,
        "edit": post.edited_at,
        "read": True,
        "kind": placement.kind.value,
        "conversation_id": placement.conversation_id,
        "parent_id": placement.parent_id,
    }
    return connection.execute(_marking(), values).rowcount == 1


def _known(connection: sa.Connection, message_id: int) -> _Known:
    """Look in one statement for all that an earlier reading may have left: for most messages, nothing."""
    verdict, *left = connection.execute(_looking(), {"message": message_id}).one()
    return _Known("none" if verdict == "dismissed" else verdict, *left)


def _write_reading(
    connection: sa.Connection, message_id: int, reading: Reading | None, human: str | None, model: str, now: datetime
) -> None:
    if reading is None:
        connection.execute(sa.delete(readings).where(readings.c.message_id == message_id))
        return
    values = {
        "message_id": message_id,
        "label": human or reading.label,
        "scores": [round(reading.scores[label], 4) for label in LABELS],
        "marks": [round(reading.marks[mark], 4) for mark in MARKS],
        "claim": round(reading.claim, 4),
        "model": model,
        "read_at": now,
    }
    connection.execute(_reading(), values)


# Statements that run for every message are built once: building one costs more than running it.


@cache
def _marking() -> sa.Update:
    same_text = messages.c.edited_at.is_not_distinct_from(sa.bindparam("edit"))
    return sa.update(messages).where(messages.c.message_id == sa.bindparam("message"), same_text)


@cache
def _looking() -> sa.Select:
    message = sa.bindparam("message")
    flagged = flags.c.message_id == message
    decided = sa.select(flags.c.verdict).where(flagged, flags.c.state == "decided").scalar_subquery()
    sampled = sa.select(samples.c.verdict).where(samples.c.message_id == message).scalar_subquery()
    return sa.select(
        sa.func.coalesce(decided, sampled),
        sa.exists().where(flagged),
        sa.exists().where(cards.c.message_id == message),
        sa.exists().where(claims.c.message_id == message),
    )


@cache
def _reading() -> sa.Insert:
    statement = insert(readings)
    changes = {column.name: statement.excluded[column.name] for column in readings.c if column.name != "message_id"}
    return statement.on_conflict_do_update(index_elements=["message_id"], set_=changes)
