"""Opposite statements never back one sentence together."""

import numpy as np
import pytest

from models.candidates import Candidate
from models.keypoints import Limits, key_points
from models.sides import agree, backs, disputes, opposed

LIMITS = Limits(120, 8, 34)
SAFE = "The old bridge is safe for heavy trucks"
UNSAFE = "The old bridge is not safe for heavy trucks"


def points(*texts: str, near: float = 0.99):
    """Tell texts whose vectors are all as near as `near`; the others lie apart from them."""
    found = [Candidate(str(n), n, text, (text,), "position", 3.0 - n / 100) for n, text in enumerate(texts)]
    rows = np.zeros((len(texts), 32), np.float32)
    rows[:, 0] = near**0.5
    rows[range(len(texts)), range(1, len(texts) + 1)] = (1 - near) ** 0.5
    others = [Candidate(f"x{n}", 50 + n, f"other thing number {n}", (), "position", 0.1) for n in range(9)]
    apart = np.eye(32, dtype=np.float32)[20:29]
    told = key_points([*found, *others], np.vstack([rows, apart]), "", LIMITS)
    return [point for point in told if not point.lead.id.startswith("x")]


def cited(point) -> set[str]:
    return {member.id for member in point.members}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The bridge is safe", "The bridge is not safe"),
        ("It cost 42 million", "It cost 24 million"),
        ("He will resign", "He will not resign"),
        ("The bridge is safe", "The bridge is unsafe"),
        ("The ferry is open", "The ferry is closed"),
        ("The bridge is safe", "I doubt that the bridge is safe"),
        ("It opens on Monday", "It opens on Friday"),
        ("The bridge is not safe. Nobody checked it.", "The bridge is safe. Somebody checked it."),
        ("Neither the bridge nor the ferry is safe", "The bridge and the ferry are safe"),
    ],
)
def test_opposites_neither_agree_nor_are_told_together(one, other):
    assert opposed(one, other) or not agree(one, other)
    assert not backs(one, other)
    assert all(len(point.members) == 1 or point.turned for point in points(one, other))
    assert {one, other} == {quote for point in points(one, other) for quote in point.quotes}


@pytest.mark.parametrize(
    "text",
    [
        "The bridge is safe, says the county",
        "No, the bridge is safe",
        "Nobody doubts that the bridge is safe",
        "It is not a lie that the bridge is safe",
    ],
)
def test_who_says_the_same_backs_it(text):
    assert backs(text, "The bridge is safe")
    assert [cited(point) for point in points("The bridge is safe", text)] == [{"0", "1"}]


def test_plain_opposites_are_told_as_disputed_with_all_who_say_either():
    (point,) = points(UNSAFE, SAFE, UNSAFE.lower(), SAFE.upper())
    assert (point.turned, point.quotes) == ("disputed", (SAFE, UNSAFE))
    assert cited(point) == {"0", "1", "2", "3"}


@pytest.mark.parametrize(
    ("denial", "claim"),
    [
        ("The bridge will not open until May", "The bridge will open in May"),
        ("Is the old bridge not safe?", "The old bridge is safe"),
        ("The old bridge is not safe in 2024", "The old bridge was safe in 2014"),
        ("The ferry is not late", "The bridge is closed"),
    ],
)
def test_what_limits_asks_or_speaks_of_something_else_disputes_nothing(denial, claim):
    assert not disputes(denial, claim)


def test_who_names_no_figures_backs_none_and_is_not_told_again():
    (point,) = points("The northern ramp cost 42 million", "The northern ramp cost millions")
    assert cited(point) == {"0"}


def test_questions_do_not_say_what_they_ask():
    assert not backs("Is the bridge safe?", "The bridge is safe")
