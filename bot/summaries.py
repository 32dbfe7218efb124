"""Digests on demand: fetched, read and condensed, once for all who ask for the same at the same time.

A digest's picture is drawn where it is shown: in the asker's language, or in English for everybody.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
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
EDITED = 5_000  # ids of messages edited lately, for digests that are under way or shown


@dataclass(slots=True, eq=False)
class Job:
    """Hold a digest under way: `done` of `total` messages are read."""

    task: asyncio.Task[Digest]
    done: int = 0
    total: int = 0


class Edits:
    """Remember which messages were edited lately, and in which order."""

    def __init__(self) -> None:
        self.count = 0
        self._ids: deque[int] = deque(maxlen=EDITED)

    def note(self, message_id: int) -> None:
        """Remember an edit."""
        self.count += 1
        self._ids.append(message_id)

    def touch(self, digest: Digest) -> bool:
        """Say whether a message that a digest cites was edited after the digest was begun."""
        later = self.count - digest.edits
        return later > 0 and not digest.cited().keys().isdisjoint(list(self._ids)[-later:])


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
        self.edits = Edits()
        self._discussions = discussions
        self._store = store
        self._models = models
        self._writer = writer
        self._summarizer = Summarizer(models.embedder)
        self._jobs: dict[Scope, Job] = {}
        self._tasks: set[asyncio.Task[Digest]] = set()

    def ask(self, scope: Scope) -> Job:
        """Begin a digest, or join the one that is under way."""
        if (under_way := self._jobs.get(scope)) is not None:
            return under_way

        async def made() -> Digest:
            return await self._make(scope, job)

        def end(task: asyncio.Task[Digest]) -> None:
            self._tasks.discard(task)
            if self._jobs.get(scope) is job:
                del self._jobs[scope]

        job = Job(asyncio.get_running_loop().create_task(made(), name=f"digest {scope}"))
        self._jobs[scope] = job
        self._tasks.add(job.task)
        job.task.add_done_callback(end)
        return job

    def change(self, channel_id: int) -> None:
        """Let nobody join what is under way any more: a message of its channel or thread was edited or deleted."""
        # The thread of a story has the story's id.
        for scope in [each for each in self._jobs if channel_id in (each.channel_id, each.value)]:
            del self._jobs[scope]

    async def close(self) -> None:
        """Stop what is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _make(self, scope: Scope, job: Job) -> Digest:
        edits = self.edits.count
        discussion = await self._discussions.fetch(scope)
        material = await asyncio.to_thread(digest.sort_out, discussion.posts)
        readings = await self._readings(job, discussion, material)
        sentences, wording = await self._sentences(discussion, material, readings)
        made = digest.assemble(discussion, material, readings, sentences)
        return replace(made, wording=wording, edits=edits)

    async def _readings(self, job: Job, discussion: Discussion, material: Material) -> dict[int, Reading]:
        """Take the readings that are known and read what else is wanted, after the messages that are just coming in."""
        readings = dict(await self._store.messages.readings([post.id for post in material.posts]))
        unread = await self._wanted(discussion, material, readings)
        job.total, job.done = len(readings) + len(unread), len(readings)
        passages = digest.passages(discussion, unread)
        for start in range(0, len(unread), BATCH):
            batch = unread[start : start + BATCH]
            read = await self._models.read.submit(passages[start : start + BATCH], first=False)
            readings |= {post.id: reading for post, reading in zip(batch, read, strict=True)}
            job.done += len(batch)
        return readings

    async def _wanted(self, discussion: Discussion, material: Material, known: Mapping[int, Reading]) -> list[Post]:
        """Choose what of a discussion is to be read, oldest first."""
        if len(known) == len(material.posts):
            return []
        thread, words = digest.thread(discussion, material), digest.words_for(len(material.posts))
        ids = {str(message_id) for message_id in known}
        chosen = set(await asyncio.to_thread(self._summarizer.wanted, thread, words, ids))
        return [post for post in material.posts if str(post.id) in chosen]

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
