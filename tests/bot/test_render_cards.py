"""Cards stay within Discord's limits and say what they should, whatever they are given."""

import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.image import imread

from bot.importing_reviews import LONGEST_URL
from bot.languages import speaking
from bot.queue import Part
from bot.records import Card, Checked, FactCheck, MatchState, Occurrence, Post
from bot.render import suggestions
from bot.render.cards import Cited, Shown, answer_view, card_view, gist, resumed_view, stopped_view, title
from bot.render.layout import Layout
from bot.render.tally import FEWEST, WIDTH, bar, in_words, legend, shares
from bot.render.timeline import ALT_LENGTH, alt_text, timeline
from models.labels import LABELS, UNSURE

NOW = datetime(2026, 2, 24, tzinfo=UTC)
IDS = st.integers(1, 2**63 - 1)
PARTS = st.builds(Part, st.none() | IDS, st.none() | st.just(NOW))
TALLIES = st.dictionaries(st.sampled_from((*LABELS, UNSURE)), st.integers(0, 5000), max_size=6)
OCCURRENCES = st.builds(
    Occurrence,
    message_id=IDS,
    channel_id=IDS,
    conversation_id=IDS,
    at=st.datetimes(datetime(2015, 5, 13), NOW.replace(tzinfo=None), timezones=st.just(UTC)),  # noqa: DTZ001
    score=st.just(1.0),
    state=st.just(MatchState.CONFIRMED),
    tally=TALLIES,
    contradicts=st.booleans(),
)
TEXTS = st.one_of(
    st.text(max_size=300),
    st.text(alphabet="*_`~|>[]()#-@<:&!/\\ \n", max_size=4000),
    st.just("x" * 6000),
    st.just("@everyone [free](https://bad.example) <@123456789012345678> ||spoiler|| ```"),
)


WORDS = TEXTS.filter(str.strip)
CHECKED = st.builds(
    Checked,
    found=st.builds(
        FactCheck,
        id=IDS,
        page=st.just("facts.example/a"),
        claim=WORDS,
        title=TEXTS,
        publisher=WORDS,
        rating=WORDS,
        url=st.just("https://facts.example/a") | st.just("https://facts.example/".ljust(LONGEST_URL, "x")),
        published=st.none() | st.dates(),
    ),
    score=st.just(1.0),
    state=st.just(MatchState.CONFIRMED),
    contradicts=st.booleans(),
)


@st.composite
def shown(draw: st.DrawFn, least: int = 1, most: int = 40, checks: int = 2) -> Shown:
    found = sorted(draw(st.lists(OCCURRENCES, min_size=least, max_size=most)), key=lambda each: each.at)
    return Shown(draw(IDS), NOW, [Cited(each, draw(TEXTS)) for each in found], draw(st.lists(CHECKED, max_size=checks)))


def ago(**span: int) -> Cited:
    at = NOW - timedelta(**span)
    return Cited(Occurrence(at.toordinal(), 7, 8, at, 1.0, MatchState.CONFIRMED), f"text of {at:%j %Y}")


def texts(view: Layout) -> list[str]:
    return [item.content for item in view.walk_children() if hasattr(item, "content")]


def within_limits(view: Layout) -> None:
    """Hold a layout to Discord's rules: forty components, 4,000 characters, and none of the texts empty."""
    sent: list[dict[str, Any]] = view.to_components()
    assert sent
    assert view.total_children_count <= 40
    said = texts(view)
    assert sum(map(len, said)) <= 4000
    assert all(text.strip() for text in said)
    assert all(len(item.custom_id) <= 100 for item in view.walk_children() if getattr(item, "custom_id", None))


@settings(max_examples=60, deadline=None)
@given(IDS, shown(0).filter(lambda shown: shown.cited or shown.checked), st.booleans())
def test_card_is_within_the_limits(card_id: int, shown: Shown, pictured: bool) -> None:
    alt = alt_text(shown.occurrences, shown.at) if pictured and shown.cited else None
    assert alt is None or len(alt) <= ALT_LENGTH
    view = card_view(card_id, shown, alt)
    within_limits(view)
    assert any("🔎 **Rated “" in text for text in texts(view)) is bool(shown.checked)


@settings(max_examples=60, deadline=None)
@given(TEXTS, shown(0), shown(0, 3, 1), st.sampled_from(["en", "de"]))
def test_answer_is_within_the_limits(about: str, sure: Shown, maybe: Shown, language: str) -> None:
    with speaking(language):
        view = answer_view(about, sure, maybe)
    within_limits(view)
    rated = {"en": "🔎 **Rated “", "de": "🔎 **Urteil „"}[language]
    assert any(rated in text for text in texts(view)) is bool(sure.checked or maybe.checked)


