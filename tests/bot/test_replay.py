"""Past discussions from files go through the same pipeline as live ones."""

import json
from pathlib import Path

import pytest

from bot.errors import RowError
from bot.exports import load_discussion
from bot.replay import as_object, replay
from tests.tiny import tiny_models

THREAD = {
    "story": {"headline": "Harbour bridge at Quellhaven announced", "body": "The council says it opens next spring."},
    "messages": [
        {"id": "m1", "parent": None, "text": "I doubt it"},
        {"id": "m2", "parent": "m1", "text": "here are figures"},
        {"id": "m3", "parent": None, "text": "party slogans about the bridge"},
    ],
}


def exported(number: int, content: str, day: int, **more: object) -> dict:
    """Write one message as DiscordChatExporter does."""
    author = {"id": "77", "name": "tomas", "isBot": False}
    when = f"2025-03-{day:02}T12:00:00+00:00"
    return {"id": str(number), "type": "Default", "timestamp": when, "content": content, "author": author, **more}


STORY = "Harbour bridge at Quellhaven announced to open next spring https://wire.example/bridge"
EXPORT = {
    "guild": {"id": "1", "name": "The Evening Wire"},
    "channel": {"id": "5", "name": "news"},
    "messages": [
        exported(10, STORY, 1),
        exported(11, "I doubt it", 1, type="Reply", reference={"messageId": "10"}),
        exported(12, "tomas pinned a message", 1, type="ChannelPinnedMessage"),
        exported(20, STORY, 20),
    ],
}


def write(folder: Path, content: object) -> Path:
    file = folder / "discussion.json"
    file.write_text(json.dumps(content))
    return file


async def test_thread_file_is_labelled_under_its_story(tmp_path: Path) -> None:
    found = as_object(await replay(load_discussion(write(tmp_path, THREAD)), tiny_models()))
    labels = {row["id"]: row["reading"]["label"] for row in found["messages"]}
    assert labels == {"story": "none", "m1": "skeptical", "m2": "informative", "m3": "partisan"}
    assert [(flag["id"], flag["label"]) for flag in found["flags"]] == [("m3", "partisan")]


async def test_every_digest_sentence_cites_messages_of_the_file(tmp_path: Path) -> None:
    found = as_object(await replay(load_discussion(write(tmp_path, THREAD)), tiny_models()))
    assert found["digest"]
    assert all(set(sentence["cites"]) <= {"m1", "m2", "m3"} and sentence["cites"] for sentence in found["digest"])


async def test_export_shows_the_card_of_a_returning_story(tmp_path: Path) -> None:
    found = as_object(await replay(load_discussion(write(tmp_path, EXPORT)), tiny_models()))
    assert [row["id"] for row in found["messages"]] == ["10", "11", "20"]
    (card,) = found["cards"]
    assert card["id"] == "20"
    assert [earlier["id"] for earlier in card["earlier"]] == ["10"]


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ([], "one JSON object"),
        ({"messages": [{"id": "1"}]}, "messages.0.timestamp"),
        ({"story": {}, "messages": [{"id": "m1", "parent": "m9", "text": "x"}]}, "no message m9"),
        ({"messages": [exported(1, "x", 1) | {"author": {"id": "nobody"}}]}, "messages.0.author.id"),
    ],
)
def test_malformed_file_names_the_field(tmp_path: Path, content: object, named: str) -> None:
    with pytest.raises(RowError, match=named):
        load_discussion(write(tmp_path, content))


def test_file_that_is_not_json_says_so(tmp_path: Path) -> None:
    file = tmp_path / "discussion.json"
    file.write_bytes(b"\xff\xfe{")
    with pytest.raises(RowError, match="is not JSON"):
        load_discussion(file)
