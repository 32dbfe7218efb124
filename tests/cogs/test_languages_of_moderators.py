"""A German moderator's answers are German in every room; what the other moderators see, too, stays English."""

import csv
import io
import json

import discord

from bot.languages import spoken
from tests.cogs.conftest import Speaks
from tests.cogs.scene import STORY, alerts, buttons, colleague, flagged, permit, refused, said, text_of, warned
from tests.conftest import World


async def test_shared_alert_stays_english_whoever_presses(world: World, speaks: Speaks) -> None:
    await world.watch()
    await flagged(world, "party one")
    speaks(world.moderator, "de")
    await world.moderator.click(alerts(world)[0], label="Agree")
    assert f"<@{world.moderator.id}> agreed: **partisan** · [message](" in text_of(alerts(world)[0])
    await world.moderator.click(alerts(world)[0], label="Undo")
    assert "Partisan · 90%, very sure" in text_of(alerts(world)[0])
    form = await world.moderator.click(alerts(world)[0], label="Second opinion")
    await world.moderator.submit_modal(form, {"view": ["undecided"]})
    shown = text_of(alerts(world)[0])
    assert "asks for a second opinion" in shown
    assert buttons(alerts(world)[0]) == {"Agree", "Dismiss", "Delete message", "Time out…"}


async def test_private_queue_is_german_and_its_alert_is_not(world: World, speaks: Speaks) -> None:
    await world.watch()
    await flagged(world, "party one")
    await flagged(world, "party two")
    speaks(world.moderator, "de")
    queue = (await world.moderator.slash(world.news, "review")).response
    for part in ("Parteiisch · 90\N{NO-BREAK SPACE}%, sehr sicher", "**Warum** „party“", "Danach noch 1 Markierung"):
        assert part in text_of(queue)
    assert buttons(queue) >= {"Zustimmen", "Verwerfen", "Überspringen", "Zweite Meinung", "Auszeit…"}
    await world.moderator.click(queue, label="Zustimmen")
    assert f"<@{world.moderator.id}> hat zugestimmt: **parteiisch** · [Nachricht](" in text_of(queue)
    await world.moderator.click(queue, label="Verwerfen")
    assert "Keine Markierung ist mehr zu entscheiden." in text_of(queue)
    first, second = (text_of(alert) for alert in alerts(world))
    assert "agreed: **partisan**" in first
    assert "dismissed: not **partisan**" in second


async def test_who_comes_too_late_is_told_in_german_under_an_english_alert(world: World, speaks: Speaks) -> None:
    await world.watch()
    flag = await world.store.flags.of_message((await flagged(world)).id)
    alert = alerts(world)[0]
    await world.store.flags.decide(flag.id, "partisan", world.moderator.id, world.env.now())
    other = colleague(world)
    speaks(other, "de")
    answer = warned(await other.click(alert, label="Dismiss"))
    assert f"<@{world.moderator.id}> war einen Moment schneller und hat zugestimmt: **parteiisch**" in answer
    assert "agreed: **partisan**" in text_of(alerts(world)[0])


async def test_sanctions_ask_in_german_and_tell_all_in_english(world: World, speaks: Speaks) -> None:
    rights = discord.Permissions(manage_messages=True, moderate_members=True)
    role = world.guild.create_role("Marshal", permissions=rights)
    marshal = world.guild.add_member(world.env.create_user("marshal"), roles=[role])
    permit(world, world.moderators, role.id, member=False, view_channel=True)
    await world.watch()
    await flagged(world)
    speaks(marshal, "de")
    speaks(world.moderator, "de")
    denied = said(await world.moderator.click(alerts(world)[0], label="Time out…"))
    assert "Für eine Auszeit musst du selbst" in denied
    form = await marshal.click(alerts(world)[0], label="Time out…")
    asked = json.dumps(form.modal, ensure_ascii=False)
    for part in ("Auszeit für diese Person?", "Eine Stunde", "Auch die Nachricht löschen", "Audit-Log des Servers"):
        assert part in asked
    await marshal.submit_modal(form, {"length": ["60"], "deletes": False, "reason": "wieder"})
    assert "agreed: **partisan** · author timed out for one hour" in text_of(alerts(world)[0])


async def test_settings_panel_and_its_forms_are_german(world: World, speaks: Speaks) -> None:
    await world.watch()
    await flagged(world)
    speaks(world.moderator, "de")
    panel = (await world.moderator.slash(world.news, "settings")).response
    for part in ("Einstellungen von The Evening Wire", "☀️ Freigeschaltet", "Normal: Hinweise", "Es fehlt nichts"):
        assert part in text_of(panel)
    assert "Etwa 1 Markierung am Tag, nach den Auswertungen des letzten Tages" in text_of(panel)
    form = await world.moderator.click(panel, label="Schwellen …")
    await world.moderator.submit_modal(form, {"partisan": "95 %", "off-topic": "nie", "alerts": "12"})
    flags = (await world.store.servers.get(world.guild.id)).thresholds.flags
    assert flags == {"partisan": 0.95}
    assert "✅ Parteiisch ab 95\N{NO-BREAK SPACE}% (vorher ab 60\N{NO-BREAK SPACE}%)" in text_of(panel)
    form = await world.moderator.click(panel, label="Schwellen …")
    wrong = said(await world.moderator.submit_modal(form, {"partisan": "0,6", "alerts": "12"}))
    assert "**Parteiisch** braucht eine ganze Zahl von 1 bis 100" in wrong
    (file,) = (await world.moderator.click(panel, label="Ausgeben")).followups[0].attachments
    assert json.loads(await file.read())["thresholds"] == {"partisan": 95}
    await world.moderator.click(panel, label="Zurück in den Probebetrieb")
    assert "Ab jetzt ist nichts öffentlich" in text_of(panel)


