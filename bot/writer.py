"""The optional writer: a model beside the bot or behind an endpoint, which words digests that others have checked."""

import asyncio
import ipaddress
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Protocol

import aiohttp
import numpy as np
from pydantic import BaseModel, Field, ValidationError
from yarl import URL

from bot.errors import ConfigurationError, WriterFailed
from bot.languages import N_
from bot.settings import Settings
from models.batcher import Batcher
from models.compress import sentences_of
from models.summarizer import Sentence, Thread
from models.writer import Evidence, Task, merged, supported, task, written
from models.writer_local import LocalWriter

PATIENCE = timedelta(seconds=45)
WRITING = "writer"  # the thread on which a local one works
MOST_BYTES = 256 * 1024  # of an endpoint's answer

log = logging.getLogger(__name__)


class Writer(Protocol):
    """Answer tasks in words; `host` is where texts are sent, None when they stay on the machine."""

    host: str | None

    async def write(self, asked: Task) -> str: ...


@dataclass(frozen=True, slots=True)
class Wording:
    """Hold what came of asking a writer.

    `host` is where texts were sent, if they left the machine; `dropped` counts sentences without support; `failed` says
    in a few words why the digest stands as it was.
    """

    host: str | None
    dropped: int = 0
    failed: str = ""


class _Said(BaseModel):
    content: str


class _Choice(BaseModel):
    message: _Said


class _Answer(BaseModel):
    choices: list[_Choice] = Field(min_length=1)


class Endpoint:
    """Ask an OpenAI-compatible endpoint."""

    def __init__(self, session: aiohttp.ClientSession, url: URL, model: str, key: str) -> None:
        self._session = session
        self._url = url if url.path.endswith("/chat/completions") else url / "chat" / "completions"
        self._model = model
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.host = None if is_here(url.host or "") else url.host

    async def write(self, asked: Task) -> str:
        """Give the answer; raise `WriterFailed` when it is late, too long, or none."""
        turns = [{"role": "system", "content": asked.system}, {"role": "user", "content": asked.user}]
        body = {"model": self._model, "messages": turns, "temperature": 0, "max_tokens": 800, "stream": False}
        try:
            async with (
                asyncio.timeout(PATIENCE.total_seconds()),
                # A redirect could lead the texts to somebody else.
                self._session.post(self._url, json=body, headers=self._headers, allow_redirects=False) as response,
            ):
                if response.status != HTTPStatus.OK:
                    raise WriterFailed(f"HTTP {response.status}")
                content = await response.content.read(MOST_BYTES + 1)
                while len(content) <= MOST_BYTES and not response.content.at_eof():
                    content += await response.content.read(MOST_BYTES + 1)
        except TimeoutError:
            raise WriterFailed(N_("no answer in time")) from None
        except aiohttp.ClientError as error:
            raise WriterFailed(N_("cannot be reached")) from error
        if len(content) > MOST_BYTES:
            raise WriterFailed(N_("its answer is too long"))
        try:
            return _Answer.model_validate(json.loads(content)).choices[0].message.content
        except (ValidationError, ValueError, RecursionError):
            raise WriterFailed(N_("its answer cannot be read")) from None


class Beside:
    """Ask a local model, on a thread of its own."""

    host: str | None = None

    def __init__(self, model: LocalWriter, executor: ThreadPoolExecutor) -> None:
        self._model = model
        self._executor = executor

    async def write(self, asked: Task) -> str:
        """Give the answer; raise `WriterFailed` when the model cannot be loaded or fails."""
        run = asyncio.get_running_loop().run_in_executor
        try:
            return await run(self._executor, self._model.write, asked.system, asked.user)
        except (OSError, ValueError, ImportError, RuntimeError, KeyError, IndexError) as error:
            log.warning("the writer failed: %s", type(error).__name__)
            raise WriterFailed(N_("the model cannot be used")) from error


async def open_writer(settings: Settings, stack: AsyncExitStack) -> Writer | None:
    """Open the writer that the owner has set, if one is; raise `ConfigurationError` when something is missing."""
    if not settings.writer:
        return None
    if "://" not in settings.writer:
        executor = ThreadPoolExecutor(1, thread_name_prefix=WRITING)
        # What it generates at the end nobody reads: it would hold up the end by a minute and more.
        stack.callback(executor.shutdown, wait=False, cancel_futures=True)
        return Beside(LocalWriter(settings.writer), executor)
    url = URL(settings.writer)
    if url.scheme not in ("http", "https") or not url.host:
        raise ConfigurationError("HINDSIGHT_WRITER: an endpoint begins with http:// or https://.")
    if not settings.writer_model:
        raise ConfigurationError(
            "HINDSIGHT_WRITER_MODEL: name the model that the endpoint of HINDSIGHT_WRITER is to use."
        )
    # Digests are rare: no connection is kept open between them.
    connector = aiohttp.TCPConnector(force_close=True)
    session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector, trust_env=False))
    key = settings.writer_key.get_secret_value() if settings.writer_key else ""
    return Endpoint(session, url, settings.writer_model, key)


def is_here(host: str) -> bool:
    """Say whether a host is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def reword(
    writer: Writer, embed: Batcher[str, np.ndarray], thread: Thread, digest: list[Sentence], words: int
) -> tuple[list[Sentence], Wording | None]:
    """Let a writer word a digest; give what of it stands, or the digest as it was, and what came of it."""
    texts = {message.id: message.text for message in thread.messages}
    asked = task(digest, texts, thread.story)
    if asked is None:
        return digest, None
    try:
        found = written(await writer.write(asked), asked.ids)
    except WriterFailed as error:
        log.warning("a digest is not reworded: %s", error)
        return digest, Wording(writer.host, failed=str(error))
    said = {cited: " ".join(sentences_of(texts[cited])) for cited in asked.ids}
    cosines = await _cosines(embed, found, {cited: sentences_of(texts[cited]) for cited in asked.ids})
    accepted = [
        (text, cites)
        for number, (text, cites) in enumerate(found)
        if supported(text, [Evidence(said[cited], cosines[number, cited]) for cited in cites], thread.story or "")
    ]
    if not accepted:
        return digest, Wording(writer.host, len(found), N_("nothing that it wrote is in the messages"))
    return merged(digest, accepted, words), Wording(writer.host, len(found) - len(accepted))


async def _cosines(
    embed: Batcher[str, np.ndarray], found: list[tuple[str, tuple[str, ...]]], sentences: dict[str, list[str]]
) -> dict[tuple[int, str], float]:
    """Say how near the nearest sentence of each cited message is to the written one."""
    needed = dict.fromkeys(text for _, cites in found for cited in cites for text in sentences[cited])
    texts = [*(text for text, _ in found), *needed]
    vectors = await embed.submit(texts, first=False) if texts else []
    at = {text: vectors[len(found) + place] for place, text in enumerate(needed)}
    return {
        (number, cited): max((float(vectors[number] @ at[text]) for text in sentences[cited]), default=0.0)
        for number, (_, cites) in enumerate(found)
        for cited in cites
    }
