"""Gateways and mock providers as real processes, for the tests that go all the way round.

`start_gateway` and `start_mock` return once requests are answered; whoever starts one ends it, best by `with`.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from gossamer.core.record import Record
from gossamer.journal.follower import Follower
from gossamer.journal.reader import Line, record_of

PATIENCE_S = 20.0
"""For what must happen; a pass takes a fraction of it."""
TOKEN = "gsm_test_0123456789abcdef"
"""The key that `standard_config` lets in."""
PROVIDER_KEY = "sk-of-the-provider"
"""The key that the gateway shows to the mock behind HTTP."""

_READY = re.compile(r"(?:is ready|mock provider) at (http://\S+)")
_ENVIRONMENT = re.compile(r"GOSSAMER_|OPENAI_|ANTHROPIC_|\w+_API_KEY|\w+_proxy$", re.IGNORECASE)
"""Variables that would change what a gateway does."""


def eventually(happens: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
    """Wait for what another process must do."""
    deadline = time.monotonic() + within_s
    while not happens():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.005)


def quiet_environment(**more: str) -> dict[str, str]:
    """Our own environment, without what would change a gateway's ways; modules are found where we find them."""
    ours = {name: value for name, value in os.environ.items() if not _ENVIRONMENT.match(name)}
    return ours | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))} | more


class Launched:
    """One `gossamer ...` process. What it says stays readable after its end."""

    def __init__(self, *words: str, cwd: Path | None = None, environment: Mapping[str, str] | None = None) -> None:
        self._said = (tempfile.TemporaryFile(), tempfile.TemporaryFile())  # noqa: SIM115 - open as long as it runs
        self._last_words: tuple[str, str] | None = None
        out, err = self._said
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gossamer", *words],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            cwd=cwd,
            env=quiet_environment() if environment is None else environment,
            start_new_session=True,
        )
        try:
            eventually(lambda: self._is_ready() or self.process.poll() is not None)
            found = _READY.search(self.out)
            assert found is not None, f"gossamer {' '.join(words)} ended with {self.process.returncode}: {self.log}"
        except BaseException:
            self.end()
            raise
        self.url = found[1]
        """Without /v1."""

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def out(self) -> str:
        return self._read(0)

    @property
    def log(self) -> str:
        return self._read(1)

    def end(self) -> int:
        """SIGTERM, and its exit status. Killed if it does not end; that fails the test."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
                raise
            finally:
                self._close()
        self._close()
        return self.process.returncode

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()

    def _is_ready(self) -> bool:
        return _READY.search(self.out) is not None

    def _read(self, which: int) -> str:
        if self._last_words is not None:
            return self._last_words[which]
        descriptor = self._said[which].fileno()
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace")

    def _close(self) -> None:
        if self._last_words is None:
            self._last_words = (self.out, self.log)
            for file in self._said:
                file.close()


class Mock(Launched):
    """`gossamer mock` on a port of its own."""


class Gateway(Launched):
    """`gossamer serve` in a directory of its own, and its journal."""

    token = TOKEN

    def __init__(self, home: Path, *words: str, environment: Mapping[str, str] | None = None) -> None:
        super().__init__("serve", "--port", "0", *words, cwd=home, environment=environment)
        self.home = home
        self.data_dir = home / ".gossamer"
        self.base_url = f"{self.url}/v1"
        """As an SDK wants it."""
        self._follower = Follower(self.data_dir / "journal")
        self._records: list[Record] = []

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def workers(self) -> list[int]:
        """The pids of the worker processes."""
        return self._running("gossamer.worker")

    @property
    def control(self) -> int:
        """The pid of the control process."""
        (pid,) = self._running("gossamer.control")
        return pid

    def _running(self, module: str) -> list[int]:
        found = []
        for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split():
            with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
                if module in Path(f"/proc/{pid}/cmdline").read_text().split("\0"):
                    found.append(int(pid))
        return found

    def records(self) -> list[Record]:
        """All that is in the journal by now, each worker's in its order. Readable after the end too."""
        for entry in self._follower.poll():
            assert isinstance(entry, Line), entry
            record = record_of(entry)
            assert isinstance(record, Record), record
            self._records.append(record)
        return self._records

    def record_of(self, request_id: str) -> Record:
        """The one record of the request that was shown this id, once it is there."""
        eventually(lambda: any(each.request_id == request_id for each in self.records()))
        (record,) = (each for each in self._records if each.request_id == request_id)
        return record

    def end(self) -> int:
        status = super().end()
        if hasattr(self, "_follower"):
            self.records()
            self._follower.close()
        return status


def start_mock(*options: str) -> Mock:
    """A provider behind HTTP; `options` as `gossamer mock --help` lists them."""
    return Mock("mock", "--port", "0", *options)


def start_gateway(
    home: Path, config: str | Mapping[str, Any], workers: int = 1, environment: Mapping[str, str] | None = None
) -> Gateway:
    """A gateway in `home`, which is made if it is missing, with this configuration (YAML, or what YAML would say)."""
    home.mkdir(parents=True, exist_ok=True)
    write_config(home, config)
    return Gateway(home, "--workers", str(workers), environment=environment)


def write_config(home: Path, config: str | Mapping[str, Any]) -> None:
    text = config if isinstance(config, str) else msgspec.json.encode(config).decode()  # JSON is YAML too
    (home / "gossamer.yaml").write_text(text)


def standard_config(mock_url: str, **more: Any) -> dict[str, Any]:
    """One provider behind HTTP, the mock in the process without delays, and the key TOKEN; `more` replaces or adds."""
    return {
        "providers": {
            "up": {
                "kind": "openai-compatible",
                "base_url": f"{mock_url}/v1",
                "api_keys": [PROVIDER_KEY],
                "speaks": ["chat", "responses", "messages"],
            },
            "mock": {"kind": "mock", "mock": {"ttft": "0s", "gap": "0s"}},
        },
        "models": {"house": "up/mock", "house-in": "mock/mock"},
        "default_provider": "up",
        "keys": [{"name": "test", "token": TOKEN}],
        "log": {"format": "text"},
        **more,
    }
