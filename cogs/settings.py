"""All settings on one panel, and in a file."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import discord
from discord import app_commands
from discord.ext import commands

from bot.alerts_role import refusal
from bot.buttons import Form, Press, Pressed
from bot.changes import (
    FILE,
    FILE_BYTES,
    UNCHANGED,
    difference,
    exported,
    imported,
    too_large,
    typed_alerts,
    typed_thresholds,
)
from bot.client import Hindsight
from bot.errors import UserError
from bot.languages import _, percent
from bot.needs import alerts_problem
from bot.policy import PRESETS
from bot.problems import problems_of
from bot.records import Server, Spread
from bot.render import settings as render
from bot.render.labels import meaning_of, name_of
from bot.render.privacy import FOREVER
from bot.render.setup import preset_words
from bot.render.text import capital, numbered
from cogs.privacy import expire
from cogs.review import review_of
from cogs.setup import change, check_manager, guild_of, log_change, set_alerts, set_live
from models.labels import MARKS

WINDOW = timedelta(days=14)
ALERTS = "alerts"


class Settings(commands.Cog):
    """Answer `/settings` and what is pressed on its panel."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """Listen to the panel, also of before a restart."""
        self.bot.add_dynamic_items(Control)

    async def cog_unload(self) -> None:
        """Stop listening."""
        self.bot.remove_dynamic_items(Control)

    @app_commands.command(name="settings")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.checks.has_permissions(manage_guild=True)
    @app_commands.checks.cooldown(3, 30)
    async def settings(self, interaction: Pressed) -> None:
        """See and change all settings of this server, and what is missing."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await show(interaction)


class Control(Press, template=render.PANEL):
    """Answer the panel: look again who presses, change one thing, and say what that comes to."""

    async def press(self, interaction: Pressed) -> None:
        """Change, or open the form that asks for more."""
        check_manager(interaction)
        match self.match["what"]:
            case "thresholds":
                server = await interaction.client.store.servers.get(guild_of(interaction).id)
                await interaction.response.send_modal(Thresholds(server))
            case "place":
                await self._ask_about_place(interaction)
            case "import":
                await interaction.response.send_modal(Import())
            case "export":
                await export(interaction)
            case what:
                await interaction.response.defer()
                await self._change(interaction, what)

    async def _change(self, interaction: Pressed, what: str) -> None:
        match what:
            case "alerts":
                await show(interaction, await set_alerts(interaction, int(self._chosen())))
                await review_of(interaction).alerts.post_waiting(guild_of(interaction).id)
            case "role":
                await show(interaction, await set_role(interaction, self._role()))
            case "preset":
                preset = PRESETS[self._chosen()]
                before, after = await change(interaction, "preset", thresholds=preset)
                await show(interaction, f"✅ {preset_words(preset)}", before, after)
            case "live" | "shadow":
                await show(interaction, await set_live(interaction, live=what == "live"))
            case "disputes":
                allowed = not (await interaction.client.store.servers.get(guild_of(interaction).id)).disputes
                await change(interaction, "disputes", disputes=allowed)
                await show(interaction, render.disputing(allowed=allowed))
            case "days":
                days = int(self._chosen())
                await change(interaction, "retention", retention_days=days)
                long = numbered("{number} day", "{number} days", days)
                await kept(interaction, _("✅ Readings and flags are kept for {days}.").format(days=long))
            case _:
                days = int(self._chosen()) or None
                await change(interaction, "claims kept", claim_days=days)
                counted = numbered("for {number} day", "for {number} days", days or 0)
                long = counted if days else _("as long as their messages stand")
                await kept(interaction, _("✅ Claims are kept {long}.").format(long=long))

    async def _ask_about_place(self, interaction: Pressed) -> None:
        server = await interaction.client.store.servers.get(guild_of(interaction).id)
        place_id = int(self._chosen())
        place = await interaction.client.quotes.find(place_id)
        above = place.parent_id if isinstance(place, discord.Thread) else place_id
        await interaction.response.send_modal(PlaceThresholds(server, place_id, above))

    def _role(self) -> int | None:
        """Give the id of the role that was chosen; None when it was taken out."""
        values = self.item.values if isinstance(self.item, discord.ui.RoleSelect) else []
        return values[0].id if values else None

    def _chosen(self) -> str:
        """Give what was chosen: the id of a channel, or the value of an option."""
        if isinstance(self.item, discord.ui.ChannelSelect) and self.item.values:
            return str(self.item.values[0].id)
        values = self.item.values if isinstance(self.item, discord.ui.Select) else []
        if not values:
            raise UserError(_("Nothing was chosen."))
        return values[0] or FOREVER


