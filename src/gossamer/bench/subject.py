"""The gateway that is measured: how it is started, that it answers, and which of its processes carries the traffic.

It is known only from outside: a command, a port, a token. So any other gateway can stand in its place.
"""

import http.client
import shlex
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from gossamer.bench.errors import RigBroken, SubjectBroken
from gossamer.bench.kernel import family, holder
from gossamer.bench.placement import Place, move
from gossamer.bench.processes import HOST, POLL_S, Process, free_port
from gossamer.bench.traffic import CHAT_BODY, MODEL, PATH

START_WITHIN_S = 30.0
_ANSWER_WITHIN_S = 5.0
_NOT_YET = {502, 503, 504}
"""Statuses of a gateway that is still finding its feet."""
BODY_SHOWN_CHARS = 500

DEFAULT_TOKEN = "gsm_bench0123456789abcdefghijklmnopqrstuvwxyz"  # noqa: S105 - opens nothing but the bench's own gateway


@dataclass(frozen=True, slots=True)
class Subject:
    """`template` is a command with the fields named in `command`; None is Gossamer."""

    template: str | None = None
    token: str = DEFAULT_TOKEN
    env: Mapping[str, str] = field(default_factory=dict)
    """Added to its environment."""
    provider_settings: str = ""
    """More members of Gossamer's provider, as YAML in one line."""

    def command(self, port: int, upstream_port: int, folder: Path) -> list[str]:
        """What to run. {upstream} is a base URL that ends in /v1, {folder} is the gateway's own to write in."""
        if self.template is None:
            file = folder / "gossamer.yaml"
            file.write_text(gateway_config(port, upstream_port, folder / "data", self.token, self.provider_settings))
            return [sys.executable, "-m", "gossamer", "serve", "--config", str(file)]
        known = {
            "port": port,
            "upstream": f"http://{HOST}:{upstream_port}/v1",
            "upstream_port": upstream_port,
            "folder": folder,
        }
        try:
            words = [word.format_map(known) for word in shlex.split(self.template)]
        except (KeyError, IndexError, ValueError, AttributeError) as error:
            names = ", ".join(f"{{{name}}}" for name in known)
            raise RigBroken(
                f"--arm-command {self.template!r} ({error}): filled in are {names}; a brace is {{{{"
            ) from error
        if not words:
            raise RigBroken("--arm-command is empty: it starts the gateway that is measured")
        return words


def gateway_config(port: int, upstream_port: int, data: Path, token: str, more: str = "") -> str:
    """The smallest config with everything on that every request pays for: a key, a route, the journal."""
    # Spoken as it comes in: what is measured is the way through, not a translation.
    members = (
        f'kind: openai-compatible, base_url: "http://{HOST}:{upstream_port}/v1", api_keys: [sk-real], '
        "speaks: [chat, responses, messages]"
    )
    return f"""\
server: {{host: {HOST}, port: {port}, workers: 1}}
data_dir: {data}
providers:
  up: {{{members}{more and f", {more}"}}}
models:
  {MODEL}: up/{MODEL}
keys:
  - {{name: bench, token: {token}}}
"""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway that has answered. `worker` is the process that holds its clients' connections."""

    process: Process
    port: int
    token: str
    worker: int
    start_s: float

    def node(self) -> list[int]:
        """All of its processes, the worker too."""
        return family(self.process.pid)

    def leave_the_core_to_the_worker(self, other: Place) -> None:
        """What else belongs to it works there, and in nobody's figures but those of all processes together."""
        for pid in self.node():
            if pid != self.worker:
                move(pid, other.core)


@contextmanager
def running_gateway(subject: Subject, upstream_port: int, place: Place, workspace: Path) -> Iterator[Gateway]:
    """Start the gateway in front of an upstream, wait for its first answer, and end it."""
    port = free_port()
    folder = workspace / f"gateway-{port}"
    folder.mkdir()
    command = subject.command(port, upstream_port, folder)
    began = time.perf_counter()
    words = folder / "words"
    process = Process("gateway", command, place, words, blame=SubjectBroken, env=subject.env, is_counted=True)
    try:
        connection = first_answer(process, port, Asking(subject.token))
        start_s = time.perf_counter() - began
        with closing(connection):
            worker = worker_of(process, port, connection)
        yield Gateway(process, port, subject.token, worker, start_s)
        process.check()
    finally:
        process.stop()


@dataclass(frozen=True, slots=True)
class Asking:
    """One small request, as a gateway wants it."""

    token: str
    model: str = MODEL
    headers: tuple[tuple[str, str], ...] = ()
    path: str = PATH

    @property
    def head(self) -> dict[str, str]:
        """Its headers."""
        plain = {"content-type": "application/json", "authorization": f"Bearer {self.token}"}
        return {**plain, **dict(self.headers)}

    @property
    def body(self) -> str:
        """In the dialect of chat."""
        return CHAT_BODY.replace(MODEL, self.model)


def first_answer(
    process: Process, port: int, asking: Asking, within_s: float = START_WITHIN_S
) -> http.client.HTTPConnection:
    """The connection on which the gateway first gave a whole answer of the provider's."""
    deadline = time.monotonic() + within_s
    last = "took no connection"
    while time.monotonic() < deadline:
        process.check()
        connection = http.client.HTTPConnection(HOST, port, timeout=_ANSWER_WITHIN_S)
        try:
            status, body = ask(connection, asking)
        except (OSError, http.client.HTTPException) as error:
            last = repr(error)
        else:
            if status == http.client.OK:
                return connection
            last = f"answered {status}: {body[:BODY_SHOWN_CHARS]}"
            if status not in _NOT_YET:
                connection.close()
                raise SubjectBroken(f"the gateway {last}{process.last_words()}")
        connection.close()
        time.sleep(POLL_S)
    raise SubjectBroken(f"the gateway did not answer within {within_s:g} s, last: {last}{process.last_words()}")


def connection_to(scheme: str, host: str, port: int, within_s: float) -> http.client.HTTPConnection:
    """Not open yet."""
    kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    return kind(host, port, timeout=within_s)


def ask(connection: http.client.HTTPConnection, asking: Asking) -> tuple[int, str]:
    """Its status and its body."""
    connection.request("POST", asking.path, asking.body, asking.head)
    answer = connection.getresponse()
    return answer.status, answer.read().decode("utf-8", "replace")


def worker_of(process: Process, port: int, connection: http.client.HTTPConnection) -> int:
    """Asked of the kernel, not guessed from names: who holds the other end of our connection."""
    own_port = 0
    with suppress(OSError, AttributeError):
        own_port = connection.sock.getsockname()[1]
    worker = holder(port, own_port, family(process.pid))
    if worker is None:
        raise SubjectBroken("no process of the gateway holds a client's connection: it closed it, or runs elsewhere")
    return worker
