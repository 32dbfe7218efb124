"""A loopback Discord for each test; the limits that the bot would have been punished for fail it."""

import logging
from collections.abc import AsyncIterator

import pytest

from tests.loopback.limits import Limits, Rate
from tests.loopback.server import Loopback


@pytest.fixture
async def loopback(caplog: pytest.LogCaptureFixture) -> AsyncIterator[Loopback]:
    """Give a Discord on 127.0.0.1."""
    caplog.set_level("INFO")  # whatever level an earlier test of this process has left behind
    quick = Limits(routes={"POST messages": Rate(5, 1.0)})
    async with Loopback(limits=quick) as served:
        yield served
    assert served.limits.punished == []
    ours = [each for each in caplog.get_records("call") if each.name.startswith(("bot.", "cogs.", "discord.client"))]
    assert [record.getMessage() for record in ours if record.levelno >= logging.ERROR] == []
