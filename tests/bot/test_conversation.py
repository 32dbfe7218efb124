"""Every message finds its story, whatever shape Discord gives the conversation."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import LENGTH, SILENCE, Conversations
from bot.records import Kind, Placement, Post
from bot.store.messages import Kept, Standing

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def post(number: int, minutes: float = 0, **fields) -> Post:
    """Write a post in one channel, minutes after noon."""
    basis = Post(
        id=number,
        guild_id=1,
        channel_id=2,
        watched_id=2,
        author_id=3,
        created_at=NOON + timedelta(minutes=minutes),
        text="words",
    )
    return replace(basis, **fields)


@dataclass
class Known:
    """Know some rows, some messages on Discord, and the starters of threads."""

    rows: dict[int, Placement] = field(default_factory=dict)
    discord: dict[int, Post] = field(default_factory=dict)
    starters: dict[int, int] = field(default_factory=dict)
    before: Standing | None = None

    async def kept(self, message_id: int) -> Kept | None:
        if message_id not in self.rows:
            return None
        return Kept(message_id, 1, 2, 2, NOON, self.rows[message_id], read=True)

    async def fetched(self, channel_id: int, message_id: int) -> Post | None:
        return self.discord.get(message_id)

    async def starter(self, thread_id: int) -> int | None:
        return self.starters.get(thread_id)

    async def standing(self, channel_id: int, before: int) -> Standing | None:
        return self.before


STORY = post(10, links=("https://wire.example/bridge",))


async def test_link_is_a_story() -> None:
    assert await Conversations(Known()).place(STORY) == Placement(Kind.STORY, 10)


async def test_machine_and_forward_are_stories() -> None:
    placed = Conversations(Known())
    assert (await placed.place(post(11, by_person=False))).kind is Kind.STORY
    assert (await placed.place(post(12, forwarded=True))).kind is Kind.STORY


async def test_reply_with_a_link_stays_a_reply() -> None:
    known = Known(rows={10: Placement(Kind.STORY, 10)})
    placed = await Conversations(known).place(post(11, reply_to=10, links=("https://wire.example/source",)))
    assert placed == Placement(Kind.REPLY, 10, 10)


async def test_reply_chain_leads_to_the_story() -> None:
    known = Known(rows={11: Placement(Kind.REPLY, 10, 10)})
    assert await Conversations(known).place(post(12, reply_to=11)) == Placement(Kind.REPLY, 10, 11)


async def test_chain_from_before_the_watch_is_followed_on_discord() -> None:
    known = Known(discord={11: post(11, reply_to=10), 10: STORY})
    assert await Conversations(known).place(post(12, reply_to=11)) == Placement(Kind.REPLY, 10, 11)


async def test_answer_to_chat_or_to_nothing_is_chat() -> None:
    known = Known(rows={11: Placement(Kind.CHAT, None)})
    assert (await Conversations(known).place(post(12, reply_to=11))).kind is Kind.CHAT
    assert (await Conversations(known).place(post(13, reply_to=99))).kind is Kind.CHAT


async def test_loose_message_belongs_to_the_current_story() -> None:
    placed = Conversations(Known())
    await placed.place(STORY)
    assert await placed.place(post(11, 5)) == Placement(Kind.REPLY, 10, loose=True)


async def test_silence_ends_the_current_story() -> None:
    placed = Conversations(Known())
    await placed.place(STORY)
    late = SILENCE.total_seconds() / 60 + 1
    assert (await placed.place(post(11, late))).kind is Kind.CHAT


async def test_fifty_messages_end_the_current_story() -> None:
    placed = Conversations(Known())
    await placed.place(STORY)
    kinds = [(await placed.place(post(11 + n, n / 10))).kind for n in range(LENGTH + 1)]
    assert kinds == [Kind.REPLY] * LENGTH + [Kind.CHAT]


async def test_deleted_story_is_no_longer_current() -> None:
    placed = Conversations(Known())
    await placed.place(STORY)
    placed.forget(10)
    assert (await placed.place(post(11, 1))).kind is Kind.CHAT


async def test_older_story_does_not_replace_a_newer_one() -> None:
    placed = Conversations(Known())
    await placed.place(STORY)
    await placed.place(post(5, -60, links=("https://wire.example/old",)))
    assert (await placed.place(post(11, 1))).conversation_id == 10


async def test_thread_belongs_to_its_starter() -> None:
    placed = Conversations(Known(starters={20: 21}))
    starter = post(21, channel_id=20, in_thread=True)
    answer = post(22, channel_id=20, in_thread=True, reply_to=21)
    assert await placed.place(starter) == Placement(Kind.STORY, 21)
    assert await placed.place(answer) == Placement(Kind.REPLY, 21, 21)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 200)), max_size=30))
async def test_loose_messages_only_ever_follow_an_earlier_story(steps: list[tuple[bool, int]]) -> None:
    placed = Conversations(Known())
    minutes, stories = 0, set()
    for number, (is_story, pause) in enumerate(steps, start=1):
        minutes += pause
        placement = await placed.place(post(number, minutes, links=("https://wire.example/",) if is_story else ()))
        if is_story:
            stories.add(number)
        assert placement.conversation_id is None or placement.conversation_id in stories


async def test_an_answer_may_come_before_what_is_recorded_of_its_parent():
    placed = Conversations(Known())
    await placed.place(STORY)
    await placed.place(post(11))
    assert await placed.place(post(12, reply_to=11)) == Placement(Kind.REPLY, 10, 11)
    placed.forget(11)
    assert (await placed.place(post(13, reply_to=11))).kind is Kind.CHAT


async def test_a_loose_message_after_a_restart_belongs_to_the_story_from_before() -> None:
    placed = Conversations(Known(before=Standing(10, NOON, 3)))
    assert await placed.place(post(11, 5)) == Placement(Kind.REPLY, 10, loose=True)


async def test_a_story_from_before_a_restart_still_ends() -> None:
    silent = Conversations(Known(before=Standing(10, NOON - 2 * SILENCE, 3)))
    assert (await silent.place(post(11))).kind is Kind.CHAT
    long = Conversations(Known(before=Standing(10, NOON, LENGTH)))
    assert (await long.place(post(11))).kind is Kind.CHAT


async def test_a_story_since_the_restart_comes_before_one_from_earlier() -> None:
    placed = Conversations(Known(before=Standing(5, NOON, 3)))
    await placed.place(STORY)
    assert await placed.place(post(11)) == Placement(Kind.REPLY, 10, loose=True)


async def test_a_deleted_story_does_not_bring_the_one_before_it_back() -> None:
    known = Known(before=Standing(10, NOON, 3))
    placed = Conversations(known)
    await placed.place(post(11))
    placed.forget(10)
    known.before = Standing(5, NOON, 3)
    assert (await placed.place(post(12))).kind is Kind.CHAT
