"""Show what the bot would have done with a past discussion: labels, cards, flags and a digest."""

import asyncio
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from bot.claims import ClaimMemory
from bot.conversation import Conversations
from bot.exports import BEGIN, Discussion, load_discussion
from bot.past import Past
from bot.pipeline import Pipeline
from bot.records import Kind, Outcome, Post, Server
from bot.resources import Learned, Resources, load_models, open_resources
from bot.settings import default_settings
from bot.terminal import output
from models.reader import Reading
from models.summarizer import Sentence, Summarizer, Thread, Utterance

WORDS = 120  # length of the digest
SHOWN = 100  # characters of a message in the table


@dataclass(slots=True)
class Retelling:
    """Stand in for Discord: posts of the file by id, and the time at which the story stands."""

    posts: dict[int, Post] = field(default_factory=dict)
    now: datetime = BEGIN

    def remember(self, post: Post) -> None:
        self.posts[post.id] = post
        self.now = post.created_at

    def forget(self, message_id: int) -> None:
        self.posts.pop(message_id, None)

    async def get(self, channel_id: int, message_id: int) -> Post | None:
        return self.posts.get(message_id)


@dataclass(frozen=True, slots=True)
class Replayed:
    """Hold what became of every message, and the digest of the longest conversation."""

    discussion: Discussion
    outcomes: Mapping[int, Outcome]
    digest: Sequence[Sentence]


def replay_file(file: Path, *, as_json: bool) -> None:
    """Replay a file and print what came of it; raise `RowError` when the file is not what it should be."""
    discussion = load_discussion(file)
    replayed = asyncio.run(replay(discussion, load_models(), quiet=as_json))
    if as_json:
        print(json.dumps(as_object(replayed), ensure_ascii=False, indent=1))  # noqa: T201 - the command's output
    else:
        _print_tables(replayed)


async def replay(discussion: Discussion, learned: Learned, *, quiet: bool = True) -> Replayed:
    """Take the posts of a discussion through the pipeline of a live server, one after the other."""
    retelling = Retelling()
    with tempfile.TemporaryDirectory(prefix="hindsight-replay-") as folder:
        settings = default_settings(data_dir=Path(folder))
        async with open_resources(settings, lambda: retelling.now, learned) as resources:
            await resources.store.servers.save(Server(0, live=True))
            pipeline = _pipeline(resources, retelling)
            outcomes: dict[int, Outcome] = {}
            for post in track(discussion.posts, "Reading", disable=quiet, console=Console(stderr=True)):
                outcome = await pipeline.accept(post, _everywhere)
                if outcome is not None:
                    outcomes[post.id] = outcome
    return Replayed(discussion, outcomes, _digest(discussion, outcomes, learned))


async def _everywhere(_channel_id: int) -> bool:
    """Cite freely: a file has one channel."""
    return True


def _pipeline(resources: Resources, retelling: Retelling) -> Pipeline:
    memory = ClaimMemory(resources.store, retelling, resources.indexes, resources.models)
    return Pipeline(resources, retelling, Conversations(Past(resources.store.messages, retelling.posts)), memory)


def _digest(discussion: Discussion, outcomes: Mapping[int, Outcome], learned: Learned) -> Sequence[Sentence]:
    under: dict[int, list[Post]] = {}
    for post in discussion.posts:
        outcome = outcomes.get(post.id)
        if outcome is not None and outcome.placement.kind is Kind.REPLY and outcome.placement.conversation_id:
            under.setdefault(outcome.placement.conversation_id, []).append(post)
    if not under:
        return ()
    story_id = max(under, key=lambda conversation_id: len(under[conversation_id]))
    names = discussion.names
    story = next((post.full_text for post in discussion.posts if post.id == story_id), "")
    said = tuple(Utterance(names[post.id], post.full_text) for post in under[story_id])
    readings = {names[i]: outcome.reading for i, outcome in outcomes.items() if outcome.reading is not None}
    summarizer = Summarizer(learned.embedder, learned.reader)
    return summarizer.summarize([Thread(str(story_id), story, said)], WORDS, readings=readings)[0]


def as_object(replayed: Replayed) -> dict[str, Any]:
    """Give everything as one JSON object."""
    names = replayed.discussion.names
    messages, cards, flags = [], [], []
    for post in replayed.discussion.posts:
        outcome = replayed.outcomes.get(post.id)
        reading = outcome.reading if outcome else None
        messages.append({"id": names[post.id], "text": post.text, "reading": reading and _reading(reading)})
        if outcome and outcome.card:
            earlier = [
                {"id": names[found.message_id], "at": found.at.isoformat(), "score": round(found.score, 3)}
                for found in outcome.card.occurrences
            ]
            cards.append({"id": names[post.id], "earlier": earlier})
        if outcome and outcome.flag:
            score = round(outcome.flag.score, 3)
            flags.append({"id": names[post.id], "label": outcome.flag.label, "score": score})
    digest = [{"text": each.text, "kind": each.kind, "cites": list(each.cites)} for each in replayed.digest]
    return {"messages": messages, "cards": cards, "flags": flags, "digest": digest}


def _reading(reading: Reading) -> dict[str, Any]:
    return {
        "label": reading.label,
        "primary": reading.primary,
        "scores": {label: round(score, 4) for label, score in reading.scores.items()},
        "marks": {mark: round(score, 4) for mark, score in reading.marks.items()},
        "claim": round(reading.claim, 4),
    }


def _print_tables(replayed: Replayed) -> None:
    console = output()
    console.print(_message_table(replayed))
    found = as_object(replayed)
    for card in found["cards"]:
        earlier = ", ".join(f"{each['id']} ({each['at'][:10]})" for each in card["earlier"])
        line = Text.assemble(("Card", "bold"), f" under {card['id']}: seen before in {earlier}")
        console.print(line, soft_wrap=True)
    for flag in found["flags"]:
        console.print(Text.assemble(("Flag", "bold"), f" {flag['id']}: {flag['label']} {flag['score']:.0%}"))
    console.print("\n[bold]Digest[/bold]")
    for sentence in replayed.digest:
        console.print(Text(f"  {sentence.kind}: {sentence.text} {list(sentence.cites)}"), soft_wrap=True)
    if not replayed.digest:
        console.print("  nothing to tell")


def _message_table(replayed: Replayed) -> Table:
    table = Table("message", "label", "sure", "text")
    for post in replayed.discussion.posts:
        outcome = replayed.outcomes.get(post.id)
        reading = outcome.reading if outcome else None
        text = Text(" ".join(post.full_text.split())[:SHOWN])
        kind = outcome.placement.kind if outcome else Kind.CHAT
        name = Text(replayed.discussion.names[post.id])
        if reading is None or kind is Kind.STORY:
            table.add_row(name, f"[dim]{kind.value}", "", text)
        else:
            table.add_row(name, reading.label, f"{reading.scores[reading.primary]:.0%} {reading.primary}", text)
    return table
