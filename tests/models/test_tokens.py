"""Passages are cut into batches that cost least: like lengths together, each passage once, none beyond the budget."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from models.tokens import BATCH_COST, Encoded, batches

lengths = st.lists(st.integers(2, 200), max_size=40)


def cut(sizes: Sequence[int], budget: int) -> list[list[int]]:
    """Give the lengths in each batch."""
    return [[sizes[row] for row in batch] for batch in batches([Encoded([0] * size, size) for size in sizes], budget)]


def cost(cuts: Sequence[Sequence[int]]) -> int:
    """Give what batches cost, in tokens."""
    return sum(max(batch) * len(batch) + BATCH_COST for batch in cuts)


@given(lengths, st.integers(50, 2_000))
def test_every_passage_is_in_one_batch_within_the_budget(sizes: list[int], budget: int) -> None:
    encoded = [Encoded([0] * size, size) for size in sizes]
    assert sorted(row for batch in batches(encoded, budget) for row in batch) == list(range(len(sizes)))
    assert all(len(batch) == 1 or max(batch) * len(batch) <= budget for batch in cut(sizes, budget))


@given(lengths.filter(bool))
def test_no_cut_less_and_no_cut_more_would_cost_less(sizes: list[int]) -> None:
    cuts = cut(sizes, 10_000)
    whole = cost(cuts)
    assert whole <= cost([sizes])
    assert whole <= cost([[size] for size in sizes])
    for place, (one, other) in enumerate(pairwise(cuts)):
        assert whole <= cost([*cuts[:place], [*one, *other], *cuts[place + 2 :]])


def test_short_passages_do_not_wait_for_a_long_one() -> None:
    assert cut([10, 100, 11, 12], 2_000) == [[100], [10, 11, 12]]
    assert cut([10, 11, 12, 13], 2_000) == [[10, 11, 12, 13]]
