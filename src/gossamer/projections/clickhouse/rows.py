"""From a finished request to a row of ClickHouse's `traces`. The journal's own line goes along as it is."""

from collections.abc import Iterable
from typing import Final

import msgspec

from gossamer.core.record import Usage
from gossamer.projections.traces.trace import NS_PER_US, US_PER_S, Trace
from gossamer.projections.usage.sums import FAILED

_NONE: Final = Usage()
_encoder: Final = msgspec.json.Encoder()
INSERT: Final = "INSERT INTO traces FORMAT JSONEachRow"


class Row(msgspec.Struct, gc=False):
    """By the names of the columns; empty for none."""

    id: str
    at: str
    """Seconds, and six digits."""
    node: str
    status: int
    outcome: str
    key: str
    user: str
    agent: str
    model: str
    target: str
    session: str
    total_us: int
    cost_nanos: int | None
    input: int
    output: int
    cached: int
    reasoning: int
    unpriced: int
    request_id: str
    path: str
    error: str
    stages: str
    content: str
    """What a search for text goes through, where it was captured."""
    record: str


def rows_of(traces: Iterable[Trace], node: str) -> bytes:
    """As JSONEachRow takes them."""
    return _encoder.encode_lines([_row(trace, node) for trace in traces])


def _row(trace: Trace, node: str) -> Row:
    record = trace.record
    usage = record.usage or _NONE
    cost = record.cost_nanos
    at_s, rest_us = divmod(trace.at_us, US_PER_S)
    return Row(
        record.id,
        f"{at_s}.{rest_us:06d}",
        node,
        record.status,
        record.outcome,
        record.key or "",
        record.user or "",
        record.agent or "",
        record.model or "",
        record.target or "",
        record.session or "",
        record.total_ns // NS_PER_US,
        cost,
        usage.input,
        usage.output,
        usage.cached,
        usage.reasoning,
        int(cost is None and record.target is not None and record.status < FAILED),
        record.request_id,
        record.path,
        record.error or "",
        " ".join(trace.stages),
        "" if record.content is None else f"{record.content.request}\n{record.content.answer}",
        trace.data.decode("utf-8", "replace"),
    )
