"""The thread that compares sums and traces, and says it where they differ: in the log, and as a metric.

Money is told from the sums, and looked into by the traces: who is sent a bill must find each cent of it.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from prometheus_client.core import CounterMetricFamily, Metric

from gossamer.core.clock import wall_time
from gossamer.core.logs import get_log
from gossamer.projections.usage.sums import S_PER_MINUTE
from gossamer.recorder.pump import Progress
from gossamer.recorder.usage_check.compare import Comparison, Difference
from gossamer.recorder.usage_check.stores import CannotSay, SumsStore

LOOK_EVERY_S: Final = 30.0
BEHIND_S: Final = 5.0
"""A sink that is further behind the journal has reason to differ: the look is put off."""
_log = get_log(__name__)


class Counts:
    """For the page of metrics (a Board)."""

    def __init__(self) -> None:
        self.checked = 0
        self.mismatches = 0

    def collect(self) -> Iterator[Metric]:
        checked = CounterMetricFamily("gossamer_usage_checked", "Minutes of which sums and traces were compared.")
        mismatch = CounterMetricFamily("gossamer_usage_mismatch", "Minutes in which sums and traces differ.")
        checked.add_metric([], self.checked)
        mismatch.add_metric([], self.mismatches)
        yield from (checked, mismatch)


class UsageWatch(threading.Thread):
    def __init__(
        self, stores: Sequence[SumsStore], progress: Sequence[Progress], clock: Callable[[], float] = wall_time
    ) -> None:
        super().__init__(name="usage-watch", daemon=True)
        self.counts = Counts()
        self._stores = stores
        self._progress = progress
        self._clock = clock
        self._comparison = Comparison()
        self._ending = threading.Event()

    def run(self) -> None:
        while not self._ending.wait(LOOK_EVERY_S):
            self.look()

    def end(self) -> None:
        self._ending.set()

    def look(self) -> None:
        now = self._clock()
        if any(each.is_away or each.lag_s(now) > BEHIND_S for each in self._progress):
            return
        minutes = self._comparison.due(int(now) // S_PER_MINUTE)
        try:
            told = [store.sums(minutes) for store in self._stores]
        except CannotSay as reason:
            _log.info("sums and traces cannot be compared now", reason=str(reason))
            return
        self.counts.checked += len(minutes)
        for difference in self._comparison.judge(minutes, told):
            self._alarm(difference)

    def _alarm(self, difference: Difference) -> None:
        self.counts.mismatches += 1
        at = datetime.fromtimestamp(difference.minute * S_PER_MINUTE, UTC)
        told = {store.name: str(tuple(sums)) for store, sums in zip(self._stores, difference.told, strict=True)}
        _log.error(
            "what was used is not the sum of the traces (requests, failed, nano-dollars); "
            "`gossamer journal replay` brings both in line with the journal",
            minute=at.isoformat(timespec="minutes"),
            **told,
        )
