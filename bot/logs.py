"""Logs with ids, never text: our own lines, and libraries' below the level at which they print payloads."""

import logging
from pathlib import Path
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

Form = Literal["text", "json"]

FORMAT = "{asctime} {levelname:<7} {name}: {message}"
# These print what they send and receive, message text included, when asked for DEBUG.
TALKATIVE = (
    *("discord.http", "discord.gateway", "discord.client", "discord.webhook", "aiosqlite", "asyncio", "simcord"),
    *("matplotlib", "PIL"),  # nothing but fonts and pixels
)


def set_up_logging(level: str, file: Path | None = None, form: Form = "text") -> None:
    """Send our log to standard error, or to a file: as lines for people, or as a JSON object each."""
    handler = logging.StreamHandler() if file is None else logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(_formatter(form))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.INFO, logging.getLevelName(level)))


def _formatter(form: Form) -> logging.Formatter:
    if form == "text":
        return logging.Formatter(FORMAT, style="{")
    names = {"levelname": "level", "name": "logger"}
    return JsonFormatter(["levelname", "name", "message"], rename_fields=names, timestamp="time")
