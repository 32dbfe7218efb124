import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.sentences import split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        (" \n ", []),
        ("It fell. Nobody was hurt!", ["It fell.", "Nobody was hurt!"]),
        (
            "Mr. Lake paid $3.5 million to St. Anne's. ok?? no",
            ["Mr. Lake paid $3.5 million to St. Anne's.", "ok??", "no"],
        ),
        ("They live in the U.S. and vote.", ["They live in the U.S. and vote."]),
        ("That was I. We left.", ["That was I.", "We left."]),
        ("well... not yet. Now", ["well... not yet.", "Now"]),
        ("first point\nSecond point\n\n- third", ["first point", "Second point", "- third"]),
        ("a line that a small window has wrapped in the middle\nof its sentence", None),
        ("She said “stop.” and went. Then (at last.) it ended.", None),
        ("今天下雨。明天晴！", ["今天下雨。", "明天晴！"]),
        ("See https://example.org/a.b?c=d. Then go.", ["See https://example.org/a.b?c=d.", "Then go."]),
    ],
)
def test_split_messages_as_typed(text, sentences):
    found = split_sentences(text)
    if sentences is None:
        sentences = {"a": [text], "S": ["She said “stop.” and went.", "Then (at last.) it ended."]}[text[0]]
    assert found == sentences


@given(st.text(alphabet=st.sampled_from("ab I.!?…\n\"')”。M r,"), max_size=200))
def test_split_loses_only_space(text):
    assert "".join("".join(split_sentences(text)).split()) == "".join(text.split())
