"""Digests as they are laid out: always within Discord's limits, every citation a link, deleted lines gone."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digest import Digest, LeftOut, Point, Section
from bot.discussion import Mode, Scope
from bot.languages import speaking
from bot.render import charts
from bot.render.digests import PRESS, STORY_PRESS, Shown, digest_view, files, notice, progress
from bot.render.layout import Layout
from bot.store.digests import Source
from bot.writer import Wording
from models.labels import LABELS
from models.summarizer import SECTIONS

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
BIG = 2**63
LINK = re.compile(r"\[\[(\d+)\]\]\(https://discord\.com/channels/\d+/\d+/(\d+)\)")
ASKED = Shown(BIG)

ids = st.integers(BIG - 30, BIG)
sentence = st.tuples(st.text(min_size=1, max_size=20), st.sampled_from([1, 5, 60])).map(lambda part: part[0] * part[1])
points = st.builds(Point, sentence, st.lists(ids, min_size=1, max_size=12, unique=True).map(tuple))
sections = st.lists(
    st.builds(Section, st.sampled_from(list(SECTIONS)), st.lists(points, min_size=1, max_size=6).map(tuple)),
    max_size=5,
    unique_by=lambda section: section.kind,
).map(tuple)
courses = st.lists(st.sampled_from([*LABELS, "unsure"]), max_size=40).map(
    lambda labels: tuple((BEGAN + timedelta(minutes=7 * place), label) for place, label in enumerate(labels))
)
digests = st.builds(
    Digest,
    scope=st.builds(Scope, st.just(BIG), st.sampled_from(Mode), st.just(BIG)),
    guild_id=st.just(BIG),
    headline=st.none() | st.builds(Point, st.text(min_size=1, max_size=300), st.just((BIG,))),
    sections=sections,
    sources=st.just({each: Source(BIG, BIG) for each in range(BIG - 30, BIG + 1)}),
    read=st.integers(0, 500),
    left_out=st.builds(LeftOut, *[st.integers(0, 500)] * 3),
    cut=st.booleans(),
    course=courses,
    wording=st.none() | st.builds(Wording, st.none() | st.text(max_size=300), st.integers(0, 99), st.text(max_size=40)),
)
shown = st.builds(
    Shown, st.just(BIG), st.integers(0, 9), st.booleans(), st.none(), st.booleans(), st.none() | st.just(BIG)
)


def digest(*told: Section, course: int = 0, **more: object) -> Digest:
    sources = {number: Source(7, 100 + number) for number in range(1, 99)}
    went = tuple((BEGAN + timedelta(minutes=number), "skeptical") for number in range(course))
    return Digest(Scope(7, Mode.STORY, 1), 5, Point("Bridge opens", (1,)), told, sources, 40, course=went, **more)


def test_positions_say_whether_one_or_several_hold_them() -> None:
    told = (
        Point("“The ferry is enough”", (2, 3)),
        Point("“No ferry at all”", (4,)),
        Point("Two replies blame the government.", (5, 6)),
    )
    made = digest(Section("position", told), Section("doubt", (Point("“It will not open”", (7,)),)))
    shown = "\n".join(texts(digest_view(made, ASKED)))
    assert "- Several: “The ferry is enough” [[1]]" in shown
    assert "- One: “No ferry at all” [[3]]" in shown
    assert "- Two replies blame the government. [[4]]" in shown
    assert "- “It will not open”" in shown


def test_foot_says_where_texts_were_sent_and_what_a_writer_invented() -> None:
    told = Section("doubt", (Point("“It will not open”", (7,)),))

    def foot(*wording: object) -> str:
        return texts(digest_view(digest(told, wording=Wording(*wording)), ASKED))[-1]

    assert "sent to api.example" in foot("api.example", 2)
    assert "2 of its sentences left out" in foot("api.example", 2)
    assert "sent to api.example" in foot("api.example", 0, "HTTP 500")
    assert "the writer failed: HTTP 500" in foot("api.example", 0, "HTTP 500")
    assert "on the bot's own machine" in foot(None)
    assert "writer" not in texts(digest_view(digest(told), ASKED))[-1]


def texts(view: discord.ui.LayoutView) -> list[str]:
    return [item.content for item in view.walk_children() if isinstance(item, discord.ui.TextDisplay)]


def buttons(view: Layout) -> list[discord.ui.Button]:
    return [item for item in view.walk_children() if isinstance(item, discord.ui.Button)]


@settings(max_examples=25, deadline=None)
@given(digests, shown, st.booleans(), st.sampled_from(["en", "de"]))
def test_any_digest_fits_a_message(made: Digest, how: Shown, picture: bool, language: str) -> None:
    with speaking(language):
        view = digest_view(made, how, picture=picture and charts.deserves_chart(made.course))
    assert all(texts(view))
    assert sum(map(len, texts(view))) <= 4_000
    assert view.total_children_count <= 40
    custom_ids = [button.custom_id for button in buttons(view)]
    assert len(custom_ids) == len(set(custom_ids))
    for custom_id in custom_ids:
        assert len(custom_id) <= 100
        assert re.fullmatch(PRESS if how.story_digest is None else STORY_PRESS, custom_id)
    assert all(len(button.label) <= 80 for button in buttons(view))


@settings(max_examples=25, deadline=None)
@given(digests)
def test_pages_hold_every_sentence_once_and_number_citations_through(made: Digest) -> None:
    seen: list[tuple[int, int]] = []
    lines = 0
    page = 0
    while True:
        view = digest_view(made, Shown(BIG, page))
        found = [LINK.findall(line) for text in texts(view) for line in text.split("\n")]
        lines += sum(bool(line) for line in found)
        seen += [(int(number), int(cited)) for line in found for number, cited in line]
        turn = next((button for button in buttons(view) if button.label.startswith("Page")), None)
        page += 1
        if turn is None or turn.custom_id.split(":")[3] == "0":
            break
    assert lines == len(made.points)
    assert [cited for _, cited in seen] == [cited for point in made.points for cited in point.cites]
    assert {number for number, _ in seen} == set(range(1, len({cited for _, cited in seen}) + 1))
    assert len({(number, cited) for number, cited in seen}) == len({cited for _, cited in seen})


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=300))
def test_quoted_text_cannot_forge_a_line_a_link_or_a_mention(text: str) -> None:
    forged = f"{text}\n- @everyone https://discord.com/channels/1/2/3 [x](https://evil.example) {text}"
    view = digest_view(digest(Section("doubt", (Point(forged, (2,)), Point("more", (3,))))), ASKED)
    body = "\n".join(texts(view)[1:-1])
    assert body.count("\n- ") == 2
    assert "@everyone" not in body
    assert "channels/1/2/3" not in re.sub(r":\u200b//\S+", "", body)
    assert "](https://evil" not in body


def test_few_points_stand_on_one_line_without_a_heading() -> None:
    view = digest_view(digest(Section("doubt", (Point("“Not finished”", (2, 3)),))), ASKED)
    assert texts(view)[1] == (
        "“Not finished” [[1]](https://discord.com/channels/5/7/2) [[2]](https://discord.com/channels/5/7/3)"
    )


def test_sections_are_named_in_their_order() -> None:
    told = [Section(kind, (Point(kind, (2,)),)) for kind in SECTIONS]
    headings = [text.split("\n")[0] for text in texts(digest_view(digest(*told), ASKED))[1:-1]]
    assert [heading.strip("*").split(" ", 1)[1] for heading in headings] == list(SECTIONS.values())


def test_digest_in_german_keeps_what_was_written() -> None:
    told = (Point("“The ferry is enough”", (2, 3)), Point("“No ferry at all”", (4,)))
    made = digest(Section("position", told), Section("doubt", (Point("“It will not open”", (7,)),)), course=40)
    made = replace(made, left_out=LeftOut(2, 3, 1), cut=True, wording=Wording(None, 2), scope=Scope(7, Mode.LAST, 40))
    with speaking("de"):
        view = digest_view(made, replace(ASKED, outdated=True))
        charted = charts.describe(made.course)
    said = "\n".join(texts(view))
    for part in (
        "### [Bridge opens](https://",
        "**💬 Standpunkte**",
        "- Mehrere: “The ferry is enough” [[1]]",
        "- Eine Stimme: “No ferry at all” [[3]]",
        "**🤨 Zweifel**",
        "-# die neuesten 40 Nachrichten · ",
        "einige fehlen, deren Verfasser widersprochen haben · 3 in anderen Sprachen · 1 ohne Worte",
        "von einem Sprachmodell formuliert (auf dem Rechner des Bots); 2 seiner Sätze weggelassen",
        "eine zitierte Nachricht wurde seitdem bearbeitet",
    ):
        assert part in said
    assert [button.label for button in buttons(view)] == ["Erneuern", "Im Kanal teilen"]
    assert charted.startswith("Balkendiagramm: was 40 Nachrichten im Lauf der Zeit taten (39 Minuten): skeptisch 100")


def test_digest_of_a_link_alone_has_a_title() -> None:
    made = replace(digest(Section("doubt", (Point("a", (2,)),))), headline=Point("", (1,)))
    assert texts(digest_view(made, ASKED))[0].startswith("### [the story](https://")


def test_foot_says_what_was_left_out_but_names_nobody() -> None:
    made = digest(Section("doubt", (Point("a", (2,)),)), left_out=LeftOut(2, 3, 1), cut=True)
    (foot,) = (text for text in texts(digest_view(made, ASKED)) if text.startswith("-# "))
    assert "40 messages, not all" in foot
    assert "opted out" in foot
    assert "3 in other languages" in foot
    assert "1 without words" in foot
    assert "<@" not in foot


@pytest.mark.parametrize(
    ("read", "left", "mode", "said"),
    [
        (9, LeftOut(), Mode.STORY, "reactions"),
        (9, LeftOut(foreign=9), Mode.STORY, "reactions"),
        (9, LeftOut(foreign=10), Mode.STORY, "English"),
        (0, LeftOut(), Mode.STORY, "Nobody has answered"),
        (0, LeftOut(), Mode.LAST, "No messages"),
        (0, LeftOut(foreign=3), Mode.STORY, "English"),
        (0, LeftOut(wordless=3), Mode.STORY, "Only pictures"),
        (0, LeftOut(opted_out=3), Mode.STORY, "opted out"),
    ],
)
def test_empty_digest_says_why(read: int, left: LeftOut, mode: Mode, said: str) -> None:
    made = Digest(Scope(7, mode, 1), 5, None, (), {}, read, left)
    view = digest_view(made, ASKED)
    assert said in texts(view)[0]
    assert [button.label for button in buttons(view)] == ["Refresh"]


def test_digest_says_what_it_left_away() -> None:
    made = digest(Section("doubt", (Point("a", (2,)),)), cut=True)
    assert "40 messages, not all" in texts(digest_view(made, ASKED))[-1]
    assert "the newest 40" in texts(digest_view(replace(made, scope=Scope(7, Mode.FROM, 1)), ASKED))[-1]
    empty = Digest(Scope(7, Mode.STORY, 1), 5, None, (), {}, 0, cut=True)
    assert "`/summarize since:2h`" in texts(digest_view(empty, ASKED))[0]


def test_picture_is_attached_where_it_is_shown() -> None:
    long = Section("doubt", tuple(Point("word " * 80, (number,)) for number in range(2, 40)))
    made = digest(long, course=40)
    first, second = (digest_view(made, Shown(1, page), picture=True) for page in (0, 1))
    (attached,) = files(first, b"png")
    (gallery,) = (item for item in first.walk_children() if isinstance(item, discord.ui.MediaGallery))
    assert gallery.items[0].media.url == f"attachment://{attached.filename}"
    assert gallery.items[0].description == charts.describe(made.course)
    assert files(second, b"png") == []


def test_public_digest_offers_only_a_refresh() -> None:
    view = digest_view(digest(Section("doubt", (Point("a", (2,)),))), Shown(1, public=True))
    assert [button.label for button in buttons(view)] == ["Refresh"]


def test_notices_fit() -> None:
    assert len(texts(notice("x" * 9_000))[0]) <= 2_000
    assert "120 of 340" in texts(progress(120, 340))[0]
    assert texts(progress(0, 0))[0]


@settings(max_examples=25, deadline=None)
@given(courses.filter(lambda course: len(course) >= charts.FEWEST))
def test_picture_is_described_within_the_limit(course: charts.Course) -> None:
    said = charts.describe(course)
    assert f"{len(course)} messages" in said
    assert len(said) <= 1_024


def test_description_tells_a_turn() -> None:
    labels = ["none"] * 20 + ["skeptical"] * 20
    said = charts.describe([(BEGAN + timedelta(hours=place), label) for place, label in enumerate(labels)])
    assert "skeptical 50% (from 0% in the first half to 100% in the second)" in said


def test_picture_needs_messages_and_labels() -> None:
    assert not charts.deserves_chart([(BEGAN, "skeptical")] * 9)
    assert not charts.deserves_chart([(BEGAN, "none")] * 90)
    assert charts.deserves_chart([(BEGAN, "none")] * 7 + [(BEGAN, "skeptical")] * 3)


@pytest.mark.parametrize("step", [timedelta(), timedelta(hours=5)])
def test_picture_is_drawn(step: timedelta) -> None:
    course = [(BEGAN + place * step, [*LABELS, "unsure"][place % 6]) for place in range(12)]
    assert charts.draw(course).startswith(b"\x89PNG")
