import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.compress import sentences_of, shorten, tidy, trim
from models.decency import coarse, repeatable


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("<@123456789012345678> look at https://example.org/x **now** 😀", "look at now"),
        ("> someone else's words\nmy own words", "my own words"),
        ("||spoiler|| and `code` and [the report](https://example.org/r)", "spoiler and code and the report"),
        ("He said it is over.>Quoted without a break", "He said it is over.\nQuoted without a break"),
        ("really?!?!?! :-) <3 &amp; more", "really? & more"),
        ("```\nprint(1)\n``` that is it <a:party:123456789012345678>", "that is it"),
        ("👍👍👍", ""),
    ],
)
def test_tidy_keeps_own_words(text, tidied):
    assert tidy(text) == tidied


@pytest.mark.parametrize(
    ("sentence", "trimmed"),
    [
        ("Hi all, the dam was inspected in 2014.", "The dam was inspected in 2014."),
        ("I think that the bridge will stay closed lol", "The bridge will stay closed"),
        ("Well, honestly, I believe the mayor knew.", "The mayor knew."),
        ("I think so", "I think so"),
        ("I think of the people who live there.", "I think of the people who live there."),
        ("The toll is free #bridge #news", "The toll is free"),
        ("But nobody asked us.", "Nobody asked us."),
        ("lol", "Lol"),
    ],
)
def test_trim_takes_off_what_says_nothing(sentence, trimmed):
    assert trim(sentence) == trimmed


@pytest.mark.parametrize(
    ("sentence", "shortened"),
    [
        (
            "The bridge was closed in March (after the second flood), and the ferry has run twice a day since then.",
            "The bridge was closed in March…",
        ),
        ("The council will pay for the repair, but only if the county pays as well.", None),
        ("If the river rises again this spring, the whole quarter has to be moved.", None),
        ("Not only did they know about the crack in the pillar, they hid it from us.", None),
        ("He said that “the pillar is sound, and the bridge will stand for years to come” at noon.", None),
        (
            "The bridge is open (not really) for cars and for bicycles and for everyone else who pays.",
            "The bridge is open (not really) for cars…",
        ),
        ("one two three four five six seven eight nine ten eleven twelve thirteen", None),
    ],
)
def test_shorten_keeps_meaning_or_refuses(sentence, shortened):
    assert shorten(sentence, 10) == shortened


def test_shorten_leaves_short_sentences():
    assert shorten("It is open again.", 10) == "It is open again."


def test_sentences_without_broken_end():
    assert sentences_of("The ferry runs. The rest of the sto…") == ["The ferry runs."]
    assert sentences_of("All that there is…") == ["All that there is…"]


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("The faggot should leave", False),
        ("All immigrants are criminals", False),
        ("Migrants are parasites", False),
        ("Most of the immigrants came by boat", True),
        ("The panels are flame retardant, spic and span", True),
        ("There is a chink in the armour", True),
    ],
)
def test_repeatable_refuses_slurs(text, may):
    assert repeatable(text) is may


def test_coarse_hears_swearing():
    assert coarse("what a bunch of idiots")


@given(st.text(max_size=300))
def test_sentences_use_only_own_words(text):
    own = set(tidy(text).casefold().split())
    for sentence in sentences_of(text):
        for word in sentence.casefold().split():
            assert any(word in written or written in word for written in own)


@given(
    st.lists(
        st.sampled_from(["the", "dam,", "broke;", "but", "and", "(so)", "if", "—", "because", "not", "it", "was"]),
        max_size=40,
    )
)
def test_shorten_returns_a_beginning(words):
    sentence = " ".join(words)
    found = shorten(sentence, 8)
    assert found is None or len(found.split()) <= 8
