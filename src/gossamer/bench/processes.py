"""Processes that the bench starts: put in their place, their words kept, ended by their own id.

Every wait is bounded. A process that dies early is an error that shows its last words.
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from gossamer.bench.errors import BenchError, RigBroken
from gossamer.bench.groups import own_group, remove_groups
from gossamer.bench.placement import Place

HOST = "127.0.0.1"
STOP_WITHIN_S = 5.0
"""Time to end politely; a gateway with idle connections only needs far less."""
POLL_S = 0.002
_LAST_WORDS_BYTES = 2000


class Process:
    """One child with a session of its own, so that what it started can be ended with it."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        place: Place,
        log: Path,
        *,
        blame: type[BenchError] = RigBroken,
        pipes: bool = False,
        env: Mapping[str, str] = MappingProxyType({}),
        is_counted: bool = False,
    ) -> None:
        """`is_counted`: in a control group of its own, where one can be made."""
        self.name = name
        self._blame = blame
        self._log = log
        stream = subprocess.PIPE if pipes else subprocess.DEVNULL
        group = own_group(log.parent.name) if is_counted else contextlib.nullcontext()
        with log.open("wb") as words, place.entered(), group:
            try:
                self.child = subprocess.Popen(  # noqa: S603 - commands of the bench itself, or the user's own --arm-command
                    command,
                    stdin=stream,
                    stdout=stream if pipes else words,
                    stderr=words,
                    env={**clean_environment(os.environ), **env},
                    start_new_session=True,
                    bufsize=0,
                )
            except OSError as error:
                raise blame(f"{name} could not be started: {command[0]}: {error.strerror}") from error
        self.pid = self.child.pid

    def check(self) -> None:
        """Raise if the process has ended."""
        if (code := self.child.poll()) is not None:
            raise self._blame(f"{self.name} ended with code {code}.{self.last_words()}")

    def last_words(self) -> str:
        """What it wrote last, indented to stand below a message; empty when it wrote nothing."""
        words = self._log.read_bytes()[-_LAST_WORDS_BYTES:].decode("utf-8", "replace").strip()
        return "".join(f"\n    | {line}" for line in words.splitlines())

    def stop(self) -> None:
        """Ask, wait, insist; then whatever is left of its session."""
        for stream in (self.child.stdin, self.child.stdout):
            if stream is not None:
                stream.close()
        if self.child.poll() is None:
            self.child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.child.wait(STOP_WITHIN_S)
        remove_groups()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.child.wait(STOP_WITHIN_S)
        remove_groups()


def clean_environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """Without what would change the gateway behind the config's back: its own overrides, and proxies."""
    return {
        name: value
        for name, value in inherited.items()
        if not name.startswith("GOSSAMER_") and not name.lower().endswith("_proxy")
    }


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def wait_for_port(process: Process, port: int, within_s: float) -> None:
    """Return when the port takes a connection."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        process.check()
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(POLL_S)
    raise RigBroken(f"{process.name} opened no port {port} within {within_s:g} s.{process.last_words()}")
