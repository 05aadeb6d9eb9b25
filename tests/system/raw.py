"""One raw connection: what is written is exactly what is given, and what comes is read by Python's own http.client."""

import socket
from http.client import HTTPResponse
from types import TracebackType
from typing import Self

from tests.system.gateway import PATIENCE_S, TOKEN, Gateway


class Answer:
    """`headers` are in lower case; `fields` are all of them in their order."""

    def __init__(self, response: HTTPResponse) -> None:
        self.status = response.status
        self.fields = [(name.lower(), value) for name, value in response.getheaders()]
        self.headers = dict(self.fields)
        self.body = response.read()


class Raw:
    """A client of one connection."""

    def __init__(self, gateway: Gateway) -> None:
        self._sock = socket.create_connection(("127.0.0.1", gateway.port), PATIENCE_S)

    def ask(self, *pieces: bytes, method: str = "POST") -> Answer:
        """Write each piece by itself, then read one answer."""
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            self._sock.sendall(piece)
        with HTTPResponse(self._sock, method=method) as response:
            response.begin()
            return Answer(response)

    def ask_invited(self, head: bytes, body: bytes) -> Answer:
        """For a head that says `Expect: 100-continue`: its body surely comes later."""
        self._sock.sendall(head)
        invitation = b""
        while not invitation.endswith(b"\r\n\r\n"):
            invitation += self._sock.recv(1)
        assert invitation == b"HTTP/1.1 100 Continue\r\n\r\n", invitation
        return self.ask(body)

    def post(self, path: str, body: bytes, **headers: str | None) -> Answer:
        """`x_mock_echo="1"` is the header `x-mock-echo: 1`; None takes a usual one away."""
        return self.ask(head("POST", path, len(body), **headers), body)

    def get(self, path: str, **headers: str | None) -> Answer:
        return self.ask(head("GET", path, None, **headers), method="GET")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._sock.close()


def head(method: str, path: str, length: int | None, **headers: str | None) -> bytes:
    fields: dict[str, str | None] = {
        "host": "gateway",
        "authorization": f"Bearer {TOKEN}",
        "content-type": "application/json",
        "content-length": None if length is None else str(length),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None)
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode()
