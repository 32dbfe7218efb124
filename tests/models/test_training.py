"""The way from labelled rows to weights, run over a handful of invented rows and an untaught base."""

import gzip
import json
import random
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from models.encoder import INNER, LAYERS, POSITIONS, VOCABULARY, WIDTH
from models.files import TOKENIZER_FILE, WEIGHTS_FILE
from models.labels import LABELS, MARKS
from models.reader import WEIGHTS, Passage, Reader
from models.training import annotations
from models.training import chat as invented
from models.training.annotations import annotated
from models.training.chat import talk
from models.training.learn import Plan
from models.training.reader import LEARNT, MEASURED, make
from models.training.replies import Example, example, held_out, swapped

STORIES = (
    "Harbour bridge closed after crack found",
    "Owl rescued from chimney in Northfield",
    "Bakery chain insolvent",
)
TEXTS = (
    "wow",
    "where is the proof for that",
    "the cable was inspected in 2014",
    "typical of them",
    "anyone for a game",
)


def row(number: int, label: str) -> dict[str, object]:
    marks = {mark: float(mark == label) for mark in MARKS}
    story, text = STORIES[number % 3], f"{TEXTS[number % 5]} number {number}"
    return {"thread": f"t{number}", "story": story, "parent": None, "text": text, "label": label, "marks": marks}


