"""`/summarize` as members meet it: what is cited, who sees it, and what happens when messages go or rights change."""

import re
from collections.abc import Iterable
from pathlib import Path

import discord
import pytest
from simcord.components import walk_components

from tests.cogs.conftest import Speaks
from tests.conftest import World

STORY = "Harbour bridge at Quellhaven announced to open next spring https://wire.example/bridge"
REPLIES = (
    "I doubt that the bridge opens in spring, because the piers stand unfinished",
    "The council published figures in March: the northern ramp cost 42 million",
    "Has anybody read the tender for the harbour lights?",
    "Freight trains will need another crossing until the summer",
)
CITED = re.compile(r"\[\[\d+\]\]\(https://discord\.com/channels/\d+/\d+/(\d+)\)")


async def told(world: World, replies: Iterable[str] = REPLIES, channel: object = None) -> list[discord.Message]:
    """Post the story and its replies, minutes apart."""
    place = channel or world.news
    said = [await world.member.send(place, STORY)]
    for text in replies:
        await world.env.advance_time(120)
        said.append(await world.member.send(place, text, reply_to=said[0]))
    return said


def text_of(shown: object) -> str:
    """Gather what a message or a response shows."""
    message = getattr(shown, "message", shown)
    parts = walk_components([component.to_dict() for component in message.components])
    return "\n".join([message.content, *(part["content"] for part in parts if part.get("content"))])


def cited(shown: object) -> set[int]:
    return {int(found) for found in CITED.findall(text_of(shown))}


def quoted(shown: object) -> list[str]:
    """List the sentences with their citations, without what is said around them."""
    return re.findall(r"“[^”]+” \[\[.*", text_of(shown))


def assert_english(posted: discord.Message) -> None:
    """Hold what everybody sees to English."""
    shown = text_of(posted)
    assert "**🤨 Doubts**" in shown
    assert f"-# {len(REPLIES)} messages · " in shown
    assert labels(posted) == ["Refresh"]


def described(message: discord.Message) -> str:
    """Give the description of a message's picture."""
    parts = walk_components([component.to_dict() for component in message.components])
    return "".join(item.get("description") or "" for part in parts for item in part.get("items", ()))


def labels(shown: object) -> list[str]:
    message = getattr(shown, "message", shown)
    parts = walk_components([component.to_dict() for component in message.components])
    return [part["label"] for part in parts if part.get("label")]


def latest(world: World) -> discord.Message:
    """Give the bot's last message in #news as it stands now."""
    own = world.bot.user.id
    return [each for each in world.news.history(viewer=world.moderator) if each.author.id == own][-1]


