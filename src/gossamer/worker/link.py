"""The link between the supervisor and one worker: a socket pair on which each side writes JSON lines.

Both sides' words are here, and the worker's end. The worker learns of settings, of a drain, and of its supervisor's
death; it answers with readiness and the fate of a reload. Nothing of a request ever crosses the link.
"""

import asyncio
import socket
from collections.abc import Iterator
from typing import Protocol, cast

import msgspec

from gossamer.config.settings import Settings


class Order(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the supervisor says: settings with their generation, or a drain."""

    settings: Settings | None = None
    generation: int = 0
    fleet: int = 0
    """When this set of processes was started, in Unix microseconds: greater than any before."""
    drain: float | None = None
    """Seconds that requests under way may still take."""


class Report(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a worker says; one member a line."""

    ready: int | None = None
    """The process id of a worker that now takes requests."""
    reloaded: int | None = None
    """The generation of the settings that are now in force."""
    failed: str | None = None
    """Why the worker cannot start, or why it keeps the settings that it had."""


class Lines:
    """Cuts a stream of bytes into whole lines."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._rest += data
        if b"\n" in data:
            *whole, self._rest = self._rest.split(b"\n")
            yield from map(bytes, whole)


def encode_order(order: Order) -> bytes:
    """A line for the link: encoded once for all workers."""
    return msgspec.json.encode(order) + b"\n"


class LinkOwner(Protocol):
    """Who acts on what the supervisor says. Called from the event loop, one call at a time."""

    def new_settings(self, settings: Settings, generation: int) -> None:
        """Take them over, then say `reloaded` or `failed`."""

    def drain(self, within_s: float) -> None:
        """Finish what is under way and end. May be called more than once."""

    def supervisor_gone(self) -> None:
        """Nobody will stop or restart this worker any more: drain and end."""


class Link(asyncio.Protocol):
    """The worker's end. What comes before there is an owner waits for it."""

    def __init__(self) -> None:
        self.fleet = 0
        """Told with the first settings."""
        self._lines = Lines()
        self._orders = msgspec.json.Decoder(Order)
        self._first: asyncio.Future[Settings] = asyncio.get_running_loop().create_future()
        self._owner: LinkOwner | None = None
        self._early: list[Order | None] = []
        self._transport: asyncio.WriteTransport | None = None

    async def first_settings(self) -> Settings:
        """The settings to start with. Raises EOFError where the supervisor ends before it sent any."""
        return await self._first

    def attach(self, owner: LinkOwner) -> None:
        """From now on `owner` is called; at once with what came before."""
        self._owner = owner
        early, self._early = self._early, []
        for order in early:
            self._act(order, owner)

    def ready(self, pid: int) -> None:
        self._say(Report(ready=pid))

    def reloaded(self, generation: int) -> None:
        self._say(Report(reloaded=generation))

    def failed(self, text: str) -> None:
        self._say(Report(failed=text))

    def drain(self, within_s: float) -> None:
        """Let the owner drain as if the supervisor had asked for it."""
        self._receive(Order(drain=within_s))

    def close(self) -> None:
        """The supervisor takes it for the worker's last word."""
        if self._transport is not None:
            self._transport.close()

    # --- called by the event loop ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports write, but are no subclass of asyncio's.
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        for line in self._lines.feed(data):
            try:
                order = self._orders.decode(line)
            except msgspec.DecodeError as error:
                self._refuse(error)
            else:
                self._receive(order)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._transport = None
        if not self._first.done():
            self._first.set_exception(EOFError("The supervisor ended before it sent settings."))
        self._receive(None)

    # --- inside ---

    def _receive(self, order: Order | None) -> None:
        """An order, or None: the supervisor is gone."""
        if order and order.settings and not self._first.done():
            self.fleet = order.fleet
            self._first.set_result(order.settings)
        elif self._owner is None:
            self._early.append(order)
        else:
            self._act(order, self._owner)

    def _refuse(self, error: msgspec.DecodeError) -> None:
        """Both sides share the code, except after an upgrade under a running supervisor."""
        if not self._first.done():
            self._first.set_exception(error)
        else:
            self.failed(f"An order of the supervisor cannot be read: {error}. Restart gossamer after an upgrade.")

    def _act(self, order: Order | None, owner: LinkOwner) -> None:
        if order is None:
            owner.supervisor_gone()
        elif order.drain is not None:
            owner.drain(order.drain)
        elif order.settings is not None:
            owner.new_settings(order.settings, order.generation)

    def _say(self, report: Report) -> None:
        if self._transport is not None:
            self._transport.write(msgspec.json.encode(report) + b"\n")


async def open_link(sock: socket.socket) -> Link:
    """Take over the worker's end of the socket pair."""
    _, link = await asyncio.get_running_loop().create_unix_connection(Link, sock=sock)
    return link
