"""JSON Lines in: rows are checked one by one, a bad line is told and the rest still runs."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from bot.errors import RowError

T = TypeVar("T")
R = TypeVar("R", bound="Row")
WHOLE_LINE = "(whole line)"
_DONE = object()


def _not_empty(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty; give every row an id of its own")
    return text


def _day(value: object) -> object:
    """Take a day out of an ISO date or time; nothing and an empty text are no date."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError("must be a text such as 2026-01-31")  # noqa: TRY004 - pydantic reports ValueErrors
    try:
        return datetime.fromisoformat(value).date()
    except ValueError:
        raise ValueError("is no date; write it as 2026-01-31 or 2026-01-31T12:00:00Z") from None


def _number_as_text(value: object) -> object:
    """Take a whole number for an id."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Id = Annotated[str, AfterValidator(_not_empty), BeforeValidator(_number_as_text)]
Reference = Annotated[str | None, BeforeValidator(_number_as_text)]
Day = Annotated[date | None, BeforeValidator(_day)]


class Row(BaseModel):
    """Take numbers as ids, ignore keys that nobody asked for."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: Id


class PassageRow(Row):
    """Carry one reply to label; `story` and `parent` are texts."""

    text: str
    story: str | None = None
    parent: str | None = None


class QueryRow(Row):
    """Carry one text to match; a missing `date` counts as earlier than all others."""

    text: str
    date: Day = None


class MessageRow(Row):
    """Carry one message of a thread; `parent` is the id or the text of the message that it answers."""

    text: str
    author: str | None = None
    parent: Reference = None


class ThreadRow(Row):
    """Carry one thread to summarize."""

    messages: list[MessageRow]
    story: str | None = None

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        seen: set[str] = set()
        for message in self.messages:
            if message.id in seen:
                raise ValueError(f"message id {message.id!r} stands twice; ids within a thread must differ")
            seen.add(message.id)
        return self


def parse_row(kind: type[R], line: str, number: int) -> R:
    """Read one line as `kind`; raise `RowError` for the first field that does not fit."""
    try:
        return kind.model_validate_json(line)
    except ValidationError as error:
        raise row_error(error, f"line {number}") from None


def row_error(error: ValidationError, where: str) -> RowError:
    """Name the first field that does not fit, where it stands and what to do."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(map(str, first["loc"])) or WHOLE_LINE
    return RowError(f"{where}: field {field!r}: {_remedy(first['type'], first['msg'])}")


def _remedy(kind: str, message: str) -> str:
    if kind == "missing":
        return "is missing; add it"
    if kind == "json_invalid":
        return f"{message}; put one JSON object on each line"
    if kind == "string_unicode":
        return "is not UTF-8; save the file as UTF-8"
    return message


def read_rows(kind: type[R], lines: Iterable[str], report: Callable[[RowError], None]) -> Iterator[R]:
    """Give the good rows in order and report the bad ones as they are met; blank lines are passed over."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield parse_row(kind, line.strip("\ufeff \t\r\n"), number)
        except RowError as bad:
            report(bad)


def in_batches(items: Iterable[T], most: int) -> Iterator[list[T]]:
    """Group items as they arrive: all that wait, at most `most`, and never wait for a full batch.

    A slow sender gets each answer at once, a file is read in full batches. An error while reading is raised
    here, after what came before it.
    """
    waiting: queue.Queue[Any] = queue.Queue(maxsize=most)
    failure: list[BaseException] = []
    closed = threading.Event()

    def read() -> None:
        try:
            for item in items:
                waiting.put(item)
                if closed.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 - raised again below, in the caller's thread
            failure.append(error)
        finally:
            waiting.put(_DONE)

    threading.Thread(target=read, name="rows", daemon=True).start()
    try:
        yield from _until_done(waiting, most)
    finally:
        closed.set()
        while not waiting.empty():
            waiting.get_nowait()
    if failure:
        raise failure[0]


def _until_done(waiting: "queue.Queue[Any]", most: int) -> Iterator[list[Any]]:
    while True:
        batch = [waiting.get()]
        while len(batch) < most and batch[-1] is not _DONE and not waiting.empty():
            batch.append(waiting.get())
        ended = batch[-1] is _DONE
        if ended:
            batch.pop()
        if batch:
            yield batch
        if ended:
            return
