"""Opens connections to one origin: DNS, TCP, the proxy's tunnel, TLS, all within one time limit.

The cold path of the client. Keeps nothing between two connections; the pool does that. Session tickets are not
kept either: resuming a TLS 1.3 session saved no measurable CPU, and saves no round trip.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import TypeVar

from gossamer.http.dial import STAGGER_S, dial, resolve
from gossamer.http.errors import ConnectFailed, ConnectTimeout
from gossamer.http.limits import CallTimeouts
from gossamer.http.origin import Origin
from gossamer.http.proxy import Proxy
from gossamer.http.tls import client_context, explain_handshake
from gossamer.http.tunnel import open_tunnel

P = TypeVar("P", bound=asyncio.Protocol)

_CONNECT_S = CallTimeouts().connect_s


class Progress:
    """How far one opening has come, so that a time-out can say what it was waiting for."""

    __slots__ = ("awaited", "failures")

    def __init__(self, awaited: str) -> None:
        self.awaited = awaited
        self.failures: list[str] = []

    def __str__(self) -> str:
        before = f" (before that: {'; '.join(self.failures)})" if self.failures else ""
        return self.awaited + before


class Connector:
    """Opens connections to one origin, through its proxy where it has one.

    `tls` is the context of https origins; share one between all origins with the same `verify` (see tls.py).
    """

    def __init__(
        self,
        origin: Origin,
        *,
        tls: ssl.SSLContext | None = None,
        proxy: Proxy | None = None,
        connect_s: float = _CONNECT_S,
        stagger_s: float = STAGGER_S,
    ) -> None:
        self.origin = origin
        self.proxy = proxy
        self._tls = (tls or client_context(verify=True)) if origin.is_tls else None
        self._connect_s = connect_s
        self._stagger_s = stagger_s

    def __repr__(self) -> str:
        return f"<Connector {self.route}>"

    @property
    def route(self) -> str:
        return f"{self.origin} through the proxy {self.proxy}" if self.proxy else str(self.origin)

    async def open(self, protocol_factory: Callable[[], P]) -> tuple[asyncio.Transport, P]:
        """A connection ready for its first request. Raises ConnectFailed, or ConnectTimeout which is one too.

        The protocol has had its connection_made. One that is not returned, because the opening failed or was
        cancelled, belongs to nobody: its socket is closed, but uvloop does not always tell it by connection_lost.
        """
        progress = Progress("the name servers")
        try:
            async with asyncio.timeout(self._connect_s):
                return await self._open(protocol_factory, progress)
        except TimeoutError as error:
            limit = f"{self._connect_s:g} s"
            raise ConnectTimeout(
                f"no connection to {self.route} within {limit}: still waiting for {progress}"
            ) from error
        except ConnectFailed as error:
            raise ConnectFailed(f"cannot connect to {self.route}: {error}") from error

    async def _open(self, protocol_factory: Callable[[], P], progress: Progress) -> tuple[asyncio.Transport, P]:
        addresses = await resolve(self.proxy.origin if self.proxy else self.origin)
        progress.awaited = "TCP to " + ", ".join(map(str, addresses))
        sock = await dial(addresses, progress.failures, self._stagger_s)
        try:
            if self.proxy:
                progress.awaited = "the proxy's answer to CONNECT"
                await open_tunnel(sock, self.origin, self.proxy)
            protocol = protocol_factory()
        except BaseException:
            sock.close()
            raise
        progress.awaited = "the TLS handshake"
        return await self._hand_over(sock, protocol)

    async def _hand_over(self, sock: socket.socket, protocol: P) -> tuple[asyncio.Transport, P]:
        """Puts a transport on the socket, which from here on belongs to the loop."""
        loop = asyncio.get_running_loop()
        if sock.family == socket.AF_UNIX:
            return await loop.create_unix_connection(lambda: protocol, sock=sock)
        if self._tls is None:
            return await loop.create_connection(lambda: protocol, sock=sock)
        try:
            return await loop.create_connection(
                lambda: protocol,
                sock=sock,
                ssl=self._tls,
                server_hostname=self.origin.server_name,
                ssl_handshake_timeout=self._connect_s,
            )
        except OSError as error:
            raise ConnectFailed(explain_handshake(error)) from error
