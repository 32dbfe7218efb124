"""Fact-checks of a claim: found by meaning, words and address, sure or not, and from outside only when asked to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot import policy
from bot.factchecks import FactChecks, graded, question_of
from bot.factchecks_google import PAUSE, GoogleFactChecks
from bot.records import Checked, FactCheck, MatchState
from bot.resources import Resources, open_resources
from bot.settings import Settings
from models.matcher import Judgement
from tests.bot.rows import NOW, post
from tests.tiny import tiny_models

BRIDGE = FactCheck(
    0,
    "facts.example/bridge",
    "Harbour bridge at Quellhaven announced to open next spring",
    "",
    "Sound Facts",
    "Half true",
    "https://facts.example/bridge",
)
LIKE_IT = replace(
    BRIDGE, page="facts.example/tunnel", claim="Harbour bridge at Quellhaven announced to close next winter"
)
CAKE = replace(BRIDGE, page="facts.example/cake", claim="Cake cures colds.", title="Does cake cure colds?")
TEXT = "Harbour bridge at Quellhaven announced to open next spring !"


class Clock:
    """Stand still until told otherwise."""

    now = NOW

    def __call__(self):
        return self.now


class Source:
    """Know one fact-check, and remember what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def ask(self, question: str) -> Sequence[FactCheck]:
        self.asked.append(question)
        return [BRIDGE]


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Resources]:
    async with open_resources(Settings(_env_file=None, data_dir=tmp_path), Clock(), tiny_models()) as resources:
        yield resources


def searching(opened: Resources, source: Source | None = None) -> FactChecks:
    models = opened.models
    return FactChecks(opened.store.archive, models.embed, models.choose, models.embedder.version, opened.clock, source)


async def ask(checks: FactChecks, opened: Resources, text: str, *links: str) -> list[tuple[str, MatchState]]:
    (vector,) = await opened.models.embed.submit([text])
    return [(each.found.page, each.state) for each in await checks.find(text, vector, links)]


async def test_an_empty_archive_knows_nothing(opened: Resources) -> None:
    assert await ask(opened.fact_checks, opened, TEXT, "facts.example/bridge") == []


async def test_the_same_claim_is_sure_and_a_like_one_is_not(opened: Resources) -> None:
    await opened.fact_checks.take([CAKE, LIKE_IT, BRIDGE])
    found = await ask(opened.fact_checks, opened, TEXT)
    assert found == [(BRIDGE.page, MatchState.CONFIRMED), (LIKE_IT.page, MatchState.SUGGESTED)]


async def test_the_same_page_is_sure_whatever_the_words_but_a_front_page_is_not(opened: Resources) -> None:
    await opened.fact_checks.take([CAKE, replace(CAKE, page="facts.example", claim="Tea cures colds.")])
    assert await ask(opened.fact_checks, opened, "lol", CAKE.page) == [(CAKE.page, MatchState.CONFIRMED)]
    assert await ask(opened.fact_checks, opened, "lol", "facts.example") == []


async def test_what_another_process_imports_is_found_after_a_minute(opened: Resources) -> None:
    assert await ask(opened.fact_checks, opened, TEXT) == []
    await searching(opened).take([BRIDGE])
    assert await ask(opened.fact_checks, opened, TEXT) == []
    opened.clock.now += timedelta(minutes=1)
    assert await ask(opened.fact_checks, opened, TEXT) == [(BRIDGE.page, MatchState.CONFIRMED)]


async def test_a_new_embedder_finds_nothing_until_it_has_encoded_all(opened: Resources) -> None:
    await opened.fact_checks.take([BRIDGE])
    models = opened.models
    newer = FactChecks(opened.store.archive, models.embed, models.choose, "newer", opened.clock)
    assert await ask(newer, opened, TEXT) == []
    await newer.encode()
    assert await ask(newer, opened, TEXT) == [(BRIDGE.page, MatchState.CONFIRMED)]


def test_none_is_sure_below_one_that_is_not() -> None:
    sure, maybe, none = MatchState.CONFIRMED, MatchState.SUGGESTED, MatchState.NONE
    judged = [Judgement(score, state) for score, state in ((0.7, sure), (0.9, sure), (0.8, maybe), (0.1, none))]
    found = graded("text", [(replace(BRIDGE, id=number), each) for number, each in enumerate(judged)])
    assert [(each.found.id, each.state.value) for each in found] == [
        (1, "confirmed"),
        (2, "suggested"),
        (0, "suggested"),
    ]


def test_headline_that_denies_the_claim_contradicts_nobody_who_tells_it() -> None:
    found = replace(BRIDGE, title="No, the bridge does not open")
    for text, contradicts in ((BRIDGE.claim, False), ("The harbour bridge will not open next spring", True)):
        (checked,) = graded(text, [(found, Judgement(0.9, MatchState.CONFIRMED, contradicts=True))])
        assert checked.contradicts is contradicts


def test_card_shows_two_sure_ones_that_the_message_does_not_link_to() -> None:
    sure = [Checked(replace(BRIDGE, page=f"a.example/{n}"), 1.0, MatchState.CONFIRMED) for n in range(4)]
    maybe = Checked(BRIDGE, 0.5, MatchState.SUGGESTED)
    assert policy.shown_checks([*sure, maybe], ["a.example/0"]) == (sure[1], sure[2])
    assert policy.shown_checks([maybe], []) == ()