def all_bytes(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def said_to(result: object) -> str:
    """Give what was answered in plain words."""
    answers = [result.response, *result.followups]
    return "\n".join(text_of(answer) for answer in answers if answer is not None)


async def test_digest_cites_the_current_story_and_only_the_asker_sees_it(world: World) -> None:
    await world.watch()
    await told(world, ["An older story was answered here"])
    story, *replies = await told(world)
    asked = await world.member.slash(world.news, "summarize")
    assert asked.ephemeral
    assert cited(asked.response)
    assert cited(asked.response) <= {reply.id for reply in replies}
    assert f"/{story.id})" in text_of(asked.response)
    assert "**🤨 Doubts**" in text_of(asked.response)
    assert f"{len(REPLIES)} messages" in text_of(asked.response)


async def test_only_the_asker_and_nobody_else_is_told(world: World) -> None:
    await world.watch()
    await told(world)
    asked = await world.member.slash(world.news, "summarize")
    seen = [message.id for message in world.news.history(viewer=world.moderator)]
    assert asked.response.id not in seen


async def test_three_replies_get_one_line(world: World) -> None:
    await world.watch()
    await told(world, REPLIES[:3])
    asked = await world.member.slash(world.news, "summarize")
    assert "**" not in text_of(asked.response)
    assert len([line for line in text_of(asked.response).split("\n") if CITED.search(line)]) == 1


@pytest.mark.parametrize(
    ("replies", "said"),
    [
        ((), "Nobody has answered this story yet"),
        (("😂", "https://pictures.example/a.png"), "Only pictures"),
        (("Das glaube ich nicht, die Pfeiler sind noch lange nicht fertig",), "other languages"),
        (("hm", "game"), "Nothing here"),
    ],
    ids=["no reply", "no words", "not English", "noise"],
)
async def test_nothing_to_tell_gets_a_friendly_line(world: World, replies: tuple[str, ...], said: str) -> None:
    await world.watch()
    await told(world, replies)
    asked = await world.member.slash(world.news, "summarize")
    assert said in said_to(asked)
    assert labels(asked.response) == ["Refresh"]


async def test_very_long_messages_are_condensed(world: World) -> None:
    await world.watch()
    story, *_ = await told(world)
    for number, text in enumerate(REPLIES):
        filler = " ".join(f"The {number}-th {word} of the old ferry was also mentioned once." for word in range(80))
        long = world.env.backend.create_message(
            world.news.id,
            world.member.id,
            text,
            reference={"message_id": str(story.id), "channel_id": str(world.news.id)},
            message_type=discord.MessageType.reply.value,
            broadcast=False,
        )
        long.content = f"{text} in phase {number}. {filler}"[:4_000]
    asked = await world.member.slash(world.news, "summarize")
    assert cited(asked.response)
    assert f"{2 * len(REPLIES)} messages" in text_of(asked.response)


async def test_last_counts_messages_and_leaves_out_the_bot(world: World) -> None:
    for number in range(6):
        await world.member.send(world.news, f"{REPLIES[number % 4]}, said {number} times")
    asked = await world.member.slash(world.news, "summarize", last=5)
    assert "The latest messages" in text_of(asked.response)
    assert "5 messages" in text_of(asked.response)


async def test_since_takes_what_is_younger(world: World) -> None:
    await world.member.send(world.news, REPLIES[0])
    await world.env.advance_time(7_200)
    young = [await world.member.send(world.news, text) for text in REPLIES[1:]]
    asked = await world.member.slash(world.news, "summarize", since="1h")
    assert cited(asked.response) <= {message.id for message in young}
    assert "3 messages" in text_of(asked.response)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"since": "soon"}, "`since`"),
        ({"since": "2h", "last": 5}, "only one"),
        ({"from_message": "that one"}, "no link"),
        ({"from_message": "https://discord.com/channels/1/2/3"}, "cannot find"),
    ],
)
async def test_wrong_option_is_answered_in_words(world: World, options: dict[str, object], said: str) -> None:
    asked = await world.member.slash(world.news, "summarize", **options)
    assert said in said_to(asked)


async def test_summarize_from_a_message_on(world: World) -> None:
    said = [await world.member.send(world.news, text) for text in REPLIES]
    asked = await world.member.context_menu(world.news, "Summarize from here", said[1])
    assert "3 messages" in text_of(asked.response)
    link = f"https://discord.com/channels/{world.guild.id}/{world.news.id}/{said[1].id}"
    await world.env.advance_time(11)
    again = await world.member.slash(world.news, "summarize", from_message=link)
    assert cited(again.response) == cited(asked.response)


async def test_summarize_from_a_story_means_its_discussion(world: World) -> None:
    await world.watch()
    story, *replies = await told(world)
    await told(world, ["A later story has its own reply"])
    asked = await world.member.context_menu(world.news, "Summarize from here", story)
    assert f"{len(replies)} messages" in text_of(asked.response)


async def test_cooldown_names_the_seconds(world: World) -> None:
    await world.member.slash(world.news, "summarize", last=5)
    again = await world.member.slash(world.news, "summarize", last=5)
    assert "try again in" in said_to(again)


async def test_thread_is_its_storys_discussion(world: World) -> None:
    await world.watch()
    story = await world.member.send(world.news, STORY)
    thread_id = world.env.backend.create_thread(world.news.id, "Bridge", world.member.id, message_id=story.id).id
    for text in REPLIES:
        world.env.backend.create_message(thread_id, world.member.id, text)
    await world.env.settle()
    (thread,) = world.news.threads
    asked = await world.member.slash(thread, "summarize")
    assert cited(asked.response)
    assert "Harbour bridge" in text_of(asked.response)


