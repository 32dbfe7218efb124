"""Bots that do wrong are caught, or the loopback would prove nothing."""

import asyncio
from datetime import timedelta
from pathlib import Path

import aiohttp
import discord
import pytest
from discord.gateway import DiscordWebSocket

from bot.store import open_store
from bot.store.vault import load_vault
from tests.loopback.bot_process import Life, settings
from tests.loopback.limits import Limits
from tests.loopback.scene import AGO, STORY, count, doubled, go_live, posted
from tests.loopback.server import Loopback, point_at
from tests.loopback.waiting import until

POST = r"POST /channels/\d+/messages"
HEADERS = {"Authorization": "Bot token"}


class Hasty(discord.Client):
    """Identify without a pause."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait for nothing."""


async def test_bot_that_ignores_429_is_caught() -> None:
    async with Loopback() as loopback, aiohttp.ClientSession(headers=HEADERS) as session:
        for _ in range(200):
            await session.post(f"{loopback.address}/channels/{loopback.world.news}/messages", json={"content": "hi"})
            await asyncio.sleep(0.005)
        assert loopback.limits.punished == ["429 ignored on POST messages"]


async def test_bot_that_goes_on_being_refused_is_banned() -> None:
    async with Loopback(limits=Limits(invalid_allowed=20)) as loopback, aiohttp.ClientSession() as session:
        for _ in range(21):
            await session.get(f"{loopback.address}/users/@me")
        assert loopback.limits.punished == ["banned: more than 20 invalid requests in ten minutes"]


@pytest.mark.parametrize("forgetful", [False, True])
async def test_bot_that_posts_again_after_a_crash_is_caught(tmp_path: Path, forgetful: bool) -> None:
    async with Loopback() as loopback:
        world, database = loopback.world, settings(tmp_path).database
        world.say(world.news, STORY, at=world.now() - AGO)
        async with open_store(database, load_vault(None, settings(tmp_path).key_file)) as store:
            await go_live(store, world)
        # The card is posted, but the bot is dead before it learns the message's id.
        loopback.faults.spoil(POST, 200, after=True, delay=0, hangs=60)
        life = Life(loopback, tmp_path, forgetful=forgetful)
        await life.until(lambda: count(database, "claims") == 1, "the old story's claim")
        world.say(world.news, STORY)
        await life.until(lambda: posted(world, "card"), "the card")
        await life.kill()
        world.ahead += timedelta(hours=1)  # no nonce is remembered so long
        life = Life(loopback, tmp_path, forgetful=forgetful)
        await life.until(lambda: count(database, "cards WHERE state = 'posted'") == 1, "a card with its message")
        await life.kill()
        assert bool(doubled(world)) == forgetful


async def test_bot_that_never_resumes_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Loopback(limits=Limits(identifies_allowed=3)) as loopback:
        point_at(loopback.address, loopback.rest.gateway)
        monkeypatch.setattr(DiscordWebSocket, "resume", DiscordWebSocket.identify)
        heard: list[int] = []
        client = Hasty(intents=discord.Intents(guilds=True, guild_messages=True, message_content=True))

        @client.event
        async def on_message(message: discord.Message) -> None:
            heard.append(message.id)

        task = asyncio.create_task(client.start("token"))
        said = []
        for number in range(4):
            await until(lambda: loopback.gateway.connected, "a session")
            await loopback.gateway.drop()
            said.append(loopback.world.say(loopback.world.news, f"message {number}"))
            await loopback.gateway.flush()
        await until(lambda: loopback.limits.punished, "punishment")
        await client.close()
        await task
        assert loopback.limits.punished == ["token reset: more than 3 identifies a day"]
        assert not set(said) & set(heard)
