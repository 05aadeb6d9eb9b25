"""Counts the records that could not be written, and says so without flooding the log."""

from collections.abc import Callable

from gossamer.core.clock import Clock

REPORT_NS = 10_000_000_000
"""Between two reports of one trouble: the first comes at once, and the log stays readable."""


class Losses:
    """One trouble from its first lost record to the first one that is written again."""

    def __init__(self, on_trouble: Callable[[str], None], clock: Clock) -> None:
        self._on_trouble = on_trouble
        self._clock = clock
        self._report_at_ns = 0
        self._before = 0
        self.records = 0

    def add(self, cause: OSError) -> None:
        """One more record is lost."""
        is_first = self.records == self._before
        self.records += 1
        now_ns = self._clock()
        if is_first or now_ns >= self._report_at_ns:
            self._report_at_ns = now_ns + REPORT_NS
            self._on_trouble(
                f"the journal cannot be written ({cause}): {self.records - self._before} records lost so far. "
                "Requests go on; give the journal's disk room, and it goes on by itself"
            )

    def end(self) -> None:
        """A record was written: whatever was wrong is over."""
        if self.records > self._before:
            self._on_trouble(f"the journal is written again; {self.records - self._before} records were lost")
            self._before = self.records
