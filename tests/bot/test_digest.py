"""What gets into a digest: only sentences whose messages are there and say it; one computation for all who ask."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digest import MOST_CITED, Digest, assemble, passages, sort_out, supported, thread, words_for
from bot.discussion import Discussion, Discussions, Mode, Scope
from bot.records import Post
from bot.store.digests import Source
from bot.summaries import Job, Summaries, follow
from models.reader import Reading
from models.summarizer import SECTIONS, Sentence, Summarizer
from tests.conftest import World
from tests.tiny import TinyEmbedder, TinyReader

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
SCOPE = Scope(7, Mode.STORY, 1)


def post(number: int, text: str, **more: object) -> Post:
    return Post(
        id=number,
        guild_id=5,
        channel_id=7,
        watched_id=7,
        author_id=more.pop("author_id", 100 + number),
        created_at=BEGAN + timedelta(minutes=number),
        text=text,
        **more,
    )


STORY = post(
    1, "https://wire.example/bridge", headline="Quellhaven bridge opens\nAfter nine years of work.", author_id=9
)


def discussion(*posts: Post) -> Discussion:
    return Discussion(SCOPE, 5, STORY, posts)


def read(*posts: Post) -> dict[int, Reading]:
    return dict(
        zip([each.id for each in posts], TinyReader().predict(passages(discussion(*posts), posts)), strict=True)
    )


def built(posts: tuple[Post, ...], *sentences: Sentence):
    found = discussion(*posts)
    return assemble(found, sort_out(posts), read(*posts), sentences)


PIERS = post(2, "I **doubt** it: the piers are not finished &amp; nobody works there")
COSTS = post(3, "Here are figures: the ramp alone cost 42 million")


def test_sentence_stands_in_its_section_with_its_citations() -> None:
    made = built((PIERS, COSTS), Sentence("“The piers are not finished”", "doubt", ("2",)))
    (section,) = made.sections
    assert (section.kind, section.points[0].cites) == ("doubt", (2,))
    assert made.headline.text == "Quellhaven bridge opens"
    assert made.cited() == {1: Source(7, 9), 2: Source(7, 102)}


def test_sections_keep_their_order_whatever_comes_first() -> None:
    kinds = list(SECTIONS)
    made = built((PIERS,), *(Sentence(f"Told as {kind}.", kind, ("2",)) for kind in reversed(kinds)))
    assert [section.kind for section in made.sections] == kinds


@pytest.mark.parametrize(
    "sentence",
    [
        Sentence("“The piers are not finished”", "doubt", ()),
        Sentence("“The piers are not finished”", "doubt", ("2", "44")),
        Sentence("“The piers are not finished”", "doubt", ("two",)),
        Sentence("“The mayor has taken bribes”", "doubt", ("2",)),
        Sentence("“The ramp alone cost 42 million” and “the mayor lied”", "fact", ("2", "3")),
        Sentence("“The piers are not finished”", "gossip", ("2",)),
    ],
    ids=["no citation", "unknown message", "no id", "nobody says it", "half of it is invented", "unknown section"],
)
def test_unsupported_sentence_does_not_appear(sentence: Sentence) -> None:
    assert built((PIERS, COSTS), sentence).points == ()


def test_markup_and_entities_do_not_hide_what_is_said() -> None:
    assert supported("I doubt it: the piers are not finished & nobody works there", PIERS.text)


def test_repeated_sentence_appears_once() -> None:
    twice = Sentence("“The piers are not finished”", "doubt", ("2",))
    assert len(built((PIERS,), twice, twice).points) == 1


def test_many_citations_are_cut_but_the_quoted_message_stays() -> None:
    posts = (*(post(number, f"other words {number}") for number in range(10, 40)), replace(PIERS, id=50))
    sentence = Sentence("“The piers are not finished”", "doubt", tuple(str(each.id) for each in posts))
    (point,) = built(posts, sentence).points
    assert len(point.cites) == MOST_CITED
    assert 50 in point.cites


def test_without_takes_out_all_that_cites_a_message() -> None:
    sentences = (
        Sentence("“The piers are not finished”", "doubt", ("2",)),
        Sentence("“The ramp alone cost 42 million”", "fact", ("3",)),
    )
    made = built((PIERS, COSTS), *sentences)
    assert [point.cites for point in made.without({2}).points] == [(3,)]
    assert made.without({1}).headline is None
    assert made.within({8}).points == ()
    assert made.within({7}) == made


def test_messages_without_words_and_in_other_languages_are_counted_not_quoted() -> None:
    posts = (
        PIERS,
        post(4, ""),
        post(5, "https://wire.example/picture.png"),
        post(6, "😂😂"),
        post(7, "Das glaube ich nicht, die Pfeiler sind noch lange nicht fertig geworden"),
        post(8, "これは本当のことですか、誰も知りません"),
    )
    material = sort_out(posts)
    assert material.posts == (PIERS,)
    assert (material.foreign, material.wordless) == (2, 3)


def test_bare_link_speaks_through_its_headline() -> None:
    shared = post(4, "https://wire.example/report", headline="Inspectors found cracks in 2014")
    (message,) = thread(discussion(shared), sort_out([shared])).messages
    assert "cracks in 2014" in message.text


def test_reader_sees_story_and_parent() -> None:
    answer = post(4, "Who says so?", reply_to=2)
    (passage,) = passages(discussion(PIERS, answer), [answer])
    assert passage.parent == PIERS.text
    assert passage.story == STORY.full_text


@pytest.mark.parametrize(
    ("story", "told"),
    [
        ({"text": "The faggots have closed the bridge"}, ""),
        ({"text": "", "headline": "Idiots closed the bridge"}, ""),
        ({"text": "Closed: ||the butler did it|| at Quellhaven"}, "Closed:   at Quellhaven"),
        ({"text": "Look ||https://wire.example/end||", "headline": "The butler did it"}, "Look"),
        ({"text": "https://wire.example/end", "headline": "The bridge opens"}, "The bridge opens"),
    ],
    ids=["slur", "coarse", "spoiler", "link in a spoiler", "plain"],
)
def test_title_repeats_neither_slurs_nor_spoilers(story: dict[str, str], told: str) -> None:
    found = replace(discussion(PIERS), story=post(1, **story))
    assert assemble(found, sort_out((PIERS,)), read(PIERS), []).headline.text == told


def test_whoever_is_mentioned_the_quotation_is_supported() -> None:
    assert supported("Someone says so", "<@123456789012345678> says so")


def test_what_another_member_answered_is_no_open_question() -> None:
    asked = post(4, "When will the school bus cross the river again?")
    found = replace(discussion(asked), answered=frozenset({4}))
    assert thread(found, sort_out((asked,))).messages[0].answered
    assert not thread(discussion(asked), sort_out((asked,))).messages[0].answered


def test_longer_discussions_get_longer_digests() -> None:
    lengths = [words_for(messages) for messages in (1, 3, 4, 40, 100, 500)]
    assert lengths == sorted(lengths)
    assert lengths[0] <= 40
    assert lengths[-1] <= 250


SIDES = {
    "The old bridge is safe for heavy trucks": "safe",
    "The old bridge is safe for all heavy trucks": "safe",
    "The old bridge is not safe for heavy trucks": "unsafe",
    "The old bridge isn't safe for heavy trucks": "unsafe",
    "The long northern ramp cost 42 million": "42",
    "The long northern ramp cost 24 million": "24",
}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(max_size=400)
            | st.sampled_from(["I doubt that it opens", "see figures at https://a.example", ""])
            | st.sampled_from(list(SIDES)),
            st.integers(0, 12),
        ),
        max_size=12,
    )
)
def test_citations_point_to_messages_that_say_it(written: list[tuple[str, int]]) -> None:
    posts = tuple(
        post(number, text, author_id=number % 3, reply_to=(answered + 10) if answered else None)
        for number, (text, answered) in enumerate(written, start=10)
    )
    found, material = discussion(*posts), sort_out(posts)
    readings = read(*material.posts)
    known = {str(number): reading for number, reading in readings.items()}
    summarizer = Summarizer(TinyEmbedder(), TinyReader())
    (sentences,) = summarizer.summarize([thread(found, material)], words_for(len(posts)), known)
    made = assemble(found, material, readings, sentences)
    texts = {each.id: each.full_text for each in posts}
    assert len(made.points) == len({(each.text, each.kind) for each in sentences})
    for point in made.points:
        assert set(point.cites) <= texts.keys()
        assert any(supported(point.text, texts[cited]) for cited in point.cites)
        if " — disputed: “" not in point.text:
            assert len({SIDES[texts[cited]] for cited in point.cites if texts[cited] in SIDES}) <= 1


def test_scope_survives_a_custom_id() -> None:
    assert Scope.parse(str(Scope(1456074443980800014, Mode.FROM, 12))) == Scope(1456074443980800014, Mode.FROM, 12)
    with pytest.raises(ValueError, match="not a scope"):
        Scope.parse("x1.2")


async def test_ten_askers_share_one_computation(world: World) -> None:
    for number in range(5):
        await world.member.send(world.news, f"I doubt that pier {number} is finished")
    cog = world.bot.get_cog("Summarize")
    scope = Scope(world.news.id, Mode.LAST, 50)
    with world.env.time_context():
        before = len(world.env.http_requests)
        jobs = [cog.summaries.ask(scope) for _ in range(10)]
        results = await asyncio.gather(*(job.task for job in jobs))
    assert len({id(result) for result in results}) == 1
    assert len(world.env.http_requests) == before + 1
    assert results[0].read == 5


async def test_closing_stops_what_is_under_way(world: World) -> None:
    summaries = Summaries(Discussions(world.store, world.bot.quotes), world.store, world.bot.models)
    job = summaries.ask(Scope(world.news.id, Mode.LAST, 50))
    await summaries.close()
    assert job.task.cancelled()


async def test_who_waits_long_is_told_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []

    async def reading() -> Digest:
        await enough.wait()
        return built((PIERS,))

    async def tell(done: int, total: int) -> None:
        told.append((done, total))
        job.done += 10
        if job.done == job.total:
            enough.set()

    enough = asyncio.Event()
    job = Job(asyncio.create_task(reading()), 10, 30)
    made = await follow(job, tell, timedelta(milliseconds=5))
    assert made.read == 1
    assert told[:2] == [(10, 30), (20, 30)]
