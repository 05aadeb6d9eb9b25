"""Where requests come in: what is the gateway's own business is answered here, all else goes the way of a request."""

from collections.abc import Callable

from gossamer.core.errors import CallerError, GatewayError, NotFound
from gossamer.core.ports import Services
from gossamer.dialects.errors import render_error
from gossamer.http.request import Request
from gossamer.policy.headers import JSON_LINE

_API = b"/v1/"


class FrontDoor:
    """`services` is replaced on a reload; a request under way keeps those that it came in with."""

    def __init__(self, run: Callable[[Request, Services], None], services: Services) -> None:
        self._run = run
        self.services = services
        self.is_ready = True

    def handle(self, request: Request) -> None:
        if request.head.target.startswith(_API):
            self._run(request, self.services)
        else:
            self._answer(request)

    def _answer(self, request: Request) -> None:
        path = request.head.target.partition(b"?")[0]
        if path == b"/healthz":
            request.reply(200, JSON_LINE, b'{"status":"ok","name":"gossamer"}')
        elif path == b"/readyz":
            if self.is_ready:
                request.reply(200, JSON_LINE, b'{"status":"ready"}')
            else:
                request.reply(503, JSON_LINE + b"retry-after: 1\r\n", b'{"status":"draining"}')
        else:
            error = _not_found(path)
            request.reply(error.status, JSON_LINE, render_error(error, "other"))


def refusal(status: int, reason: str) -> tuple[bytes, bytes]:
    """The answer to bytes that are no request."""
    return JSON_LINE, render_error(_Refused(status, reason), "other")


class _Refused(CallerError):
    """Refused by the wire itself, before anything was understood."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status  # type: ignore[misc]  # the wire says which


def _not_found(path: bytes) -> GatewayError:
    shown = path[:100].decode("ascii", "replace")
    return NotFound(f"There is nothing at {shown!r}. The API is below /v1/, the gateway's own state at /healthz.")
