"""nginx in its two parts: the instant provider behind everything, and the hop that every cost is compared with.

One worker, keep-alive at both ends, no access log: nginx at its best, so that the comparison flatters nobody.
"""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gossamer.bench.errors import RigBroken
from gossamer.bench.kernel import family
from gossamer.bench.placement import Place
from gossamer.bench.processes import HOST, POLL_S, Process, free_port, wait_for_port
from gossamer.bench.traffic import JSON_ANSWER

READY_WITHIN_S = 5.0
_FOREVER = 100_000_000
"""Requests on one connection: none is closed during a run."""


def config(folder: Path, body: str, *, as_root: bool) -> str:
    """A whole nginx.conf. As root, nginx would give its worker to a user that cannot write to our folder."""
    return f"""
{"user root;" if as_root else ""}
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; client_body_buffer_size 1m; keepalive_requests {_FOREVER}; keepalive_timeout 3600;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {body}
}}
"""


def instant_provider(port: int) -> str:
    """A provider that takes no time. `/status` counts, so that an answer nobody asked the provider for is seen."""
    return f"""server {{ listen {HOST}:{port} reuseport backlog=4096;
    location = /status {{ stub_status; }}
    location / {{ default_type application/json; return 200 '{JSON_ANSWER}'; }} }}"""


def hop(port: int, upstream_port: int, *, buffering: bool = True) -> str:
    """`proxy_pass` and nothing else."""
    return f"""upstream provider {{ server {HOST}:{upstream_port}; keepalive 512; keepalive_requests {_FOREVER}; }}
  server {{ listen {HOST}:{port} reuseport backlog=4096;
    location / {{ proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering {"on" if buffering else "off"}; proxy_pass http://provider; }} }}"""


class Nginx:
    """One running nginx with one worker."""

    def __init__(self, process: Process, port: int, worker: int) -> None:
        self.process = process
        self.port = port
        self.worker = worker


@contextmanager
def running(name: str, port: int, body: str, place: Place, workspace: Path) -> Iterator[Nginx]:
    """Start nginx with this server block, and end it."""
    binary = shutil.which("nginx")
    if binary is None:
        raise RigBroken("nginx is missing")
    folder = workspace / f"{name.replace(' ', '-')}-{port}"
    folder.mkdir()
    file = folder / "nginx.conf"
    file.write_text(config(folder, body, as_root=os.geteuid() == 0))
    command = [binary, "-c", str(file), "-e", str(folder / "error.log")]
    process = Process(name, command, place, folder / "words", is_counted=True)
    try:
        wait_for_port(process, port, READY_WITHIN_S)
        yield Nginx(process, port, _worker(process))
    finally:
        process.stop()


def _worker(master: Process) -> int:
    """The one child. The port is open before the master has one."""
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        master.check()
        if workers := family(master.pid)[1:]:
            return workers[0]
        time.sleep(POLL_S)
    raise RigBroken(f"{master.name} has no worker after {READY_WITHIN_S:g} s.{master.last_words()}")


@contextmanager
def running_provider(place: Place, workspace: Path) -> Iterator[Nginx]:
    """The instant provider."""
    port = free_port()
    with running("instant provider", port, instant_provider(port), place, workspace) as nginx:
        yield nginx


@contextmanager
def running_hop(upstream_port: int, place: Place, workspace: Path, *, buffering: bool = True) -> Iterator[Nginx]:
    """The hop in front of an upstream."""
    port = free_port()
    with running("nginx hop", port, hop(port, upstream_port, buffering=buffering), place, workspace) as nginx:
        yield nginx
