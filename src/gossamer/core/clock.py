"""Durations and dates. Durations come from a clock that never jumps; a date is stamped once a record."""

from collections.abc import Callable
from time import perf_counter_ns, time

Clock = Callable[[], int]

now_ns: Clock = perf_counter_ns
wall_time: Callable[[], float] = time