async def test_forum_post_is_its_starters_discussion(world: World) -> None:
    forum = world.guild.create_forum_channel("deep-dives")
    post_id = world.env.backend.create_thread(forum.id, "Bridge", world.member.id).id
    for text in ("Harbour bridge at Quellhaven announced to open next spring", *REPLIES):
        world.env.backend.create_message(post_id, world.member.id, text)
    await world.env.settle()
    (post,) = forum.threads
    asked = await world.member.slash(post, "summarize")
    assert len(cited(asked.response)) > 1
    assert text_of(asked.response).strip().startswith("### [Harbour bridge")
    assert f"{len(REPLIES)} messages" in text_of(asked.response)


async def test_private_thread_is_summarized_for_its_members_alone(world: World) -> None:
    thread_id = world.env.backend.create_thread(
        world.news.id, "Back room", world.moderator.id, type=discord.ChannelType.private_thread.value
    ).id
    said = [world.env.backend.create_message(thread_id, world.moderator.id, text) for text in REPLIES]
    await world.env.settle()
    link = f"https://discord.com/channels/{world.guild.id}/{thread_id}/{said[0].id}"
    refused = await world.member.slash(world.news, "summarize", from_message=link)
    assert "cannot" in said_to(refused)
    assert not CITED.search(said_to(refused))


async def test_opted_out_member_is_left_out_and_the_digest_says_so(world: World) -> None:
    await world.watch()
    silent = world.guild.add_member(world.env.create_user("silent"))
    await world.store.members.opt_out(world.guild.id, silent.id)
    story, *_ = await told(world)
    secret = await silent.send(world.news, "I doubt the canary papaya figures", reply_to=story)
    asked = await world.member.slash(world.news, "summarize")
    assert secret.id not in cited(asked.response)
    assert "papaya" not in text_of(asked.response)
    assert "opted out" in text_of(asked.response)


@pytest.mark.parametrize("answer", ["https://wire.example/tender", "😂", "Ja, die Ausschreibung habe ich gelesen"])
async def test_question_that_anybody_answered_is_not_unanswered(answer: str, world: World) -> None:
    await world.watch()
    asked = (await told(world, (REPLIES[2], REPLIES[0], "lol", "this", "first")))[1]
    before = await world.member.slash(world.news, "summarize")
    silent = world.guild.add_member(world.env.create_user("silent"))
    await world.store.members.opt_out(world.guild.id, silent.id)
    await silent.send(world.news, answer, reply_to=asked)
    await world.env.advance_time(120)
    after = await world.member.slash(world.news, "summarize")
    assert "Unanswered" in text_of(before.response)
    assert "Unanswered" not in text_of(after.response)


async def test_deleted_message_leaves_the_answer_that_quotes_it(world: World) -> None:
    await world.watch()
    said = {message.id: message for message in await told(world)}
    asked = await world.member.slash(world.news, "summarize")
    gone = min(cited(asked.response))
    await world.member.delete(said[gone])
    assert gone not in cited(asked.response)
    assert said[gone].content[:30] not in text_of(asked.response)


async def test_edited_message_marks_the_answer(world: World) -> None:
    await world.watch()
    said = {message.id: message for message in await told(world)}
    asked = await world.member.slash(world.news, "summarize")
    await world.member.edit(said[min(cited(asked.response))], "I take it all back, the bridge was inspected")
    assert "was edited since" in text_of(asked.response)
    fresh = await world.member.click(asked.response.message, label="Refresh")
    assert "was edited since" not in text_of(fresh.response or asked.response)


async def test_shared_digest_stands_in_the_channel_and_drops_what_is_deleted(world: World) -> None:
    await world.watch()
    said = {message.id: message for message in await told(world)}
    asked = await world.member.slash(world.news, "summarize")
    await world.member.click(asked.response.message, label="Share in channel")
    posted = latest(world)
    assert cited(posted) == cited(asked.response)
    assert await world.store.digests.cites(posted.id) == cited(posted) | {min(said)}
    assert "Share in channel" not in labels(asked.response)
    gone = min(cited(posted))
    await world.member.delete(said[gone])
    assert cited(latest(world)) == cited(posted) - {gone}
    assert said[gone].content[:30] not in text_of(latest(world))


