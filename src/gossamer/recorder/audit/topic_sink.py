"""The sink into a topic. A batch is taken when all of it is acknowledged; the place is kept behind that.

Killed in between, the batch comes a second time, each event with the id that it had.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from gossamer.core.logs import get_log
from gossamer.projections.audit.event import AuditEvent, ChangeEvent, request_event
from gossamer.projections.audit.place import Hold, Place, UnreadablePlace, keep_place, read_place
from gossamer.projections.audit.topic import EventTooLarge, TopicAway, TopicWriter
from gossamer.recorder.audit.changes import ChangeSource
from gossamer.recorder.batch import Batch
from gossamer.recorder.sink import SinkAway

PLACE_NAME: Final = "kafka.place.json"

_encode: Final = msgspec.json.Encoder().encode
_log = get_log(__name__)


class AuditTopicSink:
    name: Final = "audit"

    def __init__(self, writer: TopicWriter, changes: ChangeSource, directory: Path, node: str) -> None:
        self._writer = writer
        self._changes = changes
        self._place_path = directory / PLACE_NAME
        self._hold = Hold(directory / "lock")
        self._node = node
        self._place = Place()

    def open(self) -> Mapping[str, int]:
        try:
            self._hold.take()
            self._place = read_place(self._place_path) or Place()
        except BlockingIOError as error:
            raise SinkAway("a gateway that drains still writes audit events") from error
        except OSError as error:
            raise SinkAway(str(error)) from error
        except UnreadablePlace as error:
            _log.error("the audit's place is lost: all of the journal goes to the topic again", reason=str(error))
            self._place = Place()
        self._reach(self._writer.open)
        return dict(self._place.positions)

    def take(self, batch: Batch) -> None:
        if batch.kept:
            self._send([request_event(kept.record, kept.life, self._node) for kept in batch.kept])
        positions = {name: at for name, at in self._place.positions.items() if name not in batch.gone}
        self._keep(replace(self._place, positions=positions | dict(batch.moved)))
        self.rest()

    def rest(self) -> None:
        if changes := self._changes.next(self._place.change):
            self._send_changes(changes)
            self._keep(replace(self._place, change=changes[-1].seq))

    def close(self) -> None:
        self._writer.close()
        self._changes.close()
        self._hold.let_go()

    # --- inside ---

    def _send(self, events: list[AuditEvent]) -> None:
        self._reach(lambda: self._writer.send((event.id, _encode(event)) for event in events))

    def _send_changes(self, changes: list[ChangeEvent]) -> None:
        """One that no message can hold goes without what was before and after: that stays in the state store."""
        try:
            self._send(list(changes))
        except EventTooLarge:
            _log.warning("changes go to the topic without their two sides, since one of them is too large for it")
            self._send([replace(change, before=None, after=None) for change in changes])

    def _keep(self, place: Place) -> None:
        try:
            keep_place(self._place_path, place, is_synced=False)
        except OSError as error:
            raise SinkAway(str(error)) from error
        self._place = place

    def _reach(self, act: Callable[[], None]) -> None:
        try:
            act()
        except TopicAway as error:
            raise SinkAway(str(error)) from error
