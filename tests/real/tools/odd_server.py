"""A server of tools that does whatever one should not, byte by byte: it uses no SDK. `python odd_server.py [WAY]`."""

import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import msgspec

WAY = sys.argv[1] if len(sys.argv) > 1 else ""
TEXT = {
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
    "additionalProperties": False,
}
NAMES = [
    "echo", "pid", "hang", "die", "big", "huge", "garbage", "env", "calls", "fail", "refuse", "image", "structured",
    "sampling/createMessage", "elicitation/create", "roots/list", "grow",
]  # fmt: skip
BIG = 10 * 1024 * 1024
grown: list[str] = []
calls: list[str] = []


def say(message: dict[str, Any]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode({"jsonrpc": "2.0", **message}) + b"\n")
    sys.stdout.buffer.flush()


def text(said: str, *, is_error: bool = False) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": said}], "isError": is_error}


def ask_back(method: str) -> str:
    """What the client answers to a request of the server's own."""
    params = {
        "sampling/createMessage": {
            "messages": [{"role": "user", "content": {"type": "text", "text": "spend"}}],
            "maxTokens": 9,
        },
        "elicitation/create": {"message": "your password?", "requestedSchema": {"type": "object", "properties": {}}},
    }.get(method)
    say({"id": "back", "method": method, **({"params": params} if params else {})})
    while True:
        answer = msgspec.json.decode(sys.stdin.buffer.readline())
        if answer.get("id") == "back":
            return msgspec.json.encode(answer.get("result", answer.get("error"))).decode()


def die() -> dict[str, Any]:
    os._exit(3)


def write_garbage() -> dict[str, Any]:
    sys.stdout.buffer.write(b'Listening on nothing\n{"jsonrpc": 3}\n\xff\xfe\n\n[1,2]\n')
    return text("fine")


def grow() -> dict[str, Any]:
    grown.append(f"grown{len(grown)}")
    say({"method": "notifications/tools/list_changed"})
    return text("grown")


RESULTS: dict[str, Callable[[], dict[str, Any] | None]] = {
    "pid": lambda: text(str(os.getpid())),
    "hang": lambda: None,
    "die": die,
    "big": lambda: text("x" * BIG),
    "huge": lambda: text("x" * (2 * BIG)),
    "garbage": write_garbage,
    "env": lambda: text("\n".join(f"{key}={value}" for key, value in os.environ.items())),
    "calls": lambda: text(str(len(calls))),
    "fail": lambda: text("it went wrong", is_error=True),
    "image": lambda: {"content": [{"type": "image", "data": "QUJD", "mimeType": "image/png"}]},
    "structured": lambda: {"content": [], "structuredContent": {"n": 1}},
    "grow": grow,
}


def call(name: str, arguments: dict[str, Any]) -> dict[str, Any] | None:
    calls.append(name)
    if name in RESULTS:
        return RESULTS[name]()
    if "/" in name:
        return text(ask_back(name))
    return text(arguments["text"] if name == "echo" else f"this is {name}")


def answer(request: dict[str, Any]) -> None:
    method, params = request["method"], request.get("params", {})
    if method == "initialize":
        say({"id": request["id"], "result": {
            "protocolVersion": "2025-06-18",
            "capabilities": {"tools": {"listChanged": True}},
            "serverInfo": {"name": "odd", "version": "1"},
        }})  # fmt: skip
    elif method == "tools/list":
        tools = [
            {"name": name, "inputSchema": TEXT if name == "echo" else {"type": "object"}} for name in [*NAMES, *grown]
        ]
        say({"id": request["id"], "result": {"tools": tools}})
    elif method == "tools/call" and params["name"] == "refuse":
        say({"id": request["id"], "error": {"code": -32602, "message": "not today"}})
    elif method == "tools/call":
        result = call(params["name"], params.get("arguments") or {})
        if result is not None:
            say({"id": request["id"], "result": result})
    elif "id" in request:
        say({"id": request["id"], "error": {"code": -32601, "message": "Method not found"}})


def main() -> None:
    sys.stderr.write(f"odd server {os.getpid()} starts with {os.environ.get('ODD_TOKEN', 'no token')}\n")
    if WAY == "exit":
        sys.exit(1)
    if WAY == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for line in sys.stdin.buffer:
        if WAY != "mute":
            answer(msgspec.json.decode(line))
    while WAY in ("stubborn", "lingering"):
        time.sleep(60)


main()
