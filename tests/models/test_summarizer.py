import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.camps import told_neutrally
from models.candidates import parents
from models.compress import tidy
from models.excerpts import terms
from models.reader import Reading
from models.summarizer import SECTIONS, Summarizer, Thread, Utterance
from tests.tiny import TinyEmbedder, TinyReader

SUMMARIZER = Summarizer(TinyEmbedder(), TinyReader())
STORY = "The old bridge at Elmford was closed on Monday"
INSPECTED = "The county's figures say that the bridge was inspected in 2014."
FERRY = "The ferry to Elmford costs twice as much as the toll ever did."
DOUBT = "I doubt that anybody has looked at the western pillar since then."
WHEN = "When will the school bus cross the river again?"
CHAT = "Anyone up for a game tonight after the dinner at eight?"
NUMBERS = " ".join(f"number{n}" for n in range(500))
POLISH = "Most w Elmford został zamknięty w poniedziałek, ponieważ filar jest pęknięty od wielu lat."


def digest(*texts, words=120, readings=None, story=STORY):
    messages = tuple(
        text if isinstance(text, Utterance) else Utterance(f"m{number}", text) for number, text in enumerate(texts)
    )
    (sentences,) = SUMMARIZER.summarize([Thread("t", story, messages)], words, readings)
    return sentences


def quotes(sentence):
    return re.findall("“(.*?)”", sentence.text)


def plain(text):
    return re.sub(r"[“”„\"«»‘’']", "", tidy(text)).casefold()


def test_sections_follow_the_readings():
    found = digest(INSPECTED, DOUBT, FERRY, WHEN, CHAT, "lol", "so true", "first!")
    assert [(sentence.kind, sentence.cites) for sentence in found] == [
        ("doubt", ("m1",)),
        ("fact", ("m0",)),
        ("position", ("m2",)),
        ("unanswered", ("m3",)),
    ]
    assert all(sentence.kind in SECTIONS for sentence in found)


def test_relayed_reports_stand_first():
    found = digest("The mayor announced the figures in a statement on Monday.", DOUBT, FERRY, WHEN)
    assert found[0].kind == "reported"


def test_answered_questions_are_not_unanswered():
    answer = Utterance("a", "The school bus crosses the river again in May.", None, "q")
    found = digest(Utterance("q", WHEN), answer, FERRY, DOUBT)
    assert "unanswered" not in {sentence.kind for sentence in found}


@pytest.mark.parametrize("texts", [(), ("👍",), ("lol", "this", "😂😂"), ("<:wave:123456789012345678>", "")])
def test_nothing_said_gives_nothing(texts):
    assert digest(*texts) == []


def test_three_replies_get_one_line():
    assert len(digest(INSPECTED, DOUBT, FERRY)) == 1


def test_repeats_become_one_sentence():
    found = digest(INSPECTED, DOUBT, INSPECTED.lower(), "lol", INSPECTED, WHEN)
    assert [sentence.cites for sentence in found if sentence.kind == "fact"] == [("m0", "m2", "m4")]


def test_what_people_answer_is_told_first():
    texts = ("The mill was sold to strangers in April.", "The school bus is late on every morning now.")
    (alone,) = digest(*texts, words=9)
    assert alone.cites == ("m0",)
    (sentence,) = digest(*texts, Utterance("m2", "lol", None, "m1"), Utterance("m3", "this", None, "m1"), words=9)
    assert sentence.cites == ("m1",)


def test_long_messages_come_to_the_point_first():
    first = "The county closed the old bridge at Elmford because of the cracked pillar."
    aside = "My uncle wrote a letter about it and had to wait for weeks, as one does with them. " * 12
    last = "The old bridge at Elmford stays closed on Monday because of the cracked pillar."
    (sentence,) = digest(f"{first} {aside}{last}", words=15)
    assert quotes(sentence) == [first]


def test_what_does_not_fit_whole_is_told_shorter():
    long = "The ferry runs twice an hour from the mill. It costs as much as the toll ever did and nobody pays for it."
    found = digest(INSPECTED, DOUBT, "lol", long, "this", words=34)
    assert {quote for sentence in found for quote in quotes(sentence)} >= {INSPECTED, DOUBT}
    assert sum(len(sentence.text.split()) for sentence in found) <= 34
    assert "The ferry runs twice an hour from the mill." in [quote for sentence in found for quote in quotes(sentence)]


def test_half_a_question_is_no_question():
    asks = f"The ferry runs twice an hour from the mill. Does anybody know, or has anybody been told: {WHEN.lower()}"
    found = digest(INSPECTED, DOUBT, "lol", asks, "this", words=34)
    assert "unanswered" not in {sentence.kind for sentence in found}
    assert "unanswered" in {sentence.kind for sentence in digest(INSPECTED, DOUBT, "lol", asks, "this", words=60)}


