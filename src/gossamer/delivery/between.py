"""A request between the client's own and what delivers its answer: all passes through, in both directions.

What it is for, its kinds say: to keep the answer (once.py, keeping.py), to add to it (telling.py).
"""

from collections.abc import Callable

from gossamer.core.exchange import Exchange
from gossamer.http.request import Request


class Between(Request):
    """It stands in the exchange in the place of the request that was there, and hears of the client in its place."""

    def __init__(self, exchange: Exchange) -> None:
        client = exchange.request
        super().__init__(None, client.head, client.body, None, client.arrived_ns)
        self.client = client
        self.peer = client.peer
        self.owner = client.owner
        client.owner = self
        exchange.request = self

    @property
    def is_open(self) -> bool:
        return self.client.is_open

    # --- the answer ---

    def reply(self, status: int, headers: bytes, body: bytes) -> None:
        self.owner = None
        self.client.reply(status, headers, body)

    def foretell(self, data: bytes) -> None:
        self.client.foretell(data)

    def start(self, status: int, headers: bytes, length: int | None = None) -> None:
        self.client.start(status, headers, length)

    def write(self, data: bytes) -> None:
        self.client.write(data)

    def chunk_writer(self) -> Callable[[bytes], None] | None:
        return self.client.chunk_writer()

    def end(self) -> None:
        self.owner = None
        self.client.end()

    def break_off(self) -> None:
        self.client.break_off()

    def abort(self) -> None:
        self.client.abort()

    # --- the client ---

    def client_gone(self) -> None:
        owner, self.owner = self.owner, None
        if owner is not None:
            owner.client_gone()

    def client_slow(self) -> None:
        if self.owner is not None:
            self.owner.client_slow()

    def client_ready(self) -> None:
        if self.owner is not None:
            self.owner.client_ready()
