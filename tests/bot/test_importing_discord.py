"""An export of a watched channel is read as a backfill is: references and vectors stay, no text does."""

import io
import json
from pathlib import Path

import pytest

from bot.errors import RowError
from bot.importing_discord import import_export
from bot.importing_rows import Format, recognise
from bot.resources import open_resources
from bot.settings import Settings
from tests.bot.rows import NOW
from tests.bot.test_replay import STORY, exported
from tests.tiny import tiny_models

GUILD, CHANNEL = 900, 800
EXPORT = {
    "guild": {"id": str(GUILD), "name": "The Evening Wire"},
    "channel": {"id": str(CHANNEL), "type": "GuildTextChat", "categoryId": "4", "name": "news"},
    "messages": [
        exported(10, STORY, 1),
        exported(11, "I doubt it", 1, type="Reply", reference={"messageId": "10"}),
        exported(12, "tomas pinned a message", 1, type="ChannelPinnedMessage"),
        exported(13, "", 2),
        exported(20, "more doubt", 2, type="Reply", reference={"messageId": "10"}),
        exported(30, "look", 3, forwardedMessage={"content": "A quaggamire announced https://wire.example/q"}),
    ],
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path)


def assert_nowhere(word: bytes, folder: Path) -> None:
    """Look for a word in every file."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert files
    assert [file for file in files if word in file.read_bytes().lower()] == []


async def take(export: object, settings: Settings, *, watch: int | None = CHANNEL) -> tuple[str, list[str]]:
    """Watch a channel and import an export; give what was said and what was told."""
    if watch is not None:
        async with open_resources(settings, learned=tiny_models()) as resources:
            await resources.store.servers.watch(GUILD, watch, NOW)
    told: list[str] = []
    file = io.BytesIO(export if isinstance(export, bytes) else json.dumps(export).encode())
    assert recognise(file).format is Format.EXPORT
    said = await import_export(file, settings, lambda bad: told.append(str(bad)), learned=tiny_models())
    return said, told


async def test_messages_become_references_readings_and_claims(settings: Settings, tmp_path: Path) -> None:
    said, told = await take(EXPORT, settings)
    assert told == []
    assert "4 messages read, 4 of them new, 2 new claims" in said
    async with open_resources(settings, learned=tiny_models()) as resources:
        store = resources.store
        readings = await store.messages.readings([10, 11, 20, 30])
        assert {number: reading.label for number, reading in readings.items()} == {
            10: "none",
            11: "skeptical",
            20: "skeptical",
            30: "none",
        }
        kept = await store.messages.get(11)
        assert (kept.guild_id, kept.channel_id, kept.placement.conversation_id) == (GUILD, CHANNEL, 10)
        assert list(await store.cards.pending()) == []
        assert await store.messages.tallies([10]) == {10: {"skeptical": 2}}
    assert_nowhere(b"quaggamire", tmp_path)


async def test_import_again_changes_nothing(settings: Settings) -> None:
    await take(EXPORT, settings)
    said, _ = await take(EXPORT, settings)
    assert "4 messages read, 0 of them new, 0 new claims" in said


async def test_thread_belongs_to_the_channel_above_it(settings: Settings) -> None:
    thread = {"id": "77", "type": "GuildPublicThread", "categoryId": str(CHANNEL), "category": "news", "name": "t"}
    messages = [exported(77, STORY, 1), exported(78, "I doubt it", 1)]
    await take({**EXPORT, "channel": thread, "messages": messages}, settings)
    async with open_resources(settings, learned=tiny_models()) as resources:
        kept = await resources.store.messages.get(78)
        assert (kept.channel_id, kept.watched_id, kept.placement.conversation_id) == (77, CHANNEL, 77)


@pytest.mark.parametrize(
    ("export", "watch", "named"),
    [
        (EXPORT, None, "/watch add"),
        (EXPORT, 801, "channel 800 of server 900 is not watched"),
        ({"guild": {"id": "1"}, "messages": []}, CHANNEL, "'channel'"),
        ({**EXPORT, "guild": {"id": "x"}}, CHANNEL, "'guild.id'"),
    ],
)
async def test_what_cannot_be_placed_is_refused(
    export: dict, watch: int | None, named: str, settings: Settings
) -> None:
    with pytest.raises(RowError, match=named):
        await take(export, settings, watch=watch)


async def test_bad_messages_are_told_and_the_rest_is_read(settings: Settings) -> None:
    bad = {**exported(15, "words", 1), "timestamp": "noon"}
    said, told = await take({**EXPORT, "messages": [*EXPORT["messages"][:2], bad, EXPORT["messages"][4]]}, settings)
    assert "3 messages read" in said
    assert [line[:29] for line in told] == ["message 3: field 'timestamp': "[:29]]


async def test_broken_export_keeps_what_was_read_and_repeats_none_of_it(settings: Settings) -> None:
    whole = json.dumps(EXPORT, indent=1).encode()
    said, told = await take(whole[: whole.index(b"more doubt") + 4], settings)
    assert "2 messages read, 2 of them new" in said
    assert len(told) == 1
    assert told[0].startswith("after message 4: the JSON is broken")
    assert "more" not in told[0]
