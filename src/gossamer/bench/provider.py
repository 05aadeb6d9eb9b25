"""The provider of a run: `gossamer mock` as a process of its own, known by its command and its `/mock/stats` only."""

import http.client
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from gossamer.bench.errors import RigBroken
from gossamer.bench.placement import Place
from gossamer.bench.processes import HOST, Process, free_port, wait_for_port

_READY_WITHIN_S = 10.0
_ANSWER_WITHIN_S = 5.0


class _Stats(msgspec.Struct):
    requests: int


class Provider:
    """A running mock."""

    def __init__(self, process: Process, port: int) -> None:
        self.process = process
        self.port = port
        self.base_url = f"http://{HOST}:{port}/v1"

    def requests(self) -> int:
        """How many it has been asked so far."""
        self.process.check()
        try:
            with closing(http.client.HTTPConnection(HOST, self.port, timeout=_ANSWER_WITHIN_S)) as connection:
                connection.request("GET", "/mock/stats")
                return msgspec.json.decode(connection.getresponse().read(), type=_Stats).requests
        except (OSError, http.client.HTTPException, msgspec.DecodeError) as error:
            raise RigBroken(f"the mock does not say how often it was asked: {error!r}") from error


def _check_free(port: int) -> None:
    """Whoever listens there already would be taken for the mock."""
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
    except (OSError, OverflowError) as error:
        raise RigBroken(
            f"port {port} cannot be had for the mock ({error}): name another with --provider-port"
        ) from error


@contextmanager
def running_mock(place: Place, workspace: Path, port: int | None = None) -> Iterator[Provider]:
    """Start it, on a port that the user named for a gateway of theirs, and end it."""
    chosen = port or free_port()
    _check_free(chosen)
    command = [sys.executable, "-m", "gossamer", "mock", "--port", str(chosen), "--text-orders"]
    process = Process("mock", command, place, workspace / f"mock-{chosen}.log")
    try:
        wait_for_port(process, chosen, _READY_WITHIN_S)
        yield Provider(process, chosen)
    finally:
        process.stop()
