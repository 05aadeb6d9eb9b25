"""The right to answer under one name, and the desk that gives it out: one for the life of a worker.

However a ticket ends, all who wait for it hear of it: one of them that cannot be told does not keep it from the others.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

from gossamer.cache.gone import Gone
from gossamer.cache.once.shelf import KeptAnswer, Shelf
from gossamer.core.logs import get_log

_log = get_log(__name__)


class Waiting(Protocol):
    """Somebody who asked for the same name meanwhile."""

    def wait(self, ticket: "Ticket") -> None:
        """Go on waiting, or raise, by what is under way."""

    def look(self) -> None:
        """It is over, and there is no answer: ask again."""

    def give(self, answer: KeptAnswer) -> None: ...

    def fail(self, error: Exception) -> None:
        """It gets no answer at all."""


class Desk:
    """`tickets` are those of this worker alone; the shelf knows of all."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.gone = Gone()
        self.tickets: dict[bytes, Ticket] = {}
        self.orphans = 0
        """Calls under way whose clients have left."""
        self._idle: asyncio.Future[None] | None = None

    def adopted(self) -> None:
        """One of the orphans has its answer."""
        self.orphans -= 1
        if not self.orphans and self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    async def drained(self, within_s: float) -> None:
        """What has no client is nobody's connection: a worker that ends waits for it here."""
        if self.orphans:
            self._idle = asyncio.get_running_loop().create_future()
            await asyncio.wait([self._idle], timeout=within_s)


class Ticket:
    """Of whoever asked first, until the name is kept, or nobody's again."""

    def __init__(self, desk: Desk, name: bytes) -> None:
        self.name = name
        self.print: bytes | None = None
        """Of what is under way, here or elsewhere; None while the shelf is asked."""
        self.waiting: list[Waiting] = []
        self._desk = desk
        self._is_orphaned = False
        self._is_over = False
        desk.tickets[name] = self

    def known(self, print_: bytes) -> None:
        """What is under way. Those who wait hear it, and some of them wait no more."""
        self.print = print_
        waiting, self.waiting = self.waiting, []
        _tell(waiting, lambda each: each.wait(self))

    def orphaned(self) -> None:
        """The client has left, and the call goes on."""
        self._is_orphaned = True
        self._desk.orphans += 1

    def keep(self, answer: KeptAnswer, asked_at: float, then: Callable[[], None]) -> None:
        """Unless its session was deleted since it was asked."""
        if self._desk.gone.has(answer.session, asked_at):
            self.release(then)
            return
        shelf = self._desk.shelf
        self._end(lambda done: shelf.keep(self.name, answer, done), answer, then)

    def release(self, then: Callable[[], None] | None = None) -> None:
        shelf = self._desk.shelf
        self._end(lambda done: shelf.release(self.name, done), None, then)

    def over(self, answer: KeptAnswer | None = None, error: Exception | None = None) -> None:
        """What the shelf has now, it has."""
        if self._is_over:
            return
        self._is_over = True
        del self._desk.tickets[self.name]
        if self._is_orphaned:
            self._desk.adopted()
        waiting, self.waiting = self.waiting, []
        if error is not None:
            _tell(waiting, lambda each: each.fail(error))
        elif answer is not None:
            _tell(waiting, lambda each: each.give(answer))
        else:
            _tell(waiting, lambda each: each.look())

    # --- inside ---

    def _end(
        self, ask: Callable[[Callable[[], None]], None], answer: KeptAnswer | None, then: Callable[[], None] | None
    ) -> None:
        """`then` once, and whatever the shelf may do."""

        is_done = False

        def done() -> None:
            nonlocal is_done
            if is_done:
                return
            is_done = True
            self.over(answer)
            if then is not None:
                then()

        try:
            ask(done)
        except Exception as defect:  # noqa: BLE001 - it is logged, and keeps nobody waiting
            _log.defect("an answer under an idempotency key met a defect on its way to where it is kept", defect)
            done()


def _tell(waiting: Iterable[Waiting], tell: Callable[[Waiting], None]) -> None:
    for each in waiting:
        try:
            try:
                tell(each)
            except Exception as error:  # noqa: BLE001 - a refusal, or a defect: it ends this one alone
                each.fail(error)
        except Exception as defect:  # noqa: BLE001 - the others wait
            _log.defect("one who waited for an answer under an idempotency key cannot be told", defect)
