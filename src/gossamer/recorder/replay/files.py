"""How projections in files take the journal again."""

from collections.abc import Iterable
from typing import Final

from gossamer.projections.replays import Order, Outcome
from gossamer.projections.sessions.writer import SessionFile
from gossamer.projections.traces.trace import US_PER_S
from gossamer.projections.traces.writer import TraceFile
from gossamer.projections.usage.file import UsageFile
from gossamer.projections.usage.rebuild import rebuild_usage
from gossamer.recorder.batch import Kept

_COUNT: Final = "SELECT count(*) FROM traces WHERE at_us >= ?"


def rebuild_traces(file: TraceFile, order: Order, past: Iterable[list[Kept]]) -> Outcome:
    """A trace that is there stays; breaking off in between leaves nothing that the next try does not mend."""
    since_us = round(order.since * US_PER_S)
    if order.is_strict:
        file.run.execute("DELETE FROM traces WHERE at_us >= ?", (since_us,))
    read = 0
    for kept in past:
        file.store(kept, {}, ())
        read += len(kept)
    (there,) = file.run.execute(_COUNT, (since_us,)).fetchone()
    return Outcome(read=read, kept=max(0, there - read))


def rebuild_sums(file: UsageFile, order: Order, past: Iterable[list[Kept]]) -> Outcome:
    records = ((kept.record for kept in batch) for batch in past)
    read, kept = rebuild_usage(file, order.since, records, is_strict=order.is_strict)
    return Outcome(read=read, kept=kept)


def rebuild_sessions(file: SessionFile, order: Order, past: Iterable[list[Kept]]) -> Outcome:
    """A turn that is there stays. Sums of a session know no times, so only all of them can be drawn anew."""
    if order.is_strict:
        if order.since:
            return Outcome(refused="sessions are drawn anew as a whole; order it without --from, or without --force")
        file.forget_all()
    read = 0
    for kept in past:
        file.store(kept, {}, ())
        read += len(kept)
    return Outcome(read=read)
