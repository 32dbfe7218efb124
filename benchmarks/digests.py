"""How long does a digest take, and how good is it? `python -m benchmarks.digests` prints one JSON object.

Seconds are for invented discussions on this machine, from their messages to the digest as the bot makes it, with
nothing read before. The figures on discussions under
news stories, on e-mail threads and on arguments appear where `../shared` holds them, with standard errors over threads.
"""

import asyncio
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bot.discussion import Discussion, Discussions, Mode, Scope
from bot.records import Post
from bot.resources import Resources, open_resources
from bot.settings import Settings
from bot.summaries import Summaries
from models.compress import sentences_of
from models.embedder import Embedder
from models.keypoints import apart
from models.reader import Reader
from models.summarizer import Sentence, Summarizer, Thread, Utterance

SHARED = Path(__file__).parents[2] / "shared"
SIZES = (50, 200, 500)
BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
SUBJECTS = ("The bridge", "The ferry", "The county", "The old mill", "The school bus", "The river", "The toll office")
VERBS = ("was inspected", "costs twice as much", "closed early", "was promised to us", "has been late", "was sold")
ENDS = ("in 2014", "since the flood", "according to the report", "and nobody says why", "for a third time this year")
REMARKS = ("lol", "I doubt that.", "Source?", "That is what they said five years ago, too.", "Typical of this council.")


def run() -> dict[str, Any]:
    """Return the seconds for 50, 200 and 500 messages, and the figures on data that is here."""
    found = asyncio.run(timed())
    torch.set_num_threads(os.cpu_count() or 1)
    summarizer = Summarizer(Embedder.from_pretrained(), Reader.from_pretrained())
    data = SHARED / "data" / "digests"
    if (data / "news_dev.json").exists():
        found["news_dev"] = news(summarizer, data / "news_dev.json")
    if (data / "email.jsonl").exists():
        found["email_dev"] = email(summarizer, data / "email.jsonl")
    if (data / "argkp.jsonl").exists():
        found["argkp_dev"] = arguments(data / "argkp.jsonl")
    return found


async def timed() -> dict[str, Any]:
    """Return the seconds that the bot takes for 50, 200 and 500 messages."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder))
        async with open_resources(settings) as opened:
            await seconds(opened, SIZES[0])
            return {f"seconds_{size}": round(await seconds(opened, size), 2) for size in SIZES}


async def seconds(opened: Resources, size: int) -> float:
    """Return the better of two runs: on a machine that others use the nearest to the machine's own."""
    discussions = Invented(invented(size))
    times = []
    for _ in range(2):
        summaries = Summaries(discussions, opened.store, opened.models)
        start = time.perf_counter()
        await summaries.ask(discussions.scope).task
        times.append(time.perf_counter() - start)
    return min(times)


class Invented(Discussions):
    """Give one discussion, whatever is asked for."""

    def __init__(self, posts: Sequence[Post]) -> None:
        self._posts = posts
        self.scope = Scope(posts[0].channel_id, Mode.STORY, posts[0].id)

    async def fetch(self, scope: Scope) -> Discussion:
        return Discussion(scope, self._posts[0].guild_id, self._posts[0], tuple(self._posts[1:]))


def invented(size: int) -> list[Post]:
    """Make a story and its short and long answers; the same for the same size."""
    draw = random.Random(size)  # noqa: S311 - no secret
    posts = [_post(1, "The bridge at Elmford is closed for a year after the flood")]
    for number in range(2, size + 2):
        told = [f"{draw.choice(SUBJECTS)} {draw.choice(VERBS)} {draw.choice(ENDS)}." for _ in range(draw.randint(1, 4))]
        text = draw.choice(REMARKS) if draw.random() < 0.3 else " ".join(told)
        posts.append(_post(number, text, draw.randrange(1, number) if draw.random() < 0.3 else None))
    return posts


def _post(number: int, text: str, reply_to: int | None = None) -> Post:
    at = BEGAN + timedelta(minutes=number)
    return Post(
        id=number,
        guild_id=900,
        channel_id=800,
        watched_id=800,
        author_id=number % 40,
        created_at=at,
        text=text,
        reply_to=reply_to,
    )


