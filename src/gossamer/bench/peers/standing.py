"""Peers that stand as ways of a run: their files written, started in front of the provider, ready."""

import http.client
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gossamer.bench.arms import Way
from gossamer.bench.errors import BenchError, SubjectBroken
from gossamer.bench.kernel import family
from gossamer.bench.peers.manifest import Manifest, filled
from gossamer.bench.placement import Place
from gossamer.bench.processes import HOST, POLL_S, Process, free_port
from gossamer.bench.provider import Provider
from gossamer.bench.record import Arm
from gossamer.bench.subject import Asking, first_answer, worker_of

_ANSWER_WITHIN_S = 5.0
_REASON_LINES = 6


@dataclass(frozen=True, slots=True)
class Peer:
    """A manifest, the environment that was made for it, and the version that is in there."""

    manifest: Manifest
    env: Path
    version: str


def stand_all(
    stack: ExitStack, peers: Sequence[Peer], provider: Provider, place: Place, workspace: Path
) -> tuple[list[Way], dict[str, str]]:
    """Those that stand, and why the others do not."""
    ways, absent = [], {}
    for peer in peers:
        try:
            ways.append(stack.enter_context(peer_way(peer, provider, place, workspace)))
        except BenchError as error:
            absent[peer.manifest.name] = shortened(str(error))
    return ways, absent


def shortened(reason: str) -> str:
    """On one line: the message, and the last of what the process said."""
    first, *words = reason.splitlines()
    return " ".join([first, *(word.strip(" |") for word in words[-_REASON_LINES:])])


@contextmanager
def peer_way(peer: Peer, provider: Provider, place: Place, workspace: Path) -> Iterator[Way]:
    """Start it, wait until it is ready, and end it."""
    manifest, port = peer.manifest, free_port()
    folder = workspace / f"{manifest.slug}-{port}"
    folder.mkdir()
    known = {
        "env": peer.env, "folder": folder, "host": HOST, "model": manifest.ask.model, "port": port,
        "python": sys.executable, "token": manifest.ask.token, "upstream": provider.base_url,
        "upstream_port": provider.port,
    }  # fmt: skip
    for name, text in manifest.start.files.items():
        (folder / name).write_text(filled(text, known), encoding="utf-8")
    command = [filled(word, known) for word in manifest.start.command]
    env = {name: filled(value, known) for name, value in manifest.start.environment.items()}
    process = Process(manifest.name, command, place, folder / "words", blame=SubjectBroken, env=env, is_counted=True)
    try:
        yield _way(peer, process, port, known)
    finally:
        process.stop()


def _way(peer: Peer, process: Process, port: int, known: Mapping[str, object]) -> Way:
    """As soon as an answer of the provider's has come through."""
    manifest, ask = peer.manifest, peer.manifest.ask
    if manifest.start.ready:
        wait_until_ready(process, port, manifest.start.ready, manifest.start.within_s)
    headers = tuple((name, filled(value, known)) for name, value in ask.headers.items())
    asking = Asking(ask.token, ask.model, headers, f"{ask.base}/chat/completions")
    connection = first_answer(process, port, asking, manifest.start.within_s)
    with closing(connection):
        worker = worker_of(process, port, connection)
    root = process.pid
    base_url = f"http://{HOST}:{port}"
    arm = Arm(manifest.name, manifest.part, base_url + ask.base, f"{manifest.about}, {peer.version}", manifest.on)
    return Way(
        arm, ask.token, ask.model, headers, worker, pids=lambda: family(root), check=process.check,
        says=manifest.says.header, metrics_url=base_url + manifest.says.metrics if manifest.says.metrics else "",
    )  # fmt: skip


def wait_until_ready(process: Process, port: int, path: str, within_s: float) -> None:
    """Until the page that the manifest names is answered with 200."""
    deadline = time.monotonic() + within_s
    last = "nothing"
    while time.monotonic() < deadline:
        process.check()
        try:
            with closing(http.client.HTTPConnection(HOST, port, timeout=_ANSWER_WITHIN_S)) as connection:
                connection.request("GET", path)
                status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            last = repr(error)
        else:
            if status == http.client.OK:
                return
            last = str(status)
        time.sleep(POLL_S)
    raise SubjectBroken(f"{process.name} was not ready within {within_s:g} s, last: {last}{process.last_words()}")
