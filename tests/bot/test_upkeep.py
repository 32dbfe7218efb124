"""What is done from the command line: backups, restoring, a new key, erasing."""

import asyncio
import base64
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from bot import upkeep
from bot.digest_plan import Plan, Talk, is_due
from bot.errors import ConfigurationError, StoreError, UserError
from bot.lock import hold
from bot.settings import Settings
from bot.store import Store, open_store
from bot.store.database import open_database
from bot.store.schema import data_keys, metadata, servers
from bot.store.upgrade import upgrade
from bot.store.vault import load_vault, new_vault, write_key
from bot.upkeep import Wanted, back_up, erase, rekey, restore
from tests.bot.rows import CHANNEL, GUILD, NOW, card, claim, flag, post, take


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give settings with a folder of their own."""
    return Settings(_env_file=None, data_dir=tmp_path / "data")


def opened(settings: Settings):
    """Open the store as the bot does."""
    return open_store(settings.database, load_vault(settings.key, settings.key_file))


async def begin(settings: Settings) -> None:
    """Let a bot have run: two messages by one member, a third by another, and somebody who opted out."""
    async with opened(settings) as store:
        await fill(store)


async def fill(store: Store) -> None:
    """Keep some messages, a posted card and an opt-out."""
    for number, author in ((1, 7), (2, 7), (3, 8)):
        await take(store, post(number, author=author), claim=claim(post(number)))
    recorded = await take(store, post(4, author=8), claim=claim(post(4)), card=card(post(4), post(1)))
    assert recorded is not None
    assert recorded.card is not None
    await store.cards.posted(recorded.card.id, 5001, NOW)
    await store.members.opt_out(GUILD, 9)


async def count(settings: Settings, table: str) -> int:
    """Count the rows of a table."""
    async with open_database(settings.database) as database, database.read() as connection:
        query = sa.select(sa.func.count()).select_from(metadata.tables[table])
        return (await connection.execute(query)).scalar_one()


async def test_backup_while_the_bot_writes_is_whole_and_holds_no_key(settings: Settings, tmp_path: Path) -> None:
    target = tmp_path / "backup.sqlite"
    async with opened(settings) as store:
        await fill(store)
        with hold(settings.database):
            writing = asyncio.create_task(keep_writing(store))
            await asyncio.to_thread(back_up, settings, target)
            await writing
    master = base64.b64decode(settings.key_file.read_text())
    content = target.read_bytes()
    assert master not in content
    assert base64.b64encode(master) not in content
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert not list(settings.data_dir.parent.glob("*.draft"))
    async with open_store(target, load_vault(None, settings.key_file)) as copy:
        assert await copy.members.opted_out(GUILD, 9)
        assert await copy.claims.count(GUILD) == 4


async def keep_writing(store: Store) -> None:
    """Write for a while."""
    for number in range(100, 150):
        await store.messages.keep(post(number))


async def test_backup_leaves_deleted_rows_out(settings: Settings, tmp_path: Path) -> None:
    await begin(settings)
    async with opened(settings) as store:
        key = (await sealed_rows(settings))[0]
        await store.retention.delete(GUILD)
        back_up(settings, tmp_path / "backup.sqlite")
    content = (tmp_path / "backup.sqlite").read_bytes()
    assert key not in content


async def sealed_rows(settings: Settings) -> list[bytes]:
    """Give the sealed vectors."""
    async with open_database(settings.database) as database, database.read() as connection:
        return list((await connection.execute(sa.select(metadata.tables["claims"].c.vector))).scalars())


async def test_backup_never_writes_over_a_file(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="HINDSIGHT_DATA_DIR"):
        back_up(settings, tmp_path / "backup.sqlite")
    await begin(settings)
    (tmp_path / "taken").write_text("something else")
    with pytest.raises(StoreError, match="is there already"):
        back_up(settings, tmp_path / "taken")
    with pytest.raises(StoreError, match="cannot be copied"):
        back_up(settings, tmp_path / "no folder" / "backup.sqlite")


async def test_backup_comes_back_and_the_one_before_is_kept(settings: Settings, tmp_path: Path) -> None:
    await begin(settings)
    back_up(settings, tmp_path / "backup.sqlite")
    async with opened(settings) as store:
        await store.messages.keep(post(77))
    (settings.data_dir / "claims").mkdir()
    (settings.data_dir / "claims" / f"{GUILD}-x.claims").write_bytes(b"of later vectors")
    with pytest.raises(StoreError, match="--force"):
        restore(settings, tmp_path / "backup.sqlite", force=False)
    aside = restore(settings, tmp_path / "backup.sqlite", force=True)
    assert not list((settings.data_dir / "claims").iterdir())
    async with opened(settings) as store:
        assert await store.messages.get(77) is None
        assert await store.messages.get(1) is not None
    assert aside is not None
    async with open_store(aside, load_vault(None, settings.key_file)) as before:
        assert await before.messages.get(77) is not None


@pytest.mark.parametrize("lost", [False, True])
async def test_no_id_comes_round_again_after_a_restore(settings: Settings, tmp_path: Path, lost: bool) -> None:
    await begin(settings)
    back_up(settings, tmp_path / "backup.sqlite")
    async with opened(settings) as store:
        later = await raised(store, 10)
    if lost:
        settings.database.write_bytes(b"no database any more" * 1000)
    restore(settings, tmp_path / "backup.sqlite", force=True)
    async with opened(settings) as store:
        assert [await store.flags.get(later[0]), await store.cards.get(later[1])] == [None, None]
        again = await raised(store, 20)
    assert all(new > before + 100_000 for new, before in zip(again, later, strict=True))


async def raised(store: Store, number: int) -> tuple[int, int, int, int]:
    """Raise a flag, make a card and a story's digest, and note it in the log; give the ids that buttons would name."""
    of = post(number, channel=number)
    recorded = await take(store, of, "partisan", flag=flag(of), card=card(of, post(1)), claim=claim(of))
    assert recorded is not None
    assert recorded.flag is not None
    assert recorded.card is not None
    digest = await store.story_digests.begin(Talk(GUILD, CHANNEL, number, 5, number + 5, NOW))
    await store.audit.add(GUILD, NOW, 5, "golive", None)
    newest = (await store.audit.latest(GUILD))[0].id
    return recorded.flag.id, recorded.card.id, digest.id, newest


