"""The demo's page shows what one person may see, and lets driver and visitor act in turn."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest

from bot.demo.avatars import dress
from bot.demo.history import load
from bot.demo.page import Page, listen
from bot.demo.play import staged
from tests.tiny import tiny_models


@pytest.fixture
async def visit(tmp_path: Path) -> AsyncIterator[SimpleNamespace]:
    async with staged(tmp_path, load(), tiny_models()) as stage, aiohttp.ClientSession() as browser:
        server = stage.server
        page = Page(server, {"member": server.member, "moderator": server.moderator}, dress(server))
        address = await page.start(listen(0))
        try:
            yield SimpleNamespace(server=server, page=page, browser=browser, address=address)
        finally:
            await page.close()


async def get(visit: SimpleNamespace, path: str, **options) -> tuple[int, dict[str, str], str]:
    async with visit.browser.get(visit.address + path, **options) as answer:
        return answer.status, dict(answer.headers), await answer.text()


async def post(visit: SimpleNamespace, path: str, body: object, **headers: str) -> tuple[int, dict]:
    async with visit.browser.post(visit.address + path, json=body, headers=headers) as answer:
        return answer.status, await answer.json() if answer.content_type == "application/json" else {}


async def open_view(visit: SimpleNamespace, channel: str, viewer: str) -> tuple[dict, dict[str, str]]:
    status, opened = await post(visit, "open", {"channel": channel, "viewer": viewer})
    assert status == 200
    headers = {"X-Simcord-Capability": opened["src"].partition("#")[2]}
    _, view = await post(visit, "api/pages", {}, **headers)
    return view, headers | {"X-Simcord-Context": view["context"]["id"]}


def reply(view: dict, text: str) -> dict:
    return {
        "kind": "send_message",
        "content": text,
        "target_id": view["targetId"],
        "reply_to_id": None,
        "protocol_version": 3,
        "sequence": 1,
        "request_id": "one",
        "generation": view["context"]["generation"],
        "bot_generation": view["botGeneration"],
        "published_revision": view["publishedRevision"],
    }


async def test_nothing_that_the_owner_has_set_reaches_the_demo(tmp_path, monkeypatch):
    monkeypatch.setenv("HINDSIGHT_WRITER", "https://writer.example/v1")
    monkeypatch.setenv("HINDSIGHT_FACT_CHECK_KEY", "secret")
    monkeypatch.setenv("HINDSIGHT_CARD_PAUSE", "soon")
    async with staged(tmp_path, load(), tiny_models()) as stage:
        assert stage.resources.writer is None
        assert stage.resources.settings.fact_check_key is None


async def test_the_list_shows_the_back_room_to_moderators_alone(visit):
    _, _, index = await get(visit, "")
    assert "<iframe" in index
    async with visit.browser.get(visit.address + "state") as answer:
        state = await answer.json()
    viewers = {channel["name"]: channel["viewers"] for channel in state["channels"]}
    assert viewers["news"] == ["member", "moderator"]
    assert viewers["moderators"] == ["moderator"]
    assert "deep-dives" not in viewers
    assert sum(channel["forum"] for channel in state["channels"]) == 2


async def test_a_member_cannot_open_the_back_room(visit):
    status, _ = await post(visit, "open", {"channel": "moderators", "viewer": "member"})
    assert status == 400
    await open_view(visit, "moderators", "moderator")


async def test_the_preview_may_stand_in_our_page_and_in_no_other(visit):
    assert (await get(visit, "preview"))[0] == 410
    await open_view(visit, "news", "member")
    status, headers, text = await get(visit, "preview")
    assert status == 200
    assert "channel-composer" in text
    assert "X-Frame-Options" not in headers
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]


async def test_another_view_replaces_the_one_before(visit):
    _, old = await open_view(visit, "news", "member")
    await open_view(visit, "world", "moderator")
    assert (await get(visit, "api/state", headers=old))[0] == 401


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
async def test_another_site_gets_nothing(visit, headers):
    assert (await get(visit, "state", headers=headers))[0] == 403


async def test_a_click_waits_while_the_driver_acts_and_then_counts(visit):
    view, headers = await open_view(visit, "off-topic", "member")
    async with visit.page.turn:
        click = asyncio.create_task(post(visit, "api/action", reply(view, "goose news?"), **headers))
        await asyncio.sleep(0.2)
        assert not click.done()
        await visit.server.members["joss"].send(visit.server.channels["off-topic"], "while you typed")
        await visit.page.refresh()
    status, receipt = await click
    assert status == 200
    assert not receipt["rejected"]
    assert receipt["settlement"] == "settled"
    last = visit.server.channels["off-topic"].last_message
    assert (last.author.name, last.content) == ("ines", "goose news?")
