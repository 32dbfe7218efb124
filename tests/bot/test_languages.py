"""Whoever asks in German reads German, everybody else English; no sentence is forgotten on the way."""

import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from string import Formatter
from typing import Any

import discord
import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from discord import app_commands

from bot.languages import Translator, _, catalogue, decimal, file_of, language_of, ngettext, percent, speaking
from tests.conftest import World
from tests.messages import TEMPLATE, command_entries, marked, template

NAME = re.compile(r"[-_\w]{1,32}")
NAMED = re.compile(r"`/([\w -]+?)(?: \w+:)?`")  # a command in a text, and what follows of an option


def read(language: str) -> Catalog:
    """Read a language's catalogue as translators see it."""
    return read_po(BytesIO(file_of(language).read_bytes()), locale=language)


def entries(found: Catalog) -> set[tuple[str | None, str | tuple[str, ...]]]:
    """List what a catalogue has an entry for."""
    return {(entry.context, forms(entry.id)[0]) for entry in found if entry.id}


def forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """Give the forms of an entry: one, or one for each number."""
    return (text,) if isinstance(text, str) else tuple(text)


def fields(text: str) -> set[str | None]:
    """Name the placeholders of a text."""
    return {name for _text, name, _spec, _conversion in Formatter().parse(text) if name is not None}


GERMAN = [entry for entry in read("de") if entry.id]


async def payload(tree: app_commands.CommandTree) -> list[dict[str, Any]]:
    """Give what Discord is told of the commands."""
    return [await command.get_translated_payload(tree, Translator()) for command in tree._get_all_commands()]


def scopes(commands: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Give the things whose names must differ: commands of a type, options and choices of one command."""
    for kind in {each.get("type") for each in commands}:
        yield [each for each in commands if each.get("type") == kind]
    for each in commands:
        yield from inner(each)


def inner(node: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Give the scopes inside a command."""
    for key in ("options", "choices"):
        if node.get(key):
            yield node[key]
            for child in node[key]:
                yield from inner(child)


def german(node: Mapping[str, Any], what: str = "name") -> str:
    """Give what a German sees of a command, option or choice."""
    return node.get(f"{what}_localizations", {}).get("de") or node[what]


async def test_template_and_catalogue_hold_what_people_read(world: World) -> None:
    wanted = entries(template(await command_entries(world.bot.tree)))
    assert entries(read_po(BytesIO(TEMPLATE.read_bytes()))) == wanted, "run `make messages`"
    assert entries(read("de")) == wanted, "run `make messages`"


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ('_("one")', ["one"]),
        ("f\"### {_('one')} and {_('two')}\"", ["one", "two"]),
        ('_("a {b}").format(b=_("c"))', ["a {b}", "c"]),
        ('numbered("{number} day", "{number} days", days)', [("{number} day", "{number} days")]),
        ('{"day": plural("a " "day", "days")}', [("a day", "days")]),
        ('_(WORDS[label]), numbered(*WORDS, 2), other("text")', []),
    ],
)
def test_marked_texts_are_found_wherever_they_stand(code: str, texts: list[str | tuple[str, ...]]) -> None:
    assert marked(code) == texts


@pytest.mark.parametrize("entry", GERMAN, ids=lambda entry: forms(entry.id)[0][:40])
def test_every_text_is_translated_with_its_placeholders(entry: Message) -> None:
    assert not entry.fuzzy
    assert len(forms(entry.string)) == len(forms(entry.id))
    for text in forms(entry.string):
        assert text.strip()
        assert fields(text) == fields(forms(entry.id)[-1])


async def test_commands_are_german_within_the_limits_of_discord(world: World) -> None:
    commands = await payload(world.bot.tree)
    assert {german(each) for each in commands} > {"warum", "zusammenfassen", "datenschutz", "Warum diese Einordnung?"}
    for scope in scopes(commands):
        names = [german(each) for each in scope]
        assert len(set(names)) == len(names)
        for each in scope:
            limits(each)


def limits(node: Mapping[str, Any]) -> None:
    """Check one command, option or choice: only commands and options have descriptions and strict names."""
    name = german(node)
    if "value" in node:
        assert 1 <= len(name) <= 100
    elif node.get("description"):
        assert NAME.fullmatch(name), name
        assert name == name.lower()
        assert 1 <= len(german(node, "description")) <= 100, node["description"]
    else:
        assert 1 <= len(name) <= 32


async def test_commands_named_in_german_texts_are_there(world: World) -> None:
    there = {path for each in await payload(world.bot.tree) for path in paths(each)}
    named = {name for entry in GERMAN for text in forms(entry.string) for name in NAMED.findall(text)}
    assert named <= there


def paths(node: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """Give the names under which a German calls a command and what is in it."""
    name = f"{before} {german(node)}".strip()
    yield name
    for child in node.get("options") or []:
        if child["type"] in (1, 2):
            yield from paths(child, name)


@pytest.mark.parametrize("locale", [*discord.Locale, "xx-YY", "", "../de"])
def test_languages_without_a_catalogue_are_english(locale: discord.Locale | str) -> None:
    assert language_of(locale) == ("de" if str(locale) == "de" else "en")


def test_english_stays_as_it_is_written() -> None:
    assert catalogue("en").gettext("any text") == "any text"
    with speaking("fr"):
        assert (_("any text"), ngettext("one", "many", 1), ngettext("one", "many", 2)) == ("any text", "one", "many")
        assert (decimal(1234), percent(0.9)) == ("1,234", "90%")


def test_numbers_are_written_as_germans_do() -> None:
    with speaking("de"):
        assert (decimal(1234), percent(0.9)) == ("1.234", "90\N{NO-BREAK SPACE}%")
        with speaking("en-GB"):
            assert decimal(1234) == "1,234"
        assert decimal(1234) == "1.234"