async def test_story_that_came_to_rest_before_a_restore_gets_no_second_digest(
    settings: Settings, tmp_path: Path
) -> None:
    async with opened(settings) as store:
        await store.story_digests.set_plan(Plan(GUILD, 5, timedelta(minutes=20), None, NOW))
    back_up(settings, tmp_path / "backup.sqlite")
    before = datetime.now(UTC)
    restore(settings, tmp_path / "backup.sqlite", force=True)
    async with opened(settings) as store:
        plan = await store.story_digests.plan(GUILD)
    assert plan is not None
    now = datetime.now(UTC)
    assert not is_due(plan, Talk(GUILD, CHANNEL, 1, 9, 9, before - timedelta(hours=1)), now)
    assert is_due(plan, Talk(GUILD, CHANNEL, 1, 9, 9, now), now + timedelta(hours=1))


async def test_log_of_a_killed_bot_goes_with_the_database_that_it_belongs_to(
    settings: Settings, tmp_path: Path
) -> None:
    await begin(settings)
    back_up(settings, tmp_path / "backup.sqlite")
    await begin_and_crash(settings)
    aside = restore(settings, tmp_path / "backup.sqlite", force=True)
    assert aside is not None
    async with opened(settings) as store:
        assert await store.messages.get(78) is None
    async with open_store(aside, load_vault(None, settings.key_file)) as before:
        assert await before.messages.get(78) is not None


async def begin_and_crash(settings: Settings) -> None:
    """Leave a database whose last row stands in its log only, as after kill -9."""
    async with opened(settings) as store:
        await store.messages.keep(post(78))
        left = {name: settings.database.with_name(settings.database.name + name).read_bytes() for name in ("", "-wal")}
    for name, content in left.items():
        settings.database.with_name(settings.database.name + name).write_bytes(content)


