"""Which servers there are, and which of them answers for a key: one, or those of a cluster, as it says of itself.

A cluster tells where a slot is when it is asked (CLUSTER SLOTS), and corrects whoever asks the wrong server (MOVED),
or the right one in the middle of a move (ASK).
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from gossamer.redis.address import RedisAddress
from gossamer.redis.line import Asking, Line
from gossamer.redis.resp import ReplyError, encode
from gossamer.redis.server import TIMEOUT_S, Server
from gossamer.redis.slots import SLOTS

BETWEEN_SLOTS: Final = "TRYAGAIN"
"""Of a refusal: some keys of a slot have moved, others have not, and nobody has them all. The server itself is well."""
_MOST_REDIRECTS: Final = 4
"""A key moves once, and perhaps once more behind its slot; beyond that two servers disagree."""
_REFRESH_S: Final = 1.0
"""Between two looks at who is where, while some server is down: a failover takes a few."""
_ASKING: Final = encode("ASKING")
_WHERE: Final = encode("CLUSTER", "SLOTS")


class Routed(Asking, Protocol):
    """Somebody who asks about keys of one slot, and may be sent elsewhere."""

    slot: int
    redirects: int


class Servers(Protocol):
    """All that there are."""

    def start(self) -> None: ...

    def close(self) -> None: ...

    def of_slot(self, slot: int) -> Server: ...

    def redirect(self, error: ReplyError, waiter: Routed) -> bool:
        """Whether the error only says to ask elsewhere, and that is done."""


class Single:
    """One server has everything."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.start = server.start
        self.close = server.close

    def of_slot(self, slot: int) -> Server:  # noqa: ARG002 - it has all of them
        return self._server

    def redirect(self, error: ReplyError, waiter: Routed) -> bool:  # noqa: ARG002 - there is nobody else
        return False


class Cluster:
    """Begins with the servers of the URL, and knows all once one of them has answered."""

    def __init__(self, address: RedisAddress, make: Callable[[RedisAddress], Server]) -> None:
        self._address = address
        self._make = make
        self._servers: dict[tuple[str, int], Server] = {}
        self._owners: list[Server | None] = [None] * SLOTS
        self._masters: set[Server] = set()
        self._seeds = [self._server(*seed) for seed in address.seeds]
        self._refresh: asyncio.TimerHandle | None = None
        self._is_asking = False
        self._is_closed = False

    def start(self) -> None:
        for seed in self._seeds:
            seed.start()
        self._look()

    def close(self) -> None:
        self._is_closed = True
        if self._refresh is not None:
            self._refresh.cancel()
        for server in self._servers.values():
            server.close()

    def of_slot(self, slot: int) -> Server:
        return self._owners[slot] or self._any()

    def redirect(self, error: ReplyError, waiter: Routed) -> bool:
        words = str(error).split()
        if words[0] not in ("MOVED", "ASK") or len(words) != 3 or waiter.redirects >= _MOST_REDIRECTS:
            return False
        waiter.redirects += 1
        host, _, port = words[2].rpartition(":")
        server = self._started(host or self._address.host, int(port))
        if not server.is_up:
            return False
        if words[0] == "MOVED":
            self._owners[int(words[1])] = server
            self._look()
        else:
            server.tell(_Asking())
        server.tell(waiter)
        return True

    def _any(self) -> Server:
        return next((server for server in self._servers.values() if server.is_up), self._seeds[0])

    def _server(self, host: str, port: int) -> Server:
        found = self._servers.get((host, port))
        if found is None:
            found = self._servers[host, port] = self._make(self._address.at(host, port))
        return found

    def _started(self, host: str, port: int) -> Server:
        is_new = (host, port) not in self._servers
        server = self._server(host, port)
        if is_new:
            server.start()
        return server

    # --- who is where ---

    def _look(self) -> None:
        """Ask somebody; and again soon, while not all is well."""
        if not self._is_asking and not self._is_closed:
            server = self._any()
            if server.is_up:
                self._is_asking = True
                server.tell(_Where(self._learn))
            self._look_later()

    def _look_later(self) -> None:
        if self._refresh is None and not self._is_closed:
            self._refresh = asyncio.get_running_loop().call_later(_REFRESH_S, self._look_again)

    def _look_again(self) -> None:
        self._refresh = None
        if not self._masters or not all(server.is_up for server in self._masters):
            self._look()
        else:
            self._look_later()

    def _learn(self, reply: object) -> None:
        self._is_asking = False
        if isinstance(reply, list):
            self._masters = set()
            for first, last, (host, port, *_), *_ in reply:
                server = self._started((host or b"").decode() or self._address.host, port)
                self._masters.add(server)
                self._owners[first : last + 1] = [server] * (last + 1 - first)


class _Asking:
    """Lets the next command pass at a server that is about to take over its slot."""

    command = _ASKING

    def answered(self, reply: object, line: Line) -> None: ...

    def failed(self, reason: str) -> None: ...


class _Where:
    command = _WHERE

    def __init__(self, learn: Callable[[object], None]) -> None:
        self._learn = learn

    def answered(self, reply: object, line: Line) -> None:  # noqa: ARG002 - a Waiter
        self._learn(reply)

    def failed(self, reason: str) -> None:
        self._learn(reason)


def open_servers(
    address: RedisAddress,
    scripts: Sequence[bytes],
    on_up: Callable[[Server], None],
    on_trouble: Callable[[str], None],
    timeout_s: float = TIMEOUT_S,
    on_down: Callable[[Server], None] | None = None,
) -> Servers:
    """Not started yet."""

    def make(at: RedisAddress) -> Server:
        return Server(at, scripts, on_up, on_trouble, timeout_s, on_down)

    return Cluster(address, make) if address.is_cluster else Single(make(address))