@settings(max_examples=40, deadline=None)
@given(TEXTS, shown(1, 3, 0), st.integers(0, 99), PARTS, st.sampled_from(["en", "de"]))
def test_suggested_card_is_within_the_limits(story: str, shown: Shown, more: int, part: Part, language: str) -> None:
    card = Card(2**31, shown.guild_id, 2**63, 2**63, 2**63, (), NOW)
    with speaking(language):
        above = suggestions.declined(card, part)
        within_limits(suggestions.suggestion_view(card, story, shown, more, part, above))
        for state in ("posted", "shadow", "pending", "dropped"):
            above = suggestions.accepted(replace(card, state=state))
            within_limits(suggestions.none_left(part, more, above))


def test_longest_card_and_answer_still_hold_a_fact_check() -> None:
    most = dict.fromkeys((*LABELS, UNSURE), 5000)
    big = 2**63 - 1
    cited = [
        Cited(
            Occurrence(big, big, big, NOW - timedelta(days=3600 - 80 * n), 1.0, MatchState.CONFIRMED, most, True), text
        )
        for n, text in enumerate(letter * 6000 for letter in "abcdefgh" * 5)
    ]
    words = "*" * 300
    url = "https://facts.example/".ljust(LONGEST_URL, "x")
    found = FactCheck(1, "p", words, words, words, words, url, date(2020, 9, 30))
    checked = [Checked(found, 1.0, MatchState.CONFIRMED, contradicts=True)] * 2
    maybe = Shown(big, NOW, cited[:3], checked[:1])
    for view in (
        card_view(big, Shown(big, NOW, cited, checked), "x"),
        answer_view("q" * 4000, Shown(big, NOW, cited, checked), maybe),
    ):
        within_limits(view)
        assert url in "\n".join(texts(view))
    within_limits(answer_view("q" * 4000, Shown(big, NOW, cited), maybe))


def check(rating: str = "Mostly false", *, contradicts: bool = False) -> Checked:
    page, day = "facts.example/b", date(2024, 5, 1)
    found = FactCheck(1, page, "The bridge opens.", "", "Sound Facts", rating, f"https://{page}", day)
    return Checked(found, 0.9, MatchState.CONFIRMED, contradicts)


def test_fact_check_is_told_in_its_publishers_words_with_date_and_link() -> None:
    whole = "\n".join(texts(card_view(1, Shown(1, NOW, [ago(days=3)], [check()]), None)))
    assert "Seen before: three days ago" in whole
    entry = "🔎 **Rated “Mostly false” by Sound Facts** · 1 May 2024 · [fact-check](https://facts.example/b)\n"
    assert entry + "> The bridge opens." in whole
    assert "Ratings are their publishers’ own" in whole


def test_card_of_fact_checks_alone_says_so() -> None:
    said = texts(card_view(1, Shown(1, NOW, [], [check(), check(contradicts=True)]), None))
    assert said[0] == "### 🔎 Two fact-checks of this"
    assert "Seen before" not in "\n".join(said)
    assert sum("⚡ of what this contradicts" in text for text in said) == 1


def test_answer_keeps_sure_and_possible_fact_checks_apart() -> None:
    sure, maybe = Shown(1, NOW, [], [check("False")]), Shown(1, NOW, [], [check("Satire")])
    said = "\n".join(texts(answer_view("asked", sure, maybe)))
    assert said.index("“False”") < said.index("Maybe related") < said.index("“Satire”")
    alone = "\n".join(texts(answer_view("asked", Shown(1, NOW, []), maybe)))
    assert "Nothing sure, but maybe related" in alone


def test_rating_pings_nobody_and_links_nowhere() -> None:
    bad = check("@everyone [x](https://bad.example) <@123456789012345678>")
    said = "\n".join(texts(card_view(1, Shown(1, NOW, [], [bad]), None)))
    assert "@everyone" not in said
    assert "](https://bad" not in said
    assert "<@12345" not in said


@given(IDS, IDS)
def test_notices_are_within_the_limits(channel_id: int, moderator_id: int) -> None:
    within_limits(stopped_view(channel_id))
    within_limits(resumed_view(channel_id, moderator_id))


@given(TEXTS)
def test_quotes_ping_nobody_and_link_nowhere(text: str) -> None:
    one = Shown(1, NOW, [Cited(ago(days=3).occurrence, text)])
    (said,) = [each for each in texts(card_view(1, one, None)) if "\n> " in each]
    quoted = next(line for line in said.splitlines() if line.startswith("> "))
    assert "@everyone" not in quoted
    assert not re.search(r"<[@#][!&]?\d", quoted)
    assert "](" not in quoted
    assert "://" not in quoted


def test_words_that_stand_above_are_not_repeated() -> None:
    cited = [Cited(ago(days=days).occurrence, "the same words") for days in (9, 6, 3)]
    whole = "\n".join(texts(card_view(1, Shown(1, NOW, cited), None)))
    assert whole.count("> the same words") == 1
    assert whole.count("[open]") == 3


