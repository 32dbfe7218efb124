import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.embedder import Embedder
from models.entities import dates, disagree, names_differ, numbers, numbers_differ
from models.matcher import Judgement, Matcher, Pair, State, denies
from models.wording import plain, stems

FERRY = "The ferry between Norby and Sandholm sank in a storm with 40 people aboard, the coast guard says."


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder.from_pretrained()


@pytest.fixture(scope="module")
def matcher(embedder: Embedder) -> Matcher:
    return Matcher.from_pretrained(embedder)


def judge(matcher: Matcher, embedder: Embedder, text: str, claim: str) -> Judgement:
    left, right = embedder.encode([text, claim])
    return matcher.judge([Pair(text, claim, float(left @ right))])[0]


@pytest.mark.parametrize(
    "text",
    [
        "Coast guard: the ferry between Norby and Sandholm with 40 people aboard sank in a storm",
        "BREAKING: Norby–Sandholm ferry sinks in storm, forty people were aboard, says the coast guard",
    ],
)
def test_a_retelling_is_confirmed(matcher: Matcher, embedder: Embedder, text: str) -> None:
    assert judge(matcher, embedder, text, FERRY).state is State.CONFIRMED


@pytest.mark.parametrize(
    "text",
    [
        FERRY.replace("40", "75"),
        FERRY.replace("Sandholm", "Kirkeby"),
        FERRY.replace("in a storm", "in a storm on Monday"),
    ],
    ids=["number", "place", "date on one side only"],
)
def test_only_what_names_the_same_things_is_the_same(matcher: Matcher, embedder: Embedder, text: str) -> None:
    state = judge(matcher, embedder, text, FERRY).state
    assert state is (State.CONFIRMED if "Monday" in text else State.SUGGESTED)


@pytest.mark.parametrize(
    "text", [FERRY, FERRY.upper(), f"wow: {FERRY.rstrip('.')} (via a friend)", f"So sad. {FERRY} RIP"]
)
def test_a_copy_is_the_same_claim(matcher: Matcher, embedder: Embedder, text: str) -> None:
    judged = judge(matcher, embedder, text, FERRY)
    assert judged.state is State.CONFIRMED
    assert not judged.contradicts
    assert judge(matcher, embedder, f"Not true at all: {FERRY}", FERRY).contradicts


def test_another_date_is_another_claim(matcher: Matcher, embedder: Embedder) -> None:
    text, claim = (FERRY.replace("storm", f"storm on {day}") for day in ("Monday", "Friday"))
    assert judge(matcher, embedder, text, claim).state is State.SUGGESTED


def test_the_offensive_on_one_town_is_not_that_on_another(matcher: Matcher, embedder: Embedder) -> None:
    text, claim = (f"The army has started its offensive to retake {town} from the rebels" for town in ("Mosul", "Hit"))
    assert judge(matcher, embedder, text, claim).state is not State.CONFIRMED
    assert judge(matcher, embedder, text.lower(), claim).state is not State.CONFIRMED
    assert judge(matcher, embedder, text.lower(), claim.lower()).state is not State.CONFIRMED
    assert judge(matcher, embedder, text.title(), claim.title()).state is not State.CONFIRMED


def test_few_words_are_never_confirmed(matcher: Matcher, embedder: Embedder) -> None:
    text = "Ferry between Norby and Sandholm sank"
    judged = judge(matcher, embedder, text, text)
    assert judged.state is State.SUGGESTED
    assert judged.score > 0.9
    assert judge(matcher, embedder, FERRY, text).state is State.SUGGESTED


def test_other_news_is_no_match(matcher: Matcher, embedder: Embedder) -> None:
    judged = judge(matcher, embedder, "The harbour bath of Norby opens on Sunday with music and free cake", FERRY)
    assert judged.state is State.NONE
    assert not judged.contradicts


def test_a_denial_is_linked_as_one(matcher: Matcher, embedder: Embedder) -> None:
    denial = "It is not true that the ferry between Norby and Sandholm sank in a storm with 40 people aboard"
    claim = "The ferry between Norby and Sandholm sank in a storm with 40 people aboard"
    retold = "In a storm the ferry between Norby and Sandholm sank with 40 people aboard"
    assert not judge(matcher, embedder, retold, claim).contradicts
    assert judge(matcher, embedder, denial, claim).contradicts


def test_pairs_keep_their_order(matcher: Matcher) -> None:
    pairs = [Pair(FERRY, FERRY, 1.0), Pair(FERRY, "Cake is free today.", 0.05)] * 3
    assert [judged.state for judged in matcher.judge(pairs)] == [State.CONFIRMED, State.NONE] * 3
    assert matcher.judge([]) == []


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80), st.floats(-1, 1))
def test_any_pair_gets_a_score_between_0_and_1(matcher: Matcher, text: str, claim: str, cosine: float) -> None:
    (judged,) = matcher.judge([Pair(text, claim, cosine)])
    assert 0 <= judged.score <= 1
    if min(len(text.split()), len(claim.split())) < 8:
        assert judged.state is not State.CONFIRMED


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1.2 million people and 3 dogs", {1_200_000, 3}),
        ("$1,500 for twelve nights", {1500, 12}),
        ("one of them, at 10:30", {1030}),
        ("five hundred years", {500}),
        ("no number", set()),
    ],
)
def test_numbers_are_read_with_their_scale(text: str, found: set[float]) -> None:
    assert numbers(text) == found