def test_long_messages_get_more_than_one_sentence_for_two():
    long = [f"{text} {NUMBERS[:450]}." for text in (INSPECTED, FERRY, DOUBT, WHEN)]
    assert len(digest(*long, words=120)) > 2


def test_kindred_messages_are_quoted_together():
    other = "The ferry to Elmford costs twice as much and it is late."
    found = digest(FERRY, other, DOUBT, WHEN)
    (told,) = [sentence for sentence in found if sentence.kind == "position"]
    assert told.cites == ("m0", "m1")
    assert sorted(quotes(told)) == sorted([FERRY, other])


@pytest.mark.parametrize(
    ("answer", "turned"),
    [
        ("No, I doubt it: the western pillar is sound.", "disputed"),
        ("That's not true, in the figures it is sound.", "refuted"),
    ],
)
def test_denied_claims_are_shown_with_the_denial(answer, turned):
    claim = Utterance("a", "The council announced that the western pillar is cracked from top to bottom.")
    found = digest(claim, Utterance("b", answer, None, "a"), FERRY, WHEN, INSPECTED, "lol")
    (told,) = [sentence for sentence in found if "a" in sentence.cites]
    assert told.kind == "doubt"
    assert told.cites == ("a", "b")
    assert f" — {turned}: “" in told.text


def test_claims_that_facts_refute_are_shown_as_refuted_by_all_who_repeat_them():
    claim = Utterance("a", "The council announced that the western pillar is cracked from top to bottom.")
    repeat = Utterance("c", "The council announced that the western pillar is cracked from top to bottom!")
    facts = Utterance("b", "That's not true, the figures of the inspectors say it is sound.", None, "a")
    found = digest(claim, facts, repeat, FERRY, WHEN, INSPECTED, "lol")
    (told,) = [sentence for sentence in found if "cracked" in sentence.text]
    assert told.cites == ("a", "b", "c")
    assert " — refuted: “" in told.text
    assert told.kind == "doubt"


SHOTS = ("The government lies and the party lies too.", "The party in government is corrupt, as always.")


def test_partisan_shots_are_told_neutrally():
    found = digest(*SHOTS, FERRY, INSPECTED, DOUBT)
    (told,) = [sentence for sentence in found if "m0" in sentence.cites]
    assert (told.text, told.kind, told.cites) == ("Two replies blame the government.", "position", ("m0", "m1"))
    assert "corrupt" not in " ".join(sentence.text for sentence in found)


def test_small_thread_stays_one_line_and_shots_alone_are_told():
    assert len(digest(SHOTS[0], FERRY, DOUBT)) == 1
    assert [sentence.text for sentence in digest(*SHOTS)] == ["Two replies blame the government."]


def test_few_shots_among_much_else_are_left_out():
    others = [f"{text} Number {n} of many." for n, text in enumerate([INSPECTED, DOUBT, FERRY, WHEN] * 4)]
    assert "m0" not in {cite for sentence in digest(SHOTS[0], *others) for cite in sentence.cites}


@pytest.mark.parametrize(
    ("shots", "told"),
    [
        (["The government failed us."], "One reply blames the government."),
        (["Typical liberals.", "Thanks to the democrats!"], "Two replies blame the left."),
        (["Conservatives ruin everything."] * 20, "Many replies blame the right."),
        (["The government is not to blame.", "The government failed."], "Two replies take political sides."),
        (["The left and the right are liars.", "Typical liberals."], "Two replies take political sides."),
        (["The far right are liars, the government too."], None),
        (["My party, always."], None),
    ],
)
def test_camps_are_named_only_where_it_is_plain(shots, told):
    assert told_neutrally(shots) == told


def test_off_topic_and_foreign_are_left_out():
    class Unsure(TinyReader):
        def _read(self, text):
            reading = super()._read(text)
            return Reading("unsure", reading.scores, reading.marks, reading.claim)

    messages = tuple(Utterance(str(n), text) for n, text in enumerate([POLISH, CHAT, FERRY, DOUBT]))
    (found,) = Summarizer(TinyEmbedder(), Unsure()).summarize([Thread("t", STORY, messages)])
    assert {cite for sentence in found for cite in sentence.cites} == {"2", "3"}


def test_slurs_are_not_repeated():
    said = "The ferry is late again today. All immigrants are criminals and thieves."
    found = digest(said, DOUBT, WHEN, INSPECTED, "lol", "lol", "lol", "lol")
    assert "immigrants" not in " ".join(sentence.text for sentence in found)
    assert any("m0" in sentence.cites for sentence in found)


