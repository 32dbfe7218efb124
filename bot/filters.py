"""The models alone, as filters on JSON Lines: rows in, rows out, in order, as they come.

Each filter returns the exit code: 0, or 1 when a line was malformed (told on `errors`; the rest still runs).
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from bot.errors import RowError
from bot.jsonl import PassageRow, Row, ThreadRow, in_batches, read_rows

if TYPE_CHECKING:
    from models.reader import Reader, Reading
    from models.summarizer import Sentence, Summarizer, Thread

R = TypeVar("R", bound=Row)
BATCH = 64
DECIMALS = 4


def label(lines: Iterable[str], out: TextIO, errors: TextIO, reader: "Reader | None" = None) -> int:
    """Label replies: {"id","story","parent","text"} → {"id","label","primary","scores","marks","claim"}."""
    from models.reader import Passage, Reader

    loaded = reader or Reader.from_pretrained()

    def answer(rows: list[PassageRow]) -> Iterable[dict[str, Any]]:
        readings = loaded.predict([Passage(row.text, row.story, row.parent) for row in rows])
        return [{"id": row.id, **_label_row(reading)} for row, reading in zip(rows, readings, strict=True)]

    return _run(PassageRow, lines, out, errors, answer)


def summarize(
    lines: Iterable[str], out: TextIO, errors: TextIO, words: int = 120, summarizer: "Summarizer | None" = None
) -> int:
    """Condense threads: {"id","story","messages":[{"id","author","parent","text"}]} → {"id","sentences","text"}."""
    from models.embedder import Embedder
    from models.reader import Reader
    from models.summarizer import Summarizer

    loaded = summarizer or Summarizer(Embedder.from_pretrained(), Reader.from_pretrained())

    def answer(rows: list[ThreadRow]) -> Iterable[dict[str, Any]]:
        for row in rows:
            (sentences,) = loaded.summarize([_thread(row)], words)
            yield {"id": row.id, "sentences": [_sentence_row(s) for s in sentences], "text": _digest_text(sentences)}

    return _run(ThreadRow, lines, out, errors, answer)


def _run(
    kind: type[R],
    lines: Iterable[str],
    out: TextIO,
    errors: TextIO,
    answer: Callable[[list[R]], Iterable[dict[str, Any]]],
) -> int:
    """Answer the good rows batch by batch, flushing after each."""
    code = 0

    def report(bad: RowError) -> None:
        nonlocal code
        code = 1
        print(bad, file=errors, flush=True)  # noqa: T201 - a filter's standard error

    for batch in in_batches(read_rows(kind, lines, report), BATCH):
        for row in answer(batch):
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
        out.flush()
    return code


def _label_row(reading: "Reading") -> dict[str, Any]:
    scores = {name: round(score, DECIMALS) for name, score in reading.scores.items()}
    primary = max(scores, key=scores.__getitem__)
    return {
        "label": primary if reading.label == reading.primary else reading.label,
        "primary": primary,
        "scores": scores,
        "marks": {name: round(mark, DECIMALS) for name, mark in reading.marks.items()},
        "claim": round(reading.claim, DECIMALS),
    }


def _thread(row: ThreadRow) -> "Thread":
    from models.summarizer import Thread, Utterance

    messages = tuple(Utterance(m.id, m.text, m.author, m.parent) for m in row.messages)
    return Thread(row.id, row.story, messages)


def _sentence_row(sentence: "Sentence") -> dict[str, Any]:
    return {"text": sentence.text, "kind": sentence.kind, "cites": list(sentence.cites)}


def _digest_text(sentences: "Iterable[Sentence]") -> str:
    """Join the sentences into one paragraph a section, each sentence followed by its citations."""
    from models.summarizer import SECTIONS

    sections: dict[str, list[str]] = {}
    for sentence in sentences:
        cites = "".join(f"[{cite}]" for cite in sentence.cites)
        sections.setdefault(SECTIONS[sentence.kind], []).append(f"{sentence.text} {cites}")
    return "\n".join(f"{title}: {' '.join(told)}" for title, told in sections.items())
