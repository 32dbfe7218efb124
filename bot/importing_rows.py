"""Files of an import → objects one after the other, each with the place where it stands; told apart by content."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

import ijson

from bot.errors import RowError

HEAD = 1 << 16  # bytes that are enough to tell the formats apart
BOM = b"\xef\xbb\xbf"
NOT_UTF8 = "is not UTF-8; save the file as UTF-8"
UNKNOWN = (
    "is none of the files that I read: ClaimReview JSON-LD, a ClaimReview feed, CSV or JSON Lines with claim, rating "
    "and url, or a DiscordChatExporter export in JSON"
)
COLUMNS = {"claim", "text", "claimreviewed", "claim_text"}
_WITHIN = {"dataFeedElement": "dataFeedElement.item", "@graph": "@graph.item", "claimReviewed": "", "item": ""}
_EXPORTED = ("guild", "messages", "exportedAt")


class Format(StrEnum):
    """Name what a file is."""

    LINES = "JSON Lines"
    TABLE = "CSV"
    DOCUMENT = "ClaimReview JSON"
    EXPORT = "DiscordChatExporter export"


@dataclass(frozen=True, slots=True)
class Shape:
    """Say what a file is, and where in a document its objects stand (ijson's path)."""

    format: Format
    within: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """Hold one object of a file and where it stands; `problem` says why there is none."""

    where: str
    value: object = None
    problem: str = ""


def recognise(file: BinaryIO) -> Shape:
    """Say what a file is by how it begins, and go back to its start; raise `RowError` when it is nothing known."""
    _to_start(file)
    head = file.read(HEAD).decode(errors="replace")
    _to_start(file)
    lines = [line for line in head.splitlines() if line.strip()]
    if not lines:
        raise RowError("is empty")
    if lines[0].lstrip().startswith("["):
        return Shape(Format.DOCUMENT, "item")
    if lines[0].lstrip().startswith("{"):
        return Shape(Format.LINES) if _is_lines(lines) else _document(file)
    if COLUMNS.intersection(_column(name) for name in next(csv.reader(lines[:1], _dialect(lines[0])))):
        return Shape(Format.TABLE)
    raise RowError(UNKNOWN)


def objects(file: BinaryIO, shape: Shape) -> Iterator[Placed]:
    """Give the objects of a file one after the other; nothing but the current one is held in memory."""
    _to_start(file)
    if shape.format is Format.LINES:
        yield from _lines(file)
    elif shape.format is Format.TABLE:
        yield from _table(file)
    else:
        yield from _elements(file, shape.within)


def elements(file: BinaryIO, within: str) -> Iterator[object]:
    """Give the values at a path of a JSON document; raise `RowError` where it is broken."""
    try:
        yield from ijson.items(file, within, use_float=True)
    except (ijson.JSONError, UnicodeDecodeError) as error:
        reason = str(error).partition("\n")[0].strip()  # what follows quotes the file
        raise RowError(f"the JSON is broken ({reason}); export the file again") from None


def _lines(file: BinaryIO) -> Iterator[Placed]:
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        where = f"line {number}"
        try:
            yield Placed(where, json.loads(line))
        except json.JSONDecodeError as error:
            yield Placed(where, problem=f"{error.msg}; put one JSON object on each line")
        except UnicodeDecodeError:
            yield Placed(where, problem=NOT_UTF8)
        except RecursionError:
            yield Placed(where, problem="is nested too deep; put one flat JSON object on each line")


def _table(file: BinaryIO) -> Iterator[Placed]:
    text = io.TextIOWrapper(file, encoding="utf-8", errors="surrogateescape", newline="")
    try:
        header = text.readline()
        rows = csv.reader(text, _dialect(header))
        columns = [_column(name) for name in next(csv.reader([header], _dialect(header)))]
        while True:
            where = f"line {rows.line_num + 2}"
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield Placed(where, problem=f"{error}; quote the cell")
                continue
            if any(cells):
                yield _cells(where, columns, cells)
    finally:
        text.detach()


def _cells(where: str, columns: list[str], cells: list[str]) -> Placed:
    if len(cells) > len(columns):
        return Placed(where, problem=f"has {len(cells)} cells for {len(columns)} columns; quote cells with commas")
    return Placed(where, {name: cell for name, cell in zip(columns, cells, strict=False) if cell.strip()})


def _elements(file: BinaryIO, within: str) -> Iterator[Placed]:
    number = 0
    try:
        for value in elements(file, within):
            number += 1
            yield Placed(f"element {number}", value)
    except RowError as error:
        yield Placed(f"after element {number}", problem=str(error))


def _is_lines(lines: list[str]) -> bool:
    """Say whether objects stand on lines: the second line begins another, or the only one is a plain object."""
    if len(lines) > 1:
        return lines[1].lstrip().startswith("{")
    try:
        value = json.loads(lines[0])
    except json.JSONDecodeError:
        return False
    return isinstance(value, dict) and not any(name in value for name in (*_WITHIN, *_EXPORTED))


def _document(file: BinaryIO) -> Shape:
    """Look for the first name at the top of a document that tells what it is."""
    depth = 0
    try:
        for event, value in ijson.basic_parse(file):
            depth += event.startswith("start_")
            depth -= event.startswith("end_")
            if depth == 1 and event == "map_key":
                if value in _EXPORTED:
                    return Shape(Format.EXPORT)
                if value in _WITHIN:
                    return Shape(Format.DOCUMENT, _WITHIN[value])
    except (ijson.JSONError, UnicodeDecodeError):
        raise RowError(UNKNOWN) from None
    finally:
        _to_start(file)
    return Shape(Format.DOCUMENT)


def _dialect(header: str) -> type[csv.Dialect]:
    """Say what parts the cells: a comma, a semicolon or a tab, whichever the header has most of."""

    class Found(csv.excel):
        delimiter = max(",;\t", key=header.count)

    return Found


def _column(name: str) -> str:
    return "_".join(name.strip().lower().replace("-", " ").split())


def _to_start(file: BinaryIO) -> None:
    file.seek(0)
    if file.read(len(BOM)) != BOM:
        file.seek(0)