async def test_restore_on_a_new_machine_needs_the_key(settings: Settings, tmp_path: Path) -> None:
    await begin(settings)
    back_up(settings, tmp_path / "backup.sqlite")
    elsewhere = Settings(_env_file=None, data_dir=tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="key file"):
        restore(elsewhere, tmp_path / "backup.sqlite", force=False)
    assert not elsewhere.key_file.exists()
    key = SecretStr(settings.key_file.read_text().strip())
    elsewhere = Settings(_env_file=None, data_dir=tmp_path / "elsewhere", key=key)
    assert restore(elsewhere, tmp_path / "backup.sqlite", force=False) is None
    async with opened(elsewhere) as store:
        assert await store.members.opted_out(GUILD, 9)


async def test_restore_refuses_what_does_not_fit(settings: Settings, tmp_path: Path) -> None:
    await begin(settings)
    before = settings.database.read_bytes()
    file = tmp_path / "backup.sqlite"
    for name, made in UNFIT.items():
        file.unlink(missing_ok=True)
        back_up(settings, file)
        made(file)
        with pytest.raises(StoreError, match=name):
            restore(settings, file, force=True)
        assert settings.database.read_bytes() == before
    assert {file.name for file in settings.data_dir.iterdir()} <= {
        *("hindsight.sqlite", "hindsight.sqlite-wal", "hindsight.sqlite-shm", "hindsight.key", "hindsight.lock")
    }


def execute(file: Path, statement: str) -> None:
    """Run a statement on a file."""
    engine = sa.create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def reseal(file: Path) -> None:
    """Seal the data key under another master."""
    engine = sa.create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        connection.execute(sa.update(data_keys).values(sealed=new_vault().wrap(new_vault())))
    engine.dispose()


