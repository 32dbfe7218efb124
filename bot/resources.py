"""What the bot opens once at start and hands down: settings, store, models and the clock."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import aiohttp
import discord
import numpy as np

from bot.errors import ConfigurationError
from bot.factchecks import FactChecks
from bot.factchecks_google import GoogleFactChecks
from bot.indexes import SAVING, Indexes
from bot.lock import hold
from bot.metrics import Metrics
from bot.settings import Settings
from bot.store import Store, open_store
from bot.store.vault import load_vault
from bot.writer import WRITING, Writer, open_writer
from models.batcher import Batcher
from models.matcher import Judgement, Pair
from models.reader import Passage, Reading

Clock = Callable[[], datetime]

WORKER = "models"  # the threads on which they work
WORKERS = (WORKER, WRITING, SAVING)  # and all those for which the end of the process does not wait
MOST_LANES = 4  # batches that the reader works on at once


class ReaderModel(Protocol):
    """Read passages: anything with these verbs can stand in for the shipped reader."""

    version: str

    def predict(self, passages: Sequence[Passage], /) -> list[Reading]: ...


class EmbedderModel(Protocol):
    """Turn texts into unit vectors."""

    version: str

    def encode(self, texts: Sequence[str], /) -> np.ndarray: ...

    def for_points(self) -> "EmbedderModel": ...


class MatcherModel(Protocol):
    """Judge whether two texts make the same claim, and which candidate of an archive does."""

    def judge(self, pairs: Sequence[Pair], /) -> list[Judgement]: ...

    def choose(self, pairs: Sequence[Pair], /) -> list[Judgement]: ...


@dataclass(frozen=True, slots=True)
class Learned:
    """Hold the bare models, before they are put behind batchers."""

    reader: ReaderModel
    embedder: EmbedderModel
    matcher: MatcherModel


@dataclass(frozen=True, slots=True)
class Models:
    """Hold the learned parts, each behind a batcher on shared worker threads."""

    reader: ReaderModel
    embedder: EmbedderModel
    read: Batcher[Passage, Reading]
    embed: Batcher[str, np.ndarray]
    judge: Batcher[Pair, Judgement]
    choose: Batcher[tuple[Pair, ...], list[Judgement]]
    executor: ThreadPoolExecutor


@dataclass(frozen=True, slots=True)
class Resources:
    """Hold everything that is opened once."""

    settings: Settings
    store: Store
    models: Models
    indexes: Indexes
    metrics: Metrics
    fact_checks: FactChecks
    clock: Clock
    writer: Writer | None = None


@asynccontextmanager
async def open_models(learned: Learned, metrics: Metrics) -> AsyncIterator[Models]:
    """Put the models behind batchers on worker threads; at the end, wait for last batches that do not hang."""
    executor, lanes = workers()
    models = Models(
        learned.reader,
        learned.embedder,
        Batcher(metrics.measured("reader", learned.reader.predict), executor, lanes=lanes),
        Batcher(metrics.measured("embedder", lambda texts: list(learned.embedder.encode(texts))), executor),
        Batcher(metrics.measured("matcher", learned.matcher.judge), executor),
        Batcher(metrics.measured("chooser", lambda texts: [learned.matcher.choose(each) for each in texts]), executor),
        executor,
    )
    batchers = {"reader": models.read, "embedder": models.embed, "matcher": models.judge, "chooser": models.choose}
    for name, batcher in batchers.items():
        metrics.follow(name, batcher)
    try:
        yield models
    finally:
        ended = await asyncio.gather(*(batcher.close() for batcher in batchers.values()))
        executor.shutdown(wait=all(ended), cancel_futures=True)


def workers() -> tuple[ThreadPoolExecutor, int]:
    """Give the threads that models work on, and how many there are: one for each core, up to `MOST_LANES`.

    Two batches of a dozen short messages, each on one core, are done in 0.6 of the time that two cores take for one
    after the other: the products are too small to be worth dividing.
    """
    import torch

    cores = os.cpu_count() or 1
    lanes = min(cores, MOST_LANES)
    return ThreadPoolExecutor(lanes, WORKER, torch.set_num_threads, (cores // lanes,)), lanes


def load_models() -> Learned:
    """Load the shipped weights; raise `ConfigurationError` when they are missing or broken."""
    from models.embedder import Embedder
    from models.matcher import Matcher
    from models.reader import Reader

    try:
        embedder = Embedder.from_pretrained()
        return Learned(Reader.from_pretrained(), embedder, Matcher.from_pretrained(embedder))
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ConfigurationError(f"The weights cannot be loaded: {error}. Clone the repository again.") from error


@asynccontextmanager
async def open_resources(
    settings: Settings, clock: Clock = discord.utils.utcnow, learned: Learned | None = None
) -> AsyncIterator[Resources]:
    """Open the store and the models for this process alone, and close both at the end."""
    async with AsyncExitStack() as stack:
        stack.enter_context(hold(settings.database))
        vault = load_vault(settings.key, settings.key_file)
        store = await stack.enter_async_context(open_store(settings.database, vault))
        metrics = Metrics()
        models = await stack.enter_async_context(open_models(learned or load_models(), metrics))
        indexes = Indexes(store.claims, settings.data_dir / "claims", models.embedder.version)
        stack.push_async_callback(indexes.close)
        source = await _open_source(settings, clock, stack)
        version = models.embedder.version
        fact_checks = FactChecks(store.archive, models.embed, models.choose, version, clock, source)
        writer = await open_writer(settings, stack)
        yield Resources(settings, store, models, indexes, metrics, fact_checks, clock, writer)


async def _open_source(settings: Settings, clock: Clock, stack: AsyncExitStack) -> GoogleFactChecks | None:
    """Open the one source outside, if the owner has a key for it."""
    key = settings.fact_check_key.get_secret_value() if settings.fact_check_key else ""
    if not key:
        return None
    session = await stack.enter_async_context(aiohttp.ClientSession())
    return GoogleFactChecks(session, key, clock)
