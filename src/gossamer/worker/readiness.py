"""What /readyz says to a load balancer, which takes a node away that is worse than the others, and never all of them.

this worker drains, or has never been able to look a key up       503: no request should come
the control process is away                                       503: this node alone is ill
the store cannot be asked, and could be before                    200, `degraded`: all nodes are equally ill, and
                                                                  keys that are known go on working on each
"""

from collections.abc import Callable
from typing import Final

from gossamer.http.call import Call
from gossamer.http.errors import CallFailed
from gossamer.http.heads import ResponseHead
from gossamer.http.limits import CallTimeouts
from gossamer.http.request import Request
from gossamer.policy.headers import JSON_LINE

TIMEOUTS: Final = CallTimeouts(connect_s=2.0, first_byte_s=5.0, idle_s=5.0, total_s=5.0)
"""Longer than the store may take to answer (2 s), shorter than balancers wait."""

_LATER: Final = JSON_LINE + b"retry-after: 1\r\n"


class Readiness:
    """`was_told`: whether the store could be asked at least once. `send`: to the control process.

    All who ask while a question is on its way get its answer, so that no flood of them makes a node look ill.
    """

    def __init__(self, was_told: Callable[[], bool], send: Callable[[Call], None]) -> None:
        self._was_told = was_told
        self._send = send
        self._asking: list[Request] = []

    def ask(self, request: Request) -> None:
        self._asking.append(request)
        if len(self._asking) == 1:
            self._send(Call(b"GET /readyz HTTP/1.1\r\nhost: gossamer\r\n\r\n", ReadyQuestion(self), TIMEOUTS))

    def control_is_away(self, *requests: Request) -> None:
        for request in requests or self._taken():
            request.reply(503, _LATER, b'{"status":"unavailable","reason":"the control process is away"}')

    def control_said(self, *, can_ask: bool) -> None:
        for request in self._taken():
            if can_ask:
                request.reply(200, JSON_LINE, b'{"status":"ready"}')
            elif self._was_told():
                request.reply(200, JSON_LINE, b'{"status":"degraded","reason":"the state store cannot be asked"}')
            else:
                request.reply(503, _LATER, b'{"status":"starting","reason":"the state store cannot be asked yet"}')

    def _taken(self) -> list[Request]:
        asking, self._asking = self._asking, []
        return asking


class ReadyQuestion:
    """To the control process, whether its store can be asked (a ResponseSink)."""

    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness

    def request_waited(self) -> None:
        """Nobody asks how long it took."""

    def response_complete(self, head: ResponseHead, body: bytes) -> None:  # noqa: ARG002 - the status says it
        self._readiness.control_said(can_ask=head.status == 200)

    def response_started(self, head: ResponseHead) -> None:
        self._readiness.control_said(can_ask=head.status == 200)

    def response_data(self, data: bytes) -> None:
        """The status has said it."""

    def response_ended(self) -> None:
        """The status has said it."""

    def response_failed(self, error: CallFailed) -> None:  # noqa: ARG002 - whatever it was
        self._readiness.control_is_away()
