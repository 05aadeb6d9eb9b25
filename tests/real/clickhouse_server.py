"""ClickHouse's own engine behind a small HTTP door, as `python -m tests.real.clickhouse_server PORT FOLDER`.

Takes what Gossamer sends: a statement in the body, or in `query` with its data in the body; `param_NAME`; settings;
a user and a key. One statement at a time: the engine has one session here.
"""

import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chdb.session import Session

USER, PASSWORD = "gossamer", "s3 cret/&"
_IGNORED = frozenset({"query", "database", "wait_end_of_query"})
_CODE = re.compile(r"Code: (\d+)")


class Engine:
    def __init__(self, folder: str) -> None:
        self._session: Any = Session(folder)  # type: ignore[no-untyped-call]
        self._lock = Lock()

    def run(self, asked: dict[str, str], body: bytes) -> bytes:
        values = {name.removeprefix("param_"): text for name, text in asked.items() if name.startswith("param_")}
        settings = {
            name: text for name, text in asked.items() if name not in _IGNORED and not name.startswith("param_")
        }
        statement = f"{asked['query']}\n{body.decode()}" if "query" in asked else body.decode()
        with self._lock:
            for name, text in settings.items():
                self._session.query(f"SET {name} = {text!r}")
            try:
                self._session.query(f"USE {asked.get('database') or 'default'}")
                return bytes(self._session.query(statement, params=values).bytes())
            finally:
                for name in settings:
                    self._session.query(f"SET {name} = DEFAULT")


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for who asked to acknowledge its head
    engine: Engine

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if (self.headers["x-clickhouse-user"], self.headers["x-clickhouse-key"]) != (USER, PASSWORD):
            self._answer(403, b"Code: 516. DB::Exception: Authentication failed.", 516)
            return
        try:
            self._answer(200, self.engine.run(dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True)), body))
        except Exception as error:  # noqa: BLE001 - whatever the engine says goes to whoever asked
            found = _CODE.search(str(error))
            self._answer(500, str(error).encode(), int(found[1]) if found else 0)

    def _answer(self, status: int, body: bytes, code: int | None = None) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        if code is not None:
            self.send_header("x-clickhouse-exception-code", str(code))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """The tests look at what comes back."""


if __name__ == "__main__":
    Door.engine = Engine(sys.argv[2])
    ThreadingHTTPServer.daemon_threads = True
    with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Door) as server:
        server.serve_forever()
