"""What came of the scenario: every message with its reading, and what the bot made of it."""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
from simcord import InteractionResult

from bot.demo.scenario import answers, parts_of, said_by_bot
from bot.demo.server import Server
from bot.store import Store

LINK = re.compile(r"discord\.com/channels/\d+/\d+/(\d+)")
STAMP = re.compile(r"<t:(\d+)")
YEARS = timedelta(days=4 * 365)

Entry = dict[str, Any]
Transcript = dict[str, list[Entry]]


async def write(server: Server, store: Store, digest: InteractionResult) -> Transcript:
    """Write down what was said, what the bot read in it, and its cards, alerts and digests."""
    bot = server.env.backend.bot_user.id
    heard = [
        message
        for handle in server.channels.values()
        for message in handle.history(viewer=server.moderator)
        if message.author.id != bot
    ]
    heard.sort(key=lambda message: message.id)
    readings = await store.messages.readings([message.id for message in heard])
    known = {message.id: message for message in heard}
    alerts = [await _alert(server, store, message, known) for message in said_by_bot(server, "moderators")]
    return {
        "messages": [_message(message, readings.get(message.id)) for message in heard],
        "cards": [
            _card(message, known)
            for name in ("news", "world")
            for message in said_by_bot(server, name)
            if message.interaction_metadata is None and LINK.search(text_of(message))
        ],
        "alerts": [alert for alert in alerts if alert is not None],
        "digests": [_digest(server, digest)],
    }


def shortcomings(transcript: Transcript) -> list[str]:
    """Name what the scenario should have shown and did not; an empty list when all is there."""
    missing = []
    if not any(_goes_back(card) for card in transcript["cards"]):
        missing.append("a card that names several earlier occurrences of the story, with their times, over years")
    for kind in ("cards", "alerts"):
        counts = Counter(entry["about"] for entry in transcript[kind])
        if doubled := [about for about, count in counts.items() if count > 1]:
            missing.append(f"one of the {kind} for each message; {', '.join(doubled)} have several")
    if not any(alert["verdict"] and alert["decided_by"] for alert in transcript["alerts"]):
        missing.append("an alert that the moderator has resolved")
    known = {message["id"] for message in transcript["messages"]}
    if not any(digest["cites"] and known.issuperset(digest["cites"]) for digest in transcript["digests"]):
        missing.append("a digest that cites messages of the discussion")
    return missing


def text_of(message: discord.Message) -> str:
    """Gather all that a message of the bot's shows."""
    embeds = (
        text
        for embed in message.embeds
        for text in (embed.title, embed.description, *(f"{field.name}\n{field.value}" for field in embed.fields))
    )
    parts = (part.get("content") or part.get("url") for part in parts_of(message))
    return "\n".join(text for text in (message.content, *embeds, *parts) if text)


def _goes_back(card: Entry) -> bool:
    times = [datetime.fromisoformat(occurrence["at"]) for occurrence in card["occurrences"]]
    return len(times) >= 2 and datetime.fromisoformat(card["at"]) - min(times) > YEARS


def _message(message: discord.Message, reading: Any) -> Entry:
    shown = None
    if reading is not None:
        shown = {"label": reading.label, "scores": reading.scores, "marks": reading.marks, "claim": reading.claim}
    embeds = (f"{embed.title}\n{embed.description}" for embed in message.embeds)
    return {
        **_place(message),
        "author": message.author.name,
        "text": "\n".join([message.content, *embeds]),
        "reading": shown,
    }


def _card(message: discord.Message, known: Mapping[int, discord.Message]) -> Entry:
    text = text_of(message)
    stamps = {int(stamp) for stamp in STAMP.findall(text)}
    cited = (known[int(link)] for link in dict.fromkeys(LINK.findall(text)) if int(link) in known)
    occurrences = [
        {"id": str(found.id), "at": found.created_at.isoformat()}
        for found in cited
        if int(found.created_at.timestamp()) in stamps
    ]
    about = message.reference.message_id if message.reference else None
    return {**_place(message), "about": about and str(about), "text": text, "occurrences": occurrences}


async def _alert(
    server: Server, store: Store, message: discord.Message, known: Mapping[int, discord.Message]
) -> Entry | None:
    text = text_of(message)
    about = next((int(link) for link in LINK.findall(text) if int(link) in known), None)
    flag = None if about is None else await store.flags.of_message(about)
    if flag is None:
        return None
    names = {member.id: name for name, member in server.members.items()}
    return {
        **_place(message),
        "about": str(about),
        "text": text,
        "label": flag.label,
        "score": flag.score,
        "state": flag.state,
        "verdict": flag.verdict,
        "decided_by": names.get(flag.decided_by or 0),
    }


def _digest(server: Server, asked: InteractionResult) -> Entry:
    text = "\n".join(text_of(answer) for answer in answers(asked))
    cites = list(dict.fromkeys(LINK.findall(text)))
    at = server.env.now().astimezone(UTC).isoformat()
    return {"asked_by": server.member.name, "at": at, "text": text, "cites": cites}


def _place(message: discord.Message) -> Entry:
    channel = getattr(message.channel, "name", None) or str(message.channel.id)
    return {"id": str(message.id), "channel": channel, "at": message.created_at.isoformat()}
