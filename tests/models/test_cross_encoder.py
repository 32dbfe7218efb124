"""The cross-encoder and the way to its weights."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.cross_encoder import CrossEncoder
from models.cross_network import coarse
from models.embedder import Embedder
from models.files import save_weights
from models.network import pad
from models.tokens import PAIR_CLAIM, PAIR_TEXT, encode_pair
from models.training.cross_encoder import NEITHER, Cut, Group, Query, batches, begin, loss_of, train
from models.training.stories import SAME, Story, read_stories, story_pairs

CLAIM = "A herd of goats escaped from a farm near Tarnwick and blocked the coast road for three hours"
RETOLD = (
    "Traffic by the sea stood still all morning: somebody had left a gate open and Tarnwick's goats took the tarmac"
)
ELSEWHERE = CLAIM.replace("Tarnwick", "Osmere")
UNLIKE = "The library of Tarnwick opens an hour earlier from May on"


def dice() -> random.Random:
    return random.Random(0)  # noqa: S311 - not for secrets


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder.from_pretrained()


@pytest.fixture(scope="module")
def cross_encoder(embedder: Embedder) -> CrossEncoder:
    return CrossEncoder.from_pretrained(embedder)


def test_what_says_the_same_scores_above_what_only_looks_like_it(cross_encoder: CrossEncoder) -> None:
    told, elsewhere, unlike = cross_encoder.score([(text, CLAIM) for text in (RETOLD, ELSEWHERE, UNLIKE)])[:, 0]
    assert told > elsewhere > unlike


def test_a_copy_is_the_same_claim(cross_encoder: CrossEncoder) -> None:
    copies = [CLAIM, CLAIM.upper(), f"BREAKING: {CLAIM}", f"{CLAIM} (via a friend)"]
    assert (cross_encoder.score([(text, CLAIM) for text in copies])[:, 0] > 0).all()


def test_a_denial_is_told_from_a_retelling(cross_encoder: CrossEncoder) -> None:
    denial = "No goats were ever on the coast road by Tarnwick, the farm says; the photo was taken in another country"
    denied, told = cross_encoder.score([(denial, CLAIM), (RETOLD, CLAIM)])[:, 1]
    assert denied > 0 > told


@settings(max_examples=15, deadline=None)
@given(texts=st.lists(st.tuples(st.text(max_size=60), st.text(max_size=400)), max_size=5))
def test_a_pair_scores_the_same_in_any_company(cross_encoder: CrossEncoder, texts: list[tuple[str, str]]) -> None:
    together = cross_encoder.score([(RETOLD, CLAIM), *texts])
    assert together.shape == (len(texts) + 1, 2)
    assert np.allclose(together[0], cross_encoder.score([(RETOLD, CLAIM)])[0], atol=1e-3)
    assert np.isfinite(together).all()


def test_what_is_long_is_cut(embedder: Embedder) -> None:
    encoded = encode_pair(embedder.tokenizer, "goat " * 500, "farm " * 500)
    assert (encoded.own, len(encoded.ids)) == (PAIR_TEXT + 2, PAIR_TEXT + PAIR_CLAIM + 3)
    assert len(encode_pair(embedder.tokenizer, "", "").ids) == 3


def test_the_stories_fall_into_three_parts_that_share_nothing() -> None:
    parts = [read_stories(part) for part in ("learnt", "held", "test")]
    assert len(set().union(*map(set, parts))) == sum(map(len, parts)) > 500
    learnt, held, test = map(len, parts)
    assert 3 < learnt / held < 5
    assert 3 < learnt / test < 5


STORY = Story(CLAIM, RETOLD, "goats on the road again lol", "There were no goats", ELSEWHERE, "A new gate", UNLIKE)


def test_a_storys_texts_are_groups_with_at_most_one_right_answer(embedder: Embedder) -> None:
    groups = list(Cut(embedder.tokenizer, dice()).story(STORY, STORY))
    assert [group.right == 0 for group in groups].count(True) == 7
    assert [group.denies for group in groups].count(True) == 2
    assert all(group.right in (0, len(group.pairs)) for group in groups if group.answer is None)
    assert [group.answer for group in groups].count(NEITHER) == 1


def test_a_query_is_asked_among_what_lies_near_and_what_only_looks_like_it(embedder: Embedder) -> None:
    cut = Cut(embedder.tokenizer, dice())
    query = Query(RETOLD, (CLAIM,), (UNLIKE, ELSEWHERE, "Goats", "Roads"), near=ELSEWHERE)
    drawn = [list(cut.query(query)) for _ in range(40)]
    asked = [groups[0] for groups in drawn]
    assert {group.right for group in asked} == {0, 2}
    assert {len(group.pairs) for group in asked} == {2, 3}
    assert {group.answer for groups in drawn for group in groups[1:]} == {NEITHER, None}
    assert [len(list(cut.query(Query(UNLIKE, (), (CLAIM,)))))] == [1]


def test_batches_hold_every_group_once(embedder: Embedder) -> None:
    cut = Cut(embedder.tokenizer, dice())
    groups = [group for _ in range(20) for group in cut.story(STORY, STORY)]
    found = batches(groups, dice())
    assert sorted(map(id, groups)) == sorted(id(group) for batch in found for group in batch)
    assert len(found) > 1


def test_it_begins_as_the_embedder_and_learns(embedder: Embedder, tmp_path: Path) -> None:
    torch.manual_seed(0)
    cut = Cut(embedder.tokenizer, dice())
    network = begin(embedder, None)
    assert torch.equal(network.layers[-1].narrow.weight, embedder.encoder.layers[-1].narrow.weight)
    lesson: list[Group] = [cut.pair(CLAIM, CLAIM, 0), cut.pair(UNLIKE, CLAIM, NEITHER), cut.pair(RETOLD, CLAIM, 0)]

    def loss() -> float:
        with torch.inference_mode():
            scores = network(embedder.encoder, pad([pair for group in lesson for pair in group.pairs]))
            return float(loss_of(scores, lesson))

    network.eval()
    before = loss()
    train(network, embedder, [lesson] * 12)
    assert loss() < 0.5 * before
    save_weights(network, tmp_path, coarse(network))
    again = begin(embedder, tmp_path)
    assert torch.allclose(again.head.weight, network.head.weight, atol=1e-3)


def test_story_pairs_know_their_cosines(embedder: Embedder) -> None:
    pairs = story_pairs([STORY, STORY], SAME, embedder)
    assert [pair.text for pair in pairs[2::2]] == [STORY.retold, STORY.chat, STORY.denial]
    assert pairs[0] == pairs[1]
    assert all(-1 <= pair.cosine <= 1 and pair.claim == CLAIM for pair in pairs)
