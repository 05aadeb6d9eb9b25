"""The link between the supervisor and one of its processes: a socket pair on which each side writes JSON lines.

Both sides' words are here, and the end of the process. It learns of settings, of a drain, and of its supervisor's
death; it answers with readiness and the fate of a reload. Nothing of a request ever crosses the link, and no secret
of a caller.
"""

import asyncio
import socket
from typing import Final, Protocol, cast, runtime_checkable

import msgspec

from gossamer.config.settings import Settings
from gossamer.feed.lines import Lines

TOLD_EVERY_S: Final = 1.0
"""How often a worker says how it fares; who shows it is told as often."""


class FirstKey(msgspec.Struct, frozen=True):
    """A key that the supervisor made for a store that has none: without its token, which only the banner shows."""

    key_id: str
    digest: str
    """SHA-256 of the token, in hex."""


class Gauges(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a worker fares at this moment."""

    in_flight: int = 0
    """Requests that have begun and not ended."""
    loop_lag_s: float = 0.0
    """By how much its loop was late at worst, since it last said so."""
    circuits: dict[str, bool] = {}
    """Of the targets of routes: whether each is kept from being asked."""
    unkept: int = 0
    """Responses that were to be kept and could not be, since it began."""


class Seat(msgspec.Struct, frozen=True, omit_defaults=True):
    """The place of one worker, manned or not."""

    worker: int
    restarts: int = 0
    gauges: Gauges | None = None
    """Of who is there now, once it has said a word."""


class Order(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the supervisor says: settings with their generation, a drain, a first key to keep, how the workers are."""

    settings: Settings | None = None
    generation: int = 0
    fleet: int = 0
    """When this set of processes was started, in Unix microseconds: greater than any before."""
    run_secret: str = ""
    """Of this start: by it the workers know the calls of the agents. Never written anywhere."""
    drain: float | None = None
    """Seconds that requests under way may still take."""
    first_key: FirstKey | None = None
    """For the control process alone."""
    seats: tuple[Seat, ...] | None = None
    """For the recorder alone: all of them, once a second."""


class Report(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a process says; one member a line."""

    ready: int | None = None
    """The process id of one that now takes requests."""
    reloaded: int | None = None
    """The generation of the settings that are now in force."""
    failed: str | None = None
    """Why it cannot start, or why it keeps the settings that it had."""
    first_key: bool | None = None
    """Whether the first key is kept now; false: the store had keys before."""
    gauges: Gauges | None = None
    """Of a worker, once a second."""


def encode_order(order: Order) -> bytes:
    """A line for the link: encoded once for all who are told."""
    return msgspec.json.encode(order) + b"\n"


class LinkOwner(Protocol):
    """Who acts on what the supervisor says. Called from the event loop, one call at a time."""

    def new_settings(self, settings: Settings, generation: int) -> None:
        """Take them over, then say `reloaded` or `failed`."""

    def drain(self, within_s: float) -> None:
        """Finish what is under way and end. May be called more than once."""

    def supervisor_gone(self) -> None:
        """Nobody will stop or restart this process any more: drain and end."""


@runtime_checkable
class FirstKeyKeeper(Protocol):
    """A LinkOwner who can also be asked to keep a first key."""

    def keep_first_key(self, key: FirstKey) -> None:
        """Say `first_key` once it is known whether the store needs one, however long that takes."""


@runtime_checkable
class SeatsWatcher(Protocol):
    """A LinkOwner who is told how the workers fare."""

    def seats_told(self, seats: tuple[Seat, ...]) -> None: ...


class Link(asyncio.Protocol):
    """The end of the process. What comes before there is an owner waits for it."""

    def __init__(self) -> None:
        self.fleet = 0
        """Told with the first settings."""
        self.run_secret = ""
        """So is this."""
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

    def first_key(self, *, is_kept: bool) -> None:
        self._say(Report(first_key=is_kept))

    def gauges(self, gauges: Gauges) -> None:
        self._say(Report(gauges=gauges))

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
            self.run_secret = order.run_secret
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
        elif order.first_key is not None and isinstance(owner, FirstKeyKeeper):
            owner.keep_first_key(order.first_key)
        elif order.seats is not None and isinstance(owner, SeatsWatcher):
            owner.seats_told(order.seats)

    def _say(self, report: Report) -> None:
        if self._transport is not None:
            self._transport.write(msgspec.json.encode(report) + b"\n")


async def open_link(sock: socket.socket) -> Link:
    """Take over our end of the socket pair."""
    _, link = await asyncio.get_running_loop().create_unix_connection(Link, sock=sock)
    return link
