"""What has a row is posted once, also when the bot does not know whether it was."""

import discord
import pytest

from bot.posting import LOOKED_AT, carries, post_once
from bot.render.layout import Layout
from tests.conftest import World


def layout(custom_id: str) -> Layout:
    """Show a button, nested as in a card."""
    row = discord.ui.ActionRow(discord.ui.Button(label="Helpful", custom_id=custom_id))
    return Layout(discord.ui.Container(discord.ui.TextDisplay("Seen before"), row))


async def channel(world: World) -> discord.TextChannel:
    await world.env.settle()
    return world.bot.get_channel(world.news.id)


async def test_second_attempt_finds_what_the_first_has_posted(world: World) -> None:
    news = await channel(world)
    first = await post_once(news, "card", 7, again=False, view=layout("card:7:helpful"))
    again = await post_once(news, "card", 7, again=True, view=layout("card:7:helpful"))
    assert again.id == first.id
    assert len(world.news.history()) == 1


async def test_second_attempt_posts_what_the_first_did_not(world: World) -> None:
    news = await channel(world)
    await post_once(news, "card", 70, again=False, view=layout("card:70:helpful"))
    await post_once(news, "alert", 7, again=False, view=layout("alert:7:agree"))
    await post_once(news, "card", 7, again=True, view=layout("card:7:helpful"))
    assert len(world.news.history()) == 3


async def test_buttons_under_someone_elses_message_are_not_ours(world: World) -> None:
    news = await channel(world)
    world.env.backend.create_message(
        news.id,
        world.guild.create_webhook(world.news).id,
        "",
        components=layout("card:7:helpful").to_components(),
        flags=1 << 15,
    )
    await world.env.settle()
    posted = await post_once(news, "card", 7, again=True, view=layout("card:7:helpful"))
    assert posted.author.id == world.bot.user.id


async def test_only_the_latest_messages_are_looked_at(world: World) -> None:
    news = await channel(world)
    first = await post_once(news, "card", 7, again=False, view=layout("card:7:helpful"))
    for _ in range(LOOKED_AT):
        world.env.backend.create_message(news.id, world.member.id, "and another thing")
    await world.env.settle()
    second = await post_once(news, "card", 7, again=True, view=layout("card:7:helpful"))
    assert second.id != first.id


@pytest.mark.parametrize(
    ("custom_id", "expected"),
    [
        ("card:7", True),
        ("card:7:remove", True),
        ("card:77", False),
        ("card:77:remove", False),
        ("alert:7:agree", False),
    ],
)
async def test_buttons_tell_the_row(world: World, custom_id: str, expected: bool) -> None:
    posted = await (await channel(world)).send(view=layout(custom_id))
    assert carries(posted, "card", 7) is expected


async def test_nobody_is_pinged_and_discord_is_asked_to_refuse_a_repeat(world: World) -> None:
    await post_once(await channel(world), "card", 7, again=False, view=layout("card:7:helpful"))
    sent = world.env.http_requests[-1].json
    assert sent["allowed_mentions"]["parse"] == []
    assert (sent["nonce"], sent["enforce_nonce"]) == ("card-7", True)
