"""`/highlights`: what adds something, cited, for who can open it, without a word about who wrote it."""

import discord

from bot.errors import UserError
from tests.cogs.conftest import Speaks
from tests.cogs.scene import STORY, colleague, flagged, permit, refused, said
from tests.conftest import World

FIGURES = "the council published figures on this"


async def test_informative_replies_are_cited_under_their_story(world: World) -> None:
    await world.watch()
    first = await flagged(world, FIGURES)
    await flagged(world, "I see")
    shown = said(await world.member.slash(world.news, "highlights"))
    for part in ("Worth reading", "**Harbour bridge", f"> {FIGURES}", f"[open]({first.jump_url})", "One reply"):
        assert part in shown
    assert "I see" not in shown
    assert str(world.member.id) not in shown
    assert world.member.name not in shown


async def test_nothing_yet(world: World) -> None:
    await world.watch()
    assert "Nothing yet" in said(await world.member.slash(world.news, "highlights"))


async def test_a_day_unless_another_time_is_given(world: World) -> None:
    await world.watch()
    await flagged(world, FIGURES)
    await world.later(hours=30)
    assert "Nothing yet" in said(await world.member.slash(world.news, "highlights"))
    assert FIGURES in said(await world.member.slash(world.news, "highlights", since="3 days"))
    other = colleague(world)
    result = await other.slash(world.news, "highlights", since="2 years")
    assert "30 days at most" in refused(world, result, UserError)


async def test_german_asker_reads_german_around_the_members_words(world: World, speaks: Speaks) -> None:
    await world.watch()
    speaks(world.member, "de")
    assert "Noch nichts" in said(await world.member.slash(world.news, "highlights"))
    first = await flagged(world, FIGURES)
    shown = said(await world.member.slash(world.news, "highlights"))
    for part in ("Lesenswert", "**Harbour bridge", f"> {FIGURES}", f"[öffnen]({first.jump_url})", "1 Antwort, ausge"):
        assert part in shown
    result = await world.moderator.slash(world.news, "highlights")
    assert "One reply, chosen" in said(result)
    await world.env.advance_time(30)
    result = await world.member.slash(world.news, "highlights", since="2 years")
    assert "höchstens 30 Tage" in refused(world, result, UserError)


async def test_few_of_one_story(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    for number in range(5):
        await flagged(world, f"{FIGURES} {number}", story)
    assert "Three replies" in said(await world.member.slash(world.news, "highlights"))


async def test_only_what_the_asker_can_open_and_authors_let(world: World) -> None:
    secret = world.guild.create_text_channel("secret")
    await world.watch(world.news, secret)
    await world.moderator.send(secret, STORY)
    await world.moderator.send(secret, f"{FIGURES} in secret")
    permit(world, secret, world.member.id, deny=discord.Permissions(view_channel=True).value)
    shown = said(await world.member.slash(world.news, "highlights"))
    assert "Nothing yet" in shown
    assert "in secret" in said(await world.moderator.slash(world.news, "highlights"))
    await world.store.members.opt_out(world.guild.id, world.moderator.id)
    world.bot.quotes.forget_author(world.guild.id, world.moderator.id)
    assert "Nothing yet" in said(await world.moderator.slash(world.news, "highlights"))


async def test_deleted_replies_are_left_out(world: World) -> None:
    await world.watch()
    gone = await flagged(world, FIGURES)
    await world.member.delete(gone)
    assert "Nothing yet" in said(await world.member.slash(world.news, "highlights"))


async def test_forum_posts_count(world: World) -> None:
    forum = world.guild.create_forum_channel("debates")
    await world.watch(forum)
    post = world.env.backend.create_thread(forum.id, "Harbour bridge", owner_id=world.moderator.id)
    world.env.backend.create_message(post.id, world.moderator.id, STORY)
    world.env.backend.create_message(post.id, world.member.id, FIGURES)
    await world.env.settle()
    assert FIGURES in said(await world.member.slash(world.news, "highlights"))
