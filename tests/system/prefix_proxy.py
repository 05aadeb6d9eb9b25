"""A proxy that has a gateway below a path of its own, and nothing beside it."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

_UP: Final = ("authorization", "content-type", "accept")
_DOWN: Final = ("content-type", "content-security-policy", "location")


@contextmanager
def put_below(prefix: str, port: int) -> Iterator[str]:
    """The URL below which the gateway on this port is, until the block ends."""
    handler = type("Below", (_Below,), {"prefix": prefix, "port": port})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as proxy:
        serving = threading.Thread(target=proxy.serve_forever)
        serving.start()
        try:
            yield f"http://127.0.0.1:{proxy.server_port}{prefix}"
        finally:
            proxy.shutdown()
            serving.join()


class _Below(BaseHTTPRequestHandler):
    prefix: str
    port: int

    def do_GET(self) -> None:
        if not self.path.startswith(f"{self.prefix}/"):
            self.send_error(404)
            return
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        lines = {name: self.headers[name] for name in _UP if name in self.headers}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=20)) as gateway:
            gateway.request(self.command, self.path.removeprefix(self.prefix), body or None, lines)
            answer = gateway.getresponse()
            told = answer.read()
        self.send_response(answer.status)
        for name in _DOWN:
            if (value := answer.getheader(name)) is not None:
                self.send_header(name, value)
        self.send_header("content-length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """A test has nothing to say on the terminal."""
