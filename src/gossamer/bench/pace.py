"""How fast the gateway's core runs right now: the time of a piece of work that never changes.

A virtual machine shares its cores with strangers that no process list shows, and clocks rise and fall with the load:
the same work was seen to take twice as long from one second to the next.
"""

import os
import statistics
import time

_WORDS = [str(number) for number in range(20_000)]
_TABLE = {word: [word] * 4 for word in _WORDS}
"""A few megabytes: more than the innermost caches hold, as with a gateway."""
_WARM_S = 0.03
"""A core that has slept needs so long to come to speed."""
_READINGS = 5


def pace_ms(core: int) -> float:
    """CPU time of the work on that core, the median of a few. Takes about 40 ms."""
    home = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        warm_until = time.thread_time() + _WARM_S
        while time.thread_time() < warm_until:
            _work()
        return statistics.median(_timed_ms() for _ in range(_READINGS))
    finally:
        os.sched_setaffinity(0, home)


def _timed_ms() -> float:
    before = time.thread_time_ns()
    _work()
    return (time.thread_time_ns() - before) / 1e6


def _work() -> int:
    return sum(len(_TABLE[word]) + len(word + "x") for word in _WORDS)
