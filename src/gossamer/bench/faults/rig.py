"""What the faults are sent through: mocks that have them, one that is well, and a gateway in front of all.

Each fault has a provider of its own, so that no breaker or cool-down of one reaches another.
"""

import http.client
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from gossamer.bench.errors import SubjectBroken
from gossamer.bench.faults.cases import TARGETS, TOKENS, Fault, Scale, Targets
from gossamer.bench.faults.prices import FIRST, SECOND, SECOND_NAME
from gossamer.bench.placement import ANYWHERE
from gossamer.bench.processes import HOST, POLL_S, Process, free_port, wait_for_port
from gossamer.bench.subject import DEFAULT_TOKEN, START_WITHIN_S

_MOCK_WITHIN_S = 10.0
_GAP_MS: Final = 2
"""Between tokens: enough that each is a write of its own."""
WELL: Final = "mock"
"""A model without a fault."""
OUTAGE: Final = "outage"
"""The provider that is away for a while."""


@dataclass(frozen=True, slots=True)
class Rig:
    """Ports of what runs. The mock of the outage is started by whoever wants one, since its clock begins with it."""

    port: int
    token: str
    first: int
    second: int
    outage: int
    journal: Path
    gateway: Process
    folder: Path


@contextmanager
def standing_rig(faults: tuple[Fault, ...], scale: Scale, targets: tuple[Targets, ...] = TARGETS) -> Iterator[Rig]:
    with tempfile.TemporaryDirectory(prefix="gossamer-faults-") as name, ExitStack() as stack:
        folder = Path(name)
        first, second, outage, port = free_port(), free_port(), free_port(), free_port()
        for mock in (first, second):
            stack.enter_context(running_mock(mock, folder))
        file = folder / "gossamer.yaml"
        file.write_bytes(
            msgspec.json.encode(gateway_config(faults, scale, targets, (first, second, outage), port, folder))
        )
        command = [sys.executable, "-m", "gossamer", "serve", "--config", str(file)]
        gateway = Process("gateway", command, ANYWHERE, folder / "words", blame=SubjectBroken)
        stack.callback(gateway.stop)
        _wait_until_ready(gateway, port)
        yield Rig(port, DEFAULT_TOKEN, first, second, outage, folder / "data" / "journal", gateway, folder)


@contextmanager
def running_mock(port: int, folder: Path, *options: str) -> Iterator[Process]:
    command = [sys.executable, "-m", "gossamer", "mock", "--port", str(port), "--gap", str(_GAP_MS)]
    process = Process("mock", [*command, "--tokens", str(TOKENS), *options], ANYWHERE, folder / f"mock-{port}.log")
    try:
        wait_for_port(process, port, _MOCK_WITHIN_S)
        yield process
    finally:
        process.stop()


def gateway_config(
    faults: tuple[Fault, ...],
    scale: Scale,
    targets: tuple[Targets, ...],
    mocks: tuple[int, int, int],
    port: int,
    folder: Path,
) -> dict[str, object]:
    """JSON, which is YAML too."""
    first, second, outage = mocks
    providers = {SECOND_NAME: _provider(second, scale), OUTAGE: _provider(outage, scale)}
    models: dict[str, object] = _names(OUTAGE, dict.fromkeys(targets, f"{OUTAGE}/{WELL}"))
    for fault in faults:
        providers[fault.slug] = _provider(first, scale)
        asked = {count: f"{fault.slug}/{_model(fault.told(count)[1])}" for count in targets}
        models |= _names(fault.slug, asked)
    named = {found for model in models.values() for found in _targets(model)}
    prices = {name: SECOND if name.startswith(SECOND_NAME) else FIRST for name in named}
    return {
        "server": {"host": HOST, "port": port, "workers": 1},
        "data_dir": str(folder / "data"),
        "providers": providers,
        "models": models,
        "prices": {name: {"input": price.input, "output": price.output} for name, price in prices.items()},
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


def _names(slug: str, asked: dict[Targets, str]) -> dict[str, object]:
    """`one-SLUG` is the faulty target alone, `two-SLUG` has one that is well behind it."""
    named: dict[str, object] = {}
    for count, target in asked.items():
        if count == 1:
            named[f"one-{slug}"] = target
        else:
            named[f"two-{slug}"] = {"strategy": "fallback", "targets": [target, f"{SECOND_NAME}/{WELL}"]}
    return named


def _targets(model: object) -> list[str]:
    return model["targets"] if isinstance(model, dict) else [str(model)]


def _wait_until_ready(gateway: Process, port: int) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline:
        gateway.check()
        try:
            with closing(http.client.HTTPConnection(HOST, port, timeout=1.0)) as connection:
                connection.request("GET", "/readyz")
                if connection.getresponse().status == http.client.OK:
                    return
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(POLL_S)
    raise SubjectBroken(f"the gateway was not ready within {START_WITHIN_S:g} s.{gateway.last_words()}")
