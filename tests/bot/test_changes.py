"""Settings that are typed or uploaded: what is right comes through whole, what is wrong is named."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.changes import FILE_BYTES, difference, exported, imported, typed_alerts, typed_thresholds
from bot.errors import UserError
from bot.records import Server, Thresholds
from models.labels import MARKS

PERCENTS = st.integers(1, 100).map(lambda percent: percent / 100)
SERVERS = st.builds(
    Server,
    st.just(1),
    live=st.booleans(),
    alerts_channel_id=st.none() | st.integers(1, 2**64 - 1),
    alerts_role_id=st.none() | st.integers(1, 2**64 - 1),
    thresholds=st.builds(
        Thresholds, st.dictionaries(st.sampled_from(MARKS), PERCENTS), alerts_a_day=st.integers(0, 200)
    ),
    retention_days=st.integers(1, 30),
    claim_days=st.none() | st.integers(1, 2000),
    disputes=st.booleans(),
    overrides=st.dictionaries(
        st.integers(1, 2**64 - 1),
        st.dictionaries(st.sampled_from(MARKS), st.none() | PERCENTS, min_size=1),
        max_size=5,
    ),
)


@given(SERVERS, SERVERS)
def test_what_is_exported_is_imported(one: Server, other: Server) -> None:
    assert imported(exported(one).encode(), other) == one
    assert (difference(one, other) == {}) is (one == other)


@given(SERVERS)
def test_what_a_file_leaves_out_stays(server: Server) -> None:
    assert imported(b'{"version": 1}', server) == server
    assert imported(b'{"version": 1, "alerts_a_day": 7}', server).thresholds.flags == server.thresholds.flags
    assert imported(b'{"version": 1, "alerts_channel": null}', server).alerts_channel_id is None
    assert imported(b'{"version": 1, "channels": {}, "claim_days": null}', server).overrides == {}


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ("", "the file"),
        ("[" * 50_000, "the file"),
        ('{"version": 2}', "version"),
        ('{"live": true}', "version"),
        ('{"version": 1, "live": "yes"}', "live"),
        ('{"version": 1, "livve": true}', "livve"),
        ('{"version": 1, "thresholds": {"partisan": 0.6}}', "thresholds.partisan"),
        ('{"version": 1, "thresholds": {"partisan": 101}}', "thresholds.partisan"),
        ('{"version": 1, "thresholds": {"rude": 50}}', "thresholds.rude"),
        ('{"version": 1, "thresholds": {"partisan": null}}', "thresholds.partisan"),
        ('{"version": 1, "channels": {"news": {}}}', "channels.news"),
        ('{"version": 1, "channels": {"5": {"partisan": 0}}}', "channels.5.partisan"),
        ('{"version": 1, "retention_days": 31}', "retention_days"),
        ('{"version": 1, "claim_days": 0}', "claim_days"),
        ('{"version": 1, "alerts_a_day": -1}', "alerts_a_day"),
        ('{"version": 1, "alerts_channel": 12}', "alerts_channel"),
        ('{"version": 1, "alerts_role": 12}', "alerts_role"),
        ('{"version": 1, "alerts_role": "@callers"}', "alerts_role"),
        (json.dumps({"version": 1, "channels": {str(each): {} for each in range(501)}}), "channels"),
    ],
)
def test_the_field_that_is_wrong_is_named(content: str, field: str) -> None:
    with pytest.raises(UserError) as caught:
        imported(content.encode(), Server(1))
    assert f"`{field}`" in str(caught.value)
    assert "Nothing was changed." in str(caught.value)
    assert len(str(caught.value)) < 500


def test_large_file_is_not_read() -> None:
    with pytest.raises(UserError, match="100 kB"):
        imported(b" " * (FILE_BYTES + 1), Server(1))


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_file_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(UserError):
        imported(content, Server(1))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner), max_leaves=5))
def test_any_value_is_refused_in_words_that_fit(value: object) -> None:
    for name in ("thresholds", "channels"):
        with pytest.raises(UserError) as caught:
            imported(json.dumps({"version": 1, name: {"x" * 300: value}}).encode(), Server(1))
        assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("text", "score"), [("60", 0.6), (" 60 % ", 0.6), ("100", 1.0), ("1%", 0.01), ("never", None), (" – ", None)]
)
def test_typed_threshold(text: str, score: float | None) -> None:
    assert typed_thresholds({"partisan": text, "off-topic": "  "}) == {"partisan": score}


@pytest.mark.parametrize("text", ["0", "101", "-5", "0.6", "sixty", "60 60", "9" * 30, "²", "%"])
def test_wrong_threshold_is_refused(text: str) -> None:
    if not text.strip("%"):
        assert typed_thresholds({"partisan": text}) == {}
        return
    with pytest.raises(UserError, match=r"\*\*Partisan\*\* takes a whole number from 1 to 100"):
        typed_thresholds({"partisan": text})


@pytest.mark.parametrize(("text", "number"), [("0", 0), (" 200 ", 200), ("201", None), ("", None), ("many", None)])
def test_typed_alerts_a_day(text: str, number: int | None) -> None:
    if number is not None:
        assert typed_alerts(text) == number
        return
    with pytest.raises(UserError, match="from 0 to 200"):
        typed_alerts(text)