async def test_channels_are_set_up_in_german_and_told_in_english(world: World, speaks: Speaks) -> None:
    speaks(world.moderator, "de")
    await world.member.send(world.news, STORY)
    added = await world.moderator.slash(world.moderators, "watch add", channel=world.news)
    assert f"Ich lese in <#{world.news.id}> mit" in said(added)
    (notice,) = [each for each in world.news.history() if each.author.id == world.bot.user.id]
    assert "Hindsight reads this channel from now on" in text_of(notice)
    await world.moderator.click(added.response, label="Lesen, was schon da ist")
    assert "1 Nachricht gelesen, 1 Behauptung gemerkt" in text_of(added.response)
    shown = said(await world.moderator.slash(world.moderators, "setup preset", preset="quiet"))
    assert "Ruhig: wenige Hinweise" in shown
    assert "Parteiisch ab 85\N{NO-BREAK SPACE}%" in shown
    again = await world.moderator.slash(world.moderators, "watch add", channel=world.news)
    assert "lese ich schon mit" in refused(world, again)


async def test_missing_permissions_are_told_each_in_their_language(world: World, speaks: Speaks) -> None:
    await world.watch()
    permit(world, world.moderators, world.guild.default_role.id, member=False, view_channel=True)
    world.env.inject_error("POST", "/users/@me/channels", status=403, code=50007, times=None)
    await world.env.settle()
    permit(world, world.news, world.bot.user.id, deny=discord.Permissions(embed_links=True).value)
    await world.env.settle()
    speaks(world.moderator, "de")
    shown = said(await world.moderator.slash(world.news, "about"))
    for part in ("Ich bin **freigeschaltet**", "Für die Moderation", "Mir fehlt **Links einbetten**"):
        assert part in shown
    assert shown.count("Etwas hält mich von der Arbeit ab") == 1
    assert "Alle können" in said(await world.moderator.slash(world.news, "settings"))
    assert "Mir fehlt **Links einbetten**" in said(await world.moderator.slash(world.news, "watch list"))


async def test_figures_are_said_and_described_in_german(world: World, speaks: Speaks) -> None:
    await world.watch()
    await flagged(world)
    await world.moderator.click(alerts(world)[0], label="Agree")
    speaks(world.moderator, "de")
    shown = (await world.moderator.slash(world.news, "stats")).response
    for part in ("Die letzten 30 Tage", "**1 Antwort gelesen**: parteiisch 100", "**1 Markierung**: 1 bestätigt"):
        assert part in text_of(shown)
    (picture,) = shown.attachments
    assert (await picture.read()).startswith(b"\x89PNG")
    report = (await world.moderator.slash(world.news, "report")).response
    for part in ("Was geschehen ist: die letzten 14 Tage", "(1,0 am Tag)", "**Parteiisch**: 1 Markierung, richtig 100"):
        assert part in text_of(report)
    await world.member.send(world.news, "so it is", reply_to=world.news.history()[0])
    card = (await world.moderator.click(report, label="Stichprobe beurteilen")).response
    assert "Was tut diese Antwort?" in text_of(card)
    await world.moderator.click(card, label="Keine")
    assert "Alles beurteilt" in text_of(card)


async def test_log_is_read_in_german_and_handed_out_in_english(world: World, speaks: Speaks) -> None:
    reader = world.guild.create_role("Reader", permissions=discord.Permissions(view_audit_log=True))
    auditor = world.guild.add_member(world.env.create_user("ada"), roles=[reader])
    await world.watch()
    await flagged(world)
    await world.moderator.click(alerts(world)[0], label="Agree")
    await world.moderator.slash(world.news, "shadow")
    speaks(auditor, "de")
    shown = await auditor.slash(world.news, "audit")
    for part in (
        "Protokoll der Entscheidungen",
        "3 Einträge",
        "**Markierung** von Hindsight",
        "Einordnung parteiisch, Wert 90\N{NO-BREAK SPACE}%, ab 60\N{NO-BREAK SPACE}%",
        f"**Probebetrieb** von <@{world.moderator.id}>",
        "freigeschaltet: ja → nein",
    ):
        assert part in said(shown)
    (file,) = (await auditor.click(shown.response, label="Als Tabelle (CSV)")).response.attachments
    rows = list(csv.reader(io.StringIO((await file.read()).decode(), newline="")))
    assert [row[4] for row in rows] == ["action", "shadow", "verdict", "flag"]
    wrong = refused(world, await auditor.slash(world.news, "audit", since="irgendwann"))
    assert "`seit`: „irgendwann“" in wrong


async def test_loop_that_a_german_begins_speaks_english(world: World, speaks: Speaks) -> None:
    await world.watch()
    speaks(world.moderator, "de")
    cog, heard = world.bot.get_cog("Digests"), []
    cog.rounds.go = lambda *_parts: _heard(heard)
    shown = said(await world.moderator.slash(world.news, "digests", when="daily"))
    assert "Wenn eine Meldung 20 Antworten hat, jeden Tag um <t:" in shown
    assert "`/zusammenfassungen wann:nie` beendet das" in shown
    assert heard == ["en"]


async def _heard(heard: list[str]) -> None:
    heard.append(spoken())
