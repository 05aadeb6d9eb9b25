"""L1: the answers that one worker keeps, bounded by number and bytes, each for its time. W-TinyLFU decides who stays.

    new ─► window (1 %, the oldest go) ─► probation ─► protected (80 % of the rest), once asked for again
                        │                     ▲
                        └── stays only if it is asked for more often than the one that would have to go

A flood of questions that nobody asks twice passes through the window and pushes nothing out (docs/adr/0022).
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
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
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._window) + len(self._probation) + len(self._protected)

    def get(self, key: bytes, now: float) -> Entry | None:
        """Asking counts, whether it is there or not."""
        self._sketch.count(key)
        held = self.look(key, now)
        return held[0] if held is not None else None

    def look(self, key: bytes, now: float) -> Held | None:
        """The same, where the question was counted already; and when it ends."""
        for region in (self._protected, self._probation, self._window):
            held = region.pop(key, None)
            if held is not None:
                if held[1] <= now:
                    self.size_bytes -= held[0].size_bytes
                    return None
                self._renew(region, key, held)
                return held
        return None

    def put(self, key: bytes, entry: Entry, ends_at: float) -> None:
        size = entry.size_bytes
        if size > self._most_bytes:
            return
        self.drop(key)
        self._window[key] = (entry, ends_at)
        self.size_bytes += size
        if len(self._window) > self._window_entries:
            self._admit(*self._window.popitem(last=False))
        while self.size_bytes > self._most_bytes:
            self._evict()

    def drop(self, key: bytes) -> None:
        for region in self._regions():
            held = region.pop(key, None)
            if held is not None:
                self.size_bytes -= held[0].size_bytes

    def drop_all(self, is_meant: Callable[[Entry], bool]) -> int:
        """How many went."""
        meant = [key for region in self._regions() for key, (entry, _) in region.items() if is_meant(entry)]
        for key in meant:
            self.drop(key)
        return len(meant)

    def clear(self) -> None:
        for region in self._regions():
            region.clear()
        self.size_bytes = 0

    # --- inside ---

    def _regions(self) -> Iterable[Region]:
        return (self._window, self._probation, self._protected)

    def _renew(self, region: Region, key: bytes, held: Held) -> None:
        """It was asked for: the last of its region, or promoted."""
        if region is self._window:
            region[key] = held
            return
        self._protected[key] = held
        if len(self._protected) > self._protected_entries:
            oldest, demoted = self._protected.popitem(last=False)
            self._probation[oldest] = demoted

    def _admit(self, key: bytes, held: Held) -> None:
        """From the window: there is room, or it is wanted more than the one that would go."""
        if len(self._probation) + len(self._protected) < self._main_entries:
            self._probation[key] = held
            return
        region = self._probation or self._protected
        victim = next(iter(region))
        if self._sketch.estimate(key) > self._sketch.estimate(victim):
            self.size_bytes -= region.pop(victim)[0].size_bytes
            self._probation[key] = held
        else:
            self.size_bytes -= held[0].size_bytes

    def _evict(self) -> None:
        """For its bytes: whoever is wanted least of the oldest of each region."""
        oldest = [(self._sketch.estimate(key), number, key) for number, key in enumerate(self._oldest())]
        self.drop(min(oldest)[2])

    def _oldest(self) -> Iterator[bytes]:
        for region in (self._probation, self._window, self._protected):
            if region:
                yield next(iter(region))
