"""`/report`: what happened or would have, a sample to judge, thresholds that fit better; and shadow decides as live."""

from dataclasses import replace

import discord

from bot.records import Flag, Kind, Placement, Thresholds
from bot.store.outcomes import Result
from bot.tuning import percents
from models.labels import LABELS, MARKS
from models.reader import Reading
from tests.bot.rows import post
from tests.cogs.scene import PARTISAN, STORY, alerts, buttons, colleague, refused, said, text_of
from tests.conftest import World, build_world

UNFLAGGED = ("I doubt it", "here are figures", "thanks a lot", "so it is")


async def discussed(world: World) -> discord.Message:
    """Let a story be discussed: two flags, and replies that are not flagged."""
    story = await world.member.send(world.news, STORY)
    for text in (PARTISAN, "what about the game", *UNFLAGGED):
        await world.member.send(world.news, text, reply_to=story)
    return story


async def reported(world: World, **options: int) -> discord.Message:
    return (await world.moderator.slash(world.news, "report", **options)).response


async def actions(world: World) -> list[str]:
    entries = await world.store.audit.latest(world.guild.id, 100)
    return [entry.action for entry in entries if entry.actor_id is not None]


async def test_report_in_shadow_says_what_would_have_happened(world: World) -> None:
    await world.watch(live=False)
    await discussed(world)
    await world.moderator.click(alerts(world)[0], label="Agree")
    shown = await reported(world)
    assert shown.ephemeral
    words = text_of(shown)
    for part in (
        "What would have happened, were this server live",
        "**Six replies read**, **two flags**",
        "**Partisan**: one flag, right 100% (21% to 100%) of 1 judged",
        "**Off-topic**: one flag, none judged so far",
        "**What is missed** is unknown",
        "from 50 verdicts on: 1 so far",
    ):
        assert part in words
    (picture,) = shown.attachments
    assert (await picture.read()).startswith(b"\x89PNG")
    assert buttons(shown) == {"Judge a sample", "Go live"}
    assert str(world.member.id) not in words


async def test_report_of_a_quiet_server(world: World) -> None:
    shown = await reported(world, days=3)
    assert "Nothing has been read in that time" in text_of(shown)
    assert shown.attachments == []


async def test_report_goes_back_no_further_than_what_is_kept(world: World) -> None:
    await world.watch()
    await world.settings(retention_days=2)
    await discussed(world)
    assert "the last 2 days" in text_of(await reported(world, days=30))


async def test_going_live_from_the_report(world: World) -> None:
    await world.watch(live=False)
    await discussed(world)
    shown = await reported(world)
    helper = colleague(world, roles=())
    mods = world.guild.create_role("Mods", permissions=discord.Permissions(manage_messages=True))
    world.env.backend.edit_member(world.guild.id, helper.id, {"role_ids": [mods.id]})
    theirs = (await helper.slash(world.news, "report")).response
    assert "Manage Server" in said(await helper.click(theirs, label="Go live"))
    assert not (await world.store.servers.get(world.guild.id)).live
    assert "### ☀️ Live" in said(await world.moderator.click(shown, label="Go live"))
    assert (await world.store.servers.get(world.guild.id)).live
    assert "Go live" not in buttons(await reported(world))


async def test_shadow_decides_as_live_does(world: World) -> None:
    other = build_world(world.env, world.resources)
    await world.watch(live=False)
    await other.watch(live=True)
    for each in (world, other):
        await discussed(each)
        await each.later(hours=3)
        for _ in range(2):  # the second comes within the pause between two cards
            again = await each.member.send(each.news, STORY)
            await each.member.send(each.news, PARTISAN, reply_to=again)
    since = world.env.now().replace(year=2025)
    (shadow, shadow_cards), (live, live_cards) = [await decided(each, since) for each in (world, other)]
    assert shadow == live
    assert shadow
    assert shadow_cards == live_cards == 1
    posted = [message for message in other.news.history() if message.author.id == world.bot.user.id]
    assert len(posted) == 1
    assert not [message for message in world.news.history() if message.author.id == world.bot.user.id]
    assert len(alerts(world)) == len(alerts(other))


async def decided(world: World, since: object) -> tuple[list[tuple[str, float]], int]:
    """Give what was flagged how, in order, and how many cards there were."""
    happened = await world.store.reports.happened(world.guild.id, since)
    judged = await world.store.flags.waiting(world.guild.id, world.moderator.id, world.env.now())
    return [(flag.label, flag.score) for flag in judged], sum(happened.cards.values())


async def test_sample_is_judged_one_at_a_time(world: World) -> None:
    await world.watch()
    await discussed(world)
    begun = await world.moderator.click(await reported(world), label="Judge a sample")
    card, seen = begun.response, []
    for verdict in ("Skeptical", "Informative", "None", "Partisan"):
        words = text_of(card)
        seen.append(next(text for text in UNFLAGGED if text in words))
        assert "Harbour bridge" in words
        assert PARTISAN not in words
        await world.moderator.click(card, label=verdict)
    assert len(set(seen)) == 4
    assert "All judged" in text_of(card)
    words = text_of(await reported(world))
    assert "What is missed** is unknown" in words  # nobody has decided a flag yet
    await world.moderator.click(alerts(world)[0], label="Agree")
    await world.later(seconds=40)
    assert "of all that is partisan" in text_of(await reported(world))
    assert await actions(world) == ["verdict", *["sample judged"] * 4]


