"""Who finds traces again, wherever they are stored. Below: in this node's own file."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from gossamer.projections.erasing import erasing
from gossamer.projections.traces.blocks import forget_session
from gossamer.projections.traces.query import Query
from gossamer.projections.traces.search import TraceSearch
from gossamer.projections.traces.trace import Trace, TracePage

Found = TypeVar("Found")


class TracesAway(Exception):
    """They cannot be read now."""


class TraceReader(Protocol):
    async def find(self, query: Query) -> list[Trace]:
        """In the order asked for, however long it takes: fewer than wanted are all. Raises TracesAway."""

    async def page(self, query: Query) -> TracePage:
        """What is found while somebody waits: it may be short, or empty, where there is more. Raises TracesAway."""

    async def trace(self, trace_id: str) -> Trace | None:
        """Raises TracesAway."""

    async def several(self, ids: list[str]) -> list[Trace]:
        """Those of them that are there, in any order. Raises TracesAway."""

    async def erase(self, ids: list[str]) -> None:
        """For good. Raises TracesAway; what was erased by then is."""


class FileTraces:
    """In a thread: the file may be large, and the loop has others to serve."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._search = TraceSearch(path)

    async def find(self, query: Query) -> list[Trace]:
        return await _asked(lambda: self._search.find(query))

    async def page(self, query: Query) -> TracePage:
        return await _asked(lambda: self._search.page(query, query.patience_s))

    async def trace(self, trace_id: str) -> Trace | None:
        return await _asked(lambda: self._search.trace(trace_id))

    async def several(self, ids: list[str]) -> list[Trace]:
        return await _asked(lambda: self._search.several(ids))

    async def erase(self, ids: list[str]) -> None:
        await _asked(lambda: self._erase(ids))

    def _erase(self, ids: list[str]) -> None:
        if self._path.exists():
            with erasing(self._path) as file:
                chosen = [(one,) for one in ids]
                found = [file.execute("SELECT session FROM traces WHERE id = ?", one).fetchone() for one in chosen]
                file.executemany("DELETE FROM traces WHERE id = ?", chosen)
                for session in {row[0] for row in found if row is not None} - {None}:
                    forget_session(file, session)


async def _asked(search: Callable[[], Found]) -> Found:
    try:
        return await asyncio.to_thread(search)
    except sqlite3.Error as error:
        raise TracesAway(str(error)) from error