def test_two_people_talking():
    talk = [Utterance("a", FERRY, "Ann"), Utterance("b", INSPECTED, "Bo", "a"), Utterance("c", DOUBT, "Ann", "b")]
    found = digest(*talk, Utterance("d", "yes", "Bo", "c"), story=None)
    assert 1 <= len(found) <= 2


@pytest.mark.parametrize("text", [NUMBERS, NUMBERS.replace(" ", ", "), "w" * 4000, f"{FERRY} " * 60])
def test_long_messages_are_cut(text):
    (sentence,) = digest(f"The ferry {text}", words=40)
    assert len(sentence.text.split()) <= 40
    assert len(sentence.text) <= 410


def test_same_thread_same_digest():
    texts = [f"{text} Number {n} of many." for n, text in enumerate([INSPECTED, DOUBT, FERRY, WHEN] * 5)]
    assert digest(*texts) == digest(*texts)


def test_known_readings_are_not_read_again():
    class Forbidden:
        def predict(self, passages):
            raise AssertionError(passages)

    texts = [INSPECTED, DOUBT, FERRY]
    readings = {f"m{n}": reading for n, reading in enumerate(TinyReader().predict([Passed(text) for text in texts]))}
    messages = tuple(Utterance(f"m{n}", text) for n, text in enumerate(texts))
    (found,) = Summarizer(TinyEmbedder(), Forbidden()).summarize([Thread("t", None, messages)], readings=readings)
    assert found


class Passed(str):
    __slots__ = ()

    @property
    def text(self):
        return str(self)


def test_parents_by_id_and_by_text():
    thread = Thread(
        "t",
        None,
        (
            Utterance("a", "one"),
            Utterance("b", "two", parent="a"),
            Utterance("c", "three", parent="two"),
            Utterance("d", "four", parent="never said"),
            Utterance("e", "five", parent="e"),
        ),
    )
    assert parents(thread) == [None, 0, 1, None, None]


SIDES = [
    ("The western pillar of the bridge is safe for heavy trucks", "The western pillar of the bridge is safe"),
    ("The western pillar of the bridge is not safe for heavy trucks", "The western pillar of the bridge isn't safe"),
    ("The northern ramp of the bridge cost us 42 million", "The northern ramp of the bridge cost 42 million"),
    ("The northern ramp of the bridge cost us 24 million", "The northern ramp of the bridge cost 24 million"),
    ("The northern ramp of the bridge will open on Monday", "On Monday the northern ramp of the bridge will open"),
    ("The northern ramp of the bridge will open on Friday", "On Friday the northern ramp of the bridge will open"),
]


@given(st.lists(st.tuples(st.sampled_from(range(len(SIDES))), st.booleans()), min_size=2, max_size=12))
@settings(deadline=None)
def test_all_that_a_sentence_cites_says_it(said):
    texts = [SIDES[side][shorter] for side, shorter in said]
    for sentence in digest(*texts):
        sides = {said[int(cite.removeprefix("m"))][0] for cite in sentence.cites}
        told = {side for side, forms in enumerate(SIDES) if set(forms) & set(quotes(sentence))}
        assert sides == told
        assert not told >= {2, 3}
        assert not told >= {4, 5}
        assert not told >= {0, 1} or " — disputed: “" in sentence.text


CLAUSES = [INSPECTED, DOUBT, FERRY, WHEN, CHAT, POLISH, "lol", "> quoted", 'He said "no".', "**It** is “so” ||over||"]
MESSAGE = st.one_of(
    st.text(max_size=120),
    st.lists(st.sampled_from(CLAUSES), max_size=6).map(" ".join),
    st.lists(st.sampled_from(CLAUSES), max_size=4).map("\n".join),
)


@given(st.lists(MESSAGE, max_size=12), st.integers(5, 130), st.one_of(st.none(), MESSAGE))
@settings(deadline=None)
def test_citations_point_to_messages_that_say_it(texts, words, story):
    found = digest(*texts, words=words, story=story)
    assert sum(len(sentence.text.split()) for sentence in found) <= words
    for sentence in found:
        cited = [texts[int(cite.removeprefix("m"))] for cite in sentence.cites]
        assert cited
        assert len(set(sentence.cites)) == len(sentence.cites)
        for quote in quotes(sentence):
            said = quote.rstrip("….").casefold()
            assert any(terms(said) <= terms(plain(text)) | terms(tidy(text)) for text in cited), (quote, cited)
