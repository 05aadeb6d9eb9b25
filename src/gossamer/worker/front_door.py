"""Where requests come in: the stages, the control process, or an answer at once."""

import re
from collections.abc import Callable

import msgspec

from gossamer.core.errors import CallerError, GatewayError, NotFound
from gossamer.core.ports import Services
from gossamer.dialects.errors import render_error
from gossamer.http.request import Request
from gossamer.policy.headers import JSON_LINE
from gossamer.worker.control_door import ControlDoor
from gossamer.worker.journal_guard import refuse_unrecorded

_API = b"/v1/"
_encode = msgspec.json.Encoder().encode
_CONTROL = re.compile(rb"/(?:admin|v1/auth|ui|metrics|docs|openapi\.json)(?:[/?]|\Z)")
"""Paths of the control process."""


class FrontDoor:
    """`services` is replaced on a reload; a request under way keeps those that it came in with."""

    def __init__(
        self, run: Callable[[Request, Services], None], services: Services, control: ControlDoor, *, is_exposed: bool
    ) -> None:
        self._run = self._open_run = run
        self._control = control
        self.services = services
        self.is_exposed = is_exposed
        """Whether the control paths are served here."""
        self.is_ready = True
        self._closed_for = ""
        self._refused = 0

    def handle(self, request: Request) -> None:
        head = request.head
        if head.notes is not None:  # the stages keep some with each head, and nobody else does
            run = self._run
            run(request, self.services)
        elif _CONTROL.match(head.target):
            self._answer_for_control(request)
        elif head.target.startswith(_API):
            self._run(request, self.services)
        else:
            self._answer(request)

    def close_for(self, reason: str) -> None:
        """Take no request, and say so to load balancers; the control paths stay open."""
        self._closed_for = reason
        self._run = self._turn_away

    def reopen(self) -> int:
        """How many were turned away meanwhile."""
        self._closed_for = ""
        self._run = self._open_run
        refused, self._refused = self._refused, 0
        return refused

    def _turn_away(self, request: Request, services: Services) -> None:  # noqa: ARG002 - as those who let them in
        self._refused += 1
        refuse_unrecorded(request, self._closed_for)

    def _answer_for_control(self, request: Request) -> None:
        if self.is_exposed:
            self._control.forward(request)
        else:
            self._refuse(request, _not_found(request.head.target.partition(b"?")[0]))

    def _answer(self, request: Request) -> None:
        path = request.head.target.partition(b"?")[0]
        if path == b"/healthz":
            request.reply(200, JSON_LINE, b'{"status":"ok","name":"gossamer"}')
        elif path == b"/readyz":
            if self._closed_for:
                request.reply(
                    503, JSON_LINE + b"retry-after: 1\r\n", _encode(_Unready("unavailable", self._closed_for))
                )
            elif self.is_ready:
                self._control.answer_ready(request)
            else:
                request.reply(503, JSON_LINE + b"retry-after: 1\r\n", b'{"status":"draining"}')
        else:
            self._refuse(request, _not_found(path))

    @staticmethod
    def _refuse(request: Request, error: GatewayError) -> None:
        request.reply(error.status, JSON_LINE, render_error(error, "other"))


def refusal(status: int, reason: str) -> tuple[bytes, bytes]:
    """The answer to bytes that are no request."""
    return JSON_LINE, render_error(_Refused(status, reason), "other")


class _Unready(msgspec.Struct):
    status: str
    reason: str


class _Refused(CallerError):
    """Refused by the wire itself, before anything was understood."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status  # type: ignore[misc]  # the wire says which


def _not_found(path: bytes) -> GatewayError:
    shown = path[:100].decode("ascii", "replace")
    return NotFound(f"There is nothing at {shown!r}. The API is below /v1/, the gateway's own state at /healthz.")
