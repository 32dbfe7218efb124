"""A clock on the wall that is put forward and back; what runs is not told of it."""

import datetime
from datetime import timedelta, tzinfo
from types import SimpleNamespace
from typing import Self

import discord
import pytest
from discord.ext import tasks


class Wall:
    """Stand in for the system's clock in the bot, the library and its loops."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = timedelta()
        wall = self

        class Shifted(datetime.datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Self:  # type: ignore[override]
                return datetime.datetime.now(tz) + wall.ahead  # type: ignore[return-value]

        monkeypatch.setattr(tasks, "datetime", SimpleNamespace(**vars(datetime) | {"datetime": Shifted}))
        monkeypatch.setattr(discord.utils, "utcnow", self.now)
        monkeypatch.setattr(discord.utils, "compute_timedelta", self._left)

    def now(self) -> datetime.datetime:
        """Give the time."""
        return datetime.datetime.now(datetime.UTC) + self.ahead

    def _left(self, at: datetime.datetime) -> float:
        return max((at - self.now()).total_seconds(), 0)
