"""The numbers behind the metrics, whole and exact, as they are kept on the disk between two starts."""

from bisect import bisect_left
from collections import Counter as Counts
from collections.abc import Sequence
from itertools import repeat
from typing import Final

import msgspec

from gossamer.recorder.metrics.catalog import COUNTERS, HISTOGRAMS, NS_PER_S, Counter, Histogram

Labels = tuple[str, ...]
MOST_NAMES: Final = 200
"""Of models, and as many of providers: more than anybody routes to, and no room for names that somebody makes up."""
OTHER: Final = "other"


class Distribution(msgspec.Struct):
    """How many lie in each bucket, the last of which has no bound, and the sum of all."""

    counts: list[int]
    sum_ns: int = 0


class Exemplar(msgspec.Struct, frozen=True):
    """One request as an example of a bucket. Not kept over a restart: its trace may be gone by then."""

    request_id: str
    seconds: float
    at: float


class Book(msgspec.Struct):
    """By the name of the metric, then by the values of its labels."""

    counters: dict[str, dict[Labels, int]] = msgspec.field(default_factory=lambda: {each.name: {} for each in COUNTERS})
    histograms: dict[str, dict[Labels, Distribution]] = msgspec.field(
        default_factory=lambda: {each.name: {} for each in HISTOGRAMS}
    )
    names: set[str] = msgspec.field(default_factory=set)
    """Models that are shown by name: they have answered."""
    seqs: dict[str, int] = msgspec.field(default_factory=dict)
    """Of each life of each worker, the number of the last record: a gap is a loss."""

    def count(self, metric: Counter, labels: Labels, by: int = 1) -> None:
        of_labels = self.counters[metric.name]
        of_labels[labels] = of_labels.get(labels, 0) + by

    def observe(self, metric: Histogram, labels: Labels, durations_ns: Sequence[int]) -> list[int]:
        """Returns the number of each one's bucket."""
        of_labels = self.histograms[metric.name]
        found = of_labels.get(labels)
        if found is None:
            found = of_labels[labels] = Distribution([0] * (len(metric.buckets_s) + 1))
        buckets = list(map(bisect_left, repeat(_BOUNDS_NS[metric.name]), durations_ns))
        for bucket, count in Counts(buckets).items():
            found.counts[bucket] += count
        found.sum_ns += sum(durations_ns)
        return buckets

    def fit(self) -> None:
        """After it was read from the disk: metrics of a newer release begin at nothing."""
        for counter in COUNTERS:
            self.counters.setdefault(counter.name, {})
        for metric in HISTOGRAMS:
            of_labels = self.histograms.setdefault(metric.name, {})
            for labels in [each for each, found in of_labels.items() if len(found.counts) != len(metric.buckets_s) + 1]:
                del of_labels[labels]  # its buckets were others


_BOUNDS_NS: Final = {metric.name: [round(bound * NS_PER_S) for bound in metric.buckets_s] for metric in HISTOGRAMS}
