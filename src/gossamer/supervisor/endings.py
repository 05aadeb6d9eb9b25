"""How a process ended and when its successor may start: values in, values out, the time handed in."""

import signal
from dataclasses import dataclass
from typing import Final

FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 5.0
"""A worker that cannot live costs one start in five seconds, and comes back soon after the cause is gone."""
HEALTHY_AFTER_S: Final = 30.0
"""A worker that lived so long is no crash loop: its death is treated as the first."""


def ending_in_words(returncode: int) -> str:
    """`returncode` as Popen gives it: a signal is negative."""
    if returncode >= 0:
        return f"exit status {returncode}"
    try:
        name = signal.Signals(-returncode).name
    except ValueError:
        name = "an unnamed signal"
    hint = ", perhaps out of memory" if name == "SIGKILL" else ""
    return f"killed by {name} (signal {-returncode}{hint})"


@dataclass(slots=True)
class Restarts:
    """One worker's deaths. The first is answered at once, those that follow with a pause that doubles."""

    count: int = 0
    next_pause_s: float = 0.0

    def pause_after(self, lived_s: float) -> float:
        """Count a death; return the seconds to wait before the next start."""
        pause_s = 0.0 if lived_s >= HEALTHY_AFTER_S else self.next_pause_s
        self.count += 1
        self.next_pause_s = min(max(pause_s * 2, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        return pause_s
