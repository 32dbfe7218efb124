"""`python -m bot import`: public fact-checks into the archive, or a server's past from an export."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from bot.errors import ConfigurationError, RowError
from bot.importing_reviews import reviews_in, to_fact_check
from bot.importing_rows import Format, Shape, objects, recognise
from bot.lock import hold_unless_held
from bot.records import FactCheck
from bot.resources import EmbedderModel
from bot.settings import Settings
from bot.store import Store, open_store
from bot.store.vault import load_vault

WRITTEN = 500  # fact-checks in one transaction


@dataclass(frozen=True, slots=True)
class Imported:
    """Count what an import came to."""

    read: int
    new: int
    dropped: int
    bad: int


class Told:
    """Tell each bad row as it is met, beside the progress, and count them."""

    def __init__(self, name: str, console: Console) -> None:
        self.count = 0
        self._name = name
        self._console = console

    def __call__(self, bad: RowError | str) -> None:
        self.count += 1
        self._console.print(f"{self._name}: {bad}", markup=False, highlight=False, soft_wrap=True)


def import_file(file: Path, settings: Settings) -> int:
    """Import a file, whatever it is of what is known; return 0, or 1 when something in it was bad."""
    console = Console(stderr=True)
    told = Told(file.name, console)
    try:
        with file.open("rb") as opened, _progress(console) as progress:
            shape = recognise(opened)
            if shape.format is Format.EXPORT:
                from bot.importing_discord import import_export

                said = asyncio.run(import_export(opened, settings, told, progress))
            else:
                said = asyncio.run(_into_archive(opened, shape, settings, told, progress))
    except RowError as bad:
        told(bad)
        return 1
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read ({error.strerror}); check the path") from error
    typer.echo(said)
    return 1 if told.count else 0


async def _into_archive(file: BinaryIO, shape: Shape, settings: Settings, told: Told, progress: Progress) -> str:
    from models.embedder import Embedder

    async with _opened(settings) as store:
        imported = await import_fact_checks(file, shape, store, told, progress)
        await encode(store, Embedder.from_pretrained(), progress)
        count = await store.archive.count()
    dropped = f", {imported.dropped:,} no longer on their pages" if imported.dropped else ""
    return (
        f"{shape.format}: {imported.read:,} fact-checks read, {imported.new:,} of them new{dropped}, "
        f"{imported.bad:,} bad rows left out. The archive holds {count:,}."
    )


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Store]:
    """Open the store, also beside a bot that runs on it: then the database has to be of this version as it is."""
    with hold_unless_held(settings.database) as running:
        vault = load_vault(settings.key, settings.key_file)
        async with open_store(settings.database, vault, as_it_is=running) as store:
            yield store


async def import_fact_checks(
    file: BinaryIO, shape: Shape, store: Store, told: Told, progress: Progress | None = None
) -> Imported:
    """Read fact-checks into the archive, some hundred at a time, so that a break loses nothing that was read.

    What a page said before and says no longer is dropped only when the whole file was sound.
    """
    began = datetime.now(UTC)
    read = new = dropped = 0
    size = _size(file)
    task = progress.add_task("Reading", total=size, unit="") if progress else None
    found_one_by_one = _fact_checks(file, shape, told)
    while found := list(islice(found_one_by_one, WRITTEN)):
        new += await store.archive.write(found, began)
        read += len(found)
        if progress and task is not None:
            progress.update(task, completed=file.tell(), unit=f"{read:,} fact-checks")
    if progress and task is not None:
        progress.update(task, completed=size)
    if not told.count:
        dropped = await store.archive.drop_outdated(began)
    return Imported(read, new, dropped, told.count)


async def encode(store: Store, embedder: EmbedderModel, progress: Progress | None = None) -> None:
    """Give every fact-check that has none the vector of this embedder."""
    waiting = await store.archive.not_encoded(embedder.version)
    task = progress.add_task("Encoding", total=waiting, unit="vectors") if progress and waiting else None
    async for batch in store.archive.to_encode(embedder.version):
        vectors = await asyncio.to_thread(embedder.encode, [text for _, text in batch])
        await store.archive.write_vectors([each for each, _ in batch], vectors, embedder.version)
        if progress and task is not None:
            progress.advance(task, len(batch))


def _fact_checks(file: BinaryIO, shape: Shape, tell: Callable[[RowError | str], None]) -> Iterator[FactCheck]:
    for placed in objects(file, shape):
        if placed.problem:
            tell(f"{placed.where}: {placed.problem}")
            continue
        for value in reviews_in(placed.value):
            try:
                yield to_fact_check(value, placed.where)
            except RowError as bad:
                tell(bad)


def _progress(console: Console) -> Progress:
    words = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*words, TextColumn("{task.fields[unit]}"), console=console)


def _size(file: BinaryIO) -> int:
    here = file.tell()
    size = file.seek(0, 2)
    file.seek(here)
    return size
