"""What this process has answered: counts, and the fate of the last requests by id. Bounded, and in memory only."""

import os
from collections import OrderedDict
from typing import Literal

import msgspec

REMEMBERED = 10_000
"""Requests whose fate can be asked for."""

Outcome = Literal["open", "finished", "cut", "cancelled"]


class Entry(msgspec.Struct):
    """One request id: how often it came, and how its latest attempt went."""

    attempts: int = 0
    outcome: Outcome = "open"
    status: int = 0
    """0 where no answer began."""
    model: str = ""


class Ledger:
    """Counts requests as they begin and end."""

    __slots__ = ("_by_status", "_cancelled", "_entries", "_limit", "_open", "_open_streams", "_requests")

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._limit = limit
        self._open = self._open_streams = 0
        self.reset()

    def reset(self) -> None:
        """Forget all but what is open now."""
        self._requests = self._cancelled = 0
        self._by_status: dict[int, int] = {}
        self._entries: OrderedDict[bytes, Entry] = OrderedDict()

    def begin(self, request_id: bytes) -> Entry:
        """An attempt at a request; the entry says which one it is."""
        self._requests += 1
        self._open += 1
        entry = self._entries.get(request_id)
        if entry is None:
            entry = self._entries[request_id] = Entry()
            if len(self._entries) > self._limit:
                self._entries.popitem(last=False)
        entry.attempts += 1
        entry.outcome = "open"
        return entry

    def begin_stream(self) -> None:
        self._open_streams += 1

    def end(self, entry: Entry, outcome: Outcome, status: int, *, is_stream: bool = False) -> None:
        """How the attempt went."""
        self._open -= 1
        self._open_streams -= is_stream
        self._cancelled += outcome == "cancelled"
        self._by_status[status] = self._by_status.get(status, 0) + 1
        entry.outcome = outcome
        entry.status = status

    def find(self, request_id: bytes) -> Entry | None:
        return self._entries.get(request_id)

    def stats(self) -> dict[str, object]:
        """Of this process alone: with several, each answers for itself, and says by its pid which it is."""
        return {
            "pid": os.getpid(),
            "requests": self._requests,
            "open": self._open,
            "open_streams": self._open_streams,
            "cancelled": self._cancelled,
            "by_status": {str(status): count for status, count in sorted(self._by_status.items())},
        }
