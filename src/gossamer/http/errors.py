"""What can go wrong on the wire, split by which end is to blame."""


class HttpError(Exception):
    """Anything that goes wrong on the wire."""


# --- the peer that sends us requests ---


class RequestRefused(HttpError):
    """The request's bytes are not taken: `status` is the answer, and the connection ends with it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def body_too_large(limit_bytes: int) -> RequestRefused:
    return RequestRefused(413, f"The body is larger than {limit_bytes} bytes: send less, or raise the limit.")


class PeerGone(HttpError):
    """The peer closed before the message was complete."""


# --- the peer that we send requests to ---


class CallFailed(HttpError):
    """A request of ours got no whole answer. `sent` says whether the peer may have acted on it."""

    sent = True


class ConnectFailed(CallFailed):
    """No connection: name, route, refusal or TLS."""

    sent = False


class CallTimeout(CallFailed):
    """The peer took longer than allowed; the text names which limit."""


class ConnectTimeout(ConnectFailed, CallTimeout):
    """No connection in the time allowed."""

    sent = False


class ResponseBroken(CallFailed):
    """The peer closed, or sent what is no HTTP, before its answer was complete."""
