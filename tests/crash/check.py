"""What has to hold in the end, whatever died in between; each finding is one line."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tests.crash.stream import CUES, Stream
from tests.loopback.payloads import words
from tests.loopback.scene import doubled, posted
from tests.loopback.world import World

OF_MESSAGES = ("messages", "readings", "claims", "flags", "cards", "card_occurrences")


def findings(database: Path, stream: Stream) -> list[str]:
    """List what is lost, doubled or left over."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return [
            *_unread(connection, stream),
            *_left(connection, stream),
            *_posted(connection, stream),
            *doubled(stream.world),
            *_quoted(stream.world, stream),
        ]


def _unread(connection: sqlite3.Connection, stream: Stream) -> Iterator[str]:
    query = "SELECT m.message_id, m.read, r.label FROM messages m LEFT JOIN readings r USING (message_id)"
    found = {row[0]: row[1:] for row in connection.execute(query)}
    for message_id, said in stream.standing.items():
        read, label = found.pop(message_id, (None, None))
        wanted = CUES.get(said.cue, "none")
        if not read or (label != wanted and not (label is None and stream.is_orphan(said))):
            yield f"message {message_id} ({said.cue}): read {read}, {label} instead of {wanted}"
    yield from (f"message {message_id} is kept and does not stand" for message_id in found)


def _left(connection: sqlite3.Connection, stream: Stream) -> Iterator[str]:
    for table in OF_MESSAGES:
        for (message_id,) in connection.execute(f"SELECT message_id FROM {table}"):  # noqa: S608 - our own names
            if message_id not in stream.standing:
                yield f"{table} holds deleted {message_id}"


def _posted(connection: sqlite3.Connection, stream: Stream) -> Iterator[str]:
    world = stream.world
    cards = {int(m["message_reference"]["message_id"]) for found in posted(world, "card").values() for m in found}
    due = {said.message_id for said in stream.standing.values() if said.card and said.channel_id in stream.earlier}
    yield from (f"card of {message_id} is missing" for message_id in due - cards)
    yield from (f"card of {message_id} is left" for message_id in cards - due)
    # Under a story that is gone there is nothing to flag any more; what was flagged before may stay.
    flags = connection.execute("SELECT message_id, flag_id, alert_message_id FROM flags WHERE state = 'open'")
    flagged = {row[0]: row[1:] for row in flags}
    for said in stream.standing.values():
        if said.cue == "party" and said.message_id not in flagged and not stream.is_orphan(said):
            yield f"flag of {said.message_id} is missing"
    alerts = world.messages[world.moderators]
    for message_id, (flag_id, alert_id) in flagged.items():
        if message_id not in stream.standing or stream.standing[message_id].cue != "party":
            yield f"flag of {message_id} is left"
        elif alert_id not in alerts:
            yield f"alert {flag_id} of {message_id} is missing"


def _quoted(world: World, stream: Stream) -> Iterator[str]:
    for channel_id in world.channels:
        for message in world.by_bot(channel_id):
            text = words(message)
            yield from (f"{token} is quoted in {message['id']}" for token in stream.dead if token in text)
