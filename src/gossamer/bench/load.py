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

from gossamer.bench.blocks import PacedBlock, WaveBlock
from gossamer.bench.caller import ArmFailed, Caller
from gossamer.bench.orders import Failed, Open, Opened, Order, Paced, PacedDone, Report, Waves, WavesDone
from gossamer.bench.processes import HOST
from gossamer.bench.traffic import STREAM_BODY, numbered_body, request_bytes


class Arm:
    """The warm connections of one arm."""

    def __init__(self, order: Open) -> None:
        self._order = order
        self.callers: list[Caller] = []

    async def warm(self) -> None:
        """Replace what has closed since the last block."""
        self.callers = [caller for caller in self.callers if caller.is_open]
        loop = asyncio.get_running_loop()
        while len(self.callers) < self._order.connections:
            try:
                _, caller = await loop.create_connection(Caller, HOST, self._order.port)
            except OSError as error:
                raise ArmFailed(f"takes no connection: {error}") from error
            self.callers.append(caller)

    def close(self) -> None:
        """Close them all."""
        for caller in self.callers:
            caller.transport.close()

    def request(self, body: str) -> bytes:
        """The request as this arm gets it."""
        return request_bytes(body, self._order.token, self._order.port)


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

    async def _paced(self, order: Paced, arm: Arm) -> PacedDone:
        await arm.warm()
        total = order.warm + order.kept + order.cool
        requests = [arm.request(numbered_body(order.first_number + i)) for i in range(total)]
        block = PacedBlock(arm.callers, requests, order.first_number)
        with undisturbed():
            began = time.perf_counter()
            await block.run()
            seconds = time.perf_counter() - began
        return PacedDone(block.beyond_ns[order.warm : order.warm + order.kept], seconds)

    async def _waves(self, order: Waves, arm: Arm) -> WavesDone:
        await arm.warm()
        block = WaveBlock(arm.callers, arm.request(STREAM_BODY), order.waves)
        with undisturbed():
            began = time.perf_counter()
            await block.run()
            seconds = time.perf_counter() - began
        return WavesDone(len(arm.callers) * order.waves, block.events, block.reads, seconds)


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
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin.buffer)
    decode, encode = msgspec.json.Decoder(Order).decode, msgspec.json.Encoder().encode
    load = Load()
    while line := await orders.readline():
        report = await load.obey(decode(line))
        sys.stdout.buffer.write(encode(report) + b"\n")
        sys.stdout.buffer.flush()
    load.close()


if __name__ == "__main__":
    uvloop.run(serve())
