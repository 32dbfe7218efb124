"""Gather what people read, for translators: `make messages` brings the template and every catalogue up to date.

The sentences are those that the code marks, also inside f-strings, which Babel's own search passes over in silence;
the strings of commands come from the command tree itself, as discord.py hands them to a translator, each in the
context "command", "option", "choice" or "description".
"""

import ast
import asyncio
import tempfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import discord
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from discord import app_commands

from bot import languages
from bot.client import Hindsight
from bot.demo.patient import PatientEnv
from bot.resources import open_resources
from bot.settings import Settings
from tests.tiny import tiny_models

ROOT = Path(__file__).parents[1]
TEMPLATE = languages.FOLDER / f"{languages.DOMAIN}.pot"
MARKS = {"_": 1, "N_": 1, "ngettext": 2, "numbered": 2, "plural": 2}  # how many texts each takes
HEAD = "# What Hindsight says, in {language}. Kept up to date by `make messages`."
DAY = datetime(2026, 1, 1, tzinfo=UTC)  # a date that moved would make every catalogue differ every time

Entry = tuple[str, str]  # kind, text


class Collector(app_commands.Translator):
    """Write down what discord.py asks a translator."""

    def __init__(self) -> None:
        self.entries: dict[Entry, None] = {}

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        self.entries[languages.KINDS[context.location], string.message] = None
        return None


class Marked(ast.NodeVisitor):
    """Collect the texts that code marks, in their order."""

    def __init__(self) -> None:
        self.texts: list[str | tuple[str, ...]] = []

    def visit_Call(self, node: ast.Call) -> None:
        """Take the texts of a call that marks them, then look into the call."""
        number = MARKS.get(node.func.id, 0) if isinstance(node.func, ast.Name) else 0
        said = [each.value for each in node.args[:number] if isinstance(each, ast.Constant)]
        texts = tuple(each for each in said if isinstance(each, str))
        if number and len(texts) == number:
            self.texts.append(texts if number > 1 else texts[0])
        self.generic_visit(node)


def marked(code: str) -> list[str | tuple[str, ...]]:
    """List the texts that a module marks; those that count have two forms."""
    visitor = Marked()
    visitor.visit(ast.parse(code))
    return visitor.texts


async def command_entries(tree: app_commands.CommandTree) -> list[Entry]:
    """List every string of every command, in the order of the tree."""
    collector = Collector()
    for command in tree._get_all_commands():
        await command.get_translated_payload(tree, collector)
    return sorted(collector.entries)


def template(entries: list[Entry]) -> Catalog:
    """Gather commands' strings and the sentences in the code."""
    found = Catalog(domain=languages.DOMAIN)
    _head(found, "every language")
    for kind, text in entries:
        found.add(text, context=kind)
    for folder in ("bot", "cogs"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for text in marked(file.read_text()):
                found.add(text, locations=[(file.relative_to(ROOT).as_posix(), 0)])
    return found


def updated(language: str, source: Catalog) -> Catalog:
    """Bring a language's catalogue up to date; what is new in it stays empty, what is gone goes."""
    with languages.file_of(language).open("rb") as file:
        catalogue = read_po(file, locale=language, domain=languages.DOMAIN)
    catalogue.update(source, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    _head(catalogue, catalogue.locale.english_name)
    return catalogue


def _head(catalogue: Catalog, language: str) -> None:
    catalogue.project, catalogue.version, catalogue.fuzzy = "Hindsight", "", False
    catalogue.msgid_bugs_address = catalogue.last_translator = catalogue.language_team = ""
    catalogue.creation_date = catalogue.revision_date = DAY
    catalogue.header_comment = HEAD.format(language=language)


def text_of(catalogue: Catalog) -> bytes:
    """Write a catalogue as it stands in its file."""
    written = BytesIO()
    write_po(written, catalogue, width=120, include_lineno=False)
    return written.getvalue()


async def gather() -> Catalog:
    """Start the bot on a simulated Discord, and gather."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder))
        async with open_resources(settings, learned=tiny_models()) as resources:
            env = PatientEnv(Hindsight(resources), shard_count=1, settle_timeout=60)
            await env.start()
            try:
                return template(await command_entries(env.bot.tree))
            finally:
                await env.shutdown()


if __name__ == "__main__":
    source = asyncio.run(gather())
    TEMPLATE.write_bytes(text_of(source))
    for language in sorted(languages.languages()):
        languages.file_of(language).write_bytes(text_of(updated(language, source)))