def write(path: Path, rows: list[dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a checkpoint of the base's shape with made-up weights, beside the tokenizer that ships."""
    folder = tmp_path_factory.mktemp("base")
    torch.manual_seed(0)
    shapes = {
        "embeddings.word_embeddings.weight": (VOCABULARY, WIDTH),
        "embeddings.position_embeddings.weight": (POSITIONS, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "embeddings.LayerNorm.weight": (WIDTH,),
        "embeddings.LayerNorm.bias": (WIDTH,),
    }
    for depth in range(LAYERS):
        for name, out, into in (
            ("attention.self.query", WIDTH, WIDTH),
            ("attention.self.key", WIDTH, WIDTH),
            ("attention.self.value", WIDTH, WIDTH),
            ("attention.output.dense", WIDTH, WIDTH),
            ("intermediate.dense", INNER, WIDTH),
            ("output.dense", WIDTH, INNER),
        ):
            shapes[f"encoder.layer.{depth}.{name}.weight"] = (out, into)
            shapes[f"encoder.layer.{depth}.{name}.bias"] = (out,)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"encoder.layer.{depth}.{name}.weight"] = (WIDTH,)
            shapes[f"encoder.layer.{depth}.{name}.bias"] = (WIDTH,)
    save_file({name: 0.02 * torch.randn(shape) for name, shape in shapes.items()}, folder / WEIGHTS_FILE)
    shutil.copyfile(WEIGHTS / TOKENIZER_FILE, folder / TOKENIZER_FILE)
    return folder


def test_rows_become_weights_that_can_be_loaded(tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    write(data / "replies" / "train.jsonl", [row(number, LABELS[number % 5]) for number in range(60)])
    for name in {*LEARNT, *MEASURED}:
        rows = [{"text": f"It is {number} o'clock", "label": number % 2, "split": "train"} for number in range(5)]
        write(data / "claims" / "checkworthy" / name.removesuffix(".gz"), rows)
    few = [{"story": STORIES[0]}, row(1, "none")]
    write(tmp_path / "chat.jsonl", few)
    monkeypatch.setattr(invented, "CHAT", tmp_path / "chat.jsonl")
    write(tmp_path / "talk.jsonl", [{"story": STORIES[0], "replies": [{"text": "says who", "label": "skeptical"}]}])
    monkeypatch.setattr(invented, "TALK", tmp_path / "talk.jsonl")
    with gzip.open(data / "replies" / "unlabeled.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"id": "u1", "thread": "t", "story": STORIES[1], "parent": None, "text": "not again"}))
    (tmp_path / "annotations.tsv").write_text("u1 s s\n", encoding="utf-8")
    monkeypatch.setattr(annotations, "ANNOTATIONS", tmp_path / "annotations.tsv")
    monkeypatch.setattr("models.training.reader.LEARNT", tuple(name.removesuffix(".gz") for name in LEARNT))
    monkeypatch.setattr("models.training.reader.MEASURED", tuple(name.removesuffix(".gz") for name in MEASURED))
    monkeypatch.setattr("models.training.voices.ROUNDS", 2)
    make(data, base, tmp_path / "out", Plan(epochs=1, rate=1e-4, seed=1))
    reading = Reader.from_pretrained(tmp_path / "out").predict([Passage("where is the proof", STORIES[0])])[0]
    assert sum(reading.scores.values()) == pytest.approx(1)


def test_a_label_leans_towards_the_marks_beside_it() -> None:
    beside = row(1, "skeptical")
    beside["marks"] = {"skeptical": 1.0, "partisan": 0.0, "off-topic": 0.0, "informative": 1.0}
    found = example(beside)
    assert found.label is not None
    label = dict(zip(LABELS, found.label, strict=True))
    assert sum(label.values()) == pytest.approx(1)
    assert max(label, key=label.__getitem__) == "skeptical"
    assert label["informative"] > label["partisan"]
    assert found.marks == (1.0, 0.0, 0.0, 1.0)


def test_an_annotation_gives_a_row_its_label_and_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "annotations.tsv").write_text("u1 p pi\nu2 n -\nu9 s s\n", encoding="utf-8")
    monkeypatch.setattr(annotations, "ANNOTATIONS", tmp_path / "annotations.tsv")
    rows = [{"id": f"u{number}", "thread": "t", "story": "s", "parent": None, "text": "text"} for number in (1, 2, 3)]
    blamed, plain = annotated(rows)
    assert blamed.label is not None
    assert LABELS[blamed.label.index(max(blamed.label))] == "partisan"
    assert blamed.marks == (0.0, 1.0, 0.0, 1.0)
    assert plain.label is not None
    assert LABELS[plain.label.index(max(plain.label))] == "none"
    assert plain.marks == (0.0, 0.0, 0.0, 0.0)


def test_every_invented_reply_has_known_labels_and_an_earlier_parent() -> None:
    found = talk()
    assert len(found) > 1_000
    assert len({(one.story, one.text) for one in found}) == len(found)
    assert any(one.parent for one in found)


def test_a_quotation_stands_in_for_a_missing_parent() -> None:
    quoting = {**row(1, "skeptical"), "text": "> It was closed.\nSays who?"}
    found = example(quoting)
    assert (found.text, found.parent) == ("Says who?", "It was closed.")


def test_swapped_replies_share_no_word_with_their_new_story() -> None:
    told = [
        Example("the cable of the bridge was inspected in 2014", STORIES[0], thread="a"),
        Example("that little owl looks so very cross there", STORIES[1], thread="b"),
    ]
    for one in swapped(told, 10, random.Random(1)):  # noqa: S311 - not for secrets
        assert not (one.text.startswith("the cable") and one.story == STORIES[0])
        assert one.label is not None
        assert LABELS[one.label.index(max(one.label))] == "off-topic"
        assert one.marks == (None, None, 1.0, None)


def test_a_thread_is_held_out_whole_and_about_a_seventh_are() -> None:
    assert held_out("some thread") is held_out("some thread")
    assert 0.1 < sum(held_out(f"thread {number}") for number in range(2_000)) / 2_000 < 0.2


def test_the_invented_chat_knows_every_label() -> None:
    found = invented.chat(random.Random(1), ["A story"])  # noqa: S311 - not for secrets
    assert {LABELS[one.label.index(max(one.label))] for one in found if one.label} == set(LABELS)
    assert len({one.text for one in found}) > 0.95 * len(found)
