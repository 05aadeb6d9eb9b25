"""The admin API as the tests ask it: an app over a real store, reached without a wire, and people in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx  # noqa: TID251 - asks the app without a wire; nothing of it ships
import msgspec
import pytest
from fastapi import FastAPI
from msgspec.structs import replace
from starlette.types import ASGIApp, Receive, Scope, Send

from gossamer.config.load import load_settings
from gossamer.config.settings import AuthSettings, Registration, Settings
from gossamer.control.api.app import make_app
from gossamer.control.nouns import Actor
from gossamer.control.store.store import Store
from gossamer.core.record import Record
from gossamer.projections.paths import traces_path, usage_path
from gossamer.projections.traces.trace import Trace
from gossamer.projections.traces.writer import TraceFile
from gossamer.projections.usage.file import UsageFile

TRACE: dict[str, Any] = {
    "at": 1_800_000_000.0,
    "worker": 0,
    "seq": 0,
    "method": "POST",
    "path": "/v1/chat/completions",
    "status": 200,
    "outcome": "completed",
    "stages_ns": [1500, 2500],
    "total_ns": 2_000_000,
    "overhead_ns": 40_000,
    "request_id": "asked",
    "key": "a-key",
    "model": "small",
    "target": "openai/small",
}
PASSWORD = "correct horse battery"
OPERATOR = Actor(kind="operator", id="test", role="admin")


class Clock:
    """Stands still unless it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class House:
    """One app. Requests come from `address` over TCP, or over the Unix socket, as a worker's do."""

    app: FastAPI
    store: Store
    clock: Clock
    answers: list[httpx.Response] = field(default_factory=list)

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        address: str = "192.0.2.1",
        if_match: str | None = None,
        is_unix: bool = False,
        **more: Any,
    ) -> httpx.Response:
        headers: Mapping[str, str | None] = {
            "Authorization": f"Bearer {token}" if token else None,
            "If-Match": if_match,
            **more.pop("headers", {}),
        }
        app = over_unix(self.app) if is_unix else self.app
        transport = httpx.ASGITransport(app=app, client=(address, 50000))
        async with httpx.AsyncClient(transport=transport, base_url="http://house:8080", trust_env=False) as client:
            given = {name: value for name, value in headers.items() if value is not None}
            answer = await client.request(method, path, json=body, headers=given, **more)
        self.answers.append(answer)
        return answer

    async def get(self, path: str, token: str | None = None, **more: Any) -> httpx.Response:
        return await self.ask("GET", path, token=token, **more)

    async def post(self, path: str, body: object = None, token: str | None = None, **more: Any) -> httpx.Response:
        return await self.ask("POST", path, body, token=token, **more)

    async def patch(
        self, path: str, body: object, token: str | None = None, *, if_match: str | None = "*", **more: Any
    ) -> httpx.Response:
        return await self.ask("PATCH", path, body, token=token, if_match=if_match, **more)

    async def delete(self, path: str, token: str | None = None, **more: Any) -> httpx.Response:
        return await self.ask("DELETE", path, token=token, **more)

    def trace(self, user_id: str | None, **changes: Any) -> str:
        """A finished request of somebody, as the recorder stores it; its id."""
        record = Record(**{**TRACE, "id": f"req_{uuid4().hex}", "user": user_id, **changes})
        data_dir = self.app.state.desk.data_dir
        for file in (TraceFile(traces_path(data_dir)), UsageFile(usage_path(data_dir))):
            file.store([Trace(record, msgspec.json.encode(record), ("queue", "identify"))], {}, ())
            file.close()
        return record.id

    async def person(self, name: str, role: str = "member") -> "Person":
        """Somebody who is there and logged in."""
        email = f"{name}@example.com"
        await self.store.add_user(OPERATOR, email=email, password=PASSWORD, role=role)  # type: ignore[arg-type]
        answer = await self.post("/v1/auth/login", {"email": email, "password": PASSWORD}, address=f"of {name}")
        return Person(answer.json()["user"]["id"], email, answer.json()["token"])


def over_unix(app: ASGIApp) -> ASGIApp:
    """As uvicorn says it on a Unix socket: a path without a port, and no client."""

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "server": ("/run/control.sock", None), "client": None}, receive, send)

    return asked


@dataclass(frozen=True)
class Person:
    id: str
    email: str
    token: str


def operations() -> list[Any]:
    """Every method and path of the OpenAPI document, as parameters of a test."""
    paths = make_app(None, settings_with()).openapi()["paths"]
    return [
        pytest.param(method.upper(), path, id=f"{method.upper()} {path}")
        for path, methods in paths.items()
        for method in methods
    ]


def settings_with(
    registration: Registration = "closed", login_ttl_s: float = 3600.0, data_dir: Path | None = None
) -> Settings:
    settings = replace(load_settings(None, {}), auth=AuthSettings(registration=registration, login_ttl_s=login_ttl_s))
    return settings if data_dir is None else replace(settings, data_dir=str(data_dir))


def make_house(store: Store, registration: Registration = "closed", data_dir: Path | None = None) -> House:
    clock = Clock()
    return House(make_app(store, settings_with(registration, data_dir=data_dir), now=clock), store, clock)


def refusal(answer: httpx.Response) -> tuple[int, str, str | None]:
    """Status, code and what is meant, of an answer that is an error in the shape that all have."""
    body = answer.json()
    assert set(body) == {"error"}, body
    error = body["error"]
    assert set(error) == {"message", "type", "param", "code"}, error
    assert error["message"].endswith("."), error
    return answer.status_code, error["code"], error["param"]
