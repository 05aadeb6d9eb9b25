"""The sink into ClickHouse: each record once, in `traces` and in the sums by minute, whatever dies when.

How: the insert that is under way is noted before, with its token (projections/clickhouse/state.py). What may be there
already for another reason, since the note was lost, is asked for before it is sent.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from gossamer.core.clock import wall_time
from gossamer.projections.clickhouse.address import ClickHouseAddress
from gossamer.projections.clickhouse.state import State, moved_by, new_pending, new_token, read_state, write_state
from gossamer.projections.replays import Order, Outcome
from gossamer.projections.traces.trace import US_PER_S
from gossamer.recorder.batch import Batch, Kept
from gossamer.recorder.clickhouse.link import ClickHouseLink, RowsRefused
from gossamer.recorder.sink import SinkAway

TRUST_S: Final = 600.0
"""For so long ClickHouse knows a token for sure: it keeps the last 10,000, of all nodes together."""


class ClickHouseSink:
    """`keep_s` and `keep_minutes_s`: for how long things are kept. Set from another thread on a reload."""

    name: Final = "traces"

    def __init__(
        self,
        address: ClickHouseAddress,
        path: Path,
        keep_s: float,
        keep_minutes_s: float,
        *,
        clock: Callable[[], float] = wall_time,
    ) -> None:
        self.keep_s = keep_s
        self.keep_minutes_s = keep_minutes_s
        self._kept_for = (keep_s, keep_minutes_s)
        self._address = address
        self._path = path
        self._clock = clock
        self.link = ClickHouseLink(address)
        self._state: State | None = None
        self._is_behind = False
        """Whether the note on the disk is still that of the last insert, which is done. The next one goes over it; who
        dies meanwhile sends that insert again, and it is left out.
        """

    def open(self) -> Mapping[str, int]:
        self._kept_for = (self.keep_s, self.keep_minutes_s)
        self.link.open(*self._kept_for)
        try:
            self._state = state = read_state(self._path, self._address.shown)
        except OSError as error:
            raise SinkAway(f"{self._path}: {error.strerror}") from error
        return dict(state.positions)

    def take(self, batch: Batch) -> None:
        state = self.state
        kept: Sequence[Kept] = batch.kept
        if state.pending is not None:
            kept = self._take_pending(state, kept)
        if state.is_unsure:
            kept = self._without_known(kept)
        if kept:
            self._note(state, kept)
            self._insert(state, kept)
        state.positions = moved_by(state.positions, batch.moved, batch.gone)
        state.pending = None
        self._is_behind = True

    def rest(self) -> None:
        state = self.state
        if state.is_unsure or self._is_behind:
            state.is_unsure = False  # it has caught up: what comes now cannot be there
            self._write(state)
        wanted = (self.keep_s, self.keep_minutes_s)
        if wanted != self._kept_for:
            self.link.keep_for(*wanted)
            self._kept_for = wanted

    def close(self) -> None:
        state, self._state = self._state, None
        self.link.close()
        if state is not None and self._is_behind:
            self._write(state)

    @property
    def state(self) -> State:
        assert self._state is not None
        return self._state

    def rebuild(self, order: Order, past: Iterable[list[Kept]]) -> Outcome:
        """Traces that are there stay; the sums by minute are drawn from all traces anew."""
        node = self.state.node
        since_us = round(order.since * US_PER_S)
        if order.is_strict:
            self.link.forget_traces(node, since_us)
        read = 0
        for kept in past:
            read += len(kept)
            if missing := self._without_known(kept):
                self.link.insert(missing, node, new_token())
        kept_count = max(0, self.link.count_traces(node, since_us) - read)
        self.link.sum_anew(node, max(since_us, round((self._clock() - self.keep_s) * US_PER_S)))
        return Outcome(read=read, kept=kept_count)

    # --- inside ---

    def _take_pending(self, state: State, kept: Sequence[Kept]) -> Sequence[Kept]:
        """The insert of which nobody knows, once more and as it was; what is left is new."""
        pending = state.pending
        assert pending is not None
        first = [each for each in kept if pending.takes(each.life, each.record.seq)]
        if len(first) != pending.count or self._clock() - pending.at > TRUST_S:
            state.is_unsure = True  # it cannot be made as it was, or ClickHouse may have forgotten its token
            return kept
        self._insert(state, first, pending.token)
        return [each for each in kept if not pending.takes(each.life, each.record.seq)]

    def _without_known(self, kept: Sequence[Kept]) -> list[Kept]:
        known = self.link.known([each.record.id for each in kept])
        return [each for each in kept if each.record.id not in known]

    def _note(self, state: State, kept: Sequence[Kept]) -> None:
        state.pending = new_pending(((each.life, each.record) for each in kept), self._clock())
        self._write(state)

    def _insert(self, state: State, kept: Sequence[Kept], token: str | None = None) -> None:
        if token is None:
            assert state.pending is not None
            token = state.pending.token
        try:
            self.link.insert(kept, state.node, token)
        except RowsRefused:
            state.pending = None  # nothing of it was stored: the rows come again, in smaller pieces
            self._write(state)
            raise

    def _write(self, state: State) -> None:
        self._is_behind = False  # what cannot be written now is not written on closing either
        try:
            write_state(self._path, state)
        except OSError as error:
            raise SinkAway(f"{self._path}: {error.strerror}") from error
