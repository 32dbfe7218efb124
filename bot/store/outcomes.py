"""Step 6 of one message: its reading, flag, claim and card in a single transaction."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from bot import policy
from bot.records import SUGGESTED, Card, Claim, Flag, MatchState, Occurrence, Placement, Post
from bot.store.audit import write_entry
from bot.store.cards import last_at, rewrite_card, standing_card, withdraw_card, write_card
from bot.store.claims import drop_claim, write_claim
from bot.store.database import Database
from bot.store.flags import reopen_edited, withdraw_flag, write_flag
from bot.store.leftovers import Public, leave_changed
from bot.store.samples import drop_edited
from bot.store.schema import cards, claims, flags, messages, readings, samples
from bot.store.suggestions import drop_suggestion
from bot.store.vault import Vault
from models.labels import LABELS, MARKS
from models.reader import Reading


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """Hold all that one message comes to; None where there is nothing of the kind.

    `flag_from` is the threshold that the flag has passed; `fresh` allows a new flag (an old one may still change).
    `card` is what a card would show, whether or not its channel rests from cards (`pace`); `found` are all earlier
    occurrences, suggested ones included; `card_stands` keeps a card as it is, because nothing was sought.
    """

    post: Post
    placement: Placement
    reading: Reading | None
    flag: Flag | None = None
    flag_from: float | None = None
    claim: Claim | None = None
    card: Card | None = None
    found: tuple[Occurrence, ...] = ()
    card_stands: bool = False
    fresh: bool = True
    pace: policy.Pace = policy.PACE


@dataclass(frozen=True, slots=True)
class Recorded:
    """Hold what has to be shown, changed or taken back after the transaction; `card` and `flag` are due.

    `left` is what shows the message as it was: it is written down until it has been changed.
    """

    flag: Flag | None = None
    card: Card | None = None
    withdrawn_flag: Flag | None = None
    withdrawn_card: Card | None = None
    changed_card: Card | None = None
    flag_opened: bool = False  # it was not there before
    left: tuple[Public, ...] = ()


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
        card, withdrawn_card, changed_card = _write_card(connection, result, known, log, embedder)
        opened = flag is not None and not known.flag
        left = leave_changed(connection, post.id) if known.flag or post.edited_at is not None else ()
        return Recorded(flag, card, withdrawn_flag, withdrawn_card, changed_card, opened, left)


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
) -> tuple[Card | None, Card | None, Card | None]:
    """Write, withdraw or change the card; give the one that is new and due, withdrawn, changed."""
    standing = None
    if known.card:
        drop_suggestion(connection, result.post.id)
        standing = standing_card(connection, result.post.id)
    if standing is None:
        return _new_card(connection, result, log, embedder), None, None
    told = standing if result.card_stands else _told_now(standing, result)
    if _what(told) == _what(standing):
        return None, None, None
    if (told.occurrences or told.checked) and rewrite_card(connection, told):
        log.add("card changed", **_shown(told, embedder))
        return None, None, told
    withdraw_card(connection, standing)
    log.add("card withdrawn", model=embedder)
    if result.card is not None and result.card.state == SUGGESTED:
        _new_card(connection, result, log, embedder)
    return None, standing, None


def _new_card(connection: sa.Connection, result: Result, log: _Log, embedder: str) -> Card | None:
    """Write a card that is wanted and may come now; give it, unless it is only suggested."""
    wanted = result.card
    if wanted is None or (wanted.state != SUGGESTED and not _is_due(connection, wanted, result)):
        return None
    card = write_card(connection, wanted)
    if card is None:
        return None
    action = {SUGGESTED: "card suggested", "shadow": "card in shadow"}.get(card.state, "card due")
    log.add(action, **_shown(card, embedder))
    return None if card.state == SUGGESTED else card


def _is_due(connection: sa.Connection, card: Card, result: Result) -> bool:
    # Messages of one channel are read at once: only inside the transaction is the last card surely the last.
    last = last_at(connection, card.channel_id)
    found = (*card.occurrences, *card.checked)
    return policy.card_is_due(found, result.post.created_at, last, card.created_at, result.pace)


def _told_now(standing: Card, result: Result) -> Card:
    """Give a card as the new reading has it: what is sure, and what a moderator accepted unless it is something else.

    On a card that is due or posted, only an occurrence that a moderator accepted is `suggested`.
    """
    sure = result.card if result.card is not None and result.card.state != SUGGESTED else None
    found = {each.message_id: each for each in result.found}
    accepted = {
        each.message_id: replace(found[each.message_id], state=MatchState.SUGGESTED)
        for each in standing.occurrences
        if each.state is MatchState.SUGGESTED and each.message_id in found
    }
    told = {each.message_id: each for each in sure.occurrences} if sure is not None else {}
    occurrences = tuple(sorted((told | accepted).values(), key=lambda each: each.at))
    return replace(standing, occurrences=occurrences, checked=sure.checked if sure is not None else ())


def _what(card: Card) -> tuple[set[tuple[int, bool]], set[tuple[int, bool]]]:
    """Tell what a card shows, and as what."""
    told = {(each.message_id, each.contradicts) for each in card.occurrences}
    return told, {(each.found.id, each.contradicts) for each in card.checked}


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
