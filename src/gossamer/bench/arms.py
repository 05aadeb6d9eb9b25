"""The ways of a run, each started or found, and asked in the same manner: direct, hop, gateways, and direct again."""

import http.client
import shutil
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gossamer.bench.errors import RigBroken, SubjectBroken
from gossamer.bench.kernel import family, holder, root_of
from gossamer.bench.nginx import running_hop
from gossamer.bench.orders import Open
from gossamer.bench.placement import Place
from gossamer.bench.processes import HOST, Process, free_port, wait_for_port
from gossamer.bench.provider import Provider
from gossamer.bench.record import Arm, Role
from gossamer.bench.subject import BODY_SHOWN_CHARS, Asking, Subject, ask, connection_to, running_gateway
from gossamer.bench.traffic import MODEL
from gossamer.http.origin import Origin, parse_base_url

_READY_WITHIN_S = 10.0
_CONNECT_WITHIN_S = 5.0
_ASKED_WITHIN_S = 20.0
"""A gateway that runs already, and may be far away; its first request may open what later ones find open."""


@dataclass(frozen=True, slots=True)
class Outside:
    """A gateway that somebody else started: `--target [NAME=]URL`."""

    name: str
    base_url: str
    token: str
    model: str = MODEL
    headers: tuple[tuple[str, str], ...] = ()
    metrics_url: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """One arm, standing. `worker` is the process with the clients; there are no pids where it runs elsewhere."""

    arm: Arm
    token: str
    model: str
    headers: tuple[tuple[str, str], ...] = ()
    worker: int = 0
    pids: Callable[[], list[int]] = field(default=list)
    check: Callable[[], None] = field(default=lambda: None)
    """Raises when it is not there any more."""
    says: str = ""
    """The header in which it tells what it costs, where that is none of those that everybody knows."""
    metrics_url: str = ""
    metrics_rounds: int = sys.maxsize
    """In how many rounds it is read: a page that is behind is waited for, and a run is to be short."""

    def order(self, connections: int) -> Open:
        """For the load process."""
        return Open(self.arm.name, self.arm.url, connections, self.token, self.model, self.headers, self.says)


def direct_way(provider: Provider, token: str, role: Role) -> Way:
    """Straight to the provider."""
    return Way(Arm(role.value, role, provider.base_url, "straight to the mock"), token, MODEL)


@contextmanager
def nginx_way(provider: Provider, token: str, place: Place, workspace: Path) -> Iterator[Way]:
    """nginx with `proxy_pass` and nothing else; unbuffered, as a stream needs it."""
    with running_hop(provider.port, place, workspace, buffering=False) as hop:
        arm = Arm(Role.HOP.value, Role.HOP, f"http://{HOST}:{hop.port}/v1", "nginx, proxy_pass and nothing else")
        root = hop.process.pid
        yield Way(arm, token, MODEL, worker=hop.worker, pids=lambda: family(root), check=hop.process.check)


@contextmanager
def relay_way(
    provider: Provider,
    token: str,
    place: Place,
    workspace: Path,
    *,
    name: str = Role.HOP.value,
    role: Role = Role.HOP,
    wait_us: int = 0,
) -> Iterator[Way]:
    """The built-in pass-through."""
    port = free_port()
    command = [sys.executable, "-m", "gossamer.bench.relay", str(port), str(provider.port), str(wait_us)]
    process = Process(f"relay {name}", command, place, workspace / f"relay-{port}.log", is_counted=True)
    try:
        wait_for_port(process, port, _READY_WITHIN_S)
        what = f"the built-in relay of bytes{f', {wait_us} us held back' if wait_us else ''}"
        arm = Arm(name, role, f"http://{HOST}:{port}/v1", what)
        pid = process.pid
        yield Way(arm, token, MODEL, worker=pid, pids=lambda: [pid], check=process.check)
    finally:
        process.stop()


@contextmanager
def gateway_way(
    subject: Subject, provider: Provider, place: Place, workspace: Path, *, name: str = "gateway", what: str = "",
    role: Role = Role.GATEWAY,
) -> Iterator[Way]:  # fmt: skip
    """A gateway that is started here, by Gossamer's own command or another."""
    with running_gateway(subject, provider.port, place, workspace) as gateway:
        said = what or subject.template or "gossamer serve, one worker"
        says = () if subject.template else ("key check", "routing", "journal", "Server-Timing")
        arm = Arm(name, role, f"http://{HOST}:{gateway.port}/v1", said, says)
        page = "" if subject.template else f"http://{HOST}:{gateway.port}/metrics"
        yield Way(
            arm, subject.token, MODEL, worker=gateway.worker, pids=gateway.node, check=gateway.process.check,
            metrics_url=page, metrics_rounds=1,
        )  # fmt: skip


def outside_way(outside: Outside, provider: Provider) -> Way:
    """Its processes are found where they are on this machine: CPU is then known too."""
    try:
        origin, prefix = parse_base_url(outside.base_url)
    except ValueError as error:
        raise RigBroken(f"--target {outside.name}: {error}") from error
    asking = Asking(outside.token, outside.model, outside.headers, f"{prefix.decode('ascii')}/chat/completions")
    _ask_once(outside, origin, asking, provider)
    arm = Arm(outside.name, Role.GATEWAY, outside.base_url, "as it was found")
    worker = _holder_of(origin.host, origin.port) if origin.is_loopback else 0
    root = root_of(worker) if worker else 0
    pids = (lambda: family(root)) if root else list
    return Way(arm, outside.token, outside.model, outside.headers, worker, pids, metrics_url=outside.metrics_url)


def _ask_once(outside: Outside, origin: Origin, asking: Asking, provider: Provider) -> None:
    """A gateway that refuses us, or asks somebody else, is found out now and not after minutes."""
    before = provider.requests()
    try:
        with closing(connection_to(origin.scheme, origin.host, origin.port, _ASKED_WITHIN_S)) as connection:
            status, body = ask(connection, asking)
    except (OSError, http.client.HTTPException) as error:
        raise RigBroken(f"{outside.name} gives no answer at {outside.base_url} ({error}): start it first") from error
    if status != http.client.OK:
        raise SubjectBroken(f"{outside.name} answered {status}: {' '.join(body.split())[:BODY_SHOWN_CHARS]}")
    if provider.requests() == before:
        raise RigBroken(
            f"{outside.name} answered, and not from the mock: its provider must be {provider.base_url}, and no cache on"
        )


def _holder_of(host: str, port: int) -> int:
    """Who takes connections there; 0 where the kernel does not tell us."""
    try:
        with socket.create_connection((host, port), timeout=_CONNECT_WITHIN_S) as probe:
            return holder(port, probe.getsockname()[1], _all_pids()) or 0
    except OSError as error:
        raise RigBroken(f"nobody takes connections at {host}:{port} ({error}): start the gateway first") from error


def _all_pids() -> Sequence[int]:
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]


def hop_of(stack: ExitStack, provider: Provider, token: str, place: Place, workspace: Path) -> tuple[Way, str]:
    """The best null hop that this machine has, and what to say where that is not nginx."""
    if shutil.which("nginx"):
        return stack.enter_context(nginx_way(provider, token, place, workspace)), ""
    way = stack.enter_context(relay_way(provider, token, place, workspace))
    note = "nginx is not here (apt-get install nginx-light): the null hop is the built-in relay, which reads no HTTP"
    return way, note
