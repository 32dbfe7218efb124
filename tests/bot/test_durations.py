"""How people say how far back: all of these are understood, and nothing crashes on the rest."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.durations import parse_since
from bot.errors import UserError

NOW = datetime(2026, 3, 18, 15, 30, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("2h", timedelta(hours=2)),
        ("90 min", timedelta(minutes=90)),
        ("90m", timedelta(minutes=90)),
        ("1h30m", timedelta(minutes=90)),
        ("1 hour and 30 minutes ago", timedelta(minutes=90)),
        ("1.5 hours", timedelta(minutes=90)),
        ("half an hour", timedelta(minutes=30)),
        ("an hour", timedelta(hours=1)),
        ("the last two days", timedelta(days=2)),
        ("since 3 days", timedelta(days=3)),
        ("last week", timedelta(weeks=1)),
        ("1 day, 2 hours", timedelta(hours=26)),
        ("  2   WEEKS ", timedelta(weeks=2)),
        ("in the past day", timedelta(days=1)),
        ("vor 3 Tagen", timedelta(days=3)),
        ("2 Std", timedelta(hours=2)),
        ("2 Std. 30 Min.", timedelta(minutes=150)),
        ("1,5 Stunden", timedelta(minutes=90)),
        ("einer halben Stunde", timedelta(minutes=30)),
        ("seit anderthalb Stunden", timedelta(minutes=90)),
        ("in den letzten zwei Wochen", timedelta(weeks=2)),
        ("letzte Woche", timedelta(weeks=1)),
        ("ein Tag und 2 Stunden", timedelta(hours=26)),
    ],
)
def test_span_is_counted_back_from_now(text: str, span: timedelta) -> None:
    assert parse_since(text, NOW) == NOW - span


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("today", datetime(2026, 3, 18, tzinfo=UTC)),
        ("yesterday", datetime(2026, 3, 17, tzinfo=UTC)),
        ("since Monday", datetime(2026, 3, 16, tzinfo=UTC)),
        ("last friday", datetime(2026, 3, 13, tzinfo=UTC)),
        ("wednesday", datetime(2026, 3, 18, tzinfo=UTC)),
        ("gestern", datetime(2026, 3, 17, tzinfo=UTC)),
        ("seit vorgestern", datetime(2026, 3, 16, tzinfo=UTC)),
        ("am Montag", datetime(2026, 3, 16, tzinfo=UTC)),
        ("letzten Sonnabend", datetime(2026, 3, 14, tzinfo=UTC)),
        ("1.3.2026", datetime(2026, 3, 1, tzinfo=UTC)),
        ("seit 01.03.2026, 14:00 Uhr", datetime(2026, 3, 1, 14, tzinfo=UTC)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01 14:00", datetime(2026, 3, 1, 14, tzinfo=UTC)),
        ("2026-03-01 14:00 UTC", datetime(2026, 3, 1, 14, tzinfo=UTC)),
        ("2026-03-01T14:00:00+02:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T14:00Z", datetime(2026, 3, 1, 14, tzinfo=UTC)),
        ("<t:1772373600:R>", datetime(2026, 3, 1, 14, tzinfo=UTC)),
    ],
)
def test_named_moment(text: str, moment: datetime) -> None:
    assert parse_since(text, NOW) == moment


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2 parsecs", "2", "h", "2h tomorrow", "99999 years", "5 minutes 3", "31.2.2026", "seit", "gestern 3"],
)
def test_unreadable_text_names_the_field_and_the_remedy(text: str) -> None:
    with pytest.raises(UserError, match=r"`since`.*`2h`"):
        parse_since(text, NOW)


@pytest.mark.parametrize("text", ["2030-01-01", "2026-03-18 15:31"])
def test_future_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="still to come"):
        parse_since(text, NOW)


@given(
    st.text(max_size=60)
    | st.from_regex(r"(since |last )?[0-9.]{1,8} ?(h|min|days?|years?|Tagen)( ago)?", fullmatch=True)
)
def test_any_text_is_a_past_time_or_an_error(text: str) -> None:
    with suppress(UserError):
        assert parse_since(text, NOW) <= NOW
