"""Digests on demand: fetched, read and condensed, once for all who ask for the same at the same time.

A digest's picture is drawn where it is shown: in the asker's language, or in English for everybody.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot import digest
from bot.digest import Digest, Material
from bot.discussion import Discussion, Discussions, Scope
from bot.records import Post
from bot.render import charts
from bot.resources import Models
from bot.store import Store
from bot.writer import Wording, Writer, reword
from models.reader import Reading
from models.summarizer import Sentence, Summarizer

PATIENCE = timedelta(seconds=2)
BATCH = 32  # messages read between two reports of progress


@dataclass(slots=True, eq=False)
class Job:
    """Hold a digest under way: `done` of `total` messages are read."""

    task: asyncio.Task[Digest]
    done: int = 0
    total: int = 0


async def follow(job: Job, tell: Callable[[int, int], Awaitable[None]], every: timedelta = PATIENCE) -> Digest:
    """Wait for a digest and tell now and then how many messages are read, of how many."""
    while not job.task.done():
        await asyncio.wait({job.task}, timeout=every.total_seconds())
        if not job.task.done():
            await tell(job.done, job.total)
    return job.task.result()


async def drawn(made: Digest) -> bytes | None:
    """Draw a digest's picture, a PNG in the language that is spoken; None where there is too little to see."""
    if not made.points or not charts.deserves_chart(made.course):
        return None
    return await asyncio.to_thread(charts.draw, made.course)


class Summaries:
    """Make digests; who asks for one that is under way waits for the same."""

    def __init__(self, discussions: Discussions, store: Store, models: Models, writer: Writer | None = None) -> None:
        self._discussions = discussions
        self._store = store
        self._models = models
        self._writer = writer
        self._summarizer = Summarizer(models.embedder, models.reader)
        self._jobs: dict[Scope, Job] = {}

    def ask(self, scope: Scope) -> Job:
        """Begin a digest, or join the one that is under way."""
        job = self._jobs.get(scope)
        if job is None:
            task = asyncio.get_running_loop().create_task(self._make(scope), name=f"digest {scope}")
            job = self._jobs[scope] = Job(task)
            task.add_done_callback(lambda _: self._jobs.pop(scope))
        return job

    async def close(self) -> None:
        """Stop what is under way."""
        tasks = [job.task for job in self._jobs.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _make(self, scope: Scope) -> Digest:
        discussion = await self._discussions.fetch(scope)
        material = await asyncio.to_thread(digest.sort_out, discussion.posts)
        readings = await self._readings(scope, discussion, material.posts)
        sentences, wording = await self._sentences(discussion, material, readings)
        return replace(digest.assemble(discussion, material, readings, sentences), wording=wording)

    async def _readings(self, scope: Scope, discussion: Discussion, posts: Sequence[Post]) -> dict[int, Reading]:
        """Take the readings that are known and read the other messages, after those that are just coming in."""
        readings = dict(await self._store.messages.readings([post.id for post in posts]))
        unread = [post for post in posts if post.id not in readings]
        job = self._jobs[scope]
        job.total, job.done = len(posts), len(posts) - len(unread)
        passages = digest.passages(discussion, unread)
        for start in range(0, len(unread), BATCH):
            batch = unread[start : start + BATCH]
            read = await self._models.read.submit(passages[start : start + BATCH], first=False)
            readings |= {post.id: reading for post, reading in zip(batch, read, strict=True)}
            job.done += len(batch)
        return readings

    async def _sentences(
        self, discussion: Discussion, material: Material, readings: dict[int, Reading]
    ) -> tuple[list[Sentence], Wording | None]:
        if not material.posts:
            return [], None
        thread = digest.thread(discussion, material)
        words = digest.words_for(len(material.posts))
        known = {str(message_id): reading for message_id, reading in readings.items()}
        run = asyncio.get_running_loop().run_in_executor
        (sentences,) = await run(self._models.executor, self._summarizer.summarize, [thread], words, known)
        if self._writer is None or not sentences:
            return sentences, None
        return await reword(self._writer, self._models.embed, thread, sentences, words)
