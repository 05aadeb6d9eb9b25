"""What the page shows that no record tells: how the workers fare at this moment, and how full the journal's disk is."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from gossamer.process.link import Seat

_WORKER: Final = ("worker",)


class Board(Protocol):
    def collect(self) -> Iterator[Metric]: ...


class CrewBoard:
    """`seats` is what the supervisor said last; a worker that died has no gauges in it."""

    def __init__(self) -> None:
        self.seats: tuple[Seat, ...] = ()

    def collect(self) -> Iterator[Metric]:
        in_flight = GaugeMetricFamily(
            "gossamer_worker_in_flight", "Requests that have begun and not ended.", labels=_WORKER
        )
        lag = GaugeMetricFamily(
            "gossamer_worker_loop_lag_seconds", "By how much its loop was late at worst, in a second.", labels=_WORKER
        )
        restarts = CounterMetricFamily(
            "gossamer_worker_restarts", "Workers that were started in place of one that died.", labels=_WORKER
        )
        unkept = CounterMetricFamily(
            "gossamer_responses_unkept", "Responses that were to be kept and could not be.", labels=_WORKER
        )
        for seat in self.seats:
            worker = [str(seat.worker)]
            restarts.add_metric(worker, seat.restarts)
            if seat.gauges is not None:
                in_flight.add_metric(worker, seat.gauges.in_flight)
                lag.add_metric(worker, seat.gauges.loop_lag_s)
                unkept.add_metric(worker, seat.gauges.unkept)
        yield from (in_flight, lag, restarts, unkept, self._circuits())

    def _circuits(self) -> Metric:
        """Of each target as the worker sees it that sees it worst."""
        found: dict[str, bool] = {}
        for seat in self.seats:
            for target, is_open in (seat.gauges.circuits if seat.gauges is not None else {}).items():
                found[target] = found.get(target, False) or is_open
        family = GaugeMetricFamily(
            "gossamer_breaker_open", "1 where a target has failed too often to be asked now.", labels=("target",)
        )
        for target, is_open in sorted(found.items()):
            family.add_metric([target], is_open)
        return family


class DiskBoard:
    """Looked at when somebody asks."""

    def __init__(self, journal: Path, max_bytes: int) -> None:
        self._journal = journal
        self._max_bytes = max_bytes

    def collect(self) -> Iterator[Metric]:
        size = GaugeMetricFamily("gossamer_journal_size_bytes", "What the journal takes of its disk.")
        most = GaugeMetricFamily(
            "gossamer_journal_max_size_bytes", "What it may take: beyond it the oldest records go."
        )
        free = GaugeMetricFamily("gossamer_journal_disk_free_bytes", "What is left of its disk.")
        most.add_metric([], self._max_bytes)
        try:
            size.add_metric([], sum(_taken(each) for each in self._journal.iterdir()))
            disk = os.statvfs(self._journal)
        except OSError:
            pass  # the page goes on without: the sinks say what is wrong there
        else:
            free.add_metric([], disk.f_bavail * disk.f_frsize)
        yield from (size, most, free)


def _taken(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0  # gone since it was listed
