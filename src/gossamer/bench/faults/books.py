"""What was written down: the gateway's journal, read as its page describes it, and the ledgers of the mocks."""

import http.client
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from gossamer.bench.errors import RigBroken
from gossamer.bench.processes import HOST

_ANSWER_WITHIN_S = 5.0
_IS_RECORD = b'{"id":'


class Attempt(msgspec.Struct, frozen=True):
    target: str = ""
    status: int = 0
    error: str | None = None


class Usage(msgspec.Struct, frozen=True):
    input: int = 0
    output: int = 0


class Record(msgspec.Struct, frozen=True):
    """One line of the journal, as far as it is looked at."""

    request_id: str = ""
    status: int = 0
    outcome: str = ""
    target: str = ""
    attempts: tuple[Attempt, ...] = ()
    usage: Usage | None = None
    error: str | None = None
    cost_nanos: int | None = None


class Visits(msgspec.Struct, frozen=True):
    """How often a mock was asked under one id, and how the last time went."""

    attempts: int = 0
    outcome: str = ""
    status: int = 0

    @property
    def has_answered(self) -> bool:
        """Whether it generated a whole answer."""
        return self.status == http.client.OK and self.outcome == "finished"


def read_journal(folder: Path) -> dict[str, list[Record]]:
    """All records by the id that the client was shown."""
    found: dict[str, list[Record]] = {}
    for record in _records(folder):
        found.setdefault(record.request_id, []).append(record)
    return found


def _records(folder: Path) -> Iterator[Record]:
    for path in sorted(folder.glob("*.ndjson")):
        written, _, _ = path.read_bytes().partition(b"\0")
        for line in written.splitlines():
            if line.startswith(_IS_RECORD):
                yield msgspec.json.decode(line, type=Record)


def ask_ledger(port: int, request_id: str) -> Visits:
    """What a mock remembers of an id; nothing, where it never came."""
    try:
        with closing(http.client.HTTPConnection(HOST, port, timeout=_ANSWER_WITHIN_S)) as connection:
            connection.request("GET", f"/mock/requests/{request_id}")
            response = connection.getresponse()
            body = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise RigBroken(f"the mock does not say how often it was asked: {error!r}") from error
    return msgspec.json.decode(body, type=Visits) if response.status == http.client.OK else Visits()
