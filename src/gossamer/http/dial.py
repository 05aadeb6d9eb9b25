"""From an origin to a connected socket: names to addresses, and the race between them (after RFC 8305).

Written on bare sockets because uvloop's create_connection knows no happy eyeballs. Knows no TLS and no proxy;
whoever calls sets the time limit, and a cancelled race leaves no socket open.
"""

import asyncio
import errno
import os
import socket
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from gossamer.http.errors import ConnectFailed
from gossamer.http.origin import Origin

STAGGER_S = 0.25  # RFC 8305 recommends 250 ms before the next address is tried beside the first

_REASONS = {
    errno.ECONNREFUSED: "connection refused (nothing listens there)",
    errno.EHOSTUNREACH: "host unreachable",
    errno.ENETUNREACH: "network unreachable",
    errno.ETIMEDOUT: "no answer",
    errno.ECONNRESET: "connection reset",
    errno.EACCES: "not permitted (file permissions, a firewall or a sandbox)",
    errno.EPERM: "not permitted (a firewall or a sandbox)",
    errno.EADDRNOTAVAIL: "no local address or port is free",
    errno.EMFILE: "too many open files (raise the limit: ulimit -n)",
    errno.ENFILE: "too many open files in the whole system",
    errno.ENOENT: "there is no such socket file",
}

# TCP notices a peer that vanished after about a minute, in place of Linux's two hours: the next request on a kept
# connection should not be the one that finds out.
_KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}  # seconds, seconds, probes


class Address(NamedTuple):
    """One way to connect, as the socket module writes it."""

    family: int
    sockaddr: Any

    def __str__(self) -> str:
        if self.family == socket.AF_INET6:
            return f"[{self.sockaddr[0]}]:{self.sockaddr[1]}"
        if self.family == socket.AF_INET:
            return f"{self.sockaddr[0]}:{self.sockaddr[1]}"
        return str(self.sockaddr)


async def resolve(origin: Origin) -> list[Address]:
    """All addresses of an origin, asked anew each time, in the order in which to try them."""
    if origin.unix_path is not None:
        return [Address(socket.AF_UNIX, origin.unix_path)]
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise ConnectFailed(_explain_resolver(origin.host, error)) from error
    addresses = interleave(Address(family, sockaddr) for family, _, _, _, sockaddr in found)
    if not addresses:
        raise ConnectFailed(f"the name {origin.host} has no address")
    return addresses


def interleave(addresses: Iterable[Address]) -> list[Address]:
    """Each once, the families by turns: where one family leads nowhere, the second try is already of the other."""
    families: dict[int, list[Address]] = {}
    for address in dict.fromkeys(addresses):
        families.setdefault(address.family, []).append(address)
    return [address for turn in zip_longest(*families.values()) for address in turn if address is not None]


async def dial(addresses: Sequence[Address], failures: list[str], stagger_s: float = STAGGER_S) -> socket.socket:
    """A socket connected to the first address that answers; the next is tried on failure, or after `stagger_s`.

    What fails on the way is added to `failures`, in words. Raises ConnectFailed with all of them.
    """
    waiting = deque(addresses)
    dialing: set[asyncio.Task[socket.socket | None]] = set()
    try:
        while waiting or dialing:
            if waiting:
                dialing.add(asyncio.create_task(_connect(waiting.popleft(), failures)))
            patience_s = stagger_s if waiting else None
            done, dialing = await asyncio.wait(dialing, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
            sockets = [sock for task in done if (sock := task.result()) is not None]
            for loser in sockets[1:]:
                loser.close()
            if sockets:
                return sockets[0]
    finally:
        for task in dialing:
            task.add_done_callback(_close_late)
            task.cancel()
    raise ConnectFailed("; ".join(failures))


async def _connect(address: Address, failures: list[str]) -> socket.socket | None:
    try:
        sock = _new_socket(address.family)
        try:
            await asyncio.get_running_loop().sock_connect(sock, address.sockaddr)
        except BaseException:
            sock.close()
            raise
    except OSError as error:
        failures.append(f"{address}: {_explain(error)}")
        return None
    return sock


def _close_late(task: asyncio.Task[socket.socket | None]) -> None:
    """A task may have connected in the very turn in which it was no longer wanted."""
    if not task.cancelled() and task.exception() is None and (sock := task.result()) is not None:
        sock.close()


def _new_socket(family: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.settimeout(0)  # never blocks: the loop waits
    if family != socket.AF_UNIX:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE.items():
            if hasattr(socket, name):  # not every system has all three
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return sock


def _explain(error: OSError) -> str:
    if error.errno is None:
        return str(error)
    return _REASONS.get(error.errno) or os.strerror(error.errno)


def _explain_resolver(host: str, error: socket.gaierror) -> str:
    if error.errno == socket.EAI_AGAIN:
        return f"the name {host} cannot be resolved: the name servers do not answer"
    return f"name not found: {host} ({error.strerror}); check its spelling"
