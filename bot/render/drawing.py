"""Pictures are drawn one at a time: matplotlib shares its font caches between threads and does not lock them."""

import threading
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_turn = threading.Lock()


def in_turn(draw: Callable[P, R]) -> Callable[P, R]:
    """Let a drawing function wait until no other one draws."""

    @wraps(draw)
    def waiting(*args: P.args, **kwargs: P.kwargs) -> R:
        with _turn:
            return draw(*args, **kwargs)

    return waiting
