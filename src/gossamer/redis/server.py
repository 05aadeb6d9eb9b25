"""One Redis server: its connection, made anew when it breaks, and the breaker that says whether to ask it at all.

Nobody waits for it longer than TIMEOUT_S, and once somebody has, nobody does until a try with nothing at stake went
well. An answer that comes too late is still handed on, for whoever has to undo what it says.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from gossamer.policy.breaker import Breaker
from gossamer.redis.address import RedisAddress
from gossamer.redis.entry import ask, greet, in_words, tls_context
from gossamer.redis.line import Asking, Line, Waiter
from gossamer.redis.resp import ReplyError

TIMEOUT_S: Final = 0.25
"""For one answer. A Redis in the same place takes less than a millisecond."""
LOOKS: Final = 5
"""In which the timeout is counted out. A loop that sleeps, or has much to do, misses looks and makes none up, and reads
between two of them whatever has come: its own lateness is never taken for that of Redis."""
CONNECT_S: Final = 2.0
"""To a connection that is ready, TLS and log-in included; no request waits for it longer than TIMEOUT_S."""
WELL_S: Final = 0.5
"""Up for so long, the log is told; one that comes and goes is down to it."""
LINGER_S: Final = 10.0
"""For how long answers that are too late are listened for."""


class Server:
    """`on_up` is called when it can be asked again; `on_down` as soon as it cannot, before those who wait for it hear
    of that; `on_trouble` with words for the log."""

    def __init__(
        self,
        address: RedisAddress,
        scripts: Sequence[bytes],
        on_up: Callable[["Server"], None],
        on_trouble: Callable[[str], None],
        timeout_s: float = TIMEOUT_S,
        on_down: Callable[["Server"], None] | None = None,
    ) -> None:
        self.address = address
        self.is_up = True
        """Whether to ask it: until something went wrong, also before the connection is there."""
        self.line: Line | None = None
        self._scripts = scripts
        self._on_up = on_up
        self._on_down = on_down
        self._on_trouble = on_trouble
        self._timeout_s = timeout_s
        self._breaker = Breaker()
        self._loop = asyncio.get_running_loop()
        self._early: list[Waiter] = []
        """Asked before there was a connection."""
        self._awaited: deque[tuple[int, Asking]] = deque()
        """In the order in which they were asked, each with the look that was the last before; some answered by now."""
        self._looks = 0
        self._next_look: asyncio.TimerHandle | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._leaving: set[Line] = set()
        self._is_closed = False
        self._is_reported = False
        """Whether the log knows that it is down."""
        self._all_well: asyncio.TimerHandle | None = None
        self._tls = tls_context(address)

    def start(self) -> None:
        self._connect()

    def close(self) -> None:
        self._is_closed = True
        self.is_up = False
        for timer in (self._next_look, self._retry, self._all_well):
            if timer is not None:
                timer.cancel()
        if self._connecting is not None:
            self._connecting.cancel()
        for line in (*self._leaving, *([self.line] if self.line else [])):
            line.close()

    # --- asking ---

    def ask(self, waiter: Asking) -> None:
        """Only while it is up. The waiter hears within the timeout."""
        self._awaited.append((self._looks, waiter))
        if self._next_look is None:
            self._look_later()
        self.tell(waiter)

    def tell(self, waiter: Waiter) -> None:
        """Only while it is up. The waiter hears at some time."""
        line = self.line
        if line is not None:
            line.send(waiter.command, waiter)
        else:
            self._early.append(waiter)

    def doubt(self, reason: str) -> None:
        """It does not answer as it should: ask no more until a try went well."""
        if self._breaker.state == "closed":
            self._fail(reason)

    def _look_later(self) -> None:
        self._next_look = self._loop.call_later(self._timeout_s / LOOKS, self._look)

    def _look(self) -> None:
        """Whether somebody has waited too long."""
        self._next_look = None
        self._looks += 1
        awaited = self._awaited
        while awaited and awaited[0][1].is_over:
            awaited.popleft()
        if awaited and self._looks - awaited[0][0] >= LOOKS:
            self._fail(f"no answer within {self._timeout_s * 1000:.0f} ms")
        elif awaited:
            self._look_later()

    # --- connecting ---

    def _connect(self) -> None:
        if not self._is_closed:
            self._connecting = self._loop.create_task(self._open())

    async def _open(self) -> None:
        address = self.address
        line = Line(self._scripts, self._lost)
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._loop.create_connection(lambda: line, address.host, address.port, ssl=self._tls)
                await greet(line, address, self._scripts)
                async with asyncio.timeout(self._timeout_s):
                    await ask(line, "PING")
        except TimeoutError:
            self._fail("no connection in time")
        except OSError as error:
            self._fail(in_words(error))
        except ReplyError as error:
            self._fail(str(error))
        else:
            self._ready(line)
        finally:
            if line is not self.line:
                line.close()

    def _ready(self, line: Line) -> None:
        self.line = line
        early, self._early = self._early, []
        for waiter in early:
            line.send(waiter.command, waiter)
        self._breaker.hear("answered", self._loop.time())
        self.is_up = True
        if self._is_reported:
            self._all_well = self._loop.call_later(WELL_S, self._report_well)
        self._on_up(self)

    def _report_well(self) -> None:
        self._is_reported = False
        self._on_trouble(f"{self.address.shown} answers again")

    # --- failing ---

    def _lost(self, line: Line, reason: str) -> None:
        self._leaving.discard(line)
        if line is not self.line:
            return
        self.line = None
        if line.owed or self._breaker.state != "closed":
            self._fail(reason)
        else:
            self._connect()  # an idle connection may be closed: that alone says nothing

    def _fail(self, reason: str) -> None:
        if self._is_closed:
            return
        now = self._loop.time()
        self._breaker.hear("failed", now)
        was_up, self.is_up = self.is_up, False
        if self._connecting is not None and self._connecting is not asyncio.current_task():
            self._connecting.cancel()
        if self.line is not None:
            line, self.line = self.line, None
            self._leaving.add(line)
            line.give_up(reason)
            line.leave(LINGER_S)
        self._retry = self._loop.call_at(self._breaker.due_at, self._try_again)
        if self._all_well is not None:
            self._all_well.cancel()
        if not self._is_reported:
            self._is_reported = True
            self._on_trouble(f"{self.address.shown} is not asked any more: {reason}")
        if was_up and self._on_down is not None:
            self._on_down(self)
        early, self._early = self._early, []
        awaited, self._awaited = self._awaited, deque()
        for waiter in (*early, *(asking for _, asking in awaited if not asking.is_over)):
            waiter.failed(reason)

    def _try_again(self) -> None:
        self._retry = None
        self._breaker.hear("due", self._loop.time())
        self._connect()
