"""Cleaning keeps what a message says, whatever Discord wraps around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.language import foreign
from models.text import LONGEST, clean, readable, split_quote


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("this is **very** ~~good~~ __bad__", "this is very good bad"),
        ("the butler ||did it||", "the butler did it"),
        ("`rm` removes files", "rm removes files"),
        ("```py\nprint(1)\n```", "print(1)"),
        ("```unclosed fence", "unclosed fence"),
        ("<:pepe_sad:123456789012345678> oh", ":pepe sad: oh"),
        ("<a:dance:123456789012345678>", ":dance:"),
        ("<@123456789012345678> <@!123456789012345678> <@&123456789012345678> no", "@user @user @user no"),
        ("@everyone look", "@user look"),
        ("see <#123456789012345678>", "see #channel"),
        ("it closes <t:1700000000:R>", "it closes 14 November 2023"),
        ("it closes <t:9999999999999>", "it closes a date"),
        ("[the report](https://a.example/b) is out", "the report http is out"),
        ("read https://a.example/b?c=d, please", "read http please"),
        ("<https://a.example/b>", "http"),
        ("no 😂", "no :face with tears of joy:"),
        ("n\u200bo\u0000 wa\u2060y", "no way"),
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("sooooooo", "sooo"),
        ("# Title\n-# small", "Title small"),
        ("ｆｕｌｌ width", "full width"),
    ],
)
def test_markup_becomes_words(written: str, said: str) -> None:
    assert clean(written) == said


def test_a_quotation_is_not_the_members_own_word() -> None:
    assert split_quote("> They closed it.\nWhy?") == ("\nWhy?", "They closed it.")
    assert split_quote("Why?\n>>> They closed it.\nAnd sold it.") == ("Why?\n", "They closed it.\nAnd sold it.")


def test_a_message_that_only_quotes_is_read_itself() -> None:
    assert split_quote("> They closed it.") == ("They closed it.", "")


def test_arrows_within_a_line_are_no_quotation() -> None:
    assert split_quote("5 > 3 is true") == ("5 > 3 is true", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", False),
        ("😂😂", False),
        ("<:pepe_sad:123456789012345678>", False),
        ("<@123456789012345678>", False),
        ("ok", False),
        ("?!", False),
        ("no!", False),
        ("why", True),
        ("https://a.example", True),
        ("<@123456789012345678> source?", True),
    ],
)
def test_readable(text: str, expected: bool) -> None:
    assert readable(clean(text)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ça ne marchera jamais, encore un mensonge du gouvernement", True),
        ("Das ist doch alles erfunden, glaubt denen kein Wort", True),
        ("Esto no va a pasar nunca, siempre dicen lo mismo", True),
        ("Это никогда не сработает", True),
        ("これは本当ですか", True),
        ("c'est la vie", False),
        ("This will never work and nobody believes it", False),
        ("Skylark cancels flights to Tessin Point until Monday", False),
        ("lol", False),
        ("", False),
        (":face with tears of joy: @user http", False),
    ],
)
def test_only_a_clear_case_is_foreign(text: str, expected: bool) -> None:
    assert foreign(text) is expected


@given(st.text(max_size=400))
def test_any_text_cleans_to_one_tidy_line(text: str) -> None:
    cleaned = clean(text)
    assert cleaned == " ".join(cleaned.split())
    assert not any(character in cleaned for character in "\n\r\t\u200b\u202e")


def test_a_very_long_text_is_cut_and_stays_quick() -> None:
    for text in ("word " * 50_000, "> " * 50_000, "[" * 50_000, "|" * 50_000, "<t:1" * 20_000, "`" * 50_000):
        own, quoted = split_quote(text)
        assert len(clean(own)) <= LONGEST
        assert len(quoted) <= LONGEST
