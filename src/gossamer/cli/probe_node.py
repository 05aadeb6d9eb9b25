"""What `doctor` looks at on this machine: disk, port, socket, certificate. One function each, which says how it went.

Every probe ends within a few seconds and changes nothing that lasts.
"""

import errno
import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Literal

import msgspec

from gossamer.config.settings import JournalSettings, ServerSettings, TlsSettings
from gossamer.config.units import format_size
from gossamer.http.tls import client_context, server_context
from gossamer.journal.aside import Aside, aside_of

Word = Literal["ok", "warn", "fail"]
Peer = Literal["gossamer", "another program", "nobody"]

ASK_S = 2.0
"""Seconds for one answer from the network."""
_ENOUGH_BYTES = 4096
"""Of an answer to /healthz, to see who gave it."""
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised here, not bound
"""Where to knock when a server listens everywhere."""


class Finding(msgspec.Struct, frozen=True):
    """One line of the report."""

    word: Word
    subject: str
    text: str


# --- the disk ---


def probe_data_dir(data_dir: Path) -> Finding:
    """Whether files can be made in it, or it can be made itself."""
    data_dir = data_dir.absolute()
    place = _existing(data_dir)
    if not place.is_dir():
        return Finding("fail", "data_dir", f"{place} is no directory; move it away, or set data_dir to another path")
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"doctor")
    except OSError as error:
        wrong = f"nothing can be written in {place} ({error.strerror})"
        return Finding("fail", "data_dir", f"{wrong}; give {_user()} the right to, or set data_dir to another path")
    if place == data_dir:
        return Finding("ok", "data_dir", f"{data_dir} can be written")
    return Finding("ok", "data_dir", f"{data_dir} does not exist yet and can be made")


def probe_disk(data_dir: Path, journal: JournalSettings) -> Finding:
    """Whether the journal can grow to its bound."""
    data_dir = data_dir.absolute()
    free = shutil.disk_usage(_existing(data_dir)).free
    bound, segment = journal.max_size_bytes, journal.segment_size_bytes
    text = f"{_roughly(free)} free at {data_dir}, and the journal may take {format_size(bound)}"
    advice = "make room, or lower journal.max_size"
    if free < segment:
        return Finding("fail", "journal", f"{text}; not even one segment of {format_size(segment)} fits: {advice}")
    if free < bound:
        return Finding("warn", "journal", f"{text}: {advice}")
    return Finding("ok", "journal", text)


def probe_garbled(data_dir: Path) -> Finding | None:
    """What was in the journal and was no record; None where that is nothing."""
    aside = Aside(aside_of(data_dir.absolute() / "journal"))
    pieces = sum(map(len, aside.pieces().values()))
    if not pieces:
        return None
    text = f"{pieces} of its lines were no records, and are set aside in {aside.directory}"
    return Finding("warn", "journal", f"{text}; look at their reasons and at the disk, then remove them")


def _existing(path: Path) -> Path:
    """The path, or the nearest one above it that exists."""
    while not _is_there(path) and path != path.parent:
        path = path.parent
    return path


def _is_there(path: Path) -> bool:
    """As far as this user may see."""
    try:
        path.stat()
    except OSError:
        return False
    return True


def _roughly(size_bytes: int) -> str:
    unit = "GiB" if size_bytes >= 1 << 30 else "MiB"
    return f"{size_bytes / (1 << 30 if unit == 'GiB' else 1 << 20):.1f}{unit}"


def _user() -> str:
    return f"user {os.geteuid()}"


# --- the front door ---


def probe_port(server: ServerSettings) -> Finding:
    """Whether the port can be bound, or a gossamer holds it already."""
    where = _address(server.host, server.port)
    try:
        _bind(server.host, server.port)
    except socket.gaierror:
        return Finding(
            "fail", "server", f"the name {server.host} has no address; set server.host to one of this machine"
        )
    except OSError as error:
        return _explain_bind(error, server, where)
    return Finding("ok", "server", f"{where} takes any free port" if server.port == 0 else f"{where} is free")


def _bind(host: str, port: int) -> None:
    for family, kind, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE):
        with socket.socket(family, kind) as sock:
            # What an earlier run left in TIME_WAIT does not count, as it does not for the gateway.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(address)


def _explain_bind(error: OSError, server: ServerSettings, where: str) -> Finding:
    if error.errno == errno.EADDRINUSE:
        host = _EVERY_ADDRESS.get(server.host, server.host)
        if ask_who((host, server.port), has_tls=server.tls is not None) == "gossamer":
            return Finding("ok", "server", f"{where} is in use by a running gossamer")
        see = f"`ss -ltnp 'sport = :{server.port}'` names it"
        return Finding("fail", "server", f"{where} is in use by another program; stop it ({see}), or set server.port")
    if error.errno == errno.EACCES:
        return Finding(
            "fail", "server", f"{where} needs more rights than {_user()} has; set server.port to 1024 or more"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return Finding("fail", "server", f"{server.host} is no address of this machine; set server.host to one that is")
    return Finding("fail", "server", f"{where} cannot be bound ({error.strerror}); set server.host and server.port")


def probe_unix_socket(uds: str) -> Finding:
    """Whether the socket can be made, or a gossamer holds it already."""
    path = Path(uds)
    if not _is_there(path.parent):
        return Finding(
            "fail", "server.uds", f"{path.parent} does not exist; make it, or set server.uds to another path"
        )
    if not _is_there(path):
        is_writable = os.access(path.parent, os.W_OK | os.X_OK)
        if is_writable:
            return Finding("ok", "server.uds", f"{path} is free")
        return Finding(
            "fail", "server.uds", f"{_user()} may not write in {path.parent}; set server.uds to another path"
        )
    if not path.is_socket():
        return Finding("fail", "server.uds", f"{path} is no socket; move it away, or set server.uds to another path")
    match ask_who(uds, has_tls=False):
        case "gossamer":
            return Finding("ok", "server.uds", f"{path} is in use by a running gossamer")
        case "nobody":
            return Finding("ok", "server.uds", f"{path} is left over from an earlier run and will be replaced")
        case _:
            return Finding("fail", "server.uds", f"{path} is in use by another program; stop it, or set server.uds")


def ask_who(address: tuple[str, int] | str, *, has_tls: bool) -> Peer:
    """Who answers /healthz there. Gossamer is known by its name anywhere in the answer."""
    try:
        with _connect(address) as sock:
            if not has_tls:
                return _ask_health(sock)
            # Who answers matters, not who vouches for it.
            with client_context(verify=False).wrap_socket(sock) as wrapped:
                return _ask_health(wrapped)
    except ConnectionRefusedError:
        return "nobody"
    except OSError:
        return "another program"


def _connect(address: tuple[str, int] | str) -> socket.socket:
    if isinstance(address, tuple):
        return socket.create_connection(address, timeout=ASK_S)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(ASK_S)
    try:
        sock.connect(address)
    except OSError:
        sock.close()
        raise
    return sock


def _ask_health(sock: socket.socket) -> Peer:
    sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = b""
    while len(answer) < _ENOUGH_BYTES and (piece := sock.recv(_ENOUGH_BYTES)):
        answer += piece
    return "gossamer" if b"gossamer" in answer.lower() else "another program"


def probe_certificate(tls: TlsSettings) -> Finding:
    """Whether both files can be read and belong together."""
    try:
        server_context(Path(tls.certificate), Path(tls.key))
    except ValueError as error:
        return Finding("fail", "server.tls", str(error))
    return Finding("ok", "server.tls", f"{tls.certificate} and {tls.key} belong together")


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
