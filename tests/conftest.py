"""The real bot with tiny models on a simulated Discord, over a real SQLite file."""

import logging
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import discord
import pytest
import simcord
from discord import app_commands
from hypothesis import settings

from bot.client import Hindsight
from bot.demo.patient import PatientEnv
from bot.errors import UserError
from bot.resources import Resources, open_resources
from bot.settings import Settings
from bot.store.upgrade import upgrade
from tests.tiny import tiny_models

settings.register_profile("patient", deadline=None)  # how long an example takes is for benchmarks to say
settings.load_profile("patient")


@dataclass
class World:
    """Hold a server with a bot, a moderator and a member, and the channels that most tests need."""

    env: simcord.Env
    resources: Resources
    guild: object
    news: object
    moderators: object
    moderator: object
    member: object

    @property
    def bot(self) -> Hindsight:
        return self.env.bot

    @property
    def store(self):
        return self.resources.store

    async def watch(self, *channels, live: bool = True) -> None:
        """Watch channels and go live, as the setup commands do."""
        for channel in channels or (self.news,):
            await self.store.servers.watch(self.guild.id, channel.id, self.env.now())
            self.bot.intake.channels.add(channel.id)
        await self.settings(live=live, alerts_channel_id=self.moderators.id)

    async def settings(self, **changes: object) -> None:
        """Change the server's settings."""
        await self.store.servers.save(replace(await self.store.servers.get(self.guild.id), **changes))

    async def later(self, **span: float) -> None:
        """Let time pass at once, without living through the loops of every day between."""
        self.env.backend.clock.advance(timedelta(**span).total_seconds())
        await self.env.settle()

    async def restart(self) -> None:
        """Stop the bot and start a new one on the same store."""
        await self.env.restart_bot(Hindsight(self.resources))


def build_world(env: simcord.Env, resources: Resources) -> World:
    """Furnish the server."""
    guild = env.create_guild(name="The Evening Wire")
    team = guild.create_role("Team", permissions=discord.Permissions(manage_messages=True, manage_guild=True))
    moderator = guild.add_member(env.create_user("mira"), roles=[team])
    member = guild.add_member(env.create_user("tomas"))
    hidden = discord.PermissionOverwrite(view_channel=False)
    shown = discord.PermissionOverwrite(view_channel=True)
    moderators = guild.create_text_channel(
        "moderators", overwrites={guild.default_role: hidden, team: shown, env.bot.user: shown}
    )
    return World(env, resources, guild, guild.create_text_channel("news"), moderators, moderator, member)


def raise_faults(env: simcord.Env) -> None:
    """Raise what went wrong, but for refusals that the person was told in words."""
    answered = UserError | app_commands.CheckFailure
    faults = [error for error in env.errors if not isinstance(getattr(error, "original", error), answered)]
    if faults:
        raise ExceptionGroup("the bot failed", faults)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an empty database once: to copy it is quicker than to make it for every test."""
    path = tmp_path_factory.mktemp("empty") / "empty.sqlite"
    upgrade(path)
    return path


@pytest.fixture
async def resources(tmp_path: Path, empty_database: Path) -> AsyncIterator[Resources]:
    """Give an open store and tiny models."""
    settings = Settings(_env_file=None, data_dir=tmp_path)
    shutil.copy(empty_database, settings.database)
    async with open_resources(settings, learned=tiny_models()) as opened:
        yield opened


@pytest.fixture
async def env(resources: Resources, caplog: pytest.LogCaptureFixture) -> AsyncIterator[simcord.Env]:
    """Give a simulated Discord with the bot started in it; its errors fail the test."""
    simulated = PatientEnv(Hindsight(resources), shard_count=1, settle_timeout=30)
    await simulated.start()
    yield simulated
    await simulated.shutdown()
    raise_faults(simulated)
    # What fails behind a button is answered and logged, and would pass unnoticed otherwise.
    ours = [record for record in caplog.get_records("call") if record.name.startswith(("bot.", "cogs."))]
    assert [record.getMessage() for record in ours if record.levelno >= logging.ERROR] == []


@pytest.fixture
def world(env: simcord.Env, resources: Resources) -> World:
    """Give a furnished server."""
    return build_world(env, resources)
