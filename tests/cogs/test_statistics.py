"""`/about` tells everybody how the bot stands; `/stats` tells moderators of the last weeks, never by person."""

from datetime import date, timedelta

import discord
import pytest
import simcord
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.records import Server
from bot.render import statistics as render
from bot.store.statistics import Figures
from tests.cogs.scene import STORY, alerts, colleague, flagged, forbid, said, text_of
from tests.cogs.test_privacy import fits
from tests.conftest import World

SINCE = date(2026, 1, 1)


async def test_about_for_a_member(world: World) -> None:
    hidden = world.guild.create_text_channel(
        "council", overwrites={world.guild.default_role: discord.PermissionOverwrite(view_channel=False)}
    )
    await world.watch(world.news, hidden, live=False)
    shown = said(await world.member.slash(world.news, "about"))
    for part in ("Hindsight 0", "in shadow", f"<#{world.news.id}>", "everything is read", "/privacy"):
        assert part in shown
    assert str(hidden.id) not in shown
    assert "For moderators" not in shown
    assert "tiny-reader" not in shown


async def test_about_says_when_reading_has_paused(world: World) -> None:
    world.bot.intake.paused = world.env.now()
    assert "have paused reading" in said(await world.member.slash(world.news, "about"))


def test_about_counts_what_was_caught_up() -> None:
    about = render.About("1.2.3", Server(1), [5], 0, {}, None, caught_up=1_200)
    assert "catching up on what I missed, 1,200 messages so far" in str(render.about_view(about).to_components())


async def test_about_tells_moderators_what_is_missing(world: World) -> None:
    await world.watch()
    shown = said(await world.moderator.slash(world.news, "about"))
    assert "no permission is missing" in shown
    assert "`tiny-reader`" in shown
    forbid(world, world.news, embed_links=True)
    shown = said(await world.moderator.slash(world.news, "about"))
    assert "**Embed Links**" in shown
    assert f"<#{world.news.id}>" in shown
    assert "**live**" in shown


async def test_stats_count_labels_flags_and_verdicts(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    await world.member.send(world.news, "I doubt it", reply_to=story)
    await flagged(world, story=story)
    await world.moderator.click(alerts(world)[0], label="Agree")
    answer = (await world.moderator.slash(world.news, "stats")).response
    assert answer.ephemeral
    shown = said(await world.moderator.slash(world.news, "stats"))
    assert "**2 replies read**" in shown
    assert "skeptical 50%" in shown
    assert "**One flag**: 1 agreed" in shown
    (file,) = answer.attachments
    assert (await file.read()).startswith(b"\x89PNG")
    assert str(world.member.id) not in shown


@pytest.mark.parametrize(("view", "agreed"), [("partisan", 1), ("dismissed", 0)])
async def test_stats_count_how_often_two_moderators_agree(world: World, view: str, agreed: int) -> None:
    await world.watch()
    await flagged(world)
    queue = await world.moderator.slash(world.news, "review")
    form = await world.moderator.click(queue.response, label="Second opinion")
    await world.moderator.submit_modal(form, {"view": [view]})
    assert "No flag is left to decide" in text_of(queue.response)
    await colleague(world).click(alerts(world)[0], label="Agree")
    shown = said(await world.moderator.slash(world.news, "stats"))
    assert f"**Two moderators** judged 1 flag, and agreed with each other on {agreed}." in shown


async def test_stats_of_a_quiet_server(world: World) -> None:
    answer = (await world.moderator.slash(world.news, "stats")).response
    assert answer.attachments == []
    assert "Nothing has been read yet" in said(await world.moderator.slash(world.news, "stats"))


async def test_stats_are_for_moderators(world: World) -> None:
    assert "stats" not in world.member.available_commands(world.news)
    for command in await world.bot.tree.fetch_commands():
        if command.name == "stats":  # an administrator may show it to others
            world.guild.set_command_permissions(command.id, {world.member: True})
    refused = await world.member.slash(world.news, "stats")
    simcord.assert_error(world.env, discord.app_commands.MissingPermissions)
    assert "**Manage Messages**" in said(refused)


async def test_expired_readings_still_count(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    await world.member.send(world.news, "I doubt it", reply_to=story)
    now = world.env.now()
    before = await world.store.statistics.figures(world.guild.id, now - timedelta(days=30), now)
    await world.settings(retention_days=1)
    await world.store.retention.expire(now + timedelta(days=2))
    assert await world.store.statistics.figures(world.guild.id, now - timedelta(days=30), now) == before
    assert before.channels == {(world.news.id, "skeptical"): 1}


NUMBERS = st.integers(1, 10**7)
LABELS = st.sampled_from(render.SHOWN)
FIGURES = st.builds(
    Figures,
    since=st.just(SINCE),
    until=st.just(SINCE + timedelta(days=30)),
    days=st.dictionaries(st.tuples(st.dates(SINCE, SINCE + timedelta(days=30)), LABELS), NUMBERS, max_size=20),
    channels=st.dictionaries(st.tuples(st.integers(1, 9), LABELS), NUMBERS, max_size=20),
    flags=st.dictionaries(st.tuples(LABELS, st.sampled_from([*render.OUTCOMES])), NUMBERS, max_size=20),
    cards=st.dictionaries(st.sampled_from([*render.TAKEN_DOWN, "posted", "shadow", "pending"]), NUMBERS),
    helpful=NUMBERS,
    unhelpful=NUMBERS,
)


@given(figures=FIGURES)
@settings(max_examples=50, deadline=None)
def test_any_figures_are_said_within_limits(figures: Figures) -> None:
    fits(render.stats_view(figures, drawn=True))
    assert "nan" not in render.in_words(figures)


@pytest.mark.parametrize("name", ["news", "$x^2$ _{", "量子", "🗞️-news", "x" * 100, ""])
def test_any_channel_name_is_drawn(name: str) -> None:
    figures = Figures(SINCE, SINCE + timedelta(days=2), {(SINCE, "none"): 1}, {(7, "none"): 1}, {}, {}, 0, 0)
    assert render.draw(figures, lambda _: name).startswith(b"\x89PNG")


@given(
    channels=st.lists(st.integers(0, 2**63), max_size=300),
    problems=st.none() | st.lists(st.text(max_size=400), max_size=30),
    backlog=NUMBERS,
    live=st.booleans(),
)
@settings(max_examples=50, deadline=None)
def test_about_fits_discord(channels: list[int], problems: list[str] | None, backlog: int, live: bool) -> None:
    models = {"reader": "a" * 64, "embedder": "b" * 64}
    fits(render.about_view(render.About("1.2.3", Server(1, live=live), channels, backlog, models, problems)))
