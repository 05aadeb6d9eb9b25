"""Makes one function of its process take longer, on its core. Python loads it at start when it is on the path.

Which one, and by how much, stands in the environment: `package.module:function:MICROSECONDS`. It works, as a dearer
stage would; it does not sleep. What imports the function by name must do so later than this.
"""

import os
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from time import perf_counter_ns

SLOWED = "BENCH_SLOWED"
"""Not among the names that Gossamer reads settings from."""


def slow_down(order: str) -> None:
    """Put a longer one in its place."""
    where, name, us = order.split(":")
    module = import_module(where)
    setattr(module, name, longer(getattr(module, name), round(float(us) * 1000)))


def longer(within: Callable[..., object], by_ns: int) -> Callable[..., object]:
    """The same, under its own name, later."""

    @wraps(within)
    def later(*args: object) -> object:
        until = perf_counter_ns() + by_ns
        while perf_counter_ns() < until:
            pass
        return within(*args)

    return later


if SLOWED in os.environ:
    slow_down(os.environ[SLOWED])