def break_page(file: Path) -> None:
    """Damage a page in the middle."""
    content = bytearray(file.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xa5" * 4096
    file.write_bytes(content)


UNFIT: dict[str, Callable[[Path], object]] = {
    "damaged or not a database": lambda file: file.write_bytes(b"certainly no database" * 100),
    "not a database of this bot": lambda file: execute(file, "DROP TABLE alembic_version"),
    "is damaged": break_page,
    "newer version": lambda file: execute(file, "UPDATE alembic_version SET version_num = '9999'"),
    "under another key": reseal,
}


async def test_restore_takes_a_backup_of_an_earlier_version(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "old.sqlite"
    upgrade(file, "0001")
    settings.data_dir.mkdir()
    master = write_key(settings.key_file)
    engine = sa.create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        connection.execute(sa.insert(data_keys).values(sealed=master.wrap(new_vault())))
        connection.execute(sa.text("INSERT INTO servers (guild_id, thresholds) VALUES (900, '{}')"))
    engine.dispose()
    restore(settings, file, force=False)
    async with opened(settings):
        pass
    assert await count(settings, "servers") == 1


async def test_nothing_is_done_behind_a_running_bot(settings: Settings, tmp_path: Path) -> None:
    await begin(settings)
    back_up(settings, tmp_path / "backup.sqlite")
    with hold(settings.database):
        with pytest.raises(ConfigurationError, match="in use"):
            restore(settings, tmp_path / "backup.sqlite", force=True)
        with pytest.raises(ConfigurationError, match="in use"):
            await rekey(settings)
        with pytest.raises(ConfigurationError, match="in use"):
            await erase(settings, Wanted(user_id=7))


async def test_new_key_opens_and_the_old_one_does_not(settings: Settings) -> None:
    await begin(settings)
    old = load_vault(None, settings.key_file)
    assert await rekey(settings) is None
    await opens_with_the_new_key_only(settings, old)


async def opens_with_the_new_key_only(settings: Settings, old: object) -> None:
    """Check that the database, its rows and the key fit together."""
    async with opened(settings) as store:
        assert await store.members.opted_out(GUILD, 9)
        assert len((await store.claims.vectors(GUILD, "embedder", np.array([1])))[0]) == 1
    with pytest.raises(StoreError, match="key"):
        async with open_store(settings.database, old):
            pass
    assert await count(settings, "data_keys") == 1
    assert {file.name for file in settings.data_dir.glob("*key*")} == {settings.key_file.name}
    assert stat.S_IMODE(settings.key_file.stat().st_mode) == 0o600


class Crash(BaseException):
    """Stand for the end of the process."""


STEPS = ("write_key", "admit", "move", "retire")


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", STEPS)
async def test_rekey_can_be_interrupted_anywhere(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    await begin(settings)
    old = load_vault(None, settings.key_file)
    done = getattr(upkeep, step)

    def crash(*arguments: object) -> object:
        if not after:
            raise Crash
        made = done(*arguments)
        if step in ("move", "write_key"):
            raise Crash
        return crash_later(made)

    async def crash_later(made: object) -> None:
        await made
        raise Crash

    monkeypatch.setattr(upkeep, step, crash)
    with pytest.raises(Crash):
        await rekey(settings)
    monkeypatch.setattr(upkeep, step, done)
    async with opened(settings) as store:  # the bot starts all the same
        assert await store.members.opted_out(GUILD, 9)
    await rekey(settings)
    await opens_with_the_new_key_only(settings, old)


async def test_key_that_is_a_setting_is_changed_in_two_steps(tmp_path: Path) -> None:
    def with_key(key: str) -> Settings:
        return Settings(_env_file=None, data_dir=tmp_path, key=SecretStr(key))

    old = base64.b64encode(b"k" * 32).decode()
    await begin(with_key(old))
    waiting = await rekey(with_key(old))
    assert waiting is not None
    assert await rekey(with_key(old)) == waiting
    new = waiting.read_text().strip()
    for key in (old, new):
        async with opened(with_key(key)) as store:
            assert await store.members.opted_out(GUILD, 9)
    assert await rekey(with_key(new)) is None
    assert not waiting.exists()
    assert await count(with_key(new), "data_keys") == 1
    with pytest.raises(StoreError, match="key"):
        await rekey(with_key(old))


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        (Wanted(user_id=7), {3, 4, 6}),
        (Wanted(server_id=GUILD, user_id=7), {3, 4, 5, 6}),
        (Wanted(message_id=3), {1, 2, 4, 5, 6}),
        (Wanted(channel_id=CHANNEL), {5, 6}),
        (Wanted(server_id=GUILD), {5, 6}),
        (Wanted(message_id=999), {1, 2, 3, 4, 5, 6}),
    ],
)
async def test_erase(settings: Settings, wanted: Wanted, left: set[int]) -> None:
    await begin(settings)
    async with opened(settings) as store:
        for number, author in ((5, 7), (6, 8)):
            await take(store, post(number, author=author, guild=1, channel=2), claim=None)
    for guild in (GUILD, 1):
        index = settings.data_dir / "claims" / f"{guild}-tiny.claims"
        index.parent.mkdir(exist_ok=True)
        index.write_bytes(b"old vectors")
    erased = await erase(settings, wanted)
    async with opened(settings) as store:
        assert set(await store.messages.among([1, 2, 3, 4, 5, 6])) == left
        assert await store.members.opted_out(GUILD, 9) == (wanted != Wanted(server_id=GUILD))
    assert erased.messages == (6 - len(left) if wanted.message_id != 999 else 0)
    indexes = {file.name for file in (settings.data_dir / "claims").iterdir()}
    assert (f"{GUILD}-tiny.claims" in indexes) == (wanted.message_id == 999)
    assert erased.shown == ((f"https://discord.com/channels/{GUILD}/{CHANNEL}/5001",) if not {1, 4} <= left else ())


async def test_erased_server_leaves_no_row(settings: Settings) -> None:
    await begin(settings)
    async with opened(settings) as store:
        await store.servers.watch(GUILD, CHANNEL, NOW)
        await store.audit.add(GUILD, NOW, 5, "golive", None)
    await erase(settings, Wanted(server_id=GUILD))
    for table in metadata.sorted_tables:
        assert await count(settings, table.name) == (table is data_keys), table.name
    assert servers in metadata.sorted_tables


@pytest.mark.parametrize(
    "wanted", [{}, {"user_id": 1, "channel_id": 2}, {"server_id": 1, "channel_id": 2}, {"user_id": 1, "message_id": 1}]
)
def test_erase_needs_one_thing_named(wanted: dict[str, int]) -> None:
    with pytest.raises(UserError, match="--server"):
        Wanted(**wanted)
