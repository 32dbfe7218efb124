"""Earlier claims: what is found, what counts as one occurrence, and how many texts are fetched for it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.claims import COMPARED, TOGETHER, ClaimMemory, together
from bot.conversation import Conversations
from bot.links import shared_pages
from bot.pipeline import Pipeline
from bot.records import Claim, MatchState, Occurrence, Post
from bot.resources import Resources
from bot.statements import stated_in
from bot.store.messages import Kept

GUILD, NEWS, WORLD = 1, 10, 20
STORY = "Harbour bridge at Quellhaven announced to open next spring {}"
BEGIN = datetime(2025, 5, 13, 8, tzinfo=UTC)


class Server:
    """Tell posts to the pipeline, and keep their texts where Discord would have them."""

    def __init__(self, resources: Resources) -> None:
        self.posts: dict[int, Post] = {}
        self.asked_for: list[int] = []
        self.resources = resources
        self.memory = ClaimMemory(resources.store, self, resources.indexes, resources.models)
        self.pipeline = Pipeline(resources, self, Conversations(self), self.memory)

    def remember(self, post: Post) -> None:
        """Let a post be there; texts are fetched from here again and again."""

    def forget(self, message_id: int) -> None:
        self.posts.pop(message_id, None)

    async def get(self, channel_id: int, message_id: int) -> Post | None:
        self.asked_for.append(message_id)
        return self.posts.get(message_id)

    async def fetched(self, channel_id: int, message_id: int) -> Post | None:
        return self.posts.get(message_id)

    async def kept(self, message_id: int) -> Kept | None:
        return await self.resources.store.messages.get(message_id)

    async def starter(self, thread_id: int) -> int | None:
        return None

    async def say(self, text: str, after: timedelta, channel: int = NEWS, reply_to: int | None = None) -> Post:
        """Let somebody say something so long after the beginning."""
        message_id = 1000 + len(self.posts)
        post = Post(
            id=message_id,
            guild_id=GUILD,
            channel_id=channel,
            watched_id=channel,
            author_id=5,
            created_at=BEGIN + after,
            text=text,
            reply_to=reply_to,
            links=shared_pages(text),
        )
        self.posts[message_id] = post
        await self.pipeline.accept(post, anywhere)
        return post

    async def ask(
        self, text: str, after: timedelta, post: Post | None = None, *, first: bool = False
    ) -> list[Occurrence]:
        """Ask what was met before, as a text or about a post."""
        stated = await stated_in(self.resources.models, text)
        message_id = post.id if post is not None else 0
        claim = Claim(GUILD, NEWS, message_id, message_id, BEGIN + after, stated.vector, shared_pages(text))
        self.asked_for.clear()
        return list(await self.memory.find(claim, stated, anywhere, first=first))


async def anywhere(channel_id: int) -> bool:
    return True


@pytest.fixture
def server(resources: Resources) -> Server:
    return Server(resources)


def days(number: float) -> timedelta:
    return timedelta(days=number)


def url(name: str) -> str:
    return f"https://{name}.example/bridge"


async def test_same_address_is_sure_whatever_the_words(server: Server) -> None:
    first = await server.say(f"look {url('wire')}?utm_source=feed", days(0))
    (found,) = await server.ask(f"so this is now official, it seems {url('www.wire')}", days(3))
    assert (found.message_id, found.state) == (first.id, MatchState.CONFIRMED)


async def test_like_words_are_sure_and_fainter_ones_only_suggested(server: Server) -> None:
    same = await server.say(STORY.format(url("wire")), days(0))
    other = await server.say(f"Harbour bridge at Quellhaven announced to close next winter {url('post')}", days(1))
    await server.say(f"Geese on the runway of Westmark again {url('gazette')}", days(2))
    found = await server.ask(STORY.format(url("mail")), days(9))
    assert [(each.message_id, each.state) for each in found] == [
        (same.id, MatchState.CONFIRMED),
        (other.id, MatchState.SUGGESTED),
    ]


class Purse:
    """Cover so many texts."""

    def __init__(self, covered: int) -> None:
        self.covered = covered

    async def covers(self, message_id: int) -> bool:
        self.covered -= 1
        return self.covered >= 0


async def test_spent_budget_leaves_claims_suggested_and_puts_them_off(server: Server) -> None:
    told = [await server.say(STORY.format(url(name)), days(day)) for day, name in enumerate(("wire", "post"))]
    again = await server.say(STORY.format(url("mail")), days(9))
    server.memory._budget = Purse(1)
    found = await server.ask(again.text, days(9), again)
    assert sorted(each.state.value for each in found) == ["confirmed", "suggested"]
    assert len(server.asked_for) == 1
    assert server.memory.waits
    assert [claim.message_id for claim in server.memory.put_off(9)] == [again.id]
    assert not server.memory.waits
    server.memory._budget = Purse(9)
    found = await server.ask(again.text, days(9), again)
    assert [(each.message_id, each.state) for each in found] == [(each.id, MatchState.CONFIRMED) for each in told]
    assert not server.memory.waits


async def test_who_waits_for_an_answer_is_not_put_off(server: Server) -> None:
    await server.say(STORY.format(url("wire")), days(0))
    server.memory._budget = Purse(0)
    (found,) = await server.ask(STORY.format(url("mail")), days(9), first=True)
    assert found.state is MatchState.CONFIRMED
    await server.ask(STORY.format(url("mail")), days(9))
    assert not server.memory.waits  # nothing is told later about a text that stands nowhere


async def test_forgotten_claim_waits_no_longer(server: Server) -> None:
    await server.say(STORY.format(url("wire")), days(0))
    again = await server.say(STORY.format(url("mail")), days(9))
    server.memory._budget = Purse(0)
    await server.ask(again.text, days(9), again)
    await server.memory.forget(GUILD, [again.id])
    assert not server.memory.waits


async def test_conversation_is_one_occurrence_and_carries_its_tally(server: Server) -> None:
    story = await server.say(STORY.format(url("wire")), days(0))
    await server.say("Harbour bridge at Quellhaven announced to open next spring", days(0.01), reply_to=story.id)
    for minute in range(3):
        await server.say("I doubt it", days(0.02 + minute / 1440), reply_to=story.id)
    (found,) = await server.ask(STORY.format(url("mail")), days(9))
    assert found.conversation_id == story.id
    assert found.tally["skeptical"] == 3


async def test_story_shared_twice_at_once_is_one_occurrence_with_both_discussions(server: Server) -> None:
    first = await server.say(STORY.format(url("wire")), days(0))
    twin = await server.say(STORY.format(url("mail")), timedelta(minutes=4), channel=WORLD)
    await server.say("I doubt it", timedelta(minutes=5), reply_to=first.id)
    await server.say("here are figures", timedelta(minutes=6), channel=WORLD, reply_to=twin.id)
    (found,) = await server.ask(STORY.format(url("post")), days(9))
    assert found.message_id == first.id
    assert found.tally == {"skeptical": 1, "informative": 1}


async def test_claim_shared_a_moment_ago_elsewhere_is_the_claim_itself(server: Server) -> None:
    await server.say(STORY.format(url("wire")), days(0))
    twin = await server.say(STORY.format(url("wire")), timedelta(minutes=4), channel=WORLD)
    assert await server.ask(twin.text, timedelta(minutes=4), twin) == []
    assert len(await server.ask(twin.text, timedelta(minutes=5))) == 1


async def test_hidden_channels_are_not_counted(server: Server) -> None:
    await server.say(STORY.format(url("wire")), days(0), channel=WORLD)
    open_one = await server.say(STORY.format(url("wire")), days(3))

    async def only_news(channel_id: int) -> bool:
        return channel_id == NEWS

    stated = await stated_in(server.resources.models, STORY)
    claim = Claim(GUILD, NEWS, 0, 0, BEGIN + days(9), stated.vector, shared_pages(STORY.format(url("wire"))))
    found = await server.memory.find(claim, stated, only_news)
    assert [each.message_id for each in found] == [open_one.id]


async def test_forgotten_claims_are_not_found(server: Server) -> None:
    first = await server.say(STORY.format(url("wire")), days(0))
    await server.pipeline.forget(GUILD, [first.id])
    assert await server.ask(STORY.format(url("wire")), days(3)) == []


async def test_few_texts_are_fetched_while_nothing_is_sure(server: Server) -> None:
    for number in range(8):
        await server.say(
            f"Harbour bridge at Quellhaven announced to close next winter {url(f'wire{number}')}", days(number)
        )
    found = await server.ask(STORY.format(url("mail")), days(30))
    assert len(set(server.asked_for)) == COMPARED
    assert len(found) == 8
    assert {each.state for each in found} == {MatchState.SUGGESTED}


MOMENTS = st.lists(
    st.tuples(st.integers(0, 200), st.sampled_from(list(MatchState)[:2]), st.booleans(), st.integers(0, 9)),
    max_size=12,
)


@given(MOMENTS)
def test_merging_keeps_all_replies_and_leaves_nothing_at_once(moments: list[tuple]) -> None:
    found = [
        Occurrence(n, NEWS, n, BEGIN + timedelta(minutes=minute), 1.0, state, {"none": replies}, denies)
        for n, (minute, state, denies, replies) in enumerate(sorted(moments, key=lambda moment: moment[0]))
    ]
    kept = together(found)
    assert sum(each.tally["none"] for each in kept) == sum(each.tally["none"] for each in found)
    assert [each for each in kept if each.state is MatchState.SUGGESTED] == [
        each for each in found if each.state is MatchState.SUGGESTED
    ]
    for denies in (False, True):
        sure = [each.at for each in kept if each.state is MatchState.CONFIRMED and each.contradicts is denies]
        assert all(later - earlier > TOGETHER for earlier, later in pairwise(sure))
