"""A provider that repeats what it was asked, each word of it: whole, streamed, in pieces, in its errors and refusals.

It runs in a thread of the test. `held` are answers that end when the test says so.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import msgspec

USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}


class Outspoken(NamedTuple):
    url: str
    held: threading.Event
    """Set: what was told to wait ends."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    held: threading.Event

    def do_POST(self) -> None:
        body = msgspec.json.decode(self.rfile.read(int(self.headers["content-length"])))
        said = body["messages"][-1]["content"]
        words = said if isinstance(said, str) else " ".join(part["text"] for part in said)
        if "refuse" in words:
            self._tell(400, {"error": {"message": f"I will not say {words}"}})
        elif "garble" in words:
            self._send(200, "text/html", f"<html>{words}</html>".encode())
        elif body.get("stream"):
            self._stream(words)
        else:
            choice = {"index": 0, "message": {"role": "assistant", "content": f"told {words}"}, "finish_reason": "stop"}
            self._tell(200, {"id": "c1", "object": "chat.completion", "choices": [choice], "usage": USAGE})

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""

    def _stream(self, words: str) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self._event({"content": f"told {words[: len(words) // 2]}"})
        if "hold" in words:
            self.held.wait(60)
        self._event({"content": words[len(words) // 2 :]})
        if "break" in words:
            self.wfile.write(b'data: {"error":{"message":"It broke over %b"}}\n\n' % words.encode())
        else:
            self._event({}, "stop")
            self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def _event(self, delta: dict[str, Any], reason: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        self.wfile.write(b"data: %b\n\n" % msgspec.json.encode({"id": "c1", "choices": [choice]}))
        self.wfile.flush()

    def _tell(self, status: int, said: object) -> None:
        self._send(status, "application/json", msgspec.json.encode(said))

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def outspoken() -> Iterator[Outspoken]:
    held = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"held": held}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Outspoken(f"http://127.0.0.1:{server.server_address[1]}/v1", held)
    finally:
        held.set()
        server.shutdown()
        server.server_close()
        thread.join()