def test_slur_is_not_repeated() -> None:
    said = "\n".join(texts(card_view(1, Shown(1, NOW, [Cited(ago(days=3).occurrence, "those retards again")]), None)))
    assert "retards" not in said
    assert "not repeated here" in said


@pytest.mark.parametrize(
    ("cited", "expected"),
    [
        ([ago(days=3)], "Seen before: three days ago"),
        ([ago(days=1826), ago(days=270)], "Seen before: nine months ago, and five years ago"),
        (
            [ago(days=1826), ago(days=1100), ago(days=270)],
            "Seen before: nine months, three and five years ago",
        ),
        (
            [ago(days=1826), ago(days=1825), ago(days=20)],
            "Seen before: three weeks ago, and five years ago (two times)",
        ),
        ([ago(days=9), ago(days=6), ago(days=3)], "Seen before: three, six and nine days ago"),
        (
            [ago(days=1826), *(ago(days=600 - n) for n in range(5)), ago(days=270)],
            "Seen before seven times: first five years ago, last nine months ago",
        ),
    ],
)
def test_title_says_how_long_ago(cited: list[Cited], expected: str) -> None:
    assert title(Shown(1, NOW, cited)) == expected


def denied(cited: Cited) -> Cited:
    return replace(cited, occurrence=replace(cited.occurrence, contradicts=True))


@pytest.mark.parametrize(
    ("cited", "expected"),
    [
        ([ago(days=9), ago(days=3)], "-# Two times · first <t:{0}:D> · last <t:{1}:D>"),
        (
            [ago(days=9), denied(ago(days=6)), ago(days=3)],
            "-# Two times · first <t:{0}:D> · last <t:{2}:D> · denied once",
        ),
        (
            [ago(days=9), ago(days=6), denied(ago(days=3))],
            "-# Two times · first <t:{0}:D> · last <t:{1}:D> · denied once",
        ),
        ([denied(ago(days=9)), ago(days=6), denied(ago(days=3))], "-# Denied twice"),
        ([ago(days=9), *[denied(ago(days=days)) for days in (6, 5, 3)]], "-# Denied three times"),
        ([denied(ago(days=9)), denied(ago(days=3))], "-# Two times · first <t:{0}:D> · last <t:{1}:D>"),
    ],
)
def test_denial_is_no_time_that_the_claim_was_met(cited: list[Cited], expected: str) -> None:
    heading = texts(card_view(1, Shown(1, NOW, cited), None))[0]
    seconds = [int(each.occurrence.at.timestamp()) for each in cited]
    assert heading.splitlines()[1:] == [expected.format(*seconds)]


def test_description_of_the_picture_says_which_are_denials() -> None:
    met = [each.occurrence for each in (ago(days=9), ago(days=7), denied(ago(days=6)), ago(days=3))]
    days = ["15 February 2026", "17 February 2026", "18 February 2026", "21 February 2026"]
    said = (
        f"Timeline of a claim: seen {days[0]}, {days[1]}, denied {days[2]}, seen {days[3]}, and now, 24 February 2026."
    )
    assert alt_text(met, NOW) == said
    opposite = [denied(ago(days=9)).occurrence, denied(ago(days=7)).occurrence]
    assert alt_text(opposite, NOW) == (
        f"Timeline of what a claim contradicts: seen {days[0]}, {days[1]}, and now, 24 February 2026."
    )


def test_picture_explains_the_dot_of_a_denial() -> None:
    met = [ago(days=9), ago(days=6), ago(days=3)]
    plain, marked, legend_only = (
        _pixels(timeline([each.occurrence for each in cited], NOW))
        for cited in (met, [*met[:2], denied(met[2])], [denied(each) for each in met])
    )
    below = plain.shape[0] * 85 // 100
    assert (marked[below:] != plain[below:]).any()
    assert (legend_only == plain).all()


def _pixels(png: bytes) -> np.ndarray:
    return imread(io.BytesIO(png), format="png")


@pytest.mark.parametrize(
    ("cited", "expected"),
    [
        ([ago(days=1)], "Schon da gewesen: vor 1 Tag"),
        ([ago(days=1826), ago(days=270)], "Schon da gewesen: vor 9 Monaten und vor 5 Jahren"),
        ([ago(days=9), ago(days=6), ago(days=3)], "Schon da gewesen: vor 3, 6 und 9 Tagen"),
        ([ago(days=1826), ago(days=1825), ago(days=20)], "Schon da gewesen: vor 3 Wochen und vor 5 Jahren (2-mal)"),
        (
            [ago(days=1826), *(ago(days=600 - n) for n in range(5)), ago(days=270)],
            "Schon 7-mal da gewesen: zuerst vor 5 Jahren, zuletzt vor 9 Monaten",
        ),
    ],
)
def test_title_in_german(cited: list[Cited], expected: str) -> None:
    with speaking("de"):
        assert title(Shown(1, NOW, cited)) == expected