# ------------------------------------------------------------------------- the source outside


async def test_only_a_question_goes_out_and_what_comes_back_is_judged(opened: Resources) -> None:
    source = Source()
    checks = searching(opened, source)
    (vector,) = await opened.models.embed.submit([TEXT])
    assert await checks.find("something else", vector) == ()
    assert source.asked == []
    (found, *_) = await checks.find(TEXT, vector, (), "Bridge opens " * 90)
    assert (found.found.publisher, found.state) == ("Sound Facts", MatchState.CONFIRMED)
    assert len(source.asked[0]) == 300
    assert await opened.store.archive.count() == 1


def test_question_holds_no_word_of_a_member() -> None:
    links = ("wire.example/a",)
    assert question_of(post(1, text="my own words", headline="Bridge opens\nIn spring.", title="Bridge opens")) == (
        "Bridge opens"
    )
    assert question_of(post(1, text="my own words", headline="their words, quoted by a bot")) is None
    assert question_of(post(1, text="my own words", links=links)) == "wire.example/a"
    assert question_of(post(1, text="my own words", title="their own words", forwarded=True)) is None


ANSWER = {
    "claims": [
        {
            "text": BRIDGE.claim,
            "claimDate": "2024-01-01T00:00:00Z",
            "claimReview": [
                {
                    "publisher": {"name": "Sound Facts", "site": "facts.example"},
                    "url": BRIDGE.url,
                    "title": "About the bridge",
                    "reviewDate": "2024-05-01T00:00:00Z",
                    "textualRating": "Half true",
                },
                {"publisher": {"site": "facts.example"}, "url": "nowhere", "textualRating": "False"},
            ],
        },
        {"text": "no review"},
        "not a claim",
    ]
}
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def google(answer: Answer, *questions: str, clock: Clock | None = None) -> tuple[list[Sequence[FactCheck]], int]:
    """Ask a server of our own; give the answers and how often it was asked."""
    calls = []

    async def count(request: web.Request) -> web.StreamResponse:
        calls.append(request)
        return await answer(request)

    app = web.Application()
    app.router.add_get("/search", count)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with aiohttp.ClientSession() as session:
            source = GoogleFactChecks(session, "secret", clock or Clock(), f"http://127.0.0.1:{port}/search")
            return [await source.ask(question) for question in questions], len(calls)
    finally:
        await runner.cleanup()


async def test_google_is_asked_once_with_the_key_in_a_header() -> None:
    async def answer(request: web.Request) -> web.Response:
        assert request.headers["X-Goog-Api-Key"] == "secret"
        assert "secret" not in str(request.url)
        assert request.query["query"] == "Bridge opens"
        return web.json_response(ANSWER)

    (first, second), calls = await google(answer, "Bridge opens", "Bridge opens")
    assert calls == 1
    assert [(each.claim, each.publisher, each.rating, str(each.published)) for each in first] == [
        (BRIDGE.claim, "Sound Facts", "Half true", "2024-05-01")
    ]
    assert second == ()


async def slow(request: web.Request) -> web.Response:
    await asyncio.sleep(30)
    return web.json_response(ANSWER)


async def broken(request: web.Request) -> web.Response:
    return web.Response(status=500)


async def refused(request: web.Request) -> web.Response:
    return web.json_response({"error": {"code": 403}}, status=403)


async def garbled(request: web.Request) -> web.Response:
    return web.Response(text='{"claims": [', content_type="application/json")


async def page(request: web.Request) -> web.Response:
    return web.Response(text="<html>", content_type="text/html")


async def cut_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b"{")
    request.transport.close()
    return response


@pytest.mark.parametrize("answer", [slow, broken, refused, garbled, page, cut_off])
async def test_source_that_fails_is_no_answer_and_is_left_alone_for_a_while(
    answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    began = asyncio.get_running_loop().time()
    answers, calls = await google(answer, "Bridge opens", "Bridge closes")
    assert asyncio.get_running_loop().time() - began < 6
    assert (answers, calls) == ([(), ()], 1)
    assert "the source of fact-checks fails" in caplog.text
    assert "Bridge" not in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("odd", [[], {}, {"claims": 7}, {"claims": [{"claimReview": [7, {}]}]}, "x", None])
async def test_odd_answers_hold_nothing(odd: object) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response(odd)

    assert (await google(answer, "Bridge opens"))[0] == [[]]


async def test_source_is_asked_again_after_the_pause() -> None:
    clock = Clock()
    times = []

    async def answer(request: web.Request) -> web.Response:
        times.append(request)
        clock.now += PAUSE
        return web.json_response(ANSWER, status=500 if len(times) == 1 else 200)

    answers, calls = await google(answer, "Bridge opens", "Bridge opens", clock=clock)
    assert calls == 2
    assert [len(each) for each in answers] == [0, 1]


async def test_source_is_off_without_a_key_and_on_with_one(tmp_path: Path) -> None:
    for key, on in ((None, False), ("", False), ("secret", True)):
        settings = Settings(_env_file=None, data_dir=tmp_path, fact_check_key=key)
        async with open_resources(settings, Clock(), tiny_models()) as resources:
            assert (resources.fact_checks._source is not None) is on
        assert "secret" not in repr(settings)
