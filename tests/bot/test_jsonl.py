import threading
import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import RowError
from bot.jsonl import PassageRow, QueryRow, ThreadRow, in_batches, parse_row, read_rows


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("nothing", "line 7: field '(whole line)': Invalid JSON"),
        ("[1]", "line 7: field '(whole line)'"),
        ('{"text": "a"}', "line 7: field 'id': is missing"),
        ('{"id": " ", "text": "a"}', "line 7: field 'id'"),
        ('{"id": "1"}', "line 7: field 'text': is missing"),
        ('{"id": "1", "text": null}', "line 7: field 'text'"),
        ('{"id": "1", "text": "a", "story": 1.5e400}', "line 7: field"),
        ('{"id": "1", "text": "\\ud800"}', "line 7: field '(whole line)'"),
        ('{"id": "1", "text": "\udc80"}', "line 7: field '(whole line)': is not UTF-8"),
    ],
)
def test_parse_names_line_and_field(line, told):
    with pytest.raises(RowError) as error:
        parse_row(PassageRow, line, 7)
    assert str(error.value).startswith(told)


def test_parse_ignores_unknown_keys():
    row = parse_row(PassageRow, '{"id": 5, "text": "a", "story": null, "mood": "good"}', 1)
    assert (row.id, row.text, row.story, row.parent) == ("5", "a", None, None)


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("null", None),
        ('""', None),
        ('"2026-01-31"', date(2026, 1, 31)),
        ('"2026-01-31T23:59:00Z"', date(2026, 1, 31)),
    ],
)
def test_dates_may_be_missing(value, day):
    assert parse_row(QueryRow, f'{{"id": "1", "text": "a", "date": {value}}}', 1).date == day


@pytest.mark.parametrize("value", ['"yesterday"', "20260131", "[]"])
def test_dates_must_be_days(value):
    with pytest.raises(RowError, match=r"line 3: field 'date'.*2026-01-31"):
        parse_row(QueryRow, f'{{"id": "1", "text": "a", "date": {value}}}', 3)


def test_thread_ids_must_differ():
    messages = '[{"id": "m1", "text": "a"}, {"id": "m1", "text": "b"}]'
    with pytest.raises(RowError, match=r"m1.*stands twice"):
        parse_row(ThreadRow, f'{{"id": "1", "messages": {messages}}}', 1)


def test_nested_field_is_named():
    with pytest.raises(RowError, match=r"field 'messages\.1\.text'"):
        parse_row(ThreadRow, '{"id": "1", "messages": [{"id": "a", "text": "b"}, {"id": "c"}]}', 1)


def test_rows_go_on_after_a_bad_line():
    bad: list[str] = []
    lines = ['\ufeff{"id": "1", "text": "a"}\n', "\n", "oops\n", '{"id": "2", "text": "b"}']
    rows = list(read_rows(PassageRow, lines, lambda error: bad.append(str(error))))
    assert [row.id for row in rows] == ["1", "2"]
    assert len(bad) == 1
    assert bad[0].startswith("line 3:")


@given(st.lists(st.integers()), st.integers(1, 9))
def test_batches_keep_order(items, most):
    batches = list(in_batches(items, most))
    assert [item for batch in batches for item in batch] == items
    assert all(0 < len(batch) <= most for batch in batches)


def test_batches_do_not_wait_for_more():
    asked = threading.Event()

    def slow():
        yield 1
        assert asked.wait(5)
        yield 2

    batches = in_batches(slow(), 10)
    assert next(batches) == [1]
    asked.set()
    assert list(batches) == [[2]]


def test_batches_raise_what_reading_raised():
    def broken():
        yield 1
        raise OSError("gone")

    batches = in_batches(broken(), 4)
    with pytest.raises(OSError, match="gone"):
        list(batches)


def test_batches_let_the_sender_go():
    def endless():
        number = 0
        while True:
            yield (number := number + 1)

    batches = in_batches(endless(), 4)
    next(batches)
    batches.close()
    deadline = time.monotonic() + 5
    while any(thread.name == "rows" for thread in threading.enumerate()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(thread.name == "rows" for thread in threading.enumerate())
