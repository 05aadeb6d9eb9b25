"""L1: the answers that one worker keeps, bounded by number and bytes, each for its time. W-TinyLFU decides who stays.

    new ─► window (1 %, the oldest go) ─► probation ─► protected (80 % of the rest), once asked for again
                        │                     ▲
                        └── stays only if it is asked for more often than the one that would have to go

A flood of questions that nobody asks twice passes through the window and pushes nothing out (docs/adr/0022).
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final

from gossamer.cache.entry import Entry
from gossamer.cache.sketch import Sketch

_WINDOW_SHARE: Final = 0.01
_PROTECTED_SHARE: Final = 0.8

Held = tuple[Entry, float]
"""And the time at which it ends, by the clock of whoever asks."""
Region = OrderedDict[bytes, Held]
"""The first is the one that was not asked for the longest time. A dict finds its first only past all that are gone."""


class Memory:
    """`most_bytes` counts what entries say of themselves. Times are seconds of a clock that does not jump."""

    def __init__(self, entries: int, most_bytes: int) -> None:
        self._window_entries = max(1, round(entries * _WINDOW_SHARE))
        self._main_entries = max(1, entries - self._window_entries)
        self._protected_entries = round(self._main_entries * _PROTECTED_SHARE)
        self._most_bytes = most_bytes
        self._sketch = Sketch(entries)
        self._window: Region = OrderedDict()
        self._probation: Region = OrderedDict()
        self._protected: Region = OrderedDict()
        self.count = self._sketch.count
        """To be told of each question, whether its answer is there or not."""
        self.region_of: dict[bytes, Region] = {}
        """By key: what is not in here is not there."""
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self.region_of)

    def get(self, key: bytes, now: float) -> Entry | None:
        """Asking counts, whether it is there or not."""
        self.count(key)
        held = self.look(key, now)
        return held[0] if held is not None else None

    def look(self, key: bytes, now: float) -> Held | None:
        """The same, where the question was counted already; and when it ends."""
        region = self.region_of.get(key)
        if region is None:
            return None
        held = region[key]
        if held[1] <= now:
            self.drop(key)
            return None
        if region is self._probation:
            self._promote(region, key, held)
        else:
            region.move_to_end(key)  # it was asked for last
        return held

    def put(self, key: bytes, entry: Entry, ends_at: float) -> None:
        size = entry.size_bytes
        if size > self._most_bytes:
            return
        if key in self.region_of:
            self.drop(key)
        window = self._window
        window[key] = (entry, ends_at)
        self.region_of[key] = window
        self.size_bytes += size
        if len(window) > self._window_entries:
            self._admit(*window.popitem(last=False))
        while self.size_bytes > self._most_bytes:
            self._evict()

    def drop(self, key: bytes) -> None:
        region = self.region_of.pop(key, None)
        if region is not None:
            self.size_bytes -= region.pop(key)[0].size_bytes

    def drop_all(self, is_meant: Callable[[Entry], bool]) -> int:
        """How many went."""
        meant = [key for key, region in self.region_of.items() if is_meant(region[key][0])]
        for key in meant:
            self.drop(key)
        return len(meant)

    def clear(self) -> None:
        for region in (self._window, self._probation, self._protected):
            region.clear()
        self.region_of.clear()
        self.size_bytes = 0

    # --- inside ---

    def _promote(self, region: Region, key: bytes, held: Held) -> None:
        del region[key]
        protected = self._protected
        protected[key] = held
        self.region_of[key] = protected
        if len(protected) > self._protected_entries:
            oldest, demoted = protected.popitem(last=False)
            region[oldest] = demoted
            self.region_of[oldest] = region

    def _admit(self, key: bytes, held: Held) -> None:
        """From the window: there is room, or it is wanted more than the one that would go."""
        probation = self._probation
        if len(probation) + len(self._protected) >= self._main_entries:
            victim = next(iter(probation or self._protected))
            if self._sketch.estimate(key) <= self._sketch.estimate(victim):
                del self.region_of[key]
                self.size_bytes -= held[0].size_bytes
                return
            self.drop(victim)
        probation[key] = held
        self.region_of[key] = probation

    def _evict(self) -> None:
        """For its bytes: whoever is wanted least of the oldest of each region."""
        oldest = [(self._sketch.estimate(key), number, key) for number, key in enumerate(self._oldest())]
        self.drop(min(oldest)[2])

    def _oldest(self) -> Iterator[bytes]:
        for region in (self._probation, self._window, self._protected):
            if region:
                yield next(iter(region))
