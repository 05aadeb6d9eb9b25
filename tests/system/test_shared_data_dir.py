"""Two gateways and one data directory: the second is refused in words, until the first drains."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PATIENCE_S = 20.0
"""For what must happen; a pass takes a second."""


class Node:
    """`gossamer serve` on a free port, with the data directory `data`."""

    def __init__(self, home: Path) -> None:
        settings = {"GOSSAMER_SERVER__PORT": "0", "GOSSAMER_DATA_DIR": str(home / "data")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gossamer", "serve"],
            cwd=home,
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def address(self) -> tuple[str, int]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"is ready at http://127\.0\.0\.1:(\d+)", line):
                return "127.0.0.1", int(found[1])
        raise AssertionError(self.process.stderr and self.process.stderr.read())

    def end(self) -> tuple[int, str]:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self) -> tuple[int, str]:
        _, said = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, said


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[Node]]:
    """The first is started; all end with the test."""
    started = [Node(tmp_path)]
    yield started
    for node in started:
        if node.process.poll() is None:
            node.process.kill()
        node.process.communicate()


def test_a_second_gateway_on_the_same_directory_does_not_start(nodes: list[Node], tmp_path: Path):
    first = nodes[0]
    first.address()
    nodes.append(Node(tmp_path))
    status, said = nodes[1].ended()
    assert status != 0
    assert said.startswith(f"gossamer: Another gossamer serves from the data directory {tmp_path / 'data'} (process ")
    assert str(first.process.pid) in said


def test_a_successor_starts_while_the_first_one_drains(nodes: list[Node], tmp_path: Path):
    first = nodes[0]
    with socket.create_connection(first.address(), timeout=PATIENCE_S) as client:
        # A head that is not finished keeps the drain going until it comes, or is too late.
        client.sendall(b"GET /healthz HTTP/1.1\r\n")
        client.sendall(b"host: g\r\n")
        wait_until_taken(client)
        first.process.send_signal(signal.SIGTERM)
        nodes.append(Node(tmp_path))
        nodes[1].address()
        assert first.process.poll() is None
        client.sendall(b"\r\n")
        assert client.makefile("rb").readline() == b"HTTP/1.1 200 OK\r\n"
    assert [node.end()[0] for node in nodes] == [0, 0]


def wait_until_taken(client: socket.socket) -> None:
    """The worker has read what another connection sent after it."""
    with socket.create_connection(client.getpeername(), timeout=PATIENCE_S) as later:
        later.sendall(b"GET /healthz HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\r\n")
        assert later.makefile("rb").read().startswith(b"HTTP/1.1 200 OK\r\n")
