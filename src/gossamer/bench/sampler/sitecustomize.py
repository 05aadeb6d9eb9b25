"""Samples the Python stack of its process, by CPU time. Python loads it at start when it is on the path.

Uses the standard library alone and knows nothing of the process. A sample that falls into C code is taken when Python
goes on, so C counts for the Python function that called it, and the event loop's own for the callback that follows.
Of several threads the main one is seen.
"""

import atexit
import contextlib
import json  # noqa: TID251 - nothing may be imported into a stranger's process that it might not have
import os
import signal
from collections import Counter
from pathlib import Path
from types import FrameType

INTERVAL_S = 0.001
"""Of CPU. The kernel rounds it up to its own tick, 1 to 10 ms."""
SAMPLES_A_DUMP = 10
"""The process may end without notice, so the counts are written as it goes."""
FOLDER = "BENCH_SAMPLES"
"""Not among the names that Gossamer reads settings from."""


class Sampler:
    """Counts stacks, innermost function first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._counts: Counter[str] = Counter()

    def begin(self) -> None:
        """Also after a fork: timers are not inherited, and the parent's samples are the parent's."""
        self._counts.clear()
        signal.signal(signal.SIGPROF, self._sample)
        signal.setitimer(signal.ITIMER_PROF, INTERVAL_S, INTERVAL_S)

    def end(self) -> None:
        """Before the interpreter forgets its handlers: without one, the next signal would kill the process."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        self._dump()

    def _sample(self, _signal: int, frame: FrameType | None) -> None:
        stack = []
        while frame is not None:
            stack.append(f"{frame.f_globals.get('__name__')}:{frame.f_code.co_qualname}")
            frame = frame.f_back
        self._counts[";".join(stack)] += 1
        if self._counts.total() % SAMPLES_A_DUMP == 0:
            self._dump()

    def _dump(self) -> None:
        file = self._folder / f"{os.getpid()}.json"
        with contextlib.suppress(OSError):
            file.with_suffix(".new").write_text(json.dumps(self._counts))
            file.with_suffix(".new").replace(file)


if FOLDER in os.environ:
    sampler = Sampler(Path(os.environ[FOLDER]))
    sampler.begin()
    os.register_at_fork(after_in_child=sampler.begin)
    atexit.register(sampler.end)
