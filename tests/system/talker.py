"""A provider of a few lines that does what the name of its model says: endless calls, slow words, odd answers."""

import json  # noqa: TID251 - a provider is no part of the gateway
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self

USAGE = {"prompt_tokens": 1000, "completion_tokens": 10, "total_tokens": 1010}


class Talker:
    """On a port of its own, in a thread of its own. `asked`: the bodies that came."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.sent_bytes = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        talker = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                talker.asked.append(body)
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.send_header("connection", "close")
                self.end_headers()
                try:
                    for chunk in chunks_of(body):
                        event = f"data: {json.dumps(chunk)}\n\n".encode()
                        self.wfile.write(event)
                        self.wfile.flush()
                        talker.sent_bytes += len(event)
                    self.wfile.write(b"data: [DONE]\n\n")
                except OSError:
                    pass  # whoever asked has left

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        return Handler


def chunks_of(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    kind = body["model"].partition("-")[0]
    deltas, finish = DEEDS[kind](body)
    for delta in deltas:
        yield chunk(delta)
    yield {**chunk({}, finish), "usage": None}
    yield {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m", "choices": [], "usage": USAGE}


def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m", "choices": [choice]}


def call_tool(name: str, arguments: str) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"tool_calls": [{"index": 0, "id": f"call_{time.monotonic_ns()}", "type": "function", "function": function}]}


def endless(body: dict[str, Any]) -> tuple[list[dict[str, Any]], str]:
    """Calls the first tool that it may, for ever."""
    if body.get("tools") and body.get("tool_choice") != "none":
        return [
            {"content": "Once more."},
            call_tool(body["tools"][0]["function"]["name"], '{"text": "x"}'),
        ], "tool_calls"
    return [{"content": "That is all."}], "stop"


def slow(body: dict[str, Any]) -> tuple[Iterator[dict[str, Any]], str]:
    def words() -> Iterator[dict[str, Any]]:
        for number in range(600):
            yield {"content": f"{number} "}
            time.sleep(0.02)

    return words(), "stop"


FLOOD = "water " * 2000
FLOODS = 4000


def flood(body: dict[str, Any]) -> tuple[Iterator[dict[str, Any]], str]:
    """48 MB, as fast as they are taken."""
    return ({"content": FLOOD} for _ in range(FLOODS)), "stop"


PACED = 20
"""Words that take their time, before a tool."""


def paced(body: dict[str, Any]) -> tuple[Iterator[dict[str, Any]] | list[dict[str, Any]], str]:
    """Thinks slowly aloud, calls the first tool that it may, and answers with what it was told."""
    last = body["messages"][-1]
    if last["role"] == "tool":
        return [{"content": f"Done: {last['content']}"}], "stop"

    def words() -> Iterator[dict[str, Any]]:
        for number in range(PACED):
            yield {"reasoning_content": f"{number} "}
            time.sleep(0.05)
        yield call_tool(body["tools"][0]["function"]["name"], '{"text": "x"}')

    return words(), "tool_calls"


def count(body: dict[str, Any]) -> tuple[list[dict[str, Any]], str]:
    """Says what it was told: the roles of the messages."""
    return [
        {"reasoning_content": "Let me see."},
        {"content": " ".join(one["role"] for one in body["messages"])},
    ], "stop"


def careless(body: dict[str, Any]) -> tuple[list[dict[str, Any]], str]:
    """Says what is no JSON, until it is told what it did wrong."""
    is_told = len(body["messages"]) > 1
    return [{"content": '{"city": "Lisbon"}' if is_told else "Lisbon."}], "stop"


DEEDS: dict[str, Any] = {
    "endless": endless, "slow": slow, "flood": flood, "paced": paced, "count": count, "careless": careless,
}  # fmt: skip
