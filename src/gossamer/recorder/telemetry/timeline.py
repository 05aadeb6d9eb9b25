"""When each part of a request began and ended, from a record's durations. Unix nanoseconds.

Of a request with three or more attempts the pauses between the first ones are not known: each begins where the one
before it ended.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from gossamer.core.record import Attempt, Record
from gossamer.recorder.batch import Kept

_NS_PER_S: Final = 1_000_000_000
_PROVIDER: Final = "provider"
CLIENT_CLOSED: Final = 499
"""Nothing was sent to the client, so what the provider said is not known."""


class Call(NamedTuple):
    """One attempt, and when it was."""

    attempt: Attempt
    began_ns: int
    ended_ns: int
    waited_ns: int
    """Until its answer began."""
    is_answer: bool
    """Whether its answer is the one that the client got."""


class Stay(NamedTuple):
    """In one stage."""

    name: str
    began_ns: int
    ended_ns: int


def arrival_ns(record: Record) -> int:
    return round(record.at * _NS_PER_S)


def stays_of(kept: Kept) -> Iterator[Stay]:
    """In all stages but the provider's, which is the calls'."""
    at_ns = arrival_ns(kept.record)
    for name, duration_ns in zip(kept.stages, kept.record.stages_ns, strict=False):  # shorter where it ended early
        if name != _PROVIDER:
            yield Stay(name, at_ns, at_ns + duration_ns)
        at_ns += duration_ns


def calls_of(kept: Kept) -> list[Call]:
    """In their order. The last one's end is that of the request, if its answer went on to the client."""
    record, stages = kept.record, kept.stages
    if _PROVIDER not in stages[: len(record.stages_ns)]:
        return []
    place = stages.index(_PROVIDER)
    began_ns = arrival_ns(record) + sum(record.stages_ns[:place])
    heard_ns = began_ns + record.stages_ns[place]
    attempts = record.attempts or (_only(record, heard_ns - began_ns),)
    calls = []
    for number, attempt in enumerate(attempts, 1):
        is_answer = number == len(attempts) and attempt.error is None
        if is_answer:
            began_ns = max(began_ns, heard_ns - attempt.duration_ns)
        ended_ns = arrival_ns(record) + record.total_ns if is_answer else began_ns + attempt.duration_ns
        calls.append(Call(attempt, began_ns, max(began_ns, ended_ns), attempt.duration_ns, is_answer))
        began_ns = ended_ns
    return calls


def _only(record: Record, waited_ns: int) -> Attempt:
    """Where the first try was the answer, the record itself says how it went."""
    return Attempt(record.target or "", 0 if record.status == CLIENT_CLOSED else record.status, waited_ns)