async def test_who_opts_out_after_the_digest_is_not_shared(world: World) -> None:
    await world.watch()
    story, *_ = await told(world)
    silent = world.guild.add_member(world.env.create_user("silent"))
    last = await silent.send(world.news, "I doubt the canary papaya figures of the ferry", reply_to=story)
    asked = await world.member.slash(world.news, "summarize")
    assert last.id in cited(asked.response)
    await world.store.members.opt_out(world.guild.id, silent.id)
    await world.member.click(asked.response.message, label="Share in channel")
    assert cited(latest(world)) == cited(asked.response) - {last.id}


async def test_deleted_thread_leaves_the_answers_that_quote_it(world: World) -> None:
    thread_id = world.env.backend.create_thread(world.news.id, "Bridge", world.member.id).id
    for text in REPLIES:
        world.env.backend.create_message(thread_id, world.member.id, text)
    await world.env.settle()
    (thread,) = world.news.threads
    first = thread.history(viewer=world.moderator)[0]
    link = f"https://discord.com/channels/{world.guild.id}/{thread_id}/{first.id}"
    asked = await world.member.slash(world.news, "summarize", from_message=link)
    assert cited(asked.response)
    world.env.backend.delete_channel(thread_id)
    await world.env.settle()
    assert not cited(asked.response)


async def test_public_digest_whose_messages_are_all_gone_says_so(world: World) -> None:
    await world.watch()
    said = await told(world)
    await world.member.slash(world.news, "summarize", public=True)
    assert cited(latest(world))
    for message in said:
        await world.member.delete(message)
    assert "are gone" in text_of(latest(world))
    assert "piers" not in text_of(latest(world))


async def test_erased_member_leaves_public_digests(world: World) -> None:
    await world.watch()
    await told(world)
    await world.member.slash(world.news, "summarize", public=True)
    asked = await world.member.slash(world.news, "privacy erase")
    await world.member.click(asked.response.message, label="Erase everything")
    assert "are gone" in text_of(latest(world))


async def test_edit_marks_the_public_digest_and_refresh_brings_it_up_to_date(world: World) -> None:
    await world.watch()
    said = {message.id: message for message in await told(world)}
    await world.member.slash(world.news, "summarize", public=True)
    await world.member.edit(said[min(cited(latest(world)))], "I doubt the harbour master has signed anything")
    assert "was edited since" in text_of(latest(world))
    await world.member.click(latest(world), label="Refresh")
    assert "was edited since" not in text_of(latest(world))
    assert cited(latest(world))


async def test_strangers_cannot_refresh_a_public_digest_but_moderators_can(world: World) -> None:
    await world.watch()
    await told(world)
    await world.member.slash(world.news, "summarize", public=True)
    stranger = world.guild.add_member(world.env.create_user("passer-by"))
    refused = await stranger.click(latest(world), label="Refresh")
    assert "Only who asked" in said_to(refused)
    assert not (await world.moderator.click(latest(world), label="Refresh")).followups


async def test_deleted_digest_is_forgotten(world: World) -> None:
    await world.watch()
    await told(world)
    await world.member.slash(world.news, "summarize", public=True)
    posted = latest(world)
    await world.moderator.delete(posted)
    assert await world.store.digests.cites(posted.id) is None


async def test_server_in_shadow_sees_no_public_digest(world: World) -> None:
    await world.watch(live=False)
    await told(world)
    asked = await world.member.slash(world.news, "summarize", public=True)
    assert "/golive" in said_to(asked)
    assert not [each for each in world.news.history(viewer=world.moderator) if each.author.id == world.bot.user.id]


async def test_who_may_not_write_may_not_have_it_written(world: World) -> None:
    mute = discord.PermissionOverwrite(send_messages=False)
    quiet = world.guild.create_text_channel("quiet", overwrites={world.guild.default_role: mute})
    await world.watch(quiet)
    asked = await world.member.slash(quiet, "summarize", public=True)
    assert "cannot write here" in said_to(asked)


