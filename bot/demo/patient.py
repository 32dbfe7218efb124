"""The simulated Discord with patience from the start on: a slow machine may take long to bring the bot up."""

from typing import Any

import simcord


class PatientEnv(simcord.Env):
    """Wait for the bot as long as `settle_timeout` says, after a start and a restart, too.

    There simcord itself gives up after five seconds.
    """

    async def _settle_internal(self, *, timeout: float | None = None, **more: Any) -> None:  # noqa: ASYNC109
        waits = None if timeout is None else max(timeout, self.settle_timeout)
        await super()._settle_internal(timeout=waits, **more)
