"""A gateway with a state store of its own, and single requests to it, each on a connection of its own."""

import os
import signal
import time
from http.client import HTTPConnection
from typing import Any, NamedTuple

import msgspec

from tests.system.gateway import Gateway
from tests.system.state import State

CHAT = "/v1/chat/completions"
CONFIG: dict[str, Any] = {
    "providers": {"mock": {"kind": "mock", "mock": {"ttft": "0s", "gap": "0s"}}},
    "models": {"house": "mock/mock", "other": "mock/mock"},
    "keys": [{"name": "configured", "token": "sk-of-the-configuration"}],
    "log": {"format": "text"},
}
"""The mock in the worker, without delays."""


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: Any
    took_s: float = 0.0

    @property
    def code(self) -> str:
        return str(self.body["error"]["code"])


class Node:
    """A gateway, its store, and requests to it, each on a connection of its own."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.state = State(gateway.data_dir / "state.db")

    def request(self, method: str, path: str, token: str = "", body: object = None, **headers: str) -> Answer:
        began = time.monotonic()
        connection = HTTPConnection("127.0.0.1", self.gateway.port, timeout=20)
        lines = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            lines["content-type"] = "application/json"
        if token:
            lines["authorization"] = f"Bearer {token}"
        try:
            connection.request(method, path, msgspec.json.encode(body) if body is not None else None, lines)
            answer = connection.getresponse()
            raw = answer.read()
            named = {name.lower(): value for name, value in answer.getheaders()}
            is_json = named.get("content-type", "").startswith("application/json")
            read = msgspec.json.decode(raw) if is_json and raw else raw
            return Answer(answer.status, named, read, time.monotonic() - began)
        finally:
            connection.close()

    def chat(self, token: str, model: str | None = "house", **headers: str) -> Answer:
        body: dict[str, Any] = {"messages": [{"role": "user", "content": "Hello"}]}
        if model is not None:
            body["model"] = model
        return self.request("POST", CHAT, token, body, **headers)

    def kill_control(self) -> int:
        pid = self.gateway.control
        os.kill(pid, signal.SIGKILL)
        return pid

    def is_ready(self) -> bool:
        return self.request("GET", "/readyz").status == 200

    def has_control(self, other_than: int) -> bool:
        try:
            return self.gateway.control != other_than and self.is_ready()
        except ValueError:
            return False  # there is none at the moment
