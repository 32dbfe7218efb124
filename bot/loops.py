"""Loops that outlive what the database, the models or Discord refuse for a while, and a clock that jumps."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import wraps
from typing import Any

import discord
from discord.ext import tasks

from bot.intake import PASSING

AGAIN = timedelta(minutes=1)  # until what failed is tried again, unless the loop comes round sooner
EARLY = timedelta(seconds=1)  # by which a timer may wake too soon

Body = Callable[[Any], Coroutine[Any, Any, None]]

log = logging.getLogger(__name__)


def every(**interval: float) -> Callable[[Body], tasks.Loop[Body]]:
    """Make a method of a cog a loop, as `tasks.loop` does; what fails and may pass is tried again.

    After a jump of the clock, or the sleep of its host, the method runs once and the loop begins anew. The library
    would make up for every turn that was missed, or wait until the time before the jump has come again.
    """
    span = timedelta(**interval)

    def looped(body: Body) -> tasks.Loop[Body]:
        @wraps(body)
        async def turn(cog: Any) -> None:
            loop = getattr(cog, body.__name__)
            while not _jumped(loop, span):
                try:
                    await body(cog)
                    break
                except PASSING as error:
                    log.warning("%s waits: %s", body.__qualname__, type(error).__name__)
                await asyncio.sleep(min(span, AGAIN).total_seconds())
            if _jumped(loop, span):
                log.info("the clock has jumped, or a turn took too long: %s begins anew", body.__qualname__)
                loop.restart()

        return tasks.loop(seconds=span.total_seconds())(turn)

    return looped


def _jumped(loop: tasks.Loop[Any], span: timedelta) -> bool:
    """Say whether the next turn is overdue already, or further away than it can be."""
    if loop.next_iteration is None:
        return False
    left = loop.next_iteration - discord.utils.utcnow()
    return left < timedelta() or left > span + EARLY
