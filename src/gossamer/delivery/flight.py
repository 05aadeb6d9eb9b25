"""One call to a provider, and all who asked the same while it was under way.

A flight stands where the request of its leader stood: what delivers the answer writes to it as to any request, and it
hands on what comes, to the leader first, to its followers piece by piece from the beginning (party.py).

    the stream breaks              who has begun to get it gets the same end; others as if the call had failed
    the answer grows too large     it goes on to those who get it, kept nowhere; who waits for the whole asks alone
"""

from collections.abc import Callable
from typing import Final

from gossamer.delivery.answer_lines import lines_of_body
from gossamer.delivery.party import Ending, Party
from gossamer.delivery.passenger import Passenger
from gossamer.delivery.pieces import told_in_place
from gossamer.dialects.tally import StreamTally
from gossamer.http.request import Request

_OK: Final = 200
_REFUSED: Final = 400
_EVENTS: Final = b"content-type: text/event-stream"
_CRLF_BYTES: Final = 2


class Flight(Party):
    """As a Request: what the delivery of the answer tells."""

    _came: list[tuple[bytes, bytes]]
    _size_bytes = 0
    _tally: StreamTally | None = None
    _write_chunk: Callable[[bytes], None] | None = None
    """To the first caller, while it is alone."""

    def reply(self, status: int, headers: bytes, body: bytes) -> None:
        """What is kept is kept first: behind the leader's answer its next request may follow in the same turn."""
        if self.client is not None:
            self._reply_alone(self.client, status, headers, body)
            return
        leader = self.leader
        assert leader is not None
        self.owner = None
        if leader in self.aboard:
            self.aboard.remove(leader)
        followers = list(self.aboard)
        if status >= _REFUSED and followers and not leader.exchange.sent_ns:
            leader.request.reply(status, headers, body)
            self.lead_next()
            return
        self._caching.landed(self)
        lines = lines_of_body(headers)
        entry = self._entry(lines, body, is_stream=False)
        if status == _OK:
            self._caching.keep(self, entry)
        self._caching.over(self)
        leader.request.reply(status, headers, body)
        if followers:
            if status >= _REFUSED or told_in_place(leader.exchange, body) is not None:
                self._fail(followers, status, lines, body)
            elif status == _OK:
                self._answer(followers, entry)
            else:
                self._share(followers, lambda passenger: passenger.pass_on(status, lines, body))
        self._part()

    def _reply_alone(self, client: Request, status: int, headers: bytes, body: bytes) -> None:
        self.owner = self.client = None
        caching = self._caching
        caching.landed(self)
        if status == _OK and len(body) <= self.terms.max_bytes:
            caching.keep(self, self._entry(lines_of_body(headers), body, is_stream=False))
        if self.lease is not None or self.look is not None:
            caching.over(self)
        self.exchange.request = client
        client.reply(status, headers, body)

    def start(self, status: int, headers: bytes, length: int | None = None) -> None:
        client, leader = self.client, self.leader
        self.status = status
        lines = lines_of_body(headers)
        self._streams = status == _OK and length is None and lines.startswith(_EVENTS)
        if client is not None:
            client.start(status, headers, length)
        else:
            assert leader is not None
            leader.request.start(status, headers, length)
            leader.begin()
        if not self._streams:
            self._let_go()
            return
        self.card = self._entry(lines, b"", is_stream=True)
        self.pieces = self._came = []
        self._tally = StreamTally(self.card.dialect, hide_usage=True)
        for passenger in self.followers:
            if passenger.question.is_stream:
                self._begin(passenger)

    def write(self, data: bytes) -> None:
        if data:
            self._hand_on(data, self._tally.see(data) if self._tally is not None else data)

    def chunk_writer(self) -> Callable[[bytes], None]:
        if self.client is not None:
            self._write_chunk = self.client.chunk_writer()
        return self._take_chunk

    def end(self) -> None:
        self._end("whole")

    def break_off(self) -> None:
        self._end("broken")

    def abort(self) -> None:
        self._end("aborted")

    # --- inside ---

    def _take_chunk(self, chunk: bytes) -> None:
        """Content alone, framed: it tells of no use that some did not ask for, and of no error."""
        write = self._write_chunk
        if write is None or self.client is None:
            data = chunk[chunk.find(b"\n") + 1 : -_CRLF_BYTES]
            self._hand_on(data, data)
            return
        if self._is_kept:  # before it is written: if that is what makes the client slow, it becomes one that has had it
            data = chunk[chunk.find(b"\n") + 1 : -_CRLF_BYTES]
            self._came.append((data, data))
            self._size_bytes += len(data)
        write(chunk)
        if self._is_kept and self._size_bytes > self.terms.max_bytes:
            self._let_go()

    def _hand_on(self, data: bytes, quiet: bytes) -> None:
        """To the first caller while it is alone; to passengers from what is kept, or as it comes if nothing is."""
        client, is_kept = self.client, self._is_kept
        if is_kept:
            self._came.append((data, quiet))
            self._size_bytes += len(data)
        if client is not None:
            client.write(quiet if self._hides_usage else data)
        elif is_kept:
            for passenger in list(self.aboard):
                if self._is_passed_on(passenger):
                    passenger.catch_up()
        else:
            for passenger in list(self.aboard):
                passenger.write(quiet if passenger.hides_usage else data)
        if is_kept and self._size_bytes > self.terms.max_bytes:
            self._let_go()

    def _is_passed_on(self, passenger: Passenger) -> bool:
        return passenger is self.leader or passenger.question.is_stream

    def _let_go(self) -> None:
        """Too large to be kept, or nothing that is: those who get it get it, the others ask alone."""
        self._is_kept = False
        self._caching.landed(self)
        self._caching.over(self)
        waiting = [passenger for passenger in self.followers if not (self._streams and passenger.question.is_stream)]
        for passenger in waiting:
            self.left(passenger)
        for passenger in list(self.aboard):
            passenger.catch_up_at_once()
        self.pieces = self._came = []
        self._ask_alone(waiting)
        if any(passenger.is_slow for passenger in self.aboard):
            self.slowed()

    def _end(self, ending: Ending) -> None:
        self._caching.landed(self)
        self.owner = None
        entry = self.card = self._entry(self.card.lines, b"".join([piece for piece, _ in self.pieces]), is_stream=True)
        waiting = [passenger for passenger in self.followers if not self._is_passed_on(passenger)]
        if self._tally is not None:
            self.error = self._tally.error
        is_good = ending == "whole" and self._is_kept and self._tally is not None and self.error is None
        if is_good:
            self._caching.keep(self, entry)
        self._caching.over(self)
        self.ending = ending
        client = self.client
        if client is not None:
            self._end_alone(client, ending)
            return
        for passenger in list(self.aboard):
            if self._is_passed_on(passenger):
                passenger.catch_up()
        if is_good:
            self._answer(waiting, entry)
        elif self._caching.shares_failures:
            for passenger in waiting:
                self.left(passenger)
                passenger.fail_broken()
        else:
            for passenger in waiting:
                self.left(passenger)
            self._ask_alone(waiting)
        self._is_over = True
        self._part_if_empty()

    def _end_alone(self, client: Request, ending: Ending) -> None:
        self._set_down(self.exchange)
        if ending == "whole":
            client.end()
        elif ending == "broken":
            client.break_off()
        else:
            client.abort()
