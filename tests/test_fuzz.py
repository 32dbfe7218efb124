"""Whatever comes in from outside ends as a value or as a named error, never as a crash."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import discord
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.discussion import Scope
from bot.durations import parse_since
from bot.errors import RowError, UserError
from bot.exports import load_discussion
from bot.jsonl import PassageRow, QueryRow, ThreadRow, parse_row
from bot.links import canonical_url, find_links, shared_pages
from bot.message_links import LINK
from bot.posts import _headline
from bot.render.alerts import PRESS
from bot.render.text import clip, quote

T = TypeVar("T")

NOW = datetime(2026, 3, 18, 15, 30, tzinfo=UTC)
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))

TEXT = st.text(max_size=80)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12
)
ID = st.integers(-1, 2**70) | st.from_regex(r"\d{1,20}", fullmatch=True) | JSON
EDGES = st.sampled_from(("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:00-12:00"))
TIME = EDGES | st.datetimes().map(str) | st.just("2026-03-18T12:00:00.000+00:00") | JSON
ADDRESSES = st.builds(
    "{}://{}{}".format,
    st.sampled_from(("http", "https", "HTTPS", "ftp", "javascript", "")),
    st.sampled_from(("wire.example", "[::1]", "[::", "user:word@wire.example:99999", "xn--a", "．example", "")),
    TEXT,
)


def like(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Give objects that nearly fit: fields may be missing or be something else."""
    return st.fixed_dictionaries({}, optional={name: value | JSON for name, value in fields.items()})


MESSAGE = like(
    id=ID,
    type=st.sampled_from(("Default", "Reply", "0", "19", "Call")),
    timestamp=TIME,
    timestampEdited=TIME,
    content=TEXT,
    author=like(id=ID, isBot=st.booleans()),
    embeds=st.lists(like(title=TEXT, description=TEXT), max_size=2),
    reference=like(messageId=ID),
)
EXPORT = like(channel=like(id=ID), messages=st.lists(MESSAGE, max_size=3))
SAID = like(id=TEXT, parent=TEXT, text=TEXT)
THREAD = like(story=like(headline=TEXT, body=TEXT), messages=st.lists(SAID, max_size=3))


def outcome(named: type[Exception], function: Callable[..., T], *arguments: object) -> tuple[T | None, str]:
    """Give what a function returns, or what its named error says; any other error is a crash."""
    try:
        return function(*arguments), ""
    except named as error:
        return None, str(error)


@FUZZ
@given(content=st.binary(max_size=200) | st.builds(lambda value: json.dumps(value).encode(), EXPORT | THREAD | JSON))
def test_exports_and_thread_files(tmp_path_factory: Any, content: bytes) -> None:
    file: Path = tmp_path_factory.getbasetemp() / "fuzzed.json"
    file.write_bytes(content)
    discussion, told = outcome(RowError, load_discussion, file)
    assert told if discussion is None else all(post.created_at.tzinfo is not None for post in discussion.posts)


def test_deeply_nested_files(tmp_path: Path) -> None:
    for content in ("[" * 200_000, '{"messages":' * 100_000):
        (tmp_path / "deep.json").write_text(content)
        assert outcome(RowError, load_discussion, tmp_path / "deep.json")[0] is None
        assert outcome(RowError, parse_row, PassageRow, content, 1)[0] is None


@FUZZ
@given(line=st.text(max_size=200) | st.builds(json.dumps, JSON | SAID | like(id=ID, text=TEXT, date=TIME) | THREAD))
def test_json_lines(line: str) -> None:
    for kind in (PassageRow, QueryRow, ThreadRow):
        row, told = outcome(RowError, parse_row, kind, line, 7)
        assert told.startswith("line 7: field") if row is None else row.id.strip()


@FUZZ
@given(text=st.text(max_size=120) | ADDRESSES)
def test_links(text: str) -> None:
    for address in (text, *find_links(text)):
        page = canonical_url(address)
        assert page is None or page
    assert all(shared_pages(text))


@FUZZ
@given(text=st.text(max_size=120) | st.from_regex(r"https://discord\.com/channels/\d+/\d+/\d+", fullmatch=True))
def test_links_to_messages(text: str) -> None:
    found = LINK.search(text)
    assert found is None or all(0 <= int(number) < 10**20 for number in found.groups())


@FUZZ
@given(text=st.text(max_size=60) | st.from_regex(r"<t:\d{1,14}(:R)?>|[\d.,]{1,9} ?[a-z]{1,8}", fullmatch=True))
def test_durations(text: str) -> None:
    with suppress(UserError):
        assert parse_since(text, NOW) <= NOW


@FUZZ
@given(text=st.text(max_size=100) | st.from_regex(PRESS.format(actions="agree|skip"), fullmatch=True))
def test_custom_ids(text: str) -> None:
    scope, told = outcome(ValueError, Scope.parse, text)
    assert "not a scope" in told if scope is None else str(scope)


@FUZZ
@given(made=st.dictionaries(st.sampled_from(("title", "description", "url", "type")), st.none() | TEXT))
def test_embeds(made: dict[str, Any]) -> None:
    headline = _headline(discord.Embed.from_dict(made))  # type: ignore[arg-type]
    assert len(clip(headline, 50)) <= 50
    assert "@everyone" not in quote(headline + "@everyone", 100)


def test_times_at_the_edges_of_the_calendar(tmp_path: Path) -> None:
    for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:00-12:00"):
        message = {"id": "1", "timestamp": moment, "content": "", "author": {"id": "2"}}
        (tmp_path / "edge.json").write_text(json.dumps({"messages": [message]}))
        discussion, told = outcome(RowError, load_discussion, tmp_path / "edge.json")
        assert discussion is None
        assert "timestamp" in told
