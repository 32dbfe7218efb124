"""The models alone, as filters on JSON Lines: rows in, rows out, in order, as they come.

Each filter returns the exit code: 0, or 1 when a line was malformed (told on `errors`; the rest still runs).
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from bot.errors import ConfigurationError, RowError
from bot.jsonl import PassageRow, QueryRow, Row, ThreadRow, in_batches, read_rows

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

    return _run(PassageRow, lines, out, _Report(errors), answer)


def match(
    lines: Iterable[str], out: TextIO, errors: TextIO, archive_path: Path, any_date: bool = False, top: int = 10
) -> int:
    """Look texts up in an archive: {"id","text","date"} → {"id","state","matches":[{"id","score"}]}."""
    from bot.archive import Archive
    from models.embedder import Embedder

    report = _Report(errors)
    try:
        archive = Archive.open(
            archive_path,
            Embedder.from_pretrained(),
            report=report.within(archive_path.name),
            progress=lambda done, wanted: print(f"archive: {done} of {wanted} encoded", file=errors, flush=True),
        )
    except OSError as error:
        raise ConfigurationError(
            f"the archive {archive_path} cannot be read ({error.strerror}); check the path"
        ) from error

    def answer(rows: list[QueryRow]) -> Iterable[dict[str, Any]]:
        for result in archive.match(rows, any_date=any_date, top=top):
            matches = [{"id": found.id, "score": round(found.score, DECIMALS)} for found in result.matches]
            yield {"id": result.id, "state": str(result.state), "matches": matches}

    return _run(QueryRow, lines, out, report, answer)


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

    return _run(ThreadRow, lines, out, _Report(errors), answer)


class _Report:
    """Tell each malformed row as it is met, and remember that there was one."""

    def __init__(self, errors: TextIO) -> None:
        self.exit_code = 0
        self._errors = errors

    def __call__(self, bad: RowError, source: str = "") -> None:
        self.exit_code = 1
        print(f"{source}{bad}", file=self._errors, flush=True)

    def within(self, name: str) -> Callable[[RowError], None]:
        return lambda bad: self(bad, f"{name}: ")


def _run(
    kind: type[R],
    lines: Iterable[str],
    out: TextIO,
    report: _Report,
    answer: Callable[[list[R]], Iterable[dict[str, Any]]],
) -> int:
    """Answer the good rows batch by batch, flushing after each."""
    for batch in in_batches(read_rows(kind, lines, report), BATCH):
        for row in answer(batch):
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
        out.flush()
    return report.exit_code


def _label_row(reading: "Reading") -> dict[str, Any]:
    return {
        "label": reading.label,
        "primary": reading.primary,
        "scores": {name: round(score, DECIMALS) for name, score in reading.scores.items()},
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