async def test_link_into_a_hidden_channel_is_refused(world: World) -> None:
    secret = await world.moderator.send(world.moderators, "The canary papaya decision is made")
    link = f"https://discord.com/channels/{world.guild.id}/{world.moderators.id}/{secret.id}"
    asked = await world.member.slash(world.news, "summarize", from_message=link)
    assert "papaya" not in said_to(asked)
    assert "cannot" in said_to(asked)


async def test_moderators_digest_of_a_hidden_channel_is_not_shared_elsewhere(world: World) -> None:
    await world.watch()
    said = [await world.moderator.send(world.moderators, text) for text in REPLIES]
    link = f"https://discord.com/channels/{world.guild.id}/{world.moderators.id}/{said[0].id}"
    asked = await world.moderator.slash(world.news, "summarize", from_message=link)
    assert cited(asked.response)
    refused = await world.moderator.click(asked.response.message, label="Share in channel")
    assert "Not everyone here" in said_to(refused)
    assert not [each for each in world.news.history(viewer=world.member) if each.author.id == world.bot.user.id]


async def test_refresh_after_losing_access_takes_the_answer_away(world: World) -> None:
    club = world.guild.create_role("Club")
    hidden = discord.PermissionOverwrite(view_channel=False)
    room = world.guild.create_text_channel(
        "club",
        overwrites={
            world.guild.default_role: hidden,
            club: discord.PermissionOverwrite(view_channel=True),
            world.env.bot.user: discord.PermissionOverwrite(view_channel=True),
        },
    )
    guest = world.guild.add_member(world.env.create_user("guest"), roles=[club])
    said = [await guest.send(room, text) for text in REPLIES]
    link = f"https://discord.com/channels/{world.guild.id}/{room.id}/{said[0].id}"
    asked = await guest.slash(world.news, "summarize", from_message=link)
    assert cited(asked.response)
    world.env.backend.get_guild(world.guild.id).members[guest.id].role_ids.clear()
    await guest.click(asked.response.message, label="Refresh")
    assert not cited(asked.response)
    assert "cannot open" in text_of(asked.response)


async def test_buttons_outlive_a_restart(world: World) -> None:
    await world.watch()
    await told(world)
    asked = await world.member.slash(world.news, "summarize")
    before = cited(asked.response)
    await world.restart()
    await world.member.click(asked.response.message, label="Refresh")
    assert cited(asked.response) == before
    await world.restart()
    await world.member.click(asked.response.message, label="Share in channel")
    assert cited(latest(world)) == before


async def test_what_was_forgotten_before_a_stop_is_taken_out_after_it(world: World) -> None:
    await world.watch()
    await told(world)
    await world.member.slash(world.news, "summarize", public=True)
    gone = min(cited(latest(world)))
    await world.store.messages.forget([gone])
    await world.restart()
    await world.env.settle()
    assert gone not in cited(latest(world))


async def test_who_asks_in_german_gets_german_headings_around_the_members_words(world: World, speaks: Speaks) -> None:
    await world.watch()
    said = {message.id: message for message in await told(world)}
    english = await world.moderator.slash(world.news, "summarize")
    speaks(world.member, "de")
    asked = await world.member.slash(world.news, "summarize")
    assert "**🤨 Zweifel**" in text_of(asked.response)
    assert "**🤨 Doubts**" in text_of(english.response)
    assert f"-# {len(REPLIES)} Nachrichten · " in text_of(asked.response)
    assert labels(asked.response) == ["Erneuern", "Im Kanal teilen"]
    assert quoted(asked.response) == quoted(english.response)
    await world.member.edit(said[min(cited(asked.response))], "I doubt the harbour master has signed anything")
    assert "wurde seitdem bearbeitet" in text_of(asked.response)
    assert "was edited since" in text_of(english.response)


