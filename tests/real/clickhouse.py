"""ClickHouse for the tests: its engine in a process of its own, which can be killed and comes back with its data."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from tests.real.clickhouse_server import PASSWORD, USER

PATIENCE_S = 60.0
"""For the engine to be there; it takes one second, or several on a busy machine."""
ROOT = Path(__file__).parents[2]


class ClickHouse:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            self.port = sock.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "gossamer") -> str:
        return f"clickhouse://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.real.clickhouse_server", str(self.port), str(self.folder)]
        self._process = subprocess.Popen(command, cwd=ROOT)
        until = time.monotonic() + PATIENCE_S
        while not self._listens():
            if time.monotonic() > until or self._process.poll() is not None:
                raise TimeoutError("the engine does not come up")
            time.sleep(0.02)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        if self._process is not None:
            self._end(signal.SIGKILL)  # it has nothing to save that it has not saved

    def _end(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait()
        self._process = None

    def _listens(self) -> bool:
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def running_clickhouse(folder: Path) -> Iterator[ClickHouse]:
    server = ClickHouse(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