def test_answer_in_german_keeps_what_was_written() -> None:
    most = {"skeptical": 9, "informative": 3, "none": 2}
    cited = [replace(each, occurrence=replace(each.occurrence, tally=most)) for each in (ago(days=600), ago(days=3))]
    with speaking("de"):
        said = "\n".join(texts(answer_view("Bridge opens", Shown(1, NOW, cited, [check()]), Shown(1, NOW, []))))
    for part in (
        "Schon mal da gewesen? „Bridge opens“",
        "-# 2-mal · zuerst <t:",
        "14 Antworten, meist skeptisch",
        "🟨 skeptisch · 🟦 informativ · ⬜ sonstige",
        f"> {cited[1].text}",
        "**Urteil „Mostly false“ von Sound Facts** · 1. Mai 2024 · [Faktencheck](https://facts.example/b)",
        "> The bridge opens.",
    ):
        assert part in said
    folded = [ago(days=2000 - 100 * n) for n in range(12)]
    with speaking("de"):
        said = "\n".join(texts(answer_view("Bridge", Shown(1, NOW, folded), Shown(1, NOW, []))))
    assert re.search(r"dazwischen 8-mal: \[\w+\.? \d{4}\]", said)


def test_what_everybody_sees_is_english_whoever_caused_it() -> None:
    one = Shown(1, NOW, [ago(days=3)], [check()])
    seen = [texts(card_view(1, one, None)), texts(stopped_view(7)), texts(resumed_view(7, 8))]
    with speaking("de"):
        assert [texts(card_view(1, one, None)), texts(stopped_view(7)), texts(resumed_view(7, 8))] == seen
        assert title(one).startswith("Schon")


def test_more_than_five_occurrences_fold_and_keep_first_last_and_count() -> None:
    cited = [ago(days=2000 - 100 * n) for n in range(12)]
    said = texts(card_view(1, Shown(1, NOW, cited), None))
    whole = "\n".join(said)
    assert "Seen before twelve times: first five years ago, last two years ago" in whole
    assert sum("\n> " in text for text in said) == 4
    assert "eight times in between" in whole
    for each in cited:
        assert f"/7/{each.occurrence.message_id})" in whole
    for end in (cited[0], cited[-1]):
        assert whole.count(f"<t:{int(end.occurrence.at.timestamp())}:D>") == 2


@given(TALLIES)
def test_bar_shows_shares_of_many_replies_only(tally: dict[str, int]) -> None:
    total = sum(tally.values())
    drawn = bar(tally)
    assert len(drawn) == (WIDTH if total >= FEWEST else 0)
    assert bool(shares(tally)) is (total >= FEWEST)
    assert set(drawn) <= set(legend([tally]))
    assert sum(shares(tally).values()) == (total if total >= FEWEST else 0)


@pytest.mark.parametrize(
    ("tally", "expected"),
    [
        ({}, "no replies"),
        ({"skeptical": 1}, "one reply"),
        ({"skeptical": 2}, "two replies"),
        ({"skeptical": 9, "informative": 3, "none": 2}, "14 replies, mostly skeptical"),
        ({"skeptical": 2, "none": 4, "unsure": 1}, "seven replies, some skeptical"),
        ({"partisan": 1, "skeptical": 1, "none": 6}, "eight replies, mixed"),
        ({"none": 4, "unsure": 3}, "seven replies"),
    ],
)
def test_shares_in_words(tally: dict[str, int], expected: str) -> None:
    assert in_words(tally) == expected


@settings(max_examples=4, deadline=None)
@given(shown(1, 12))
def test_timeline_is_a_png_for_any_occurrences(shown: Shown) -> None:
    assert timeline(shown.occurrences, shown.at).startswith(b"\x89PNG")


def test_timeline_draws_occurrences_of_one_moment() -> None:
    assert timeline([ago(days=0).occurrence] * 3, NOW).startswith(b"\x89PNG")


def post(text: str, headline: str = "") -> Post:
    return Post(id=1, guild_id=1, channel_id=1, watched_id=1, author_id=1, created_at=NOW, text=text, headline=headline)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (post("Look at this https://wire.example/a", "Bridge opens\nIn spring, they say."), "Bridge opens"),
        (post("Bridge opens  in spring\nhttps://wire.example/a?b=c (archived)"), "Bridge opens in spring (archived)"),
        (post("https://wire.example/a"), "https://wire.example/a"),
    ],
)
def test_gist_is_the_headline_or_the_words_without_links(made: Post, expected: str) -> None:
    assert gist(made) == expected