def test_months_count_where_they_are_dates() -> None:
    assert dates("On Monday 3 May, or in Sept.") == {"monday", "may", "september"}
    assert dates("They may march on") == set()


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("12 hurt", "15 hurt", True),
        ("12 hurt in 3 cars", "12 hurt", False),
        ("1,200,000 people", "1.21 million people", False),
        ("in 2015", "in 2016", True),
    ],
)
def test_numbers_disagree_when_each_side_has_its_own(left: str, right: str, expected: bool) -> None:
    assert disagree(numbers(left), numbers(right)) is expected


def test_numbers_differ_in_like_sentences() -> None:
    assert numbers_differ("A storm in Norby has killed 12 people", "A storm in Norby has killed 15 people")
    assert numbers_differ("The library closes on Monday for good", "The library closes on Friday for good")
    assert not numbers_differ(
        "A storm in Norby has killed 12 people", "Storm: dozen dead in Norby, 300 homes without power"
    )


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("The mayor of Norby resigns today", "The mayor of Sandholm resigns today", True),
        ("Minister Ada Holm leaves the cabinet", "Minister Bo Lind leaves the cabinet", True),
        ("the US leaves the treaty this year", "the United States leaves the treaty this year", False),
        ("the mayor of Norby resigns today", "the mayor of Norby quits today", False),
        ("Mayor Of Norby Resigns After Vote", "Mayor Of Sandholm Resigns After Vote", True),
        ("mayor of norby resigns after vote", "mayor of sandholm resigns after vote", True),
        ("mayor of norby resigns after vote", "mayor of norby resigns after the vote of friday", False),
        ("A storm hits Norby", "In Sandholm the library closes its doors for good", False),
    ],
)
def test_names_differ_in_like_sentences(left: str, right: str, expected: bool) -> None:
    assert names_differ(left, right) is expected
    assert names_differ(right, left) is expected


def test_tags_and_links_become_words() -> None:
    assert plain("#NorbyFerry sank https://example.com/x @CoastGuard_NB") == "Norby Ferry sank Coast Guard NB"
    assert stems("Vaccinations, vaccine & Élan!") == {"vaccin", "elan"}


def test_denials_cancel_out() -> None:
    assert denies("The ferry didn’t sink")
    assert not denies("It is false that the ferry did not sink")


def candidates(embedder: Embedder, text: str, *claims: str) -> list[Pair]:
    vectors = embedder.encode([text, *claims])
    return [Pair(text, claim, float(vectors[0] @ vector)) for claim, vector in zip(claims, vectors[1:], strict=True)]


SUNK = "My cousin heard that the Sandholm ferry sank and that the coast guard is still searching"
ELSEWHERE = "A new stadium for the football club of Kirkeby will cost twice as much as the council had planned for it"
BOAT = "A fishing boat sank off Sandholm and the coast guard is searching for its crew."


def test_a_retelling_in_other_words_is_confirmed(matcher: Matcher, embedder: Embedder) -> None:
    text = "My cousin heard that a boat with forty people on it went down in bad weather on the way to Sandholm"
    assert judge(matcher, embedder, text, FERRY).state is State.CONFIRMED
    pairs = candidates(embedder, SUNK, FERRY, ELSEWHERE)
    assert [each.state for each in matcher.choose(pairs)] == [State.CONFIRMED, State.NONE]


def test_what_is_among_its_like_is_less_sure(matcher: Matcher, embedder: Embedder) -> None:
    alone, among = candidates(embedder, SUNK, FERRY, ELSEWHERE), candidates(embedder, SUNK, FERRY, BOAT, ELSEWHERE)
    assert [each.state for each in matcher.choose(alone)] == [State.CONFIRMED, State.NONE]
    assert [each.state for each in matcher.choose(among)] == [State.SUGGESTED, State.SUGGESTED, State.NONE]


def test_a_claim_that_an_archive_has_twice_stands_out_all_the_same(matcher: Matcher, embedder: Embedder) -> None:
    told = FERRY.replace("the coast guard says", "says the coast guard")
    judged = matcher.choose(candidates(embedder, SUNK, FERRY, told, ELSEWHERE))
    assert [each.state for each in judged] == [State.CONFIRMED, State.CONFIRMED, State.NONE]


def test_another_number_is_not_made_up_for_by_standing_out(matcher: Matcher, embedder: Embedder) -> None:
    judged = matcher.choose(candidates(embedder, FERRY.replace("40", "75"), FERRY, ELSEWHERE))
    assert judged[0].state is State.SUGGESTED
    assert matcher.choose([]) == []
