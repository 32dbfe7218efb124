"""The unit and the image: they name what there is, and run without root."""

import re
from pathlib import Path

from bot.__main__ import MISCONFIGURED
from bot.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
UNIT = (ROOT / "deploy" / "hindsight.service").read_text()
GUIDE = (ROOT / "docs" / "operations.md").read_text()
IDENTIFIES = 1000  # a day, until Discord resets the token
IMAGE = (ROOT / "Dockerfile").read_text()


def test_settings_are_spelt_right() -> None:
    for text in (UNIT, IMAGE):
        named = set(re.findall(rf"{PREFIX}([A-Z_]+)", text))
        assert named
        assert named <= {name.upper() for name in Settings.model_fields}


def test_wrong_setting_does_not_start_over_and_over() -> None:
    assert f"RestartPreventExitStatus={MISCONFIGURED}\n" in UNIT


def test_unit_tries_for_ever_and_gently() -> None:
    assert "StartLimitIntervalSec=0\n" in UNIT
    assert "Restart=on-failure\n" in UNIT
    minutes = re.search(r"^RestartSec=(\d+)min$", UNIT, re.MULTILINE)
    assert minutes is not None
    assert 24 * 60 / int(minutes[1]) < IDENTIFIES


def test_container_is_not_started_over_and_over() -> None:
    (policy,) = re.findall(r"--restart (\S+)", GUIDE)
    assert re.fullmatch(r"on-failure:\d", policy)


def test_neither_runs_as_root() -> None:
    assert re.search(r"^User=hindsight$", UNIT, re.MULTILINE)
    user, started = IMAGE.rindex("\nUSER hindsight\n"), IMAGE.rindex("\nENTRYPOINT")
    assert user < started


def test_image_gets_what_it_copies_and_no_secret() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    kept = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {name for line in re.findall(r"^COPY (?!--from)(.*)$", IMAGE, re.MULTILINE) for name in line.split()[:-1]}
    assert copied == kept
    assert all((ROOT / name).exists() for name in copied)