class ThresholdForm(Form):
    """Ask from what score each label is flagged."""

    def __init__(self, title: str, known: dict[str, str], hints: dict[str, str]) -> None:
        super().__init__(title=title)
        self.inputs = {label: discord.ui.TextInput(custom_id=label, required=False, max_length=6) for label in MARKS}
        for label, given in self.inputs.items():
            given.default, given.placeholder = known.get(label), hints[label]
            self.add_item(
                discord.ui.Label(
                    text=_("{label}, from … %").format(label=capital(name_of(label))),
                    description=meaning_of(label),
                    component=given,
                )
            )

    def flags(self) -> dict[str, float | None]:
        """Give what was typed, by label."""
        return typed_thresholds({label: given.value for label, given in self.inputs.items()})


class Thresholds(ThresholdForm):
    """Change the server's thresholds and how many alerts a day may hold."""

    def __init__(self, server: Server) -> None:
        known = {label: percent(score) for label, score in server.thresholds.flags.items()}
        super().__init__(_("When is a reply flagged?"), known, dict.fromkeys(MARKS, _("empty: never")))
        self.alerts = discord.ui.TextInput(custom_id=ALERTS, max_length=4, default=str(server.thresholds.alerts_a_day))
        described = _("What is flagged beyond that waits in the queue.")
        self.add_item(discord.ui.Label(text=_("Alerts a day, at most"), description=described, component=self.alerts))

    async def submit(self, interaction: Pressed) -> None:
        """Check, and change what was typed."""
        check_manager(interaction)
        flags = {label: score for label, score in self.flags().items() if score is not None}
        alerts_a_day = typed_alerts(self.alerts.value)
        await interaction.response.defer()
        now = (await interaction.client.store.servers.get(guild_of(interaction).id)).thresholds
        thresholds = replace(now, flags=flags, alerts_a_day=alerts_a_day)
        before, after = await change(interaction, "thresholds", thresholds=thresholds)
        await show(interaction, render.typed(before, after), before, after)


class PlaceThresholds(ThresholdForm):
    """Give a channel, forum or thread thresholds of its own, or take them back."""

    def __init__(self, server: Server, place_id: int, above_id: int) -> None:
        own = server.overrides.get(place_id, {})
        known = {label: _("never") if score is None else percent(score) for label, score in own.items()}
        rest = replace(server, overrides={key: value for key, value in server.overrides.items() if key != place_id})
        hint = _("empty: as around it, {threshold}")
        hints = {label: hint.format(threshold=said) for label, said in render.around(rest, above_id).items()}
        super().__init__(_("When is a reply flagged there?"), known, hints)
        self.place_id, self.above_id = place_id, above_id

    async def submit(self, interaction: Pressed) -> None:
        """Check, and change what was typed."""
        check_manager(interaction)
        flags = self.flags()
        await interaction.response.defer()
        bot, guild = interaction.client, guild_of(interaction)
        before = await bot.store.servers.get(guild.id)
        after = await bot.store.servers.override(guild.id, self.place_id, flags)
        await log_change(interaction, "channel thresholds", before, after, self.place_id)
        read = bool({self.place_id, self.above_id} & bot.intake.channels)
        await show(interaction, render.placed(self.place_id, after, read=read), before, after)


class Import(Form):
    """Take settings from a file."""

    def __init__(self) -> None:
        super().__init__(title=_("Import settings"))
        self.file = discord.ui.FileUpload[Form](custom_id="file", max_values=1)
        described = _("What it leaves out stays as it is. The settings as they are now come back to you as a file.")
        label = discord.ui.Label(text=_("A file as the panel exports it"), description=described, component=self.file)
        self.add_item(label)

    async def submit(self, interaction: Pressed) -> None:
        """Check every field, change all of them at once, and hand out the settings as they were."""
        check_manager(interaction)
        await interaction.response.defer()
        store, guild = interaction.client.store, guild_of(interaction)
        before = await store.servers.get(guild.id)
        after = imported(await uploaded(self.file), before)
        await check_places(interaction, before, after)
        await store.servers.save(after)
        await log_change(interaction, "settings imported", before, after)
        if (before.retention_days, before.claim_days) != (after.retention_days, after.claim_days):
            await expire(interaction.client)
        await show(interaction, render.brought(list(difference(before, after))), before, after)
        said = _("The settings as they were before, for the way back:")
        await interaction.followup.send(said, file=file_of(before), ephemeral=True)
        await review_of(interaction).alerts.post_waiting(guild.id)


