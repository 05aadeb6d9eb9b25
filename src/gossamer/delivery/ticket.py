"""The right to answer under one name, and the desk that gives it out: one for the life of a worker."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from gossamer.cache.gone import Gone
from gossamer.cache.once.shelf import KeptAnswer, Shelf


class Waiting(Protocol):
    """Somebody who asked the same meanwhile."""

    def look(self) -> None:
        """It is over, and there is no answer: ask again."""

    def give(self, answer: KeptAnswer) -> None: ...


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

    def __init__(self, desk: Desk, name: bytes, print_: bytes) -> None:
        self.name = name
        self.print = print_
        self.waiting: list[Waiting] = []
        self._desk = desk
        self._is_orphaned = False
        desk.tickets[name] = self

    def orphaned(self) -> None:
        """The client has left, and the call goes on."""
        self._is_orphaned = True
        self._desk.orphans += 1

    def keep(self, answer: KeptAnswer, asked_at: float, then: Callable[[], None]) -> None:
        """Unless its session was deleted since it was asked."""
        if self._desk.gone.has(answer.session, asked_at):
            self.release(then)
            return

        def done() -> None:
            self.over(answer)
            then()

        self._desk.shelf.keep(self.name, answer, done)

    def release(self, then: Callable[[], None] | None = None) -> None:
        def done() -> None:
            self.over()
            if then is not None:
                then()

        self._desk.shelf.release(self.name, done)

    def over(self, answer: KeptAnswer | None = None) -> None:
        """What the shelf has now, it has."""
        del self._desk.tickets[self.name]
        if self._is_orphaned:
            self._desk.adopted()
        waiting, self.waiting = self.waiting, []
        for each in waiting:
            if answer is not None:
                each.give(answer)
            else:
                each.look()
