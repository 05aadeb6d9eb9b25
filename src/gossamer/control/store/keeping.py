"""Responses on their way into the store: what comes in while one commit is under way goes in with the next, all in one.

A commit costs as much for fifty responses as for one. Each is kept once, however often it is said, beside the order of
changes, and never while something is deleted.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Row

from gossamer.control.store.conversations import add_items, held_conversation
from gossamer.control.store.database import Database
from gossamer.control.store.errors import StoreUnavailable
from gossamer.control.store.response_tables import CONVERSATIONS, ERASED_SESSIONS, RESPONSES
from gossamer.control.store.tables import EPOCH
from gossamer.feed.responses import Keep, Kept

MOST: Final = 100
MOST_BYTES: Final = 32 * 1024 * 1024
"""In one transaction, which has a deadline of seconds; the first goes in however large it is."""
_split: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_ERASED: Final = Kept("its session was deleted")
_BROKEN: Final = Kept("the response before it was deleted")
_ENDED: Final = Kept("its conversation was deleted")
_KEPT: Final = Kept()
_THERE: Final = sa.select(*(RESPONSES.c[name] for name in ("id", "house", "thread", "length", "size"))).where(
    RESPONSES.c.id.in_(sa.bindparam("names", expanding=True))
)
_ERASED_SINCE: Final = sa.select(ERASED_SESSIONS).where(
    ERASED_SESSIONS.c.session.in_(sa.bindparam("sessions", expanding=True))
)


class Keeping:
    """Of one store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[Keep, asyncio.Future[Kept]]] = []
        self._work: asyncio.Task[None] | None = None

    async def keep(self, keep: Keep) -> Kept:
        """It is in the store when this returns. Raises StoreUnavailable."""
        kept: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        self._waiting.append((keep, kept))
        if self._work is None:
            self._work = asyncio.create_task(self._work_off())
        return await kept

    # --- inside ---

    async def _work_off(self) -> None:
        try:
            while self._waiting:
                await self._keep_all(self._take())
        finally:
            self._work = None

    def _take(self) -> list[tuple[Keep, "asyncio.Future[Kept]"]]:
        """The next that go together; who has given up meanwhile does not count."""
        count = size = 0
        for keep, _ in self._waiting[:MOST]:
            size += len(keep.input) + len(keep.output) + len(keep.body)
            if count and size > MOST_BYTES:
                break
            count += 1
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken

    async def _keep_all(self, asked: list[tuple[Keep, "asyncio.Future[Kept]"]]) -> None:
        try:
            keeps = [keep for keep, _ in asked]
            answers = await self._database.at_once(partial(_keep, keeps=keeps, now=self._database.now()))
        except StoreUnavailable as error:
            for _, kept in asked:
                _fail(kept, error)
        except Exception as error:  # noqa: BLE001 - told to whoever asked; one that cannot be kept must not cost the others theirs
            if len(asked) == 1:
                _fail(asked[0][1], error)
                return
            for each in asked:
                await self._keep_all([each])
        else:
            for (_, kept), answer in zip(asked, answers, strict=True):
                if not kept.done():
                    kept.set_result(answer)


def _fail(kept: "asyncio.Future[Kept]", error: Exception) -> None:
    if not kept.done():
        kept.set_exception(error)


def _keep(line: sa.Connection, keeps: Sequence[Keep], now: datetime) -> list[Kept]:
    """What became of each."""
    line.execute(sa.select(EPOCH.c.value).with_for_update(read=True))
    there = _there(line, keeps)
    known = {row.id for row in there}
    before = {(row.house, row.id): row for row in there}
    erased = _erased(line, keeps)
    threads = {last.thread for keep in keeps if (last := before.get((keep.house, keep.previous or ""))) is not None}
    held = _hold(line, threads | {keep.conversation for keep in keeps if keep.conversation is not None})
    if gone_on_in := threads & held:
        line.execute(sa.update(CONVERSATIONS).where(CONVERSATIONS.c.id.in_(gone_on_in)).values(last_at=now))
    answers: list[Kept] = []
    rows: list[dict[str, Any]] = []
    for keep in keeps:
        if keep.id in known:
            answers.append(_KEPT)
        elif erased.get((keep.house, keep.session), -1.0) >= keep.asked_at:
            answers.append(_ERASED)
        elif keep.conversation is not None:
            answers.append(_add_to_conversation(line, keep, keep.conversation, rows, now))
        elif keep.previous is not None and (keep.house, keep.previous) not in before:
            answers.append(_BROKEN)
        else:
            last = before[keep.house, keep.previous] if keep.previous is not None else None
            rows.append(_row(keep, last, now))
            answers.append(_KEPT)
        known.add(keep.id)  # said twice at once, it is kept once
    if rows:
        line.execute(sa.insert(RESPONSES), rows)
    return answers


def _there(line: sa.Connection, keeps: Sequence[Keep]) -> Sequence[Row[Any]]:
    """Those of them that are kept already, and those that they go on from."""
    names = {keep.id for keep in keeps} | {keep.previous for keep in keeps if keep.previous is not None}
    return line.execute(_THERE, {"names": list(names)}).all()


def _erased(line: sa.Connection, keeps: Sequence[Keep]) -> dict[tuple[str, str], float]:
    """When, of those of their sessions that were deleted."""
    rows = line.execute(_ERASED_SINCE, {"sessions": list({keep.session for keep in keeps})}).all()
    return {(row.house, row.session): row.at.timestamp() for row in rows}


def _add_to_conversation(line: sa.Connection, keep: Keep, name: str, rows: list[dict[str, Any]], now: datetime) -> Kept:
    held = held_conversation(line, keep.house, name)
    if held is None:
        return _ENDED
    add_items(line, held, keep.session, [*_split(keep.input), *_split(keep.output)], now)
    rows.append(_row(keep, None, now) | _reach(keep, name, int(held.length), int(held.size)))
    return _KEPT


def _hold(line: sa.Connection, names: set[str]) -> set[str]:
    """Those that are conversations, until the end, all in one order: so no two transactions wait for each other."""
    if not names:
        return set()
    query = sa.select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.id.in_(names)).order_by(CONVERSATIONS.c.id)
    return {row.id for row in line.execute(query.with_for_update())}


def _row(keep: Keep, last: Row[Any] | None, now: datetime) -> dict[str, Any]:
    return {
        "id": keep.id, "house": keep.house, "session": keep.session, "previous_id": keep.previous,
        "conversation_id": keep.conversation, "start": keep.start, "created_at": now,
        "input": keep.input, "output": keep.output, "body": keep.body,
        **(_reach(keep, last.thread, int(last.length), int(last.size)) if last else _reach(keep, keep.id, 0, 0)),
    }  # fmt: skip


def _reach(keep: Keep, thread: str, items: int, size: int) -> dict[str, Any]:
    """What it goes on from, and how long that is with it."""
    return {"thread": thread, "length": items + keep.items, "size": size + len(keep.input) + len(keep.output)}
