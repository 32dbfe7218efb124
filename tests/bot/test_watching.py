"""Metrics and health: what happened is counted, what is wrong is said, and every metric is documented."""

import asyncio
import json
import logging
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.errors import ConfigurationError
from bot.logs import set_up_logging
from bot.metrics import Metrics
from bot.settings import Settings
from bot.store.database import open_database
from bot.watching import watching
from tests.conftest import World

ROOT = Path(__file__).parents[2]
STORY = "Harbour bridge at Quellhaven announced to open next spring https://wire.example/bridge"


async def fetch(port: int, path: str) -> tuple[int, str]:
    """Get a page."""
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, await answer.text()


def samples(text: str) -> dict[str, float]:
    """Read the metrics: name and labels → value."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


async def test_what_happened_is_counted(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    await world.member.send(world.news, "I doubt it", reply_to=story)
    await world.member.send(world.news, "party politics", reply_to=story)
    await world.member.send(world.news, "hm well what now", reply_to=story)
    world.bot.dispatch("socket_event_type", "MESSAGE_CREATE")  # as discord.py does for what comes over the wire
    await world.later(days=200)
    await world.moderator.send(world.news, STORY)
    await world.store.messages.reopen(story.id)
    async with watching(world.bot, 0) as port:
        await asyncio.sleep(0.6)
        status, text = await fetch(port, "/metrics")
    assert status == 200
    found = samples(text)
    assert found["hindsight_readings_total{label=skeptical}"] == 1
    assert found["hindsight_abstentions_total{}"] == found["hindsight_readings_total{label=unsure}"] == 1
    assert found["hindsight_flags_total{label=partisan}"] == 1
    assert found["hindsight_gateway_events_total{event=MESSAGE_CREATE}"] == 1
    assert found["hindsight_cards_total{state=pending}"] == 1
    assert found["hindsight_read_seconds_count{}"] == 5
    explained = 3  # the flagged reply, and without each of its two words
    assert found["hindsight_batch_size_sum{model=reader}"] == 5 + explained
    assert found["hindsight_queue_length{model=reader}"] == 0
    assert found["hindsight_catch_up_lag_seconds{}"] == pytest.approx(200 * 86400, rel=0.01)
    assert found["hindsight_event_loop_lag_seconds_count{}"] >= 1
    assert found["process_resident_memory_bytes{}"] > 0


async def test_what_was_left_out_lags_too(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    async with watching(world.bot, 0) as port:
        assert samples((await fetch(port, "/metrics"))[1])["hindsight_catch_up_lag_seconds{}"] == 0
        await world.store.gaps.open(world.news.id, world.guild.id, story.id)
        await world.later(hours=2)
        found = samples((await fetch(port, "/metrics"))[1])
    assert found["hindsight_catch_up_lag_seconds{}"] == pytest.approx(7200, rel=0.01)


def test_calls_are_counted_by_what_came_back() -> None:
    metrics = Metrics()

    async def call(status: int) -> None:
        async def answer(_: aiohttp.web.Request) -> aiohttp.web.Response:
            return aiohttp.web.Response(status=status)

        app = aiohttp.web.Application()
        app.router.add_get("/", answer)
        runner = aiohttp.web.AppRunner(app)
        await runner.setup()
        await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
        async with aiohttp.ClientSession(trace_configs=[metrics.trace()]) as session:
            await (await session.get(f"http://127.0.0.1:{runner.addresses[0][1]}/")).read()
            await runner.cleanup()
            with pytest.raises(aiohttp.ClientConnectionError):
                await session.get("http://127.0.0.1:1/")

    asyncio.run(call(429))
    found = samples(metrics.render().decode())
    assert found["hindsight_rest_calls_total{method=GET,status=429}"] == 1
    assert found["hindsight_rest_calls_total{method=GET,status=failed}"] == 1


async def test_health_says_what_is_wrong(world: World) -> None:
    async with watching(world.bot, 0) as port:
        assert await fetch(port, "/healthz") == (200, "ok\n")
        async with open_database(world.resources.settings.database) as other, other.write():
            assert await fetch(port, "/healthz") == (503, "the database cannot be written\n")
        assert await fetch(port, "/healthz") == (200, "ok\n")
        world.bot._ready.clear()
        assert await fetch(port, "/healthz") == (503, "not connected to Discord\n")
        world.bot._ready.set()


async def test_taken_port_is_named(world: World) -> None:
    async with watching(world.bot, 0) as port:
        with pytest.raises(ConfigurationError, match="HINDSIGHT_METRICS_PORT"):
            async with watching(world.bot, port):
                pass


def test_every_metric_and_setting_is_documented() -> None:
    document = (ROOT / "docs" / "operations.md").read_text()
    for family in Metrics().registry.collect():
        if family.name.startswith("hindsight_"):
            name = f"{family.name}_total" if family.type == "counter" else family.name
            assert f"`{name}`" in document, name
    for name in Settings.model_fields:
        assert f"`HINDSIGHT_{name.upper()}`" in document, name


def test_log_lines_can_be_json(tmp_path: Path) -> None:
    before = logging.root.handlers[:], logging.root.level
    set_up_logging("INFO", tmp_path / "log", form="json")
    try:
        logging.getLogger("bot.test").warning("message %s is odd", 7)
    finally:
        (handler,) = logging.root.handlers
        logging.root.handlers[:], logging.root.level = before
        handler.close()
    line = json.loads((tmp_path / "log").read_text())
    assert line.pop("time").startswith("20")
    assert line == {"level": "WARNING", "logger": "bot.test", "message": "message 7 is odd"}
