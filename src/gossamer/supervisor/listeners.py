"""The listening sockets: one a worker on the same address, so that the kernel spreads connections over the workers.

The supervisor keeps all of them open. While a worker is dead its connections wait in its socket's backlog for the
successor, and the port never refuses. Nothing here accepts.
"""

import contextlib
import errno
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from gossamer.supervisor.errors import StartFailed

BACKLOG: Final = 4096
"""Connections that may wait on one socket. Linux cuts it to net.core.somaxconn, which is 4096 by default."""

UNUSABLE: Final = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
"""A name may have addresses of a family that this machine does not have, such as ::1 for localhost."""

SOCKET_PATH_BYTES: Final = 107
"""sun_path of Linux holds 108 with the final zero."""

Address = tuple[socket.AddressFamily, str]


class Setting(NamedTuple):
    """How a refusal names what to change."""

    host: str
    port: str


SERVER: Final = Setting("server.host or --host", "--port or server.port")
CONTROL: Final = Setting("control.listen", "control.listen")


@dataclass(frozen=True, slots=True)
class Listeners:
    """What each worker is handed, by its number, and where clients find it."""

    of_worker: tuple[tuple[socket.socket, ...], ...]
    port: int
    uds: Path | None

    def close(self) -> None:
        """Let go of the supervisor's copies: once the workers close theirs, the port refuses."""
        if self.of_worker[0][0].fileno() < 0:
            return  # Closed before; the path may be a successor's by now.
        for sockets in self.of_worker:
            for sock in sockets:
                sock.close()
        if self.uds is not None:
            self.uds.unlink(missing_ok=True)


def open_listeners(host: str, port: int, workers: int, uds: str | None = None, setting: Setting = SERVER) -> Listeners:
    """Bind and listen on everything, or raise StartFailed and leave nothing behind. Port 0 takes a free one."""
    with contextlib.ExitStack() as undo:
        addresses, port = _claim(_find_addresses(host, port, setting), host, port, setting)
        rows = [[_listen_shared(address, port, undo, setting) for address in addresses] for _ in range(workers)]
        if uds:
            unix = listen_unix(Path(uds), undo, "server.uds")
            rows = [[*row, unix] for row in rows]
        undo.pop_all()
    return Listeners(tuple(map(tuple, rows)), port, Path(uds) if uds else None)


def _find_addresses(host: str, port: int, setting: Setting) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:  # the second: a name that could be nobody's, such as a..b
        raise StartFailed(
            f"The host {host!r} has no address ({getattr(error, 'strerror', None) or 'not a name'}). "
            f"Name an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all, as {setting.host}."
        ) from error
    return list(dict.fromkeys((family, str(sockaddr[0])) for family, _, _, _, sockaddr in found))


def _claim(addresses: list[Address], host: str, port: int, setting: Setting) -> tuple[list[Address], int]:
    """Which addresses this machine has, and their port, after a look whether anybody else listens there.

    A second gateway could share the port by SO_REUSEPORT without a word, and take half of the requests; so the look
    is a bind without it.
    """
    usable: list[Address] = []
    unusable: OSError | None = None
    for address in addresses:
        try:
            with _bind(address, port) as probe:
                port = probe.getsockname()[1]
            usable.append(address)
        except OSError as error:
            if error.errno not in UNUSABLE:
                raise StartFailed(_explain(error, host, port, setting)) from error
            unusable = error
    if unusable and not usable:
        raise StartFailed(_explain(unusable, host, port, setting)) from unusable
    return usable, port


def _bind(address: Address, port: int, *, is_shared: bool = False) -> socket.socket:
    family, host = address
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        # Connections of an earlier run that linger in TIME_WAIT must not keep a new run from its port.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def _listen_shared(address: Address, port: int, undo: contextlib.ExitStack, setting: Setting) -> socket.socket:
    try:
        sock = _bind(address, port, is_shared=True)
        undo.callback(sock.close)
        sock.listen(BACKLOG)
    except OSError as error:
        raise StartFailed(_explain(error, address[1], port, setting)) from error
    return sock


def listen_unix(path: Path, undo: contextlib.ExitStack, setting: str, mode: int | None = None) -> socket.socket:
    """`setting`: what says where it is; `mode`: who may connect, from the first moment on."""
    if len(str(path).encode()) > SOCKET_PATH_BYTES:
        raise StartFailed(
            f"The Unix socket {path} cannot be: its path is longer than {SOCKET_PATH_BYTES} bytes. "
            f"Choose a shorter {setting}."
        )
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    undo.callback(sock.close)
    try:
        _remove_leftover(path, setting)
        sock.bind(str(path))
        undo.callback(path.unlink, missing_ok=True)
        if mode is not None:
            path.chmod(mode)  # nobody can connect before it listens
        sock.listen(BACKLOG)
    except OSError as error:
        raise StartFailed(
            f"Cannot listen on the Unix socket {path}: {error.strerror or error}. "
            f"Choose another path as {setting}, in a directory that exists and can be written."
        ) from error
    return sock


def _remove_leftover(path: Path, setting: str) -> None:
    """A killed gateway leaves its socket behind. One that answers, or a file of another kind, stays."""
    if not path.exists():
        return
    if not path.is_socket():
        raise StartFailed(f"{path} exists and is no socket. Choose another path as {setting}, or move that file away.")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
        else:
            raise StartFailed(
                f"Another program listens on {path}, perhaps another gossamer. "
                f"Stop it, or choose another path as {setting}."
            )


def _explain(error: OSError, host: str, port: int, setting: Setting) -> str:
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"{where} is in use by another program, perhaps another gossamer. "
                f"Stop it (`ss -ltnp 'sport = :{port}'` names it), or choose another port with {setting.port}."
            )
        case errno.EACCES | errno.EPERM:
            return (
                f"This user may not listen on {where}: ports below 1024 need a privilege (CAP_NET_BIND_SERVICE). "
                f"Choose a port from 1024 up with {setting.port}."
            )
        case errno.EADDRNOTAVAIL:
            return (
                f"This machine has no address {host}. "
                f"Name one that it has with {setting.host}: 127.0.0.1, or 0.0.0.0 for all."
            )
        case _:
            return f"Cannot listen on {where}: {error.strerror}. Choose another address with {setting.host}."
