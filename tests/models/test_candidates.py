import pytest

from models.candidates import Thread, Utterance, denied, drafts

WHEN = "When will the school bus cross the river again?"


@pytest.mark.parametrize(
    "text",
    [
        "Actually you are right, here are the figures",
        "It's not a hoax, the county published the photos",
        "Nobody has debunked that",
        "I thought it was a hoax but the figures confirm it",
        "There is no evidence against it",
        "No, exactly, here are the figures",
        "No! Exactly, here are the figures",
        "This is not a lie",
        "No evidence that this is fake",
        "Wasn't this debunked in May?",
        "The ferry runs. It's not the 1950s any more",
    ],
)
def test_what_confirms_or_asks_denies_nothing(text):
    assert not denied(text)


@pytest.mark.parametrize(
    "text",
    [
        "No, I doubt it: the western pillar is sound.",
        "No, the county confirmed that the pillar is sound",
        "That's not true, in the figures it is sound.",
        "That's not what the report says",
        "No, that's not right, the figures say otherwise",
        "This was debunked in May.",
        "There is no evidence of that",
        "Wrong, the pillar is sound",
        "I have looked at it. That story is false.",
    ],
)
def test_denials_deny(text):
    assert denied(text)


def test_no_is_an_answer_only_where_a_reply_begins():
    assert not denied("It's not the 1950s any more", opens=False)
    assert denied("The county debunked it", opens=False)


@pytest.mark.parametrize(
    ("messages", "answered"),
    [
        ([Utterance("q", WHEN, "1")], False),
        ([Utterance("q", WHEN, "1", answered=True)], True),
        ([Utterance("q", WHEN, "1"), Utterance("a", "https://wire.example", "2", "q")], True),
        ([Utterance("q", WHEN, "1"), Utterance("a", "I mean this week", "1", "q")], False),
        ([Utterance("q", WHEN, "1"), Utterance("a", "The school bus will cross in May.", "2")], True),
        ([Utterance("q", WHEN, "1"), Utterance("a", "The school bus will cross in May.", "1")], False),
        ([Utterance("q", WHEN, "1"), Utterance("a", "The ferry is late as ever.", "2")], False),
        ([Utterance("q", WHEN, "1"), Utterance("a", "Will the school bus ever cross?", "2")], False),
        ([Utterance("q", WHEN, "1"), Utterance("a", "The school bus will cross in May.", "2", "x")], False),
    ],
    ids=["alone", "reply elsewhere", "link", "own reply", "next", "own next", "other matter", "asked again", "reply"],
)
def test_questions_that_others_answer_are_answered(messages, answered):
    assert drafts(Thread("t", None, tuple(messages)), 34)[0].answered is answered