async def test_judgement_is_taken_back_and_a_reply_skipped(world: World) -> None:
    await world.watch()
    await discussed(world)
    card = (await world.moderator.click(await reported(world), label="Judge a sample")).response
    first = text_of(card)
    await world.moderator.click(card, label="Partisan")
    assert text_of(card) != first
    await world.moderator.click(card, label="Undo the last")
    again = text_of(card)
    assert first.splitlines()[2] == again.splitlines()[2]
    judged = [each for each in await world.store.reports.judged(world.guild.id) if each.verdict]
    assert judged == []
    await world.moderator.click(card, label="Skip")
    assert text_of(card).splitlines()[2] != first.splitlines()[2]


async def test_two_moderators_get_different_replies_and_a_deleted_one_is_passed_over(world: World) -> None:
    await world.watch()
    story = await discussed(world)
    other = colleague(world)
    one = (await world.moderator.click(await reported(world), label="Judge a sample")).response
    theirs = (await other.slash(world.news, "report")).response
    two = (await other.click(theirs, label="Judge a sample")).response
    assert text_of(one).splitlines()[2] != text_of(two).splitlines()[2]
    sample = await world.store.samples.waiting(
        world.guild.id, world.moderator.id, world.env.now().replace(year=2025), world.env.now()
    )
    gone = [each for each in world.news.history() if each.id in {found.message_id for found in sample}]
    for message in gone:
        await world.member.delete(message)
    assert "not in the sample any more" in said(await world.moderator.click(one, label="None"))
    assert await world.store.messages.get(story.id) is not None


async def test_permission_lost_between_show_and_click(world: World) -> None:
    await world.watch(live=False)
    await discussed(world)
    shown = await reported(world)
    card = (await world.moderator.click(shown, label="Judge a sample")).response
    world.env.backend.edit_member(world.guild.id, world.moderator.id, {"role_ids": []})
    assert "Manage Messages" in said(await world.moderator.click(card, label="Partisan"))
    assert "Manage Messages" in said(await world.moderator.click(shown, label="Judge a sample"))
    assert "Manage Server" in said(await world.moderator.click(shown, label="Go live"))
    assert await world.store.reports.judged(world.guild.id) == []
    assert not (await world.store.servers.get(world.guild.id)).live


async def test_members_cannot_ask(world: World) -> None:
    assert "report" not in world.member.available_commands(world.news)
    for command in await world.bot.tree.fetch_commands():
        if command.name == "report":
            world.guild.set_command_permissions(command.id, {world.member: True})
    result = await world.member.slash(world.news, "report")
    assert "**Manage Messages**" in refused(world, result, discord.app_commands.MissingPermissions)


async def lived_through(world: World) -> None:
    """Plant verdicts of moderators who mind drifting and do not mind politics."""
    await world.watch()
    await world.settings(thresholds=Thresholds({"partisan": 0.6, "off-topic": 0.6}))
    story = await world.member.send(world.news, STORY)
    for number in range(8):
        text = PARTISAN if number % 2 else "what about the game"
        await world.member.send(world.news, f"{text} {number}", reply_to=story)
    for number in range(80):
        label = "partisan" if number % 2 else "off-topic"
        score = 0.6 + 0.3 * (number % 7) / 7
        await planted(world, number, label, score)
    for number in range(100, 140):
        await planted(world, number, "off-topic", 0.4 + 0.005 * (number - 100))


async def planted(world: World, number: int, label: str, score: float) -> None:
    now = world.env.now()
    made = post(10**6 + number, guild=world.guild.id, channel=world.news.id, created_at=now)
    flag = Flag(0, world.guild.id, world.news.id, made.id, 1, label, score, now)
    reading = Reading(label, dict.fromkeys(LABELS, 0.1) | {label: score}, dict.fromkeys(MARKS, 0.1), 0.1)
    await world.store.messages.keep(made)
    result = Result(made, Placement(Kind.REPLY, 1), reading, flag=flag if score >= 0.6 else None)
    recorded = await world.store.outcomes.record(result, "reader", "embedder", now)
    if recorded.flag is None:
        return
    right = label == "off-topic" or number % 9 == 1
    await world.store.flags.decide(recorded.flag.id, label if right else "dismissed", world.moderator.id, now)


async def test_fitted_thresholds_are_applied_by_a_click_and_undone_by_another(world: World) -> None:
    await lived_through(world)
    before = (await world.store.servers.get(world.guild.id)).thresholds
    shown = await reported(world)
    assert "**Thresholds that fit this server better**, by 80 verdicts" in text_of(shown)
    answer = (await world.moderator.click(shown, label="Use these thresholds")).response
    fitted = (await world.store.servers.get(world.guild.id)).thresholds
    assert fitted.flags["partisan"] > before.flags["partisan"]
    assert fitted.flags["off-topic"] <= before.flags["off-topic"]
    assert fitted == replace(before, flags=fitted.flags)
    assert f"partisan from {percents(fitted.flags)['partisan']} % (was 60 %)" in text_of(answer)
    assert "changed since" in said(await world.moderator.click(shown, label="Use these thresholds"))
    await world.restart()
    await world.moderator.click(answer, label="Undo")
    assert (await world.store.servers.get(world.guild.id)).thresholds == before
    assert (await actions(world))[:2] == ["thresholds restored", "thresholds fitted"]
    entries = await world.store.audit.latest(world.guild.id, 1)
    assert entries[0].detail["thresholds"] == [percents(fitted.flags), percents(before.flags)]


async def test_fitted_thresholds_need_manage_server(world: World) -> None:
    await lived_through(world)
    shown = await reported(world)
    world.env.backend.edit_member(world.guild.id, world.moderator.id, {"role_ids": []})
    assert "Manage Server" in said(await world.moderator.click(shown, label="Use these thresholds"))
    assert (await world.store.servers.get(world.guild.id)).thresholds.flags["partisan"] == 0.6
