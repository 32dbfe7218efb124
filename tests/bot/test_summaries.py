"""What a digest costs: only what it wants is read, and nothing twice."""

from collections.abc import Sequence

import pytest

from bot.discussion import Mode, Scope
from models.reader import Passage
from tests.cogs.test_summarize import told
from tests.conftest import World
from tests.tiny import TinyReader

SUBJECTS = (
    "cranes",
    "piers",
    "ramps",
    "lights",
    "tender",
    "freight",
    "ferries",
    "toll",
    "anchors",
    "ropes",
    "quays",
    "buoys",
)
SIZE = len(SUBJECTS)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Gather the texts that the reader is asked about."""
    seen: list[str] = []
    predict = TinyReader.predict

    def seeing(self: TinyReader, passages: Sequence[Passage]) -> list:
        seen.extend(passage.text for passage in passages)
        return predict(self, passages)

    monkeypatch.setattr(TinyReader, "predict", seeing)  # before the models are opened, which ask for this
    return seen


async def made(world: World) -> object:
    with world.env.time_context():
        return await world.bot.get_cog("Summarize").summaries.ask(Scope(world.news.id, Mode.LAST, 50)).task


async def test_no_more_is_read_than_the_digest_wants(
    read: list[str], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.summarizer.MOST_READ", 5)
    texts = [f"I doubt the harbour report about {' and '.join(SUBJECTS[: each + 1])}" for each in range(SIZE)]
    for text in texts:
        await world.member.send(world.news, text)
    await world.env.advance_time(60)
    await world.member.send(world.news, "lol")
    digest = await made(world)
    assert sorted(read) == sorted(texts[-5:])
    assert digest.read == SIZE + 1
    assert len(digest.course) == 5
    assert digest.span is not None
    assert digest.span[1] > digest.course[-1][0]
    assert digest.points


async def test_what_is_known_is_not_read_again(read: list[str], world: World) -> None:
    await world.watch()
    await told(world)
    before = len(read)
    assert before
    assert (await made(world)).points
    assert len(read) == before
