"""One process on one database: a second is refused, a crash lets go."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import ConfigurationError
from bot.lock import hold
from bot.resources import open_resources
from bot.settings import Settings
from tests.tiny import tiny_models

HOLDER = """
import sys, time
from pathlib import Path
from bot.lock import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_second_is_refused_with_the_remedy(tmp_path: Path) -> None:
    database = tmp_path / "data" / "hindsight.sqlite"
    with hold(database), pytest.raises(ConfigurationError, match=r"in use .* HINDSIGHT_DATA_DIR"), hold(database):
        pass
    with hold(database):
        pass


def test_crash_lets_go(tmp_path: Path) -> None:
    database = tmp_path / "hindsight.sqlite"
    with subprocess.Popen(  # noqa: S603 - our own interpreter and words
        [sys.executable, "-c", HOLDER, str(database)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ConfigurationError, match="in use"), hold(database):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
    with hold(database):
        pass


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigurationError, match="HINDSIGHT_DATA_DIR"), hold(tmp_path / "file" / "a.sqlite"):
        pass


async def test_second_bot_on_the_same_database_is_refused(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path)
    async with open_resources(settings, learned=tiny_models()):
        with pytest.raises(ConfigurationError, match="in use by another process"):
            async with open_resources(settings, learned=tiny_models()):
                pass
    async with open_resources(settings, learned=tiny_models()):
        pass
