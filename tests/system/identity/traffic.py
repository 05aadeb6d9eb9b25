"""Steady requests of one key to several nodes, over connections that stay and connections that are new each time.

Which worker answered is read from the ids that it mints: their beginning is that of its life.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import NamedTuple, Self

import msgspec

from tests.system.node import CHAT
from tests.system.raw_client import RawClient

KEPT, FRESH = 20, 4
"""Connections to a node. With four workers, one in three hundred runs leaves one of them without a kept connection."""
PAUSE_S = 0.02
"""Of each client between two requests, so that the load is steady and leaves time for what is measured."""


class Seen(NamedTuple):
    """One answer."""

    asked_s: float
    answered_s: float
    node: int
    worker: str
    status: int
    code: str | None


class Traffic:
    """Runs while its block does; `seen` is all that was answered."""

    def __init__(self, ports: Sequence[int], token: str, model: str = "house", agent: str | None = None) -> None:
        self.seen: list[Seen] = []
        self._ports = ports
        self._token = token
        self._body = {"model": model, "messages": [{"role": "user", "content": "Hello"}]}
        self._headers: Mapping[str, str] = {} if agent is None else {"x_agent_id": agent}
        self._is_over = False
        self._clients: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        for node, port in enumerate(self._ports):
            for is_fresh in [False] * KEPT + [True] * FRESH:
                self._clients.append(asyncio.create_task(self._send(node, port, is_fresh=is_fresh)))
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None):
        self._is_over = True
        await asyncio.gather(*self._clients)

    def workers(self, *, since_s: float = 0.0, status: int | None = None) -> set[str]:
        """Who has answered, with this status if one is named."""
        return {each.worker for each in self.seen if each.asked_s >= since_s and status in (None, each.status)}

    async def _send(self, node: int, port: int, *, is_fresh: bool) -> None:
        async with RawClient(port, self._token) as client:
            while not self._is_over:
                await asyncio.sleep(PAUSE_S)
                asked_s = time.monotonic()
                answer = await client.ask("POST", CHAT, self._body, **self._headers)
                life = (answer.header("x-request-id") or "").rpartition("-")[0]
                code = None if answer.status == 200 else msgspec.json.decode(answer.body)["error"]["code"]
                self.seen.append(Seen(asked_s, time.monotonic(), node, life, answer.status, code))
                if is_fresh:
                    await client.leave()
