"""What the sink into ClickHouse knows of itself: which node it is, how far it is, and which insert is under way.

ClickHouse has no transaction in which a position could go along with the rows. So what is about to be sent is noted
before, with its token: sent again, it is the same insert, and ClickHouse leaves it out if it has it already.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from secrets import token_hex
from typing import Final

import msgspec

from gossamer.core.record import Record

_NODE_BYTES: Final = 4
_TOKEN_BYTES: Final = 16


class Pending(msgspec.Struct, frozen=True):
    """An insert of which nobody knows yet whether it was done."""

    token: str
    at: float
    """Unix time of the first try."""
    ends: dict[str, int]
    """Of each life in it, the number of its last record: all up to there that was not stored before."""
    count: int

    def takes(self, life: str, seq: int) -> bool:
        return seq <= self.ends.get(life, -1)


class State(msgspec.Struct):
    target: str
    """Which database this is of."""
    node: str
    positions: dict[str, int]
    pending: Pending | None = None
    is_unsure: bool = True
    """Whether what comes may be there already: this began anew, and has not caught up since."""


def new_state(target: str, node: str | None = None) -> State:
    return State(target, node or token_hex(_NODE_BYTES), {})


def new_pending(found: Iterable[tuple[str, Record]], at: float) -> Pending:
    ends: dict[str, int] = {}
    count = 0
    for life, record in found:
        ends[life] = max(ends.get(life, -1), record.seq)
        count += 1
    return Pending(new_token(), at, ends, count)


def new_token() -> str:
    return token_hex(_TOKEN_BYTES)


def read_state(path: Path, target: str) -> State:
    """Begun anew where there is none, or it is of another database. OSError where it cannot be read."""
    try:
        state = msgspec.msgpack.decode(path.read_bytes(), type=State)
    except (FileNotFoundError, msgspec.MsgspecError):
        return new_state(target)
    return state if state.target == target else new_state(target, state.node)


def write_state(path: Path, state: State) -> None:
    """Whole or not at all, also where the machine dies."""
    beside = path.with_suffix(".new")
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, msgspec.msgpack.encode(state))
        os.fdatasync(fd)
    finally:
        os.close(fd)
    beside.replace(path)


def moved_by(positions: Mapping[str, int], moved: Mapping[str, int], gone: Iterable[str]) -> dict[str, int]:
    left = set(gone)
    return {name: offset for name, offset in {**positions, **moved}.items() if name not in left}
