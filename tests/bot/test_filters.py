import io
import json

import pytest

from bot import filters
from bot.errors import ConfigurationError
from models.reader import Reading
from models.summarizer import Summarizer
from tests.tiny import TinyEmbedder, TinyReader

BRIDGE = [
    {"id": "m1", "text": "The bridge was inspected in 2014 and the figures are in the county report."},
    {"id": "m2", "text": "lol", "parent": "m1"},
    {"id": "m3", "text": "I doubt that the county ever read its own report about the bridge."},
    {"id": "m4", "text": "Anyone up for a game tonight, the server is empty and I am bored?"},
    {"id": "m5", "text": "When will the bridge open again for the school bus from Elmford?"},
    {"id": "m6", "text": "The ferry costs twice as much as the toll did before the flood."},
]


def run(filter_, rows, **options):
    out, errors = io.StringIO(), io.StringIO()
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    code = filter_(lines, out, errors, **options)
    return code, [json.loads(line) for line in out.getvalue().splitlines()], errors.getvalue()


def test_label_answers_in_order():
    rows = [{"id": str(n), "text": text} for n, text in enumerate(["I doubt it", "what a party", "hm", "fine"])]
    code, answers, errors = run(filters.label, rows, reader=TinyReader())
    assert (code, errors) == (0, "")
    assert [(answer["id"], answer["label"], answer["primary"]) for answer in answers] == [
        ("0", "skeptical", "skeptical"),
        ("1", "partisan", "partisan"),
        ("2", "unsure", "none"),
        ("3", "none", "none"),
    ]


def test_label_rounds_and_abstains():
    class Torn:
        def predict(self, passages):
            scores = {"skeptical": 0.33337, "partisan": 0.33339, "off-topic": 0.11108, "informative": 0.11108}
            whole = {**scores, "none": 1 - sum(scores.values())}
            return [Reading("unsure", whole, {"skeptical": 1 / 3}, 2 / 3) for _ in passages]

    _, (answer,), _ = run(filters.label, [{"id": "1", "text": "a"}], reader=Torn())
    assert answer["label"] == "unsure"
    assert answer["primary"] == "partisan"
    assert answer["scores"]["partisan"] == max(answer["scores"].values())
    assert sum(answer["scores"].values()) == pytest.approx(1, abs=0.001)
    assert (answer["marks"], answer["claim"]) == ({"skeptical": 0.3333}, 0.6667)


def test_label_tells_bad_lines_and_goes_on():
    rows = [{"id": "1", "text": "fine"}, "{", {"id": "2"}, {"id": "3", "text": "fine"}]
    code, answers, errors = run(filters.label, rows, reader=TinyReader())
    assert code == 1
    assert [answer["id"] for answer in answers] == ["1", "3"]
    assert [line.split(": ")[:2] for line in errors.splitlines()] == [
        ["line 2", "field '(whole line)'"],
        ["line 3", "field 'text'"],
    ]


def test_label_takes_thousands_of_lines():
    rows = ({"id": str(n), "text": "fine"} for n in range(3000))
    code, answers, _ = run(filters.label, rows, reader=TinyReader())
    assert code == 0
    assert [answer["id"] for answer in answers] == [str(n) for n in range(3000)]


def test_summarize_cites_and_sections():
    summarizer = Summarizer(TinyEmbedder(), TinyReader())
    row = {"id": "t1", "story": "The bridge at Elmford is closed", "messages": BRIDGE}
    code, (answer,), _ = run(filters.summarize, [row], summarizer=summarizer)
    assert code == 0
    assert {cite for sentence in answer["sentences"] for cite in sentence["cites"]} <= {"m1", "m3", "m5", "m6"}
    assert "Doubts: “I doubt that the county ever read its own report about the bridge.” [m3]" in answer["text"]
    assert sum(len(sentence["text"].split()) for sentence in answer["sentences"]) <= 120


def test_summarize_keeps_to_its_words():
    summarizer = Summarizer(TinyEmbedder(), TinyReader())
    row = {"id": "t1", "story": None, "messages": BRIDGE}
    _, (answer,), _ = run(filters.summarize, [row], summarizer=summarizer, words=15)
    assert 0 < sum(len(sentence["text"].split()) for sentence in answer["sentences"]) <= 15


def test_summarize_of_nothing_is_empty():
    summarizer = Summarizer(TinyEmbedder(), TinyReader())
    code, answers, _ = run(filters.summarize, [{"id": "t1", "messages": []}, {"id": "t2"}], summarizer=summarizer)
    assert code == 1
    assert answers == [{"id": "t1", "sentences": [], "text": ""}]


def test_match_needs_an_archive(tmp_path):
    with pytest.raises(ConfigurationError, match="check the path"):
        run(filters.match, [{"id": "1", "text": "a"}], archive_path=tmp_path / "missing.jsonl")
