"""The log of decisions: `/audit` shows it a page at a time, and hands it out as a table."""

import asyncio
from datetime import timedelta
from io import BytesIO

import discord
from discord import app_commands
from discord.ext import commands

from bot.buttons import Press, Pressed
from bot.client import Hindsight
from bot.durations import parse_since
from bot.errors import NotAllowed, UserError
from bot.languages import N_, _, decimal
from bot.message_links import LINK
from bot.render import audit as render
from bot.store.audit import ACTORS, KINDS, Wanted

EXPORTED = 40_000  # entries in one table, which stays below every server's limit of uploads
COOLDOWN = timedelta(seconds=30)
RIGHTS = N_("This needs the permission View Audit Log or Manage Server.")

Place = discord.TextChannel | discord.ForumChannel | discord.Thread


def may_read(interaction: discord.Interaction) -> bool:
    """Say whether the person may read logs; they are asked again at every press.

    Raises:
        NotAllowed: they may not.
    """
    rights = interaction.permissions
    if not (rights.view_audit_log or rights.manage_guild):
        raise NotAllowed(_(RIGHTS))
    return True


class Audit(commands.Cog):
    """Show who decided what, when and why."""

    def __init__(self, bot: Hindsight) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """Listen to the buttons, also of before a restart."""
        self.bot.add_dynamic_items(Turn)

    async def cog_unload(self) -> None:
        """Stop listening."""
        self.bot.remove_dynamic_items(Turn)

    @app_commands.command(name="audit")
    @app_commands.guild_only()
    @app_commands.default_permissions(view_audit_log=True)
    @app_commands.check(may_read)
    @app_commands.checks.cooldown(5, COOLDOWN.total_seconds())
    @app_commands.describe(
        by="Only what these decided",
        what="Only this kind of decision",
        channel="Only about a channel and its messages",
        message="Only about one message: its link",
        since="Only since then: 2h, yesterday, 2026-03-01",
    )
    @app_commands.choices(
        by=[app_commands.Choice(name=actor.capitalize(), value=actor) for actor in ACTORS],
        what=[app_commands.Choice(name=render.KIND_WORDS[kind], value=kind) for kind in KINDS],
    )
    async def audit(
        self,
        interaction: Pressed,
        by: str | None = None,
        what: str | None = None,
        channel: Place | None = None,
        message: str | None = None,
        since: str | None = None,
    ) -> None:
        """Who decided what, when and why: flags, verdicts, cards, settings. Never what anybody wrote."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        if channel is not None and message is not None:
            raise UserError(_("Give only one of `channel` and `message`."))
        subject = channel.id if channel is not None else linked_id(guild_id_of(interaction), message)
        moment = parse_since(since, self.bot.clock()) if since is not None else None
        page = await newest(interaction, Wanted(by, what, subject, moment))
        await interaction.followup.send(view=render.audit_view(page), ephemeral=True)


class Turn(Press, template=render.PRESS):
    """Turn a page, or hand out the table."""

    async def press(self, interaction: Pressed) -> None:
        """Look again who asks, then turn."""
        may_read(interaction)
        wanted, entry_id = render.wanted_of(self.match), int(self.match["entry"])
        if self.match["what"] == "table":
            await interaction.response.defer(ephemeral=True, thinking=True)
            await hand_out(interaction, wanted)
            return
        await interaction.response.defer()
        turn = newer if self.match["what"] == "newer" else older
        await interaction.edit_original_response(view=render.audit_view(await turn(interaction, wanted, entry_id)))


async def newest(interaction: Pressed, wanted: Wanted) -> render.Page:
    """Give the first page."""
    store, guild_id = interaction.client.store.audit, guild_id_of(interaction)
    found = await store.latest(guild_id, render.PAGE + 1, wanted)
    total = await store.count(guild_id, wanted)
    return render.Page(guild_id, found[: render.PAGE], wanted, total, older=len(found) > render.PAGE)


async def older(interaction: Pressed, wanted: Wanted, before: int) -> render.Page:
    """Give the page before an entry, or the first one when there is none."""
    store, guild_id = interaction.client.store.audit, guild_id_of(interaction)
    found = await store.latest(guild_id, render.PAGE + 1, wanted, before)
    if not found:
        return await newest(interaction, wanted)
    total = await store.count(guild_id, wanted)
    return render.Page(guild_id, found[: render.PAGE], wanted, total, older=len(found) > render.PAGE, newer=True)


async def newer(interaction: Pressed, wanted: Wanted, after: int) -> render.Page:
    """Give the page that follows an entry; the first one is always full."""
    store, guild_id = interaction.client.store.audit, guild_id_of(interaction)
    found = await store.after(guild_id, render.PAGE + 1, wanted, after)
    if len(found) <= render.PAGE:
        return await newest(interaction, wanted)
    total = await store.count(guild_id, wanted)
    return render.Page(guild_id, found[1:], wanted, total, older=True, newer=True)


async def hand_out(interaction: Pressed, wanted: Wanted) -> None:
    """Give the entries as a file."""
    store, guild_id = interaction.client.store.audit, guild_id_of(interaction)
    entries = await store.latest(guild_id, EXPORTED, wanted)
    written = await asyncio.to_thread(render.table, entries)
    total = await store.count(guild_id, wanted)
    said = f"{render.filters_words(wanted)}. {_('Ids, numbers and names of settings; no text of any message.')}"
    if total > EXPORTED:
        cut = _("The newest {number} of {total}: `since` and the other filters make it fewer.")
        said += f" {cut.format(number=decimal(EXPORTED), total=decimal(total))}"
    file = discord.File(BytesIO(written.encode()), render.TABLE)
    await interaction.followup.send(said, file=file, ephemeral=True)


def linked_id(guild_id: int, link: str | None) -> int | None:
    """Give the id of the message that a link points to.

    Raises:
        UserError: it is no link to a message of this server.
    """
    if link is None:
        return None
    match = LINK.search(link)
    if match is None or int(match[1]) != guild_id:
        raise UserError(
            _("`message`: that is no link to a message of this server. Hold a message, then Copy Message Link.")
        )
    return int(match[3])


def guild_id_of(interaction: Pressed) -> int:
    """Give the server in which the command was given."""
    if interaction.guild_id is None:
        raise app_commands.NoPrivateMessage
    return interaction.guild_id


async def setup(bot: Hindsight) -> None:
    """Load the cog."""
    await bot.add_cog(Audit(bot))
