"""Logs with ids, never text: our own lines, and libraries' below the level at which they print payloads."""

import logging
from pathlib import Path

FORMAT = "{asctime} {levelname:<7} {name}: {message}"
# These print what they send and receive, message text included, when asked for DEBUG.
TALKATIVE = (
    *("discord.http", "discord.gateway", "discord.client", "discord.webhook", "aiosqlite", "asyncio", "simcord"),
    *("matplotlib", "PIL"),  # nothing but fonts and pixels
)


def set_up_logging(level: str, file: Path | None = None) -> None:
    """Send our log to standard error, or to a file."""
    handler = logging.StreamHandler() if file is None else logging.FileHandler(file, encoding="utf-8")
    logging.basicConfig(level=level, format=FORMAT, style="{", handlers=[handler], force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.INFO, logging.getLevelName(level)))