async def show(interaction: Pressed, said: str = "", before: Server | None = None, after: Server | None = None) -> None:
    """Show the panel, with what was changed and what that comes to."""
    bot, guild = interaction.client, guild_of(interaction)
    server = await bot.store.servers.get(guild.id)
    spread = await spread_of(bot, server)
    if before is not None and after is not None and before != after:
        said = f"{said}\n-# {render.effect(before, after, spread)}"
    channels = [channel_id for _guild_id, channel_id in await bot.store.servers.watched(guild.id)]
    problems = [problem.text for problem in await problems_of(bot.store, bot.quotes, guild)]
    waiting = await bot.store.flags.count_open(guild.id)
    quieted = await bot.store.flags.quieted(guild.id, bot.clock())
    shown = render.Overview(guild.name, server, channels, waiting, quieted, problems, spread)
    await interaction.edit_original_response(view=render.panel(shown, said))


async def kept(interaction: Pressed, said: str) -> None:
    """Delete what has had its time now, and show the panel."""
    await expire(interaction.client)
    await show(interaction, f"{said}\n-# {_('What was older is deleted.')}")


async def set_role(interaction: Pressed, role_id: int | None) -> str:
    """Choose the role that new alerts mention, or none; say what that comes to.

    Raises:
        UserError: it is no role for that.
    """
    problem = refusal(guild_of(interaction), role_id) if role_id is not None else None
    if problem is not None:
        raise UserError(f"{problem} {_(UNCHANGED)}")
    await change(interaction, "alerts role", alerts_role_id=role_id)
    return render.mentioning(role_id)


async def spread_of(bot: Hindsight, server: Server) -> Spread:
    """Count the readings of the last days, by which changes are measured."""
    now = bot.clock()
    return await bot.store.reports.spread(server, now - WINDOW, now)


async def export(interaction: Pressed) -> None:
    """Hand out the settings as a file."""
    await interaction.response.defer()
    server = await interaction.client.store.servers.get(guild_of(interaction).id)
    said = _("All settings of this server. *Import …* takes such a file, also one with only some of these fields.")
    await interaction.followup.send(said, file=file_of(server), ephemeral=True)


async def uploaded(component: discord.ui.FileUpload[Form]) -> bytes:
    """Read the file that was given in a form.

    Raises:
        UserError: there is none, or it is too large.
    """
    if len(component.values) != 1:
        raise UserError(_("Choose one file."))
    if component.values[0].size > FILE_BYTES:
        raise too_large()
    return await component.values[0].read()


async def check_places(interaction: Pressed, before: Server, after: Server) -> None:
    """Look whether the channels and the role that a file names are there.

    Raises:
        UserError: one is not of this server, alerts cannot be posted in theirs, or may not mention their role.
    """
    guild = guild_of(interaction)
    if after.alerts_channel_id not in (None, before.alerts_channel_id):
        problem = alerts_problem(guild, after.alerts_channel_id)
        if problem is not None:
            raise UserError(f"`alerts_channel`: {problem} {_(UNCHANGED)}")
    if after.alerts_role_id is not None and after.alerts_role_id != before.alerts_role_id:
        problem = refusal(guild, after.alerts_role_id)
        if problem is not None:
            raise UserError(f"`alerts_role`: {problem} {_(UNCHANGED)}")
    for place_id in after.overrides.keys() - before.overrides.keys():
        place = guild.get_channel_or_thread(place_id) or await interaction.client.quotes.find(place_id)
        if place is None or place.guild.id != guild.id:
            said = _("this server has no such channel.")
            raise UserError(f"`channels.{place_id}`: {said} {_(UNCHANGED)}")


def file_of(server: Server) -> discord.File:
    """Give settings as a file."""
    return discord.File(BytesIO(exported(server).encode()), FILE)


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Settings(bot))
