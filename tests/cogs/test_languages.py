"""Whoever asks is answered in the language of their Discord; what everybody sees is not in one person's."""

from datetime import timedelta

from discord import app_commands
from discord.ext import commands

from bot.languages import speaking, spoken
from bot.needs import alerts_problem
from tests.cogs.conftest import Speaks
from tests.cogs.scene import PARTISAN, buttons, flagged, refused, said, text_of
from tests.conftest import World


async def test_label_is_explained_in_the_language_of_who_asks(world: World, speaks: Speaks) -> None:
    await world.watch()
    message = await flagged(world)
    speaks(world.member, "de")
    shown = said(await world.member.slash(world.news, "why", message=message.jump_url))
    for part in ("Parteiisch · 90\N{NO-BREAK SPACE}%, sehr sicher", "ergreift politisch Partei", "`/datenschutz`"):
        assert part in shown
    assert said(await world.member.context_menu(world.news, "Why this label?", message)) == shown
    assert "Partisan · 90%, very sure" in said(
        await world.moderator.context_menu(world.news, "Why this label?", message)
    )
    speaks(world.member, "fr")
    assert "Partisan · 90%, very sure" in said(await world.member.context_menu(world.news, "Why this label?", message))


async def test_buttons_answer_in_the_language_of_who_presses(world: World, speaks: Speaks) -> None:
    await world.watch()
    await flagged(world)
    speaks(world.member, "de")
    shown = (await world.member.slash(world.news, "privacy show")).response
    assert "**2 Nachrichten**" in text_of(shown)
    assert buttons(shown) == {"Löschen …", "Widersprechen …"}
    asked = await world.member.click(shown, label="Löschen …")
    assert "Löschen, was hier über dich gespeichert ist?" in said(asked)
    await world.member.click(asked.response, label="Alles löschen")
    assert "Was zu 2 Nachrichten gespeichert war, ist gelöscht." in text_of(asked.response)


async def test_errors_are_said_in_the_language_of_who_asks(world: World, speaks: Speaks) -> None:
    speaks(world.member, "de")
    result = await world.member.slash(world.news, "why", message="no link at all")
    assert "Das ist kein Link zu einer Nachricht." in refused(world, result)
    result = await world.moderator.slash(world.news, "why", message="no link at all")
    assert "That is no link to a message." in refused(world, result)


async def test_permissions_are_named_as_discord_names_them(world: World, speaks: Speaks) -> None:
    speaks(world.member, "de")
    answer = refused(world, await world.member.slash(world.news, "privacy server"), app_commands.MissingPermissions)
    assert "**Server verwalten**" in answer


async def test_times_are_typed_in_german(world: World, speaks: Speaks) -> None:
    speaks(world.member, "de")
    began = world.env.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    shown = (await world.member.slash(world.news, "highlights", since="gestern")).response
    assert f"<t:{int(began.timestamp())}:f>" in text_of(shown)
    unread = refused(world, await world.member.slash(world.news, "highlights", since="irgendwann"))
    assert "`seit`: „irgendwann“" in unread


async def test_servers_settings_are_shown_in_german(world: World, speaks: Speaks) -> None:
    await world.watch()
    await world.member.send(world.news, PARTISAN)
    speaks(world.moderator, "de")
    shown = (await world.moderator.slash(world.news, "privacy server")).response
    assert "Was über The Evening Wire gespeichert ist" in text_of(shown)
    assert "Wird der Bot entfernt, wird nach sieben Tagen alles gelöscht." in text_of(shown)
    asked = await world.moderator.click(shown, label="Den ganzen Server leeren …")
    assert "Willst du den ganzen Server leeren?" in said(asked)


async def test_what_an_interaction_sets_off_is_not_in_its_language(world: World) -> None:
    heard = []

    class Listener(commands.Cog):
        @commands.Cog.listener()
        async def on_probe(self) -> None:
            heard.append(spoken())

    await world.bot.add_cog(Listener())
    with speaking("de"):
        world.bot.dispatch("probe")
        assert spoken() == "de"
    await world.env.settle()
    assert heard == ["en"]


async def test_what_is_missing_is_named_in_german(world: World) -> None:
    guild = world.bot.get_guild(world.guild.id)
    assert guild is not None
    with speaking("de"):
        assert alerts_problem(guild, None) == (
            "Für Hinweise ist kein Kanal gewählt: Wähle einen mit `/einrichten hinweise`."
        )
        assert (alerts_problem(guild, world.news.id) or "").startswith(f"Alle können <#{world.news.id}> lesen")
