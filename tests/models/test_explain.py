"""The words that are named are those without which the score falls."""

from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.explain import MOST_WORDS, chosen, without


def shouting(texts: Sequence[str]) -> np.ndarray:
    """Score a text by its capitals."""
    return np.array([sum(character.isupper() for character in text) for text in texts], dtype=float)


def telling(text: str, score: Callable[[Sequence[str]], np.ndarray]) -> list[str]:
    """Ask as the bot does: first what to score, then what that says."""
    return chosen(text, score(without(text)))


def test_the_words_that_carry_the_score_are_named_in_their_order() -> None:
    assert telling("one BIG dog and two LARGE, (Small) cats", shouting) == ["BIG", "LARGE", "Small"]


def test_words_that_do_not_lower_the_score_are_not_named() -> None:
    assert telling("one dog, one CAT", shouting) == ["CAT"]
    assert telling("nothing to see", shouting) == []


def test_a_single_word_explains_itself() -> None:
    assert telling("Source?", shouting) == ["Source"]
    assert telling("", shouting) == []
    assert telling("?!", shouting) == []


def test_words_that_only_link_others_are_not_tried_unless_there_is_no_other() -> None:
    assert without("It is  NOT the end") == ["It is NOT the end", "It is the end", "It is NOT the"]
    assert without("is it") == ["is it", "it", "is"]
    assert without("alone") == ["alone"]
    assert telling("THE big dog", shouting) == []


def test_only_the_beginning_of_a_long_text_is_tried() -> None:
    asked: list[int] = []

    def counting(texts: Sequence[str]) -> np.ndarray:
        asked.append(len(texts))
        return shouting(texts)

    assert telling("word " * 500 + "LATE", counting) == []
    assert asked == [MOST_WORDS + 1]


@given(st.text(max_size=200))
def test_what_is_named_stands_in_the_text(text: str) -> None:
    named = telling(text, shouting)
    assert len(named) <= 3
    assert all(word in text for word in named)
