"""The store itself as a door, for whoever is at the machine: the admin API runs inside this command, and nowhere else.

So both ways check, change and answer alike. Who may read the configuration may do everything here.
"""

import asyncio
import os
import pwd
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from starlette.types import ASGIApp, Message, Scope

from gossamer.cli.admin.door import Answer, Refused, read_answer
from gossamer.cli.admin.http_door import query_text
from gossamer.cli.config import load_chosen
from gossamer.config.settings import Settings
from gossamer.control.api.app import make_app
from gossamer.control.nouns import Actor
from gossamer.control.store.errors import StoreUnavailable, WrongSchema
from gossamer.control.store.store import Store, open_store, schema_state


class StoreDoor:
    def __init__(self, config: Path | None) -> None:
        self._settings = load_chosen(config).settings
        self._runner = asyncio.Runner()
        self._store: Store | None = None

    def __enter__(self) -> Self:
        self._runner.__enter__()
        try:
            self._store = self._runner.run(open_at_machine(self._settings))
        except BaseException:
            self._runner.close()
            raise
        self._app = make_app(self._store, self._settings, operator=operator())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._store is not None:
                self._runner.run(self._store.close())
        finally:
            self._runner.close()

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
        if_match: str | None = None,
    ) -> Answer:
        headers = [(b"content-type", b"application/json")]
        if if_match:
            headers.append((b"if-match", if_match.encode()))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query_text(query).removeprefix("?").encode(),
            "headers": headers,
        }
        data = b"" if body is None else msgspec.json.encode(body)
        return self._runner.run(_call(self._app, scope, data))


async def open_at_machine(settings: Settings) -> Store:
    """With its tables made where there are none; tables of another version are `migrate`'s business."""
    try:
        has_tables = (await schema_state(settings.state)).before is not None
        return await open_store(settings.state, migrates=not has_tables)
    except WrongSchema as error:
        raise Refused(f"{error}; `gossamer migrate` brings the tables up to date") from error
    except StoreUnavailable as error:
        raise Refused(f"{error}; `gossamer doctor` looks into it") from error


def operator() -> Actor:
    """Known to the audit by the name that this machine gives, whatever the environment says of it."""
    uid = os.getuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = str(uid)
    return Actor(kind="operator", id=name, role="admin")


async def _call(app: ASGIApp, scope: Scope, body: bytes) -> Answer:
    """One request and its answer, without a wire."""
    started: Message = {}
    pieces: list[bytes] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        else:
            pieces.append(message.get("body", b""))

    await app(scope, receive, send)
    headers = dict(started["headers"])
    etag = headers.get(b"etag")
    return read_answer(started["status"], etag.decode() if etag else None, b"".join(pieces))
