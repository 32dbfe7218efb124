"""The demo's scenario goes through with the shipped models, over a restart, and leaves no text behind."""

import io
import json
from collections.abc import Callable
from contextlib import redirect_stdout
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.demo.history import History, Story, load
from bot.demo.play import check
from bot.demo.transcript import Transcript, shortcomings
from models.labels import LABELS, MARKS, UNSURE

CANARY = "quorvexine"


@dataclass(frozen=True)
class Played:
    """Hold what one run came to: its exit code, its transcript and the folder that it kept."""

    code: int
    transcript: Transcript
    folder: Path


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder, printed = tmp_path_factory.mktemp("demo"), io.StringIO()
    with redirect_stdout(printed):
        code = check(folder, with_canary(load()))
    return Played(code, json.loads(printed.getvalue()), folder)


def with_canary(history: History) -> History:
    """Put an unusual word where cards, alerts and digests quote it."""
    bridge, *live = history.live
    told = [mark(story) if "Marrow Sound bridge" in story.title else story for story in history.past]
    return replace(history, past=tuple(told), live=(mark(bridge), *live))


def mark(story: Story) -> Story:
    replies = tuple(replace(reply, text=f"{reply.text} {CANARY}") for reply in story.replies)
    return replace(story, title=f"{story.title} {CANARY}", replies=replies)


def test_the_scenario_goes_through(played: Played) -> None:
    assert shortcomings(played.transcript) == []
    assert played.code == 0


def test_the_card_names_four_earlier_times(played: Played) -> None:
    card = played.transcript["cards"][0]
    assert card["channel"] == "news"
    assert [occurrence["at"][:4] for occurrence in card["occurrences"]] == ["2021", "2022", "2023", "2025"]


def test_the_card_shows_a_fact_check_in_its_publishers_words(played: Played) -> None:
    text = played.transcript["cards"][0]["text"]
    assert "Rated “Announced four times, not kept once” by Averley Fact Desk" in text
    assert "https://fact-desk.example/marrow-sound-bridge-next-spring" in text


def test_every_message_is_there_once_with_at_most_one_reading(played: Played) -> None:
    messages = played.transcript["messages"]
    history = load()
    assert len(messages) == sum(1 + len(story.replies) for story in (*history.past, *history.live))
    assert len({message["id"] for message in messages}) == len(messages)
    for message in messages:
        assert set(message) == {"id", "channel", "author", "text", "at", "reading"}
        reading = message["reading"]
        if message["channel"] == "off-topic":
            assert reading is None
        if reading is not None:
            assert reading["label"] in {*LABELS, UNSURE}
            assert set(reading["scores"]) == set(LABELS)
            assert set(reading["marks"]) == set(MARKS)
            assert 0 <= reading["claim"] <= 1


def test_a_button_from_before_the_restart_still_works(played: Played) -> None:
    decided = [alert for alert in played.transcript["alerts"] if alert["decided_by"]]
    assert [alert["decided_by"] for alert in decided] == ["mara"]
    told = [message["id"] for message in played.transcript["messages"] if message["at"] >= "2026-02-24"]
    assert told.index(decided[0]["about"]) < 7


def test_no_word_of_a_message_stays_on_disk(played: Played) -> None:
    for kind in ("cards", "alerts", "digests"):
        assert any(CANARY in entry["text"] for entry in played.transcript[kind]), kind
    files = [path for path in played.folder.rglob("*") if path.is_file()]
    assert {"hindsight.sqlite", "hindsight.key", "hindsight.log"} <= {path.name for path in files}
    for path in files:
        assert CANARY.encode() not in path.read_bytes().lower(), path.name
    story = played.transcript["cards"][0]["about"]
    assert story in (played.folder / "hindsight.log").read_text()


def forget_a_time(transcript: Transcript) -> None:
    for card in transcript["cards"]:
        del card["occurrences"][0]


def double_a_card(transcript: Transcript) -> None:
    transcript["cards"].append(transcript["cards"][0])


def double_an_alert(transcript: Transcript) -> None:
    transcript["alerts"].append(transcript["alerts"][0])


def decide_nothing(transcript: Transcript) -> None:
    for alert in transcript["alerts"]:
        alert["verdict"] = None


def cite_a_stranger(transcript: Transcript) -> None:
    transcript["digests"][0]["cites"].append("12")


def cite_nothing(transcript: Transcript) -> None:
    transcript["digests"][0]["cites"] = []


@pytest.mark.parametrize(
    "spoil", [forget_a_time, double_a_card, double_an_alert, decide_nothing, cite_a_stranger, cite_nothing]
)
def test_what_is_missing_is_named(spoil: Callable[[Transcript], None]) -> None:
    sound = deepcopy(SOUND)
    assert shortcomings(sound) == []
    spoil(sound)
    assert len(shortcomings(sound)) == 1


SOUND: dict[str, list[dict[str, Any]]] = {
    "messages": [{"id": "10"}, {"id": "11"}],
    "cards": [
        {
            "about": "10",
            "at": "2026-02-24T17:40:03+00:00",
            "occurrences": [
                {"id": "1", "at": "2021-02-18T08:12:00+00:00"},
                {"id": "2", "at": "2025-05-20T08:30:00+00:00"},
            ],
        }
    ],
    "alerts": [{"about": "11", "verdict": "partisan", "decided_by": "mara"}],
    "digests": [{"cites": ["10", "11"]}],
}
