"""Waiting for what happens on other ends of sockets."""

import asyncio
import time
from collections.abc import Awaitable, Callable

PATIENCE = 60.0  # seconds, for machines that have other things to do


async def until(holds: Callable[[], Awaitable[object] | object], what: str, patience: float = PATIENCE) -> None:
    """Wait until something holds; fail with `what` when it never does."""
    ends = time.monotonic() + patience
    while True:
        found = holds()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return
        assert time.monotonic() < ends, f"never came: {what}"
        await asyncio.sleep(0.02)