def news(summarizer: Summarizer, path: Path) -> Mapping[str, float]:
    """Score digests of 120 words with `../shared/score/digests.py`; the standard error is a jackknife over threads."""
    threads = json.loads(path.read_text(encoding="utf-8"))
    rows = [
        {"id": thread["id"], "sentences": [{"text": s.text, "cites": s.cites} for s in sentences]}
        for thread, sentences in zip(threads, summarizer.summarize(list(map(as_thread, threads))), strict=True)
    ]
    whole = scored(threads, rows)
    left_out = np.array([scored(threads[:i] + threads[i + 1 :], rows)["f1"] for i in range(len(threads))])
    error = np.sqrt((len(threads) - 1) * np.mean((left_out - left_out.mean()) ** 2))
    return {**whole, "f1_se": round(float(error), 4)}


def scored(threads: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        gold, predicted = Path(folder) / "gold.json", Path(folder) / "predicted.jsonl"
        gold.write_text(json.dumps(threads), encoding="utf-8")
        predicted.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        command = [sys.executable, SHARED / "score" / "digests.py", gold, predicted]
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)  # noqa: S603 - own paths


def email(summarizer: Summarizer, path: Path) -> Mapping[str, float]:
    """Return ROUGE-1 F of digests of 80 words over the dev threads."""
    rows = [row for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()) if row["split"] == "dev"]
    threads = [as_thread({**row, "story": row["context"]}) for row in rows]
    digests = summarizer.summarize(threads, 80)
    f = [rouge_1(plain(digest), row["references"][0]) for digest, row in zip(digests, rows, strict=True)]
    first = [rouge_1(heads(thread, 80), row["references"][0]) for thread, row in zip(threads, rows, strict=True)]
    return {
        "threads": len(f),
        "rouge_1": round(100 * float(np.mean(f)), 1),
        "se": round(100 * float(np.std(f)) / len(f) ** 0.5, 1),
        "rouge_1_of_heads": round(100 * float(np.mean(first)), 1),
    }


def heads(thread: Thread, words: int) -> str:
    """Return a baseline: as many first words of each message, `words` in all."""
    own = [" ".join(sentences_of(message.text)).split() for message in thread.messages]
    return " ".join(word for message in own for word in message[: words // len(own)])


def arguments(path: Path) -> Mapping[str, float]:
    """Return the mean average precision of arguments matched to key points, without and with what digests compare by.

    Of each debate's arguments the surer half counts, with its best key point; one that matches none is wrong.
    """
    rows = [row for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()) if row["split"] == "dev"]
    embedder = Embedder.from_pretrained()
    plain = [precision(row, embedder.encode(_texts(row))) for row in rows]
    points = embedder.for_points()
    told = [precision(row, apart(points.encode(_texts(row)), len(row["messages"]))) for row in rows]
    return {
        "debates": len(rows),
        "map_of_embedder": round(float(np.mean(plain)), 3),
        "map": round(float(np.mean(told)), 3),
        "se": round(float(np.std(told, ddof=1)) / len(told) ** 0.5, 3),
    }


def _texts(row: Mapping[str, Any]) -> list[str]:
    return [one["text"] for one in (*row["messages"], *row["key_points"])]


def precision(row: Mapping[str, Any], vectors: np.ndarray) -> float:
    """Return the average precision of one side of a debate; `vectors` are those of `_texts`, unit rows."""
    ids = [message["id"] for message in row["messages"]]
    cosines = vectors[: len(ids)] @ vectors[len(ids) :].T
    best = cosines.argmax(1)
    order = np.argsort(-cosines.max(1), kind="stable")[: max(1, len(ids) // 2)]
    right = np.array([ids[n] in row["key_points"][best[n]]["matched"] for n in order])
    hits = np.cumsum(right) / np.arange(1, len(right) + 1)
    return float(hits[right].mean()) if right.any() else 0.0


def as_thread(row: Mapping[str, Any]) -> Thread:
    messages = (Utterance(m["id"], m["text"], m.get("author"), m.get("parent")) for m in row["messages"])
    return Thread(row["id"], row["story"], tuple(messages))


def plain(digest: Sequence[Sentence]) -> str:
    return " ".join(sentence.text for sentence in digest)


def rouge_1(found: str, reference: str) -> float:
    ours, theirs = (Counter(re.findall(r"[a-z0-9]+", text.lower())) for text in (found, reference))
    shared = (ours & theirs).total()
    return 2 * shared / max(1, ours.total() + theirs.total())


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
