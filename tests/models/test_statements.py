"""Texts are cut where claims may end, and nothing is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.statements import MOST_PARTS, alike, parts

LONG = "The harbour bridge at Quellhaven opens early next spring."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [""]),
        ("Short. And short again.", ["Short. And short again."]),
        (f"Breaking! {LONG}", [f"Breaking! {LONG}"]),
        (f"Breaking! {LONG} Wow. {LONG}", [f"Breaking! {LONG}", f"Wow. {LONG}"]),
        (f"{LONG}\n{LONG} See you.", [LONG, f"{LONG} See you."]),
        (f"{LONG}\nhttps://wire.example/a-b-c-d-e-f-g", [f"{LONG}\nhttps://wire.example/a-b-c-d-e-f-g"]),
    ],
)
def test_short_sentences_stay_with_their_neighbours(text: str, found: list[str]) -> None:
    assert parts(text) == found


@given(st.lists(st.sampled_from([LONG, "Wow.", "Is it so?", "one two three four five six seven eight\n"]), max_size=12))
def test_nothing_but_space_is_lost(sentences: list[str]) -> None:
    text = " ".join(sentences)
    assert "".join("".join(parts(text)).split()) == "".join(text.split())


def test_an_essay_is_cut_into_so_many_parts() -> None:
    assert parts(f"{LONG} " * 40) == [LONG] * MOST_PARTS


def test_alike_are_texts_of_the_same_words() -> None:
    assert alike(LONG, LONG.upper()) == 1
    assert alike(LONG, "Geese on a runway") == 0
    assert alike("", "") == 0
    assert 0 < alike(LONG, "The bridge opens") < 1
