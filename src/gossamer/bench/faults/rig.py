"""What the faults are sent through: mocks that have them, one that is well, and a gateway in front of all.

Each case has a provider of its own, so that no breaker of one, nor a key that rests, reaches another.
"""

import re
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import msgspec

from gossamer.bench.errors import BenchError, RigBroken, SubjectBroken
from gossamer.bench.faults.cases import TOKENS, Case, Scale
from gossamer.bench.faults.prices import FIRST, SECOND, SECOND_NAME
from gossamer.bench.placement import ANYWHERE
from gossamer.bench.processes import HOST, POLL_S, Process
from gossamer.bench.subject import DEFAULT_TOKEN, START_WITHIN_S

_ANNOUNCED: Final = re.compile(rb" at http://[\d.]+:(\d+)")
_GAP_MS: Final = 2
"""Between tokens: enough that each is a write of its own."""
WELL: Final = "mock"
"""A model without a fault."""


class HeldPort:
    """A port that nobody gets before it is needed: bound, and not listened on."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind((HOST, 0))
        self.port = int(self._socket.getsockname()[1])

    def release(self) -> int:
        self._socket.close()
        return self.port


@dataclass(frozen=True, slots=True)
class Rig:
    """Ports of what runs. The mock of the outage is started by whoever wants one, since its clock begins with it."""

    port: int
    token: str
    first: int
    second: int
    outage: HeldPort
    journal: Path
    gateway: Process
    folder: Path


@contextmanager
def standing_rig(cases: Sequence[Case], outages: Sequence[Case], scale: Scale) -> Iterator[Rig]:
    with tempfile.TemporaryDirectory(prefix="gossamer-faults-") as name, ExitStack() as stack:
        folder = Path(name)
        first, second = (stack.enter_context(running_mock(folder)) for _ in range(2))
        outage = stack.enter_context(held_port())
        ports = dict.fromkeys(cases, first) | dict.fromkeys(outages, outage.port)
        config = gateway_config(ports, second, scale, folder)
        file = folder / "gossamer.yaml"
        file.write_bytes(msgspec.json.encode(config))
        command = [sys.executable, "-m", "gossamer", "serve", "--config", str(file)]
        gateway = Process("gateway", command, ANYWHERE, folder / "words", blame=SubjectBroken)
        stack.callback(gateway.stop)
        port = _announced_port(gateway, folder / "words", SubjectBroken)
        yield Rig(port, DEFAULT_TOKEN, first, second, outage, folder / "data" / "journal", gateway, folder)


@contextmanager
def running_mock(folder: Path, *options: str, port: int = 0) -> Iterator[int]:
    """The port it listens on: a free one, if none is named."""
    words = folder / f"mock-{len(list(folder.iterdir()))}.log"
    command = [sys.executable, "-m", "gossamer", "mock", "--port", str(port), "--gap", str(_GAP_MS)]
    process = Process("mock", [*command, "--tokens", str(TOKENS), *options], ANYWHERE, words)
    try:
        yield _announced_port(process, words, RigBroken)
    finally:
        process.stop()


@contextmanager
def held_port() -> Iterator[HeldPort]:
    held = HeldPort()
    try:
        yield held
    finally:
        held.release()


def gateway_config(ports: Mapping[Case, int], second: int, scale: Scale, folder: Path) -> dict[str, object]:
    """JSON, which is YAML too. `ports`: of the mock that has the fault of a case."""
    well = f"{SECOND_NAME}/{WELL}"
    targets = {case: f"{case.name}/{_model(case.fault.told(case.targets)[1])}" for case in ports}
    return {
        "server": {"host": HOST, "port": 0, "workers": 1},
        "data_dir": str(folder / "data"),
        "providers": {SECOND_NAME: _provider(second, scale)}
        | {case.name: _provider(port, scale) for case, port in ports.items()},
        "models": {
            case.name: target if case.targets == 1 else {"strategy": "fallback", "targets": [target, well]}
            for case, target in targets.items()
        },
        "prices": {well: asdict(SECOND)} | {target: asdict(FIRST) for target in targets.values()},
        "keys": [{"name": "bench", "token": DEFAULT_TOKEN}],
    }


def _provider(port: int, scale: Scale) -> dict[str, object]:
    return {
        "kind": "openai-compatible",
        "base_url": f"http://{HOST}:{port}/v1",
        "api_keys": ["sk-real"],
        "timeouts": {"first_byte": scale.first_byte_s, "idle": scale.idle_s},
    }


def _model(order: str) -> str:
    return f"{WELL}-{order}" if order else WELL


def _announced_port(process: Process, words: Path, blame: type[BenchError]) -> int:
    """Where a process says that it listens, once it does."""
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline:
        process.check()
        if (found := _ANNOUNCED.search(words.read_bytes())) is not None:
            return int(found[1])
        time.sleep(POLL_S)
    raise blame(f"{process.name} did not listen within {START_WITHIN_S:g} s.{process.last_words()}")
