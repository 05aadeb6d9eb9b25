"""The load process: `python -m gossamer.bench.load`, orders on stdin, reports on stdout, both one JSON object a line.

A process of its own, pinned away from what it measures, with every byte rendered and garbage collection off before
the first request of a block is sent. It ends when its stdin does.
"""

import asyncio
import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import uvloop

from gossamer.bench.arrivals import arrivals_ns
from gossamer.bench.blocks import ArmFailed, Block, OpenBlock, PacedBlock, WaveBlock
from gossamer.bench.caller import Caller, Keeper
from gossamer.bench.lag import LoopLag
from gossamer.bench.orders import (
    Failed,
    Measure,
    Measured,
    Open,
    Opened,
    Order,
    Paced,
    PacedDone,
    Report,
    Waves,
    WavesDone,
)
from gossamer.bench.prompts import Target, request_of
from gossamer.bench.reading import SELF_HEADERS, Around, read_sample
from gossamer.bench.traffic import SERVICE_NS, STREAM_BODY, numbered_body, request_bytes, service_ns
from gossamer.http.errors import ConnectFailed
from gossamer.http.origin import parse_base_url


class Arm:
    """The warm connections of one arm."""

    def __init__(self, order: Open) -> None:
        origin, prefix = parse_base_url(order.base_url)
        self._order = order
        self._keeper = Keeper(origin)
        self.callers: list[Caller] = []
        self.self_headers = (order.says.encode("ascii"),) if order.says else SELF_HEADERS
        self.target = Target(
            origin.host_header.decode("ascii"), prefix.decode("ascii"), order.token, order.model, order.extra_headers
        )

    async def warm(self, connections: int | None = None) -> list[Caller]:
        """So many callers with open connections; what has closed since the last block is replaced."""
        wanted = self._order.connections if connections is None else connections
        while len(self.callers) < wanted:
            self.callers.append(Caller(self._keeper))
        chosen = self.callers[:wanted]
        for caller in chosen:
            try:
                await caller.warm()
            except ConnectFailed as error:
                raise ArmFailed(f"takes no connection: {error}") from error
        return chosen

    def close(self) -> None:
        """Close them all."""
        for caller in self.callers:
            caller.close()

    def request(self, body: str) -> bytes:
        """A request of the budget gate, as this arm gets it."""
        return request_bytes(body, self._order.token, self.target.authority)


class Load:
    """Carries out orders, one at a time."""

    def __init__(self) -> None:
        self._arms: dict[str, Arm] = {}

    async def obey(self, order: Order) -> Report:
        """What came of it; an arm that failed is a report too."""
        try:
            match order:
                case Open():
                    arm = self._arms[order.arm] = Arm(order)
                    await arm.warm()
                    return Opened()
                case Measure():
                    return await self._measure(order, self._arms[order.arm])
                case Paced():
                    return await self._paced(order, self._arms[order.arm])
                case Waves():
                    return await self._waves(order, self._arms[order.arm])
        except ArmFailed as error:
            return Failed(f"{order.arm} {error}")

    def close(self) -> None:
        """No more orders."""
        for arm in self._arms.values():
            arm.close()

    async def _measure(self, order: Measure, arm: Arm) -> Measured:
        cell = order.cell
        callers = await arm.warm(cell.concurrency)
        for caller in callers:
            caller.refused = 0
        total = cell.warm + cell.requests
        requests = [request_of(cell, arm.target, order.first_number + i) for i in range(total)]
        block: Block
        if cell.rate_per_s:
            block = OpenBlock(callers, requests, arrivals_ns(total, cell.rate_per_s, order.first_number))
        else:
            spread_s = SERVICE_NS / 1e9 if cell.is_timed_by_provider else 0.0
            block = PacedBlock(callers, requests, strict=False, spread_s=spread_s, begin_within_s=order.begin_within_s)
        with undisturbed(), LoopLag() as lag:
            began = time.perf_counter()
            await block.run()
            seconds = time.perf_counter() - began
        warm = min(cell.warm, len(block.taken) // 2)  # time ran out for a slow way: half of what there is, is warm
        kept = [taken for taken in block.taken if taken.number >= warm]
        answered = sum(taken.head is not None for taken in block.taken)
        around = Around(seconds, lag.worst_ns, sum(caller.refused for caller in callers), arm.self_headers)
        return Measured(read_sample(cell, kept, answered, around))

    async def _paced(self, order: Paced, arm: Arm) -> PacedDone:
        callers = await arm.warm()
        total = order.warm + order.kept + order.cool
        requests = [arm.request(numbered_body(order.first_number + i)) for i in range(total)]
        block = PacedBlock(callers, requests, strict=True, spread_s=SERVICE_NS / 1e9)
        with undisturbed():
            began = time.perf_counter()
            await block.run()
            seconds = time.perf_counter() - began
        beyond_ns = [0] * total
        for taken in block.taken:
            beyond_ns[taken.number] = taken.done_ns - taken.sent_ns - service_ns(order.first_number + taken.number)
        return PacedDone(beyond_ns[order.warm : order.warm + order.kept], seconds)

    async def _waves(self, order: Waves, arm: Arm) -> WavesDone:
        callers = await arm.warm()
        block = WaveBlock(callers, arm.request(STREAM_BODY), order.waves)
        with undisturbed():
            began = time.perf_counter()
            await block.run()
            seconds = time.perf_counter() - began
        return WavesDone(len(callers) * order.waves, block.events, block.reads, seconds)


@contextmanager
def undisturbed() -> Iterator[None]:
    """No garbage collection in the measured window."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


async def serve() -> None:
    """Orders until the pipe closes."""
    orders = asyncio.StreamReader(limit=_ORDER_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin.buffer)
    decode, encode = msgspec.json.Decoder(Order).decode, msgspec.json.Encoder().encode
    load = Load()
    while line := await orders.readline():
        report = await load.obey(decode(line))
        sys.stdout.buffer.write(encode(report) + b"\n")
        sys.stdout.buffer.flush()
    load.close()


_ORDER_BYTES = 1 << 20
"""An order is a few hundred bytes."""

if __name__ == "__main__":
    uvloop.run(serve())
