"""Plays one script: each piece at its time, counted from when the request came, so that lateness never adds up.

Writes to an outlet and asks timers; knows neither sockets nor what the bytes mean.
"""

from collections.abc import Callable
from time import perf_counter_ns
from typing import Protocol

from gossamer.mock.ledger import Outcome
from gossamer.mock.script import Ending, Script
from gossamer.mock.timers import Timer, Timers


class Outlet(Protocol):
    """Where an answer goes: a request of gossamer.http.request, or a sink of gossamer.http.call."""

    def reply(self, status: int, headers: bytes, body: bytes) -> None: ...

    def start(self, status: int, headers: bytes, length: int | None = None) -> None: ...

    def write(self, data: bytes) -> None: ...

    def end(self) -> None: ...

    def break_off(self) -> None:
        """Close once what is written has gone out, with the answer unfinished."""

    def reset(self) -> None:
        """Tear the connection down."""


class Player:
    """One answer on its way out. `on_end` is called once: with the status, 0 if none was sent, and how it ended."""

    __slots__ = (
        "_came_ns", "_headers", "_is_paused", "_is_stamped", "_is_waiting", "_next", "_on_end", "_outlet", "_timer",
        "_timers", "script",
    )  # fmt: skip

    def __init__(
        self,
        script: Script,
        headers: bytes,
        outlet: Outlet,
        timers: Timers,
        came_ns: int,
        on_end: Callable[[int, Outcome], None],
        *,
        is_stamped: bool = False,
    ) -> None:
        # for the life of the answer
        self.script = script
        self._headers = headers
        self._outlet = outlet
        self._timers = timers
        self._came_ns = came_ns
        self._on_end: Callable[[int, Outcome], None] | None = on_end
        self._is_stamped = is_stamped
        # how far it is
        self._next = 0
        self._timer: Timer | None = None
        self._is_paused = False
        self._is_waiting = False
        """For `resume`: the time of the next piece has come."""

    def begin(self) -> None:
        script = self.script
        if self._on_end is None:
            return  # cancelled before it began
        if script.due_ns and not script.due_ns[0]:
            self._step()
        elif script.due_ns or script.ending is not Ending.HANG:
            self._wait(script.due_ns[0] if script.due_ns else script.ends_ns)

    def pause(self) -> None:
        """Write no more until `resume`."""
        self._is_paused = True

    def resume(self) -> None:
        """Write what is late, one piece a turn, then go on in time."""
        self._is_paused = False
        if self._is_waiting:
            self._is_waiting = False
            self._wait(0)

    def cancel(self) -> None:
        """Nobody wants the answer any more."""
        self._finish("cancelled")

    def _step(self) -> None:
        """The next piece is due, or the end."""
        if self._is_paused:
            self._is_waiting = True
            return
        script, at = self.script, self._next
        if at == len(script.pieces):
            self._break()
            return
        self._next = at + 1
        is_end = self._next == len(script.pieces) and script.ending is Ending.END
        if is_end and not at and script.length is not None:
            headers, outlet = self._stamped_headers(), self._outlet
            self._finish("finished")
            outlet.reply(script.status, headers, script.pieces[0])
            return
        self._write(script, at)
        if is_end:
            self._end()
        else:
            self._wait(script.due_ns[self._next] if self._next < len(script.pieces) else script.ends_ns)

    def _write(self, script: Script, at: int) -> None:
        if not at:
            self._outlet.start(script.status, self._stamped_headers(), script.length)
            if self._on_end is None:
                return  # who was told that it starts did not want it
        piece = script.pieces[at]
        self._outlet.write(stamp_piece(piece) if self._is_stamped else piece)

    def _end(self) -> None:
        if self._on_end is not None:
            outlet = self._outlet
            self._finish("finished")
            outlet.end()

    def _wait(self, due_ns: int) -> None:
        if self._on_end is not None:  # a write may have told that nobody is there any more
            self._timer = self._timers.call_at(self._came_ns + due_ns, self._step)

    def _break(self) -> None:
        """The unclean ends."""
        outlet = self._outlet
        self._finish("cut")
        if self.script.ending is Ending.RESET:
            outlet.reset()
        else:
            outlet.break_off()

    def _finish(self, outcome: Outcome) -> None:
        """Its outlet holds it, so it lets go of the outlet: a circle would stay until the collector comes, and each
        pause of that is felt by all who ask.
        """
        on_end, self._on_end = self._on_end, None
        if on_end is None:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        del self._outlet
        on_end(self.script.status if self._next else 0, outcome)

    def _stamped_headers(self) -> bytes:
        headers = self.script.headers + self._headers
        if not self._is_stamped:
            return headers
        return stamp_headers(headers, self._came_ns)


def stamp_headers(headers: bytes, came_ns: int) -> bytes:
    """With the times, on the monotonic clock, at which the request was whole and the answer began."""
    return b"%bx-mock-received-ns: %d\r\nx-mock-sent-ns: %d\r\n" % (headers, came_ns, perf_counter_ns())


def stamp_piece(piece: bytes) -> bytes:
    """With the time of its sending as the last member of its JSON object; pieces that are no event stay as they are."""
    if not piece.endswith(b"}\n\n"):
        return piece
    return b'%b,"mock_sent_ns":%d}\n\n' % (piece[:-3], perf_counter_ns())
