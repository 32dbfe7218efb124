"""Context cards on a simulated Discord: posted once, true to what they cite, and never a leak."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import discord
import pytest
import simcord
from aiolimiter import AsyncLimiter
from simcord import InteractionResult

from bot import cards
from bot.errors import NotFound
from bot.languages import speaking
from bot.posting import post_once
from bot.posts import to_post
from bot.quotes import BACKGROUND, SPARE, Budget
from bot.records import FactCheck
from bot.store.cards import Cards as CardStore
from tests.cogs.conftest import Speaks
from tests.cogs.scene import permit
from tests.conftest import World

STORY = "Harbour bridge at Quellhaven announced to open next spring https://wire.example/bridge"
DENIAL = "Harbour bridge at Quellhaven denied to open next spring https://gazette.example/denial"
RELATED = "Harbour bridge at Quellhaven announced to close next winter https://wire.example/closed"
DAY = 86_400


def walk(components: Sequence) -> list:
    """List components with all that they contain."""
    found = []
    for component in components:
        found += [component, *walk(getattr(component, "children", ()))]
    return found


def text_of(message: discord.Message) -> str:
    """Gather all that a message shows."""
    return "\n".join(part.content for part in walk(message.components) if hasattr(part, "content"))


def answer_of(result: InteractionResult) -> str:
    """Gather all that an ephemeral answer shows."""
    answer = result.response
    assert answer.ephemeral
    return answer.content + text_of(answer.message)


def cards_in(world: World, channel: object | None = None) -> list[discord.Message]:
    """List what the bot has posted in a channel for all to see."""
    history = (channel or world.news).history(viewer=world.moderator)
    own = [message for message in history if message.author.id == world.env.bot.user.id]
    return [message for message in own if not message.flags.ephemeral]


async def told(world: World, *pauses: int, channel: object | None = None, text: str = STORY) -> list[discord.Message]:
    """Tell the story once after each pause of so many days."""
    sent = []
    for days in pauses:
        await world.env.advance_time(DAY * days)
        sent.append(await world.member.send(channel or world.news, text))
    return sent


async def lose(world: World, message: discord.Message) -> None:
    """Delete a message without telling the bot, as while it is away."""
    world.env.backend.messages[message.channel.id].pop(message.id)
    world.bot.quotes.forget(message.id)


# ------------------------------------------------------------------------- what a card shows


async def test_card_answers_the_claim_and_names_the_earlier_ones(world: World) -> None:
    await world.watch()
    first, second = await told(world, 0, 14)
    for reply in ("I doubt it", "I doubt that", "more doubt here", "fine by me"):
        await world.member.send(world.news, reply, reply_to=second)
    (third,) = await told(world, 21)
    *_, card = cards_in(world)
    assert card.reference.message_id == third.id
    shown = text_of(card)
    assert "Seen before: three weeks ago, and five weeks ago" in shown
    for cited in (first, second):
        assert f"/{world.news.id}/{cited.id})" in shown
        assert f"<t:{int(cited.created_at.timestamp())}:D>" in shown
    assert "four replies, mostly skeptical" in shown
    assert not card.attachments
    assert (await world.store.cards.shown_in(card.id)).message_id == third.id


async def test_three_occurrences_come_with_a_picture_and_its_description(world: World) -> None:
    await world.watch()
    await told(world, 0, 3, 3, 3)
    (picture,) = cards_in(world)[-1].attachments
    assert picture.filename == "timeline.png"
    assert picture.description.startswith("Timeline of a claim: seen 1 January 2026, 4 January 2026, 7 January 2026")


async def test_denial_is_shown_as_one(world: World) -> None:
    await world.watch()
    await told(world, 0)
    await told(world, 5, text=DENIAL)
    (card,) = cards_in(world)
    assert "Contradicts what was reported five days ago" in text_of(card)
    assert "⚡ Contradicts what was reported" in text_of(card)


async def test_who_shares_the_same_link_to_deny_it_is_shown_to_deny(world: World) -> None:
    denial = STORY.replace("announced", "denied")
    await world.watch()
    first, second = await told(world, 0), await told(world, 3, text=denial)
    assert "Contradicts what was reported three days ago" in text_of(cards_in(world)[0])
    await told(world, 3)
    shown = text_of(cards_in(world)[-1])
    assert "Seen before: six days ago" in shown
    assert "Denied once" in shown
    assert all(f"/{sent.id})" in shown for (sent,) in (first, second))
    await told(world, 3, text="Geese on the runway https://wire.example/bridge")
    assert "Seen before: three, six and nine days ago" in text_of(cards_in(world)[-1])


async def test_own_cards_are_no_claims(world: World) -> None:
    await world.watch()
    await told(world, 0, 3, 3)
    assert len(cards_in(world)) == 2
    assert await world.store.claims.count(world.guild.id) == 3


async def test_story_told_in_two_channels_at_once_is_one_occurrence(world: World) -> None:
    there = world.guild.create_text_channel("world")
    await world.watch(world.news, there)
    await told(world, 0)
    await world.env.advance_time(120)
    await told(world, 0, channel=there)
    assert not cards_in(world)
    assert not cards_in(world, there)
    await told(world, 9)
    (card,) = cards_in(world)
    assert "Seen before: nine days ago" in text_of(card)
    assert text_of(card).count("[open]") == 1


# ------------------------------------------------------------------------- when a card is posted


async def test_nothing_is_posted_in_shadow(world: World) -> None:
    await world.watch(live=False)
    await told(world, 0, 3)
    assert not cards_in(world)
    assert (await world.store.cards.get(1)).state == "shadow"


async def test_hidden_channel_is_neither_cited_nor_counted(world: World) -> None:
    await world.watch(world.news, world.moderators)
    await world.moderator.send(world.moderators, STORY)
    await told(world, 3)
    assert not cards_in(world)
    await told(world, 3)
    assert "Seen before: three days ago" in text_of(cards_in(world)[0])
    await world.env.advance_time(3 * DAY)
    await world.moderator.send(world.moderators, STORY)
    assert "Seen before: three, six and nine days ago" in text_of(cards_in(world, world.moderators)[0])


async def test_channel_hidden_between_finding_and_posting_is_not_cited(world: World) -> None:
    there = world.guild.create_text_channel("world")
    await world.watch(world.news, there)
    await told(world, 0, channel=there)
    world.env.inject_error("POST", f"/channels/{world.news.id}/messages", times=None)
    await told(world, 3)
    assert (await world.store.cards.get(1)).state == "pending"
    world.env.backend.faults.clear()
    hidden = discord.PermissionOverwrite(view_channel=False)
    await world.bot.get_channel(there.id).edit(overwrites={world.bot.get_guild(world.guild.id).default_role: hidden})
    await world.restart()
    assert not cards_in(world)
    assert (await world.store.cards.get(1)).state == "dropped"


async def test_message_that_is_gone_is_not_cited_and_its_claim_forgotten(world: World) -> None:
    await world.watch()
    first, second = await told(world, 0, 3)
    await lose(world, first)
    await told(world, 3)
    shown = text_of(cards_in(world)[-1])
    assert "Seen before: three days ago" in shown
    assert str(first.id) not in shown
    assert await world.store.messages.get(first.id) is None
    await lose(world, second)


async def test_card_is_posted_once_after_discord_failed_and_the_bot_restarted(world: World) -> None:
    await world.watch()
    await told(world, 0)
    world.env.inject_error("POST", f"/channels/{world.news.id}/messages", times=None)
    await told(world, 3)
    assert not cards_in(world)
    world.env.backend.faults.clear()
    await world.restart()
    await world.env.advance_time(120)
    assert len(cards_in(world)) == 1
    assert (await world.store.cards.get(1)).posted_id == cards_in(world)[0].id


async def test_card_that_was_posted_before_a_crash_is_found_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.watch()
    await told(world, 0)

    async def crash(*_: object) -> bool:
        raise OSError("the disk is gone")

    with monkeypatch.context() as crashing:
        crashing.setattr(CardStore, "posted", crash)
        await told(world, 3)
    (card,) = cards_in(world)
    assert (await world.store.cards.get(1)).posted_id is None
    await world.restart()
    assert [message.id for message in cards_in(world)] == [card.id]
    assert (await world.store.cards.get(1)).posted_id == card.id


async def test_card_that_was_posted_before_a_crash_does_not_show_what_was_deleted_after_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.watch()
    first, *_ = await told(world, 0, 14)

    async def crash(*_: object) -> bool:
        raise OSError("the disk is gone")

    with monkeypatch.context() as crashing:
        crashing.setattr(CardStore, "posted", crash)
        (third,) = await told(world, 21)
    *_, card = cards_in(world)
    assert (card.reference.message_id, f"/{first.id})" in text_of(card)) == (third.id, True)
    await world.member.delete(first)
    await world.restart()
    *_, card = cards_in(world)
    assert (card.reference.message_id, f"/{first.id})" in text_of(card)) == (third.id, False)


async def test_card_of_which_nothing_is_left_goes_though_it_was_posted_before_a_crash(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.watch()
    (first,) = await told(world, 0)

    async def crash(*_: object) -> bool:
        raise OSError("the disk is gone")

    with monkeypatch.context() as crashing:
        crashing.setattr(CardStore, "posted", crash)
        await told(world, 3)
    await world.member.delete(first)
    assert len(cards_in(world)) == 1
    await world.restart()
    assert cards_in(world) == []
    assert not await world.store.cards.pending()


async def test_missing_permission_drops_the_card_for_good(world: World) -> None:
    await world.watch()
    await told(world, 0)
    world.env.inject_error("POST", f"/channels/{world.news.id}/messages", status=403, code=50013, times=None)
    await told(world, 3)
    assert (await world.store.cards.get(1)).state == "dropped"
    tried = len(world.env.http_requests)
    await world.env.advance_time(600)
    await world.restart()
    asked = [entry for entry in world.env.http_requests[tried:] if entry.path.endswith(f"{world.news.id}/messages")]
    assert not [entry for entry in asked if entry.method == "POST"]


async def test_late_card_is_not_posted(world: World) -> None:
    await world.watch()
    await told(world, 0)
    world.env.inject_error("POST", f"/channels/{world.news.id}/messages", times=None)
    await told(world, 3)
    await world.env.advance_time(2 * 3600)
    world.env.backend.faults.clear()
    await world.restart()
    assert not cards_in(world)
    assert (await world.store.cards.get(1)).state == "dropped"


# ------------------------------------------------------------------------- what changes afterwards


async def test_edit_of_the_claim_withdraws_its_card(world: World) -> None:
    await world.watch()
    _, claim = await told(world, 0, 3)
    assert cards_in(world)
    await world.member.edit(claim, "Never mind, wrong link https://wire.example/geese")
    assert not cards_in(world)


async def test_deletion_of_the_claim_deletes_its_card(world: World) -> None:
    await world.watch()
    _, claim = await told(world, 0, 3)
    await world.member.delete(claim)
    assert not cards_in(world)
    assert await world.store.cards.get(1) is None
    assert await world.store.claims.count(world.guild.id) == 1


async def test_deleted_quotes_leave_the_card_until_none_is_left(world: World) -> None:
    await world.watch()
    first, second, third = await told(world, 0, 3, 3)
    await told(world, 3)
    assert len(cards_in(world)[-1].attachments) == 1
    await world.member.delete(second)
    card = cards_in(world)[-1]
    assert f"/{second.id})" not in text_of(card)
    assert "Seen before: three days ago, and nine days ago" in text_of(card)
    assert not card.attachments
    await world.member.delete(first)
    assert "Seen before: three days ago" in text_of(cards_in(world)[-1])
    await world.member.delete(third)
    assert not cards_in(world)
    assert (await world.store.cards.get(3)).state == "empty"


@pytest.mark.parametrize("number", [0, 1])
async def test_message_deleted_while_its_card_is_on_the_way_is_not_left_in_it(
    world: World, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    await world.watch()
    (first,) = await told(world, 0)

    async def meanwhile(channel: discord.TextChannel, *args: object, **kwargs: object) -> discord.Message:
        posted = await post_once(channel, *args, **kwargs)
        deleted = (first.id, kwargs["reference"].message_id)[number]
        world.env.backend.delete_message(channel.id, deleted)
        while await world.store.messages.get(deleted) is not None:  # noqa: ASYNC110 - the bot has no event for it
            await asyncio.sleep(0)
        return posted

    monkeypatch.setattr(cards, "post_once", meanwhile)
    await told(world, 3)
    assert not cards_in(world)


async def test_quote_follows_an_edit(world: World) -> None:
    await world.watch()
    first, _ = await told(world, 0, 3)
    await world.member.edit(first, STORY.replace("Harbour", "Old harbour"))
    assert "Old harbour" in text_of(cards_in(world)[0])


# ------------------------------------------------------------------------- the buttons


async def test_each_member_has_one_vote_and_most_of_five_hide_a_card(world: World) -> None:
    await world.watch()
    await told(world, 0, 3)
    (card,) = cards_in(world)
    others = [world.guild.add_member(world.env.create_user(f"member{number}")) for number in range(4)]
    for _ in range(5):
        assert "only your last vote counts" in answer_of(await world.member.click(card, label="Not helpful"))
    await world.member.click(card, label="Helpful")
    for member in others[:3]:
        await member.click(card, label="Not helpful")
    assert cards_in(world)
    assert "it is gone" in answer_of(await others[3].click(card, label="Not helpful"))
    assert not cards_in(world)
    assert (await world.store.cards.get(1)).state == "hidden"


async def test_author_and_moderators_can_remove_a_card_and_nobody_else(world: World) -> None:
    await world.watch()
    stranger = world.guild.add_member(world.env.create_user("stranger"))
    await told(world, 0, 3)
    (card,) = cards_in(world)
    refused = await stranger.click(card, label="Remove")
    assert "Only moderators and the author" in answer_of(refused)
    assert cards_in(world)
    await world.restart()
    await world.member.click(card, label="Remove")
    assert not cards_in(world)
    assert (await world.store.cards.get(1)).state == "retracted"
    await told(world, 3)
    (card,) = cards_in(world)
    await world.moderator.click(card, label="Remove")
    assert not cards_in(world)
    entry = (await world.store.audit.latest(world.guild.id))[0]
    assert (entry.action, entry.actor_id) == ("card removed", world.moderator.id)


async def test_channel_whose_cards_are_removed_gets_no_more_until_a_moderator_says_so(world: World) -> None:
    await world.watch()
    await told(world, 0)
    for _ in range(2):
        await told(world, 3)
        await world.moderator.click(cards_in(world)[0], label="Remove")
    await told(world, 3)
    await world.moderator.delete(cards_in(world)[0])
    (notice,) = cards_in(world, world.moderators)
    assert f"No more cards in <#{world.news.id}>" in text_of(notice)
    await told(world, 3)
    assert not cards_in(world)
    helper = world.guild.add_member(world.env.create_user("helper"))
    permit(world, world.moderators, helper.id, view_channel=True)
    assert "Manage Messages" in answer_of(await helper.click(notice, label="Post cards there again"))
    await world.moderator.click(notice, label="Post cards there again")
    assert "again" in text_of(cards_in(world, world.moderators)[0])
    await told(world, 3)
    assert len(cards_in(world)) == 1


async def test_channel_stopped_without_anybody_told_is_in_the_list_with_its_way_back(world: World) -> None:
    await world.watch()
    await world.settings(alerts_channel_id=None)
    await told(world, 0)
    for _ in range(3):
        assert "no more cards" not in answer_of(await world.moderator.slash(world.news, "watch list"))
        await told(world, 3)
        await world.moderator.click(cards_in(world)[0], label="Remove")
    assert not cards_in(world, world.moderators)
    listed = await world.moderator.slash(world.moderators, "watch list")
    assert f"<#{world.news.id}> gets no more cards" in answer_of(listed)
    await world.moderator.click(listed.response, label="Post cards there again")
    assert f"I post cards in <#{world.news.id}> again" in answer_of(listed)
    await told(world, 3)
    assert len(cards_in(world)) == 1
    assert "no more cards" not in answer_of(await world.moderator.slash(world.moderators, "watch list"))


async def test_who_moderates_elsewhere_cannot_let_a_channel_have_cards_again(world: World) -> None:
    await world.watch()
    await told(world, 0)
    for _ in range(3):
        await told(world, 3)
        await world.moderator.click(cards_in(world)[0], label="Remove")
    (notice,) = cards_in(world, world.moderators)
    helper = world.guild.add_member(world.env.create_user("helper"))
    permit(world, world.moderators, helper.id, view_channel=True, manage_messages=True)
    assert "Manage Messages" in answer_of(await helper.click(notice, label="Post cards there again"))
    permit(world, world.news, helper.id, manage_messages=True)
    await helper.click(notice, label="Post cards there again")
    assert "lets me post cards" in text_of(cards_in(world, world.moderators)[0])


# ------------------------------------------------------------------------- "Seen before?"


async def test_asking_tells_sure_from_maybe_and_shows_it_to_nobody_else(world: World) -> None:
    await world.watch()
    await told(world, 0)
    await told(world, 1, text=RELATED)
    (later,) = await told(world, 1)
    shown = answer_of(await world.member.context_menu(world.news, "Seen before?", later))
    sure, _, maybe = shown.partition("Maybe related")
    assert "✅ Seen before: two days ago" in sure
    assert "close next winter" in maybe
    assert "close next winter" not in sure
    link = f"https://discord.com/channels/{world.guild.id}/{world.news.id}/{later.id}"
    assert answer_of(await world.member.slash(world.news, "context", message=link)) == shown


async def test_asking_about_a_text_or_a_link(world: World) -> None:
    await world.watch()
    await told(world, 0)
    await world.env.advance_time(DAY)
    by_text = await world.member.slash(world.news, "context", message=STORY.partition(" https")[0])
    assert "✅ Seen before: one day ago" in answer_of(by_text)
    by_link = await world.member.slash(world.news, "context", message="https://www.wire.example/bridge?utm_source=x")
    assert "✅ Seen before: one day ago" in answer_of(by_link)
    by_neither = await world.member.slash(world.news, "context", message="geese on the runway of Westmark")
    assert "New here" in answer_of(by_neither)


async def test_answer_counts_all_times_and_quotes_the_first_and_the_last(world: World) -> None:
    await world.watch(live=False)
    sent = []
    for _ in range(20):
        sent += await told(world, 0)
        await world.later(days=96)
    answer = answer_of(await world.member.slash(world.news, "context", message=STORY))
    assert "✅ Seen before 20 times: first five years ago, last three months ago" in answer
    first, last = (int(each.created_at.timestamp()) for each in (sent[0], sent[-1]))
    assert f"20 times · first <t:{first}:D> · last <t:{last}:D>" in answer
    assert [answer.count(f"/{each.id})") for each in sent] == [1, *[0] * 12, *[1] * 7]


async def test_only_what_a_card_quotes_is_fetched(world: World) -> None:
    await world.watch(live=False)
    sent = []
    for _ in range(9):
        sent += await told(world, 0)
        await world.later(days=30)
    await lose(world, sent[-1])
    await world.settings(live=True)
    before = len(world.env.http_requests)
    await told(world, 0)
    asked = [entry.path for entry in world.env.http_requests[before:] if entry.method == "GET"]
    fetched = {int(path.rpartition("/")[2]) for path in asked if "/messages/" in path}
    assert fetched == {each.id for each in (sent[0], *sent[-4:])}
    (card,) = cards_in(world)
    assert "Seen before eight times: first nine months ago" in text_of(card)


async def test_asker_is_shown_only_what_they_can_open(world: World) -> None:
    await world.watch(world.news, world.moderators)
    await world.moderator.send(world.moderators, STORY)
    await world.env.advance_time(DAY)
    text = STORY.partition(" https")[0]
    assert "New here" in answer_of(await world.member.slash(world.news, "context", message=text))
    assert "one day ago" in answer_of(await world.moderator.slash(world.news, "context", message=text))
    (secret,) = world.moderators.history(viewer=world.moderator)[:1]
    link = f"https://discord.com/channels/{world.guild.id}/{world.moderators.id}/{secret.id}"
    refused = await world.member.slash(world.news, "context", message=link)
    assert "I cannot find that message, or you cannot open it." in refused.response.content
    simcord.assert_error(world.env, NotFound)


async def test_message_without_words_leads_to_the_command_that_takes_some(world: World) -> None:
    empty = await world.member.send(world.news, "", attachments=[("picture.png", b"x")])
    asked = await world.member.context_menu(world.news, "Seen before?", empty)
    assert "give `/context` its words instead" in answer_of(asked)
    simcord.assert_error(world.env, NotFound)


# ------------------------------------------------------------------------- in whose language


async def test_who_asks_in_german_is_answered_in_german(world: World, speaks: Speaks) -> None:
    await world.watch()
    (first,) = await told(world, 0)
    for reply in ("I doubt it", "I doubt that", "more doubt here"):
        await world.member.send(world.news, reply, reply_to=first)
    await told(world, 1, text=RELATED)
    (later,) = await told(world, 1)
    speaks(world.member, "de")
    shown = answer_of(await world.member.context_menu(world.news, "Seen before?", later))
    for part in (
        "Schon mal da gewesen? „Harbour bridge",
        "✅ Schon da gewesen: vor 2 Tagen",
        "3 Antworten, meist",
    ):
        assert part in shown
    assert "> Harbour bridge at Quellhaven announced to open next spring" in shown
    assert "❔ Vielleicht verwandt" in shown
    nothing = await world.member.slash(world.news, "context", message="geese on the runway of Westmark")
    assert "Neu hier" in answer_of(nothing)
    asked = await world.moderator.context_menu(world.news, "Seen before?", later)
    assert "✅ Seen before: two days ago" in answer_of(asked)


async def test_card_stays_english_when_a_german_presses_its_buttons(world: World, speaks: Speaks) -> None:
    await world.watch()
    first, _ = await told(world, 0, 3)
    (card,) = cards_in(world)
    before = text_of(card)
    speaks(world.member, "de")
    for label, thanks in (("Helpful", "Nur deine letzte Stimme zählt"), ("Not helpful", "Danke.")):
        assert thanks in answer_of(await world.member.click(card, label=label))
        assert text_of(cards_in(world)[0]) == before
    await world.member.edit(first, STORY.replace("Harbour", "Old harbour"))
    with speaking("de"):
        await world.bot.get_cog("Context").cards.refresh(1)
    assert text_of(cards_in(world)[0]) == before.replace("Harbour", "Old harbour")
    assert "Die Karte ist weg" in answer_of(await world.member.click(card, label="Remove"))


async def test_moderators_channel_is_told_in_english_what_a_german_did(world: World, speaks: Speaks) -> None:
    await world.watch()
    speaks(world.moderator, "de")
    await told(world, 0)
    for _ in range(3):
        await told(world, 3)
        answer = await world.moderator.click(cards_in(world)[0], label="Remove")
        assert "Die Karte ist weg" in answer_of(answer)
    (notice,) = cards_in(world, world.moderators)
    assert f"No more cards in <#{world.news.id}>" in text_of(notice)
    await world.moderator.click(notice, label="Post cards there again")
    assert "lets me post cards" in text_of(cards_in(world, world.moderators)[0])


# ------------------------------------------------------------------------- the budget of texts


async def test_card_comes_later_when_too_many_texts_had_to_be_fetched(world: World) -> None:
    await world.watch()
    await told(world, 0)
    budget = world.bot.memory._budget
    budget._limiter = AsyncLimiter(0.1, 1_000_000)  # nothing is covered but what is in memory
    (again,) = await told(world, 9, text=STORY.replace("wire", "gazette"))
    assert not cards_in(world)
    budget._limiter = AsyncLimiter(10, 1)
    await world.env.advance_time(31)
    (card,) = cards_in(world)
    assert card.reference.message_id == again.id
    assert not world.bot.get_cog("Context").try_again.is_running()


async def test_claim_that_cannot_be_fetched_waits_on(world: World) -> None:
    await world.watch()
    await told(world, 0)
    budget = world.bot.memory._budget
    budget._limiter = AsyncLimiter(0.1, 1_000_000)
    (again,) = await told(world, 9, text=STORY.replace("wire", "gazette"))
    budget._limiter = AsyncLimiter(10, 1)
    world.env.inject_error("GET", f"/channels/{world.news.id}/messages/{again.id}", status=503)
    await world.env.advance_time(31)
    assert not cards_in(world)
    await world.env.advance_time(31)
    assert len(cards_in(world)) == 1


async def test_background_fetches_so_many_texts_and_no_more(world: World) -> None:
    (held,) = await told(world, 0)
    budget = Budget(world.bot.quotes)
    world.bot.quotes.remember(to_post(held))
    covered = [await budget.covers(number) for number in range(1, 2 * BACKGROUND)]
    assert covered.count(True) == BACKGROUND
    assert await budget.covers(held.id)


async def test_what_can_wait_leaves_most_of_the_budget_to_the_others(world: World) -> None:
    budget = Budget(world.bot.quotes)
    waiting = [asyncio.create_task(budget.spare()) for _ in range(2 * BACKGROUND)]
    await asyncio.sleep(0)
    assert sum(each.done() for each in waiting) == SPARE
    assert [await budget.covers(number) for number in range(1, BACKGROUND)].count(True) == BACKGROUND - SPARE
    for each in waiting:
        each.cancel()
    await asyncio.wait(waiting)


# ------------------------------------------------------------------------- fact-checks


BRIDGE = FactCheck(
    0,
    "facts.example/bridge",
    "Harbour bridge at Quellhaven announced to open next spring",
    "",
    "Sound Facts",
    "Half true",
    "https://facts.example/bridge",
    date(2024, 5, 1),
)
RATED = "🔎 **Rated “Half true” by Sound Facts** · 1 May 2024 · [fact-check](https://facts.example/bridge)"


async def imported(world: World, *checks: FactCheck) -> None:
    """Take fact-checks into the archive."""
    await world.resources.fact_checks.take(checks or [BRIDGE])


async def test_card_may_consist_of_a_fact_check_alone(world: World) -> None:
    await world.watch()
    await imported(world)
    (story,) = await told(world, 0)
    (card,) = cards_in(world)
    assert card.reference.message_id == story.id
    assert text_of(card).startswith("### 🔎 One fact-check of this")
    assert RATED in text_of(card)
    await world.member.click(card, label="Helpful")
    await world.moderator.click(card, label="Remove")
    assert not cards_in(world)


async def test_fact_check_stands_beside_the_servers_own_history(world: World) -> None:
    await world.watch()
    await told(world, 0)
    await imported(world)
    await told(world, 9)
    (card,) = cards_in(world)
    assert "Seen before: nine days ago" in text_of(card)
    assert RATED in text_of(card)


async def test_fact_check_stays_when_the_earlier_message_is_deleted(world: World) -> None:
    await world.watch()
    (first,) = await told(world, 0)
    await imported(world)
    await told(world, 9)
    await world.member.delete(first)
    (card,) = cards_in(world)
    assert "[open]" not in text_of(card)
    assert RATED in text_of(card)


async def test_card_with_a_fact_check_outlives_a_restart(world: World) -> None:
    await world.watch()
    await imported(world)
    store = world.store.cards
    world.bot.remove_listener(world.bot.get_cog("Context").on_outcome)
    await told(world, 0)
    assert not cards_in(world)
    assert [each.found.url for card in await store.pending() for each in card.checked] == [BRIDGE.url]
    await world.restart()
    await world.env.settle()
    assert RATED in text_of(cards_in(world)[0])


async def test_fact_check_is_shown_once_in_a_conversation(world: World) -> None:
    await world.watch()
    await imported(world)
    (story,) = await told(world, 0)
    await world.env.advance_time(3600)
    await world.member.send(world.news, BRIDGE.claim, reply_to=story)
    assert len(cards_in(world)) == 1


async def test_fact_check_that_the_message_links_to_is_not_repeated(world: World) -> None:
    await world.watch()
    await imported(world)
    await told(world, 0, text=f"Harbour bridge at Quellhaven announced to open next spring {BRIDGE.url}")
    assert not cards_in(world)


async def test_edit_that_withdraws_the_claim_takes_the_card_of_a_fact_check_down(world: World) -> None:
    await world.watch()
    await imported(world)
    (story,) = await told(world, 0)
    assert cards_in(world)
    await world.member.edit(story, "Nothing to see in this place https://wire.example/other")
    assert not cards_in(world)


async def test_possible_fact_check_is_for_those_who_ask(world: World) -> None:
    await world.watch()
    await imported(world, replace(BRIDGE, claim="Harbour bridge at Quellhaven announced to close next winter"))
    (story,) = await told(world, 0)
    assert not cards_in(world)
    answer = answer_of(await world.member.context_menu(world.news, "Seen before?", story))
    assert "Nothing sure, but maybe related" in answer
    assert RATED in answer


async def test_context_finds_a_fact_check_by_words_and_by_address(world: World) -> None:
    await world.watch()
    await imported(world)
    for asked in (BRIDGE.claim, BRIDGE.url):
        answer = answer_of(await world.member.slash(world.news, "context", message=asked))
        assert RATED in answer
        await world.env.advance_time(60)


async def test_fact_check_that_is_gone_leaves_its_card(world: World) -> None:
    await world.watch()
    (first,) = await told(world, 0)
    await imported(world)
    await told(world, 9)
    await world.store.archive.write([replace(BRIDGE, claim="Another claim")], world.env.now())
    await world.store.archive.drop_outdated(world.env.now())
    await world.member.edit(first, f"{STORY} edited")
    (card,) = cards_in(world)
    assert RATED not in text_of(card)