async def test_what_is_wrong_is_said_in_german(world: World, speaks: Speaks) -> None:
    await world.watch(live=False)
    speaks(world.member, "de")
    assert "Gib nur eins von `letzte`" in said_to(await world.member.slash(world.news, "summarize", since="2h", last=5))
    await world.env.advance_time(11)
    assert "verstehe ich nicht" in said_to(await world.member.slash(world.news, "summarize", since="soon"))
    await world.env.advance_time(11)
    await told(world)
    assert "`/freischalten`" in said_to(await world.member.slash(world.news, "summarize", public=True))


async def test_public_digest_is_english_whoever_makes_shares_and_refreshes_it(world: World, speaks: Speaks) -> None:
    await world.watch()
    said = {message.id: message for message in await told(world)}
    speaks(world.member, "de")
    made = await world.member.slash(world.news, "summarize", public=True)
    assert "Steht im Kanal: https://" in text_of(made.response)
    posted = latest(world)
    assert_english(posted)
    before = text_of(posted)
    await world.member.click(posted, label="Refresh")
    assert text_of(latest(world)) == before
    await world.member.edit(said[min(cited(posted))], "I doubt the harbour master has signed anything")
    assert "was edited since: press Refresh" in text_of(latest(world))
    await world.member.click(latest(world), label="Refresh")
    assert_english(latest(world))
    stranger = world.guild.add_member(world.env.create_user("passer-by"))
    speaks(stranger, "de")
    assert "kann nur erneuern, wer um sie bat" in said_to(await stranger.click(latest(world), label="Refresh"))
    await world.env.advance_time(11)
    asked = await world.member.slash(world.news, "summarize")
    await world.member.click(asked.response.message, label="Im Kanal teilen")
    assert latest(world).id != posted.id
    assert_english(latest(world))
    assert "[hier geteilt](https://" in text_of(asked.response)
    assert "**🤨 Zweifel**" in text_of(asked.response)
    for message in said.values():
        await world.member.delete(message)
    assert "The messages that this digest quoted are gone." in text_of(latest(world))


async def test_picture_is_in_the_language_of_what_it_illustrates(world: World, speaks: Speaks) -> None:
    await world.watch()
    await told(world, [f"I doubt the {number}-th harbour report about {number} cranes" for number in range(12)])
    speaks(world.member, "de")
    asked = await world.member.slash(world.news, "summarize")
    await world.member.click(asked.response.message, label="Im Kanal teilen")
    own, shared = (shown.attachments[0] for shown in (asked.response, latest(world)))
    assert await own.read() != await shared.read()
    assert "Bar chart: what 12 messages did" in described(latest(world))
    assert "Balkendiagramm: was 12 Nachrichten" in described(asked.response.message)


async def test_longer_discussion_is_illustrated(world: World) -> None:
    await world.watch()
    await told(world, [f"I doubt the {number}-th harbour report about {number} cranes" for number in range(12)])
    asked = await world.member.slash(world.news, "summarize")
    assert len(asked.response.attachments) == 1
    await world.member.click(asked.response.message, label="Share in channel")
    assert len(latest(world).attachments) == 1


async def test_pages_are_turned_and_turned_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.render.digests.PAGE", 300)
    await world.watch()
    await told(world)
    asked = await world.member.slash(world.news, "summarize")
    first, pages = cited(asked.response), int(labels(asked.response)[0].split()[3])
    await world.member.click(asked.response.message, label=f"Page 2 of {pages} ▸")
    assert cited(asked.response).isdisjoint(first)
    await world.restart()
    for page in (*range(3, pages + 1), 1):
        await world.member.click(asked.response.message, label=f"Page {page} of {pages} ▸")
    assert cited(asked.response) == first


async def test_no_word_of_a_digest_is_written_to_disk_or_log(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="bot")
    caplog.set_level("DEBUG", logger="cogs")
    await world.watch()
    await told(world)
    asked = await world.member.slash(world.news, "summarize", public=True)
    assert cited(latest(world))
    await world.member.click(latest(world), label="Refresh")
    assert asked.acknowledged
    kept = all_bytes(tmp_path)
    for word in ("unfinished", "northern", "tender"):
        assert word.encode() not in kept
        assert word not in caplog.text
