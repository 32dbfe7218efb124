"""Start the real bot on the simulated server: for a person with a page, or for a check without one."""

import asyncio
import json
import logging
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path

import discord
import typer

from bot.client import Hindsight, permissions
from bot.demo import scenario
from bot.demo.avatars import dress
from bot.demo.history import History, Story, load
from bot.demo.page import Page, listen
from bot.demo.patient import PatientEnv
from bot.demo.server import Server, build
from bot.demo.transcript import shortcomings, write
from bot.errors import Taken
from bot.logs import set_up_logging
from bot.resources import Learned, Resources, load_models, open_resources
from bot.settings import Settings, default_settings

PATIENCE = 600.0  # seconds that the bot may work on one event, a backfill included
PACE = 6.0  # seconds between two steps while a person watches
READY = "Getting ready: the moderator invites the bot, and it reads five years of talk …"
WELCOME = """\
This is Hindsight, the real bot, on a simulated Discord: no token, no network, everybody in it is invented.
Open {address} to watch #news: a story arrives that this server has been told before.
You are Ines, a member, or Mara, a moderator: type replies, run /summarize, press the buttons.
The list on the left changes the channel and who you are, and says what is worth trying.
Ctrl-C ends the demo; nothing of it is kept."""


class Stage:
    """Hold the server and the bot that plays on it; the bot can be taken down and put up again."""

    def __init__(self, settings: Settings, history: History, learned: Learned, stack: AsyncExitStack) -> None:
        self._settings = settings
        self._learned = learned
        self._stack = stack
        self.history = history
        self.resources: Resources
        self.server: Server

    async def open(self) -> None:
        """Open the store and the models, import the fact-checks, build the server and start the bot on it."""
        env = PatientEnv(await self._bot(), shard_count=1, settle_timeout=PATIENCE)
        self.server = build(env, self.history, permissions())
        await self.resources.fact_checks.take(self.history.fact_checks)
        await env.start()

    async def restart(self) -> None:
        """Take the bot down with everything that it has in memory, and start a new one on what it stored."""
        await self.server.env.settle()
        await self._stack.aclose()
        await self.server.env.restart_bot(await self._bot())

    async def _bot(self) -> Hindsight:
        opened = open_resources(self._settings, learned=self._learned)
        self.resources = await self._stack.enter_async_context(opened)
        return Hindsight(self.resources)


@asynccontextmanager
async def staged(data_dir: Path, history: History, learned: Learned | None = None) -> AsyncIterator[Stage]:
    """Raise the stage in a folder, with the shipped models unless others are given, and clear it at the end."""
    settings = default_settings(data_dir=data_dir, log_level="DEBUG")
    async with AsyncExitStack() as stack:
        stage = Stage(settings, history, learned or load_models(), stack)
        await stage.open()
        try:
            yield stage
        finally:
            await stage.server.env.shutdown()


def run_demo(port: int = 8123) -> None:
    """Serve the demo on 127.0.0.1 until Ctrl-C; its data is removed at the end."""
    # The port is had before the minute that everything else takes.
    with closing(listen(port)) as door, tempfile.TemporaryDirectory(prefix="hindsight-demo-") as folder:
        typer.echo(READY)
        with suppress(KeyboardInterrupt):
            asyncio.run(_show(Path(folder), door))
    typer.echo("\nThe demo has ended.")


def check(data_dir: Path | None = None, history: History | None = None) -> int:
    """Play the scenario without a page, print its transcript and return 0 when nothing is missing in it.

    `data_dir` keeps the database and the log; without it both are thrown away. Raises `Taken` when it holds a
    database already.
    """
    if data_dir is not None and default_settings(data_dir=data_dir).database.exists():
        raise Taken(f"{data_dir} holds a database already: name a new folder, the demo begins with none.")
    with tempfile.TemporaryDirectory(prefix="hindsight-demo-") as folder:
        kept = data_dir or Path(folder)
        kept.mkdir(parents=True, exist_ok=True)
        with _logged(kept / "hindsight.log"):
            transcript = asyncio.run(_rehearse(kept, history or load()))
    typer.echo(json.dumps(transcript, ensure_ascii=False))
    missing = shortcomings(transcript)
    for line in missing:
        typer.echo(f"missing: {line}", err=True)
    return 1 if missing else 0


async def _rehearse(folder: Path, history: History) -> dict:
    async with staged(folder, history) as stage:
        server = stage.server
        await scenario.set_up(server)
        story, *others = history.live
        steps = scenario.tell(server, story)
        for _ in range(1 + len(story.replies) // 2):
            await anext(steps)
        await stage.restart()
        async for _ in steps:
            pass
        await scenario.agree(server)
        digest = await scenario.summarize(server, story.channel)
        for other in others:
            async for _ in scenario.tell(server, other):
                pass
        return await write(server, stage.resources.store, digest)


async def _show(folder: Path, door: socket.socket) -> None:
    async with staged(folder, load()) as stage:
        server = stage.server
        await scenario.set_up(server)
        page = Page(server, {"member": server.member, "moderator": server.moderator}, dress(server))
        try:
            typer.echo(WELCOME.format(address=await page.start(door)))
            await _drive(stage, page)
        finally:
            await page.close()


async def _drive(stage: Stage, page: Page) -> None:
    """Let the stories and their replies happen one at a time, and time pass when all is told."""
    await page.opened.wait()
    for story in stage.history.live:
        page.note = f"A story arrives in #{story.channel}."
        steps = _in_turn(page, scenario.tell(stage.server, story))
        page.tries = _tries(stage.server, await anext(steps))
        async for _ in steps:
            page.note = _note(stage.server, story)
    page.note = "All is told; the server is yours."
    while True:
        await asyncio.sleep(PACE)
        async with page.turn:
            await stage.server.env.advance_time(PACE)
            await page.refresh()


async def _in_turn(page: Page, steps: AsyncIterator[discord.Message]) -> AsyncIterator[discord.Message]:
    """Take one step at a time between a person's clicks, with a pause before each."""
    while True:
        await asyncio.sleep(PACE)
        async with page.turn:
            message = await anext(steps, None)
            await page.refresh()
        if message is None:
            return
        yield message


def _note(server: Server, story: Story) -> str:
    alerts = sum(1 for _ in scenario.waiting(server))
    waits = f" Alerts waiting in #moderators: {alerts}." if alerts else ""
    return f"#{story.channel} answers its story, a reply every few seconds.{waits}"


def _tries(server: Server, story: discord.Message) -> list[str]:
    return [
        "Write what you think of the news.",
        "Ask what was said: | /summarize",
        f"Ask where it was told before: | /context message:{server.link(story)}",
        "Be Mara and press a button under an alert, or go through all of them: | /review",
    ]


@contextmanager
def _logged(file: Path) -> Iterator[None]:
    """Write all that the bot logs to a file."""
    root = logging.getLogger()
    before = root.level, root.handlers[:]
    set_up_logging("DEBUG", file)
    try:
        yield
    finally:
        for handler in root.handlers:
            handler.close()
        root.setLevel(before[0])
        root.handlers[:] = before[1]
