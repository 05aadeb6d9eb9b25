"""One request as a plain client makes it, and all that came back: no SDK that would retry or smooth anything over."""

import http.client
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

import msgspec

from gossamer.bench.faults.cases import Shape
from gossamer.bench.processes import HOST

PATH = "/v1/chat/completions"
_PATIENCE_S = 120.0
"""Longer than any fault in full length: whatever takes longer is an answer that never comes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client sees."""

    status: int
    """0: the connection ended without an answer."""
    headers: Mapping[str, str]
    body: bytes
    is_whole: bool
    """Whether the wire says that the body came to its end."""
    first_s: float
    """To the head of the answer."""
    total_s: float


def ask(port: int, token: str, model: str, shape: Shape, request_id: str, *, prefill: bool = False) -> Answer:
    """One request on a connection of its own."""
    headers = {
        "authorization": f"Bearer {token}",
        "content-type": "application/json",
        "x-request-id": request_id,
    }
    began = time.perf_counter()
    with closing(http.client.HTTPConnection(HOST, port, timeout=_PATIENCE_S)) as connection:
        try:
            connection.request("POST", PATH, body_of(model, shape, prefill=prefill), headers)
            response = connection.getresponse()
        except (OSError, http.client.HTTPException):
            took = time.perf_counter() - began
            return Answer(0, {}, b"", is_whole=False, first_s=took, total_s=took)
        first_s = time.perf_counter() - began
        body, is_whole = _read(response)
        told = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, told, body, is_whole, first_s, time.perf_counter() - began)


def body_of(model: str, shape: Shape, *, prefill: bool = False) -> bytes:
    messages = [{"role": "user", "content": "Tell me of spiders."}]
    if prefill:
        messages.append({"role": "assistant", "content": "Spiders are"})
    asked: dict[str, object] = {"model": model, "messages": messages}
    if shape == "stream":
        asked |= {"stream": True, "stream_options": {"include_usage": True}}
    return msgspec.json.encode(asked)


def _read(response: http.client.HTTPResponse) -> tuple[bytes, bool]:
    try:
        return response.read(), True
    except http.client.IncompleteRead as error:
        return error.partial, False
    except (OSError, http.client.HTTPException):
        return b"", False
