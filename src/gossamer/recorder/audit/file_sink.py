"""The sink into the files of audit events. Lines wait here for a second at most, and go to the disk together.

Each second, not each batch: making a file safe on the disk can hold up who writes to the same disk, the workers too.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from gossamer.core.clock import wall_time
from gossamer.core.logs import get_log
from gossamer.projections.audit.event import request_event
from gossamer.projections.audit.file import AuditFiles
from gossamer.projections.audit.place import UnreadablePlace
from gossamer.recorder.audit.changes import ChangeSource
from gossamer.recorder.batch import Batch
from gossamer.recorder.sink import SinkAway

WRITE_EVERY_S: Final = 0.9
"""At each look of the pump, which looks once a second, or more often where much comes."""
MOST_WAITING_BYTES: Final = 1 << 20
"""Some two thousand events: what comes faster is written sooner."""
SWEEP_EVERY_S: Final = 60.0

_encode: Final = msgspec.json.Encoder().encode_lines
_log = get_log(__name__)


class AuditFileSink:
    """`keep_s`: for how long complete files are kept. Set from another thread on a reload."""

    name: Final = "audit"

    def __init__(
        self,
        files: AuditFiles,
        changes: ChangeSource,
        node: str,
        keep_s: float,
        clock: Callable[[], float] = wall_time,
    ) -> None:
        self.keep_s = keep_s
        self._files = files
        self._changes = changes
        self._node = node
        self._clock = clock
        self._waiting = bytearray()
        self._positions: dict[str, int] = {}
        self._change = 0
        self._is_moved = False
        """Whether anything is to be written: lines, or that the journal was read further."""
        self._is_open = False
        self._write_at = self._sweep_at = 0.0

    def open(self) -> Mapping[str, int]:
        try:
            place = self._files.open()
        except BlockingIOError as error:
            raise SinkAway("a gateway that drains still writes the files of audit events") from error
        except (OSError, UnreadablePlace) as error:
            raise SinkAway(f"{error}; see docs/reference/audit.md") from error
        self._positions = dict(place.positions)
        self._change = place.change
        self._waiting.clear()
        self._is_moved = False
        self._is_open = True
        return dict(place.positions)

    def take(self, batch: Batch) -> None:
        lines = _encode([request_event(kept.record, kept.life, self._node) for kept in batch.kept])
        self._waiting += lines
        self._positions.update(batch.moved)
        for name in batch.gone:
            self._positions.pop(name, None)
        self._is_moved = True
        self.rest()

    def rest(self) -> None:
        now = self._clock()
        if now >= self._write_at or len(self._waiting) >= MOST_WAITING_BYTES:
            self._write(now)
            self._sweep(now)

    def close(self) -> None:
        """What cannot be written now comes again from the journal."""
        if self._is_open:
            self._is_open = False
            try:
                if self._is_moved:
                    self._files.write(self._waiting, self._positions, self._change, self._clock())
            except OSError as error:
                _log.warning("the last audit events are not written yet", reason=str(error))
        self._files.close()
        self._changes.close()

    # --- inside ---

    def _write(self, now: float) -> None:
        if changes := self._changes.next(self._change):
            self._waiting += _encode(changes)
            self._change = changes[-1].seq
            self._is_moved = True
        if not self._is_moved:
            return
        try:
            self._files.write(self._waiting, self._positions, self._change, now)
        except OSError as error:
            self._is_open = False  # what waits here is in no place: it is not to be written when this is closed
            raise SinkAway(str(error)) from error
        self._waiting.clear()
        self._is_moved = False
        self._write_at = now + WRITE_EVERY_S

    def _sweep(self, now: float) -> None:
        if now < self._sweep_at:
            return
        self._sweep_at = now + SWEEP_EVERY_S
        try:
            self._files.forget_before(now - self.keep_s)
        except OSError as error:
            _log.warning("old audit events are not removed", reason=str(error))
