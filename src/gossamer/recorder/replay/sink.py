"""A sink that also obeys orders to take the journal again, between two of its batches and in its own thread.

The order is carried out up to where the sink stands, so its positions stay as they are, and nothing is taken twice.
"""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from msgspec.structs import replace

from gossamer.core.logs import get_log
from gossamer.projections.clickhouse.state import moved_by
from gossamer.projections.replays import Order, Outcome, ReplayDesk
from gossamer.projections.usage.sums import S_PER_MINUTE
from gossamer.recorder.batch import Batch, Kept
from gossamer.recorder.replay.past import Past, since
from gossamer.recorder.sink import Sink, SinkAway
from gossamer.recorder.veil import Veil, bare

LOOK_EVERY_S: Final = 0.9
"""Somebody waits for it: at each look of the pump, which looks once a second."""
_log = get_log(__name__)


@runtime_checkable
class Rebuilds(Protocol):
    def rebuild(self, order: Order, past: Iterable[list[Kept]]) -> Outcome:
        """Take again what is of that time. What breaks off is begun anew, by the same order. Raises SinkAway."""


class ReplayingSink:
    """Around another sink, to which it hands everything on."""

    def __init__(self, sink: Sink, data_dir: Path, veil: Veil = bare) -> None:
        self.sink = sink
        self.name = sink.name
        self._veil = veil
        self._desk = ReplayDesk(data_dir)
        self._journal = data_dir / "journal"
        self._positions: dict[str, int] = {}
        self._looked_at = float("-inf")

    def open(self) -> Mapping[str, int]:
        self._positions = dict(self.sink.open())
        return dict(self._positions)

    def take(self, batch: Batch) -> None:
        self._obey()
        self.sink.take(batch)
        self._positions = moved_by(self._positions, batch.moved, batch.gone)

    def rest(self) -> None:
        self._obey()
        self.sink.rest()

    def close(self) -> None:
        self.sink.close()

    # --- inside ---

    def _obey(self) -> None:
        now = time.monotonic()
        if now - self._looked_at < LOOK_EVERY_S:
            return
        self._looked_at = now
        order = self._desk.order_for(self.name)
        if order is not None:
            begins_minute = order.since // S_PER_MINUTE * S_PER_MINUTE  # sums are by the minute
            self._desk.settle(self.name, self._carry_out(replace(order, since=begins_minute)))

    def _carry_out(self, order: Order) -> Outcome:
        if not isinstance(self.sink, Rebuilds):
            return Outcome(refused=f"{self.name} cannot take the journal again: what was sent cannot be taken back")
        past = Past(self._journal, self._positions, self._veil)
        try:
            outcome = self.sink.rebuild(order, since(past, order.since))
        except SinkAway:
            raise  # it is asked again when it is back
        except Exception as error:  # noqa: BLE001 - logged, and told to whoever ordered it; the sink goes on
            _log.defect(f"the replay into {self.name!r} met a defect", error)
            return Outcome(refused="it met a defect, which the gateway's log has; please report it")
        _log.info("the journal was taken again", sink=self.name, records=outcome.read, refused=outcome.refused)
        return outcome
