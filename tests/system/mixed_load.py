"""Requests of every sort, what must come of each, and clients that send them: a third streams, a tenth leaves mid-way.

The same list comes from the same seed. What is answered is judged here, request by request.
"""

import asyncio
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tests.system.raw_client import Answer, RawClient

PROVIDER = "up"
"""The provider over HTTP, as the configuration of the tests names it."""
_ASK: dict[str, Any] = {"model": "house", "messages": [{"role": "user", "content": "hi"}]}
_LATE = {"x_mock_ttft_ms": 60_000}
_STEADY = {"x_mock_tokens": 2000, "x_mock_gap_ms": 2}


class Fate(NamedTuple):
    """What becomes of a request: what the client sees, and what its record says."""

    status: int
    outcome: str
    error: str | None = None
    is_cut: bool = False
    """The answer has no clean end."""
    has_mark: bool = True
    """A stream that is whole ends with the last event of its kind."""


_DONE = Fate(200, "completed")
_FAULTS: dict[str, Fate] = {
    "429-always": Fate(429, "completed", "provider_refused"),
    "400-context": Fate(400, "completed", "provider_refused"),
    "500": Fate(502, "provider_failed", "provider_unavailable"),
    "503": Fate(503, "provider_failed", "provider_unavailable"),
    "401": Fate(502, "provider_failed", "provider_auth"),
    "reset": Fate(502, "provider_failed", "provider_unavailable"),
    "cut": Fate(502, "provider_failed", "provider_unavailable"),
}
_STREAM_FAULTS: dict[str, Fate] = {
    **_FAULTS,
    "cut": Fate(200, "stream_broken", "provider_unavailable", is_cut=True),
    "no-done": Fate(200, "completed", has_mark=False),
}
_FORM = (
    b'--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n'
    b'--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n' + b"x" * 20_000 + b"\r\n--b--\r\n"
)


class Planned(NamedTuple):
    """One request. `leaves`: None, or the mark to wait for before leaving; empty: after a moment, without an answer."""

    id: str
    method: str
    path: str
    body: object
    headers: Mapping[str, object]
    fate: Fate
    is_stream: bool = False
    leaves: bytes | None = None
    pause_s: float = 0.0


def plan(count: int, seed: int = 1) -> list[Planned]:
    """A third streams, whatever else becomes of them; a tenth leaves; one in fifteen meets a fault of the provider."""
    dice = random.Random(seed)
    return [_one(dice, f"load-{seed}-{number}") for number in range(count)]


def _one(dice: random.Random, name: str) -> Planned:
    is_stream = dice.random() < 1 / 3
    lot = dice.random()
    ask = {**_ASK, "stream": True} if is_stream else _ASK
    chat = Planned(name, "POST", "/v1/chat/completions", ask, {"x_mock_tokens": 20}, _DONE, is_stream)
    if lot < 0.1:
        return _leaving(dice, chat)
    if lot < 0.1 + 1 / 15:
        faults = _STREAM_FAULTS if is_stream else _FAULTS
        fault = dice.choice(sorted(faults))
        return chat._replace(headers={"x_mock_fault": fault}, fate=faults[fault])
    if is_stream:
        return _streamed(dice, chat)
    return _whole(dice, chat)


def _leaving(dice: random.Random, chat: Planned) -> Planned:
    """Before the first byte, or, of streams, as often in the middle."""
    if chat.is_stream and dice.random() < 0.5:
        return chat._replace(headers=_STEADY, leaves=b"\n\n", fate=Fate(200, "client_gone"))
    return chat._replace(headers=_LATE, leaves=b"", pause_s=dice.uniform(0.005, 0.03), fate=Fate(499, "client_gone"))


def _streamed(dice: random.Random, chat: Planned) -> Planned:
    kind = dice.randrange(4)
    if kind == 0:
        return chat._replace(headers={"x_mock_tokens": 10, "x_mock_gap_ms": 1})
    if kind == 1:
        body = {"model": "house", "input": "hi", "stream": True}
        return chat._replace(path="/v1/responses", body=body)
    if kind == 2:
        return chat._replace(body={**_ASK, "stream": True, "stream_options": {"include_usage": True}})
    return chat


def _whole(dice: random.Random, chat: Planned) -> Planned:
    kind = dice.randrange(8)
    if kind == 0:
        return chat._replace(path="/v1/embeddings", body={"model": "house", "input": "hi"})
    if kind == 1:
        return chat._replace(path="/v1/responses", body={"model": "house", "input": "hi"})
    if kind == 2:
        headers = {"content_type": "multipart/form-data; boundary=b", "x_gossamer_provider": PROVIDER}
        return chat._replace(path="/v1/files", body=_FORM, headers=headers)
    if kind == 3:
        return chat._replace(method="GET", path="/v1/files/f1/content", body=None)
    if kind == 4:
        return chat._replace(body={**_ASK, "padding": "x" * 100_000})
    if kind == 5:
        return chat._replace(body={**_ASK, "model": "house-in"})
    return chat


# --- sending ---


async def send_all(port: int, token: str, requests: Sequence[Planned], concurrent: int) -> list[str]:
    """Returns what went wrong, in words."""
    left = iter(requests)
    complaints: list[str] = []
    clients = (_send_some(port, token, left, complaints) for _ in range(concurrent))
    await asyncio.gather(*clients)
    return complaints


async def _send_some(port: int, token: str, left: Iterator[Planned], complaints: list[str]) -> None:
    async with RawClient(port, token) as client:
        for request in left:
            await client.send(request.method, request.path, request.body, x_request_id=request.id, **request.headers)
            if request.leaves is not None:
                await asyncio.sleep(request.pause_s)
                if request.leaves:
                    await client.until(request.leaves)
                await client.leave()
                continue
            complaint = complaint_about(request, await client.answer())
            if complaint:
                complaints.append(f"{request.id} {request.path} {request.headers}: {complaint}")


def complaint_about(request: Planned, answer: Answer) -> str | None:
    """None where the answer is as it must be."""
    fate = request.fate
    if (answer.status, answer.is_whole) != (fate.status, not fate.is_cut):
        return f"{answer.status}, whole: {answer.is_whole}: {answer.body[-300:]!r}"
    if answer.header("x-request-id") != request.id:
        return f"answered under the id {answer.header('x-request-id')}"
    if fate.is_cut and b'"error"' not in answer.events[-1]:
        return f"broken without a word: {answer.body[-300:]!r}"
    if (
        fate == _DONE
        and request.is_stream
        and not answer.events[-1].startswith((b"data: [DONE]", b"event: response.completed"))
    ):
        return f"no last event: {answer.body[-300:]!r}"
    return None
