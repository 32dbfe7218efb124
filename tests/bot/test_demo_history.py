"""The invented history holds together: everybody in it exists and everything happens in order."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from bot.demo.history import Story, load
from bot.links import find_links

HISTORY = load()
STORIES = (*HISTORY.past, *HISTORY.live)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.at:%Y-%m-%d}-{story.channel}")
def test_a_story_names_only_members_and_its_own_messages(story: Story) -> None:
    assert story.author in {*HISTORY.members, "desk"}
    assert story.content or story.title
    for number, reply in enumerate(story.replies, start=1):
        assert reply.author in HISTORY.members
        assert reply.text.strip() == reply.text != ""
        assert reply.after > timedelta()
        assert reply.to is None or 0 <= reply.to < number


def test_every_link_leads_nowhere() -> None:
    texts = [text for story in STORIES for text in (story.content, *(reply.text for reply in story.replies))]
    hosts = {urlsplit(link).hostname for text in texts for link in find_links(text)}
    assert hosts
    assert all(host.endswith(".example") for host in hosts)


def test_fact_checks_are_invented_and_from_before_the_present() -> None:
    assert len(HISTORY.fact_checks) >= 3
    for found in HISTORY.fact_checks:
        assert found.page.partition("/")[0].endswith(".example")
        assert found.published
        assert found.published < HISTORY.present.date()


def test_the_past_is_told_in_order_and_ends_before_the_present() -> None:
    times = [at for at, _, _ in HISTORY.timeline()]
    assert times == sorted(times)
    assert times[0] == HISTORY.begins
    assert times[-1] < HISTORY.present <= min(story.at for story in HISTORY.live)
    assert len(times) == sum(1 + len(story.replies) for story in HISTORY.past)


def test_one_story_comes_back_over_five_years() -> None:
    told = [story for story in STORIES if "Marrow Sound bridge" in story.title and "spring" in story.title]
    assert len(told) == 5
    assert told[-1].at - told[0].at > timedelta(days=5 * 365)
