import pytest

from models.excerpts import broken_off, excerpt

SAFE = "The bridge is perfectly safe for heavy trucks."
LONG = (
    "The mayor took money from the builders of the western pillar and hid it in the cellar of his house for years, "
    "a story which the paper withdrew the next day after the court had read all of it and found nothing there"
)


@pytest.mark.parametrize("turn", ["/s", "Not.", "Just kidding.", "That is not true."])
def test_short_sentence_that_reverses_goes_with_the_one_before_it(turn):
    assert excerpt([SAFE, turn], {}, 34) == f"{SAFE} {turn}"
    assert excerpt([SAFE, turn], {}, 8) is None


def test_nothing_is_broken_off_before_what_takes_it_back():
    assert excerpt([LONG], {}, 26) is None
    assert broken_off([LONG], 26) == ""
    assert broken_off([LONG, "number " * 60], 26) == f"{'number ' * 26}".rstrip() + "…"


def test_of_equal_sentences_the_shorter_run_stands():
    assert excerpt([SAFE, "Wow.", "It is."], {}, 34) == SAFE
