"""`kill -9` and SIGTERM at random moments: nothing lost, doubled or left over. `make soak` has the full figures."""

from pathlib import Path

from tests.crash.lives import survive


async def test_nothing_is_lost_or_doubled_over_five_ends(tmp_path: Path) -> None:
    story = await survive(tmp_path, messages=500, kills=5, seed=11)
    assert story.findings == ()
    assert story.punished == ()
    assert story.messages >= 500
    assert story.cards >= 1
    assert story.alerts >= 5
    assert story.threads >= 2
    assert story.stops >= 2
    assert story.slowest_stop < 10
