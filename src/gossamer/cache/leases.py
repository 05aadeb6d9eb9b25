"""Leases in Redis: the right to ask a provider, held for as long as the call is under way.

A lease ends by itself soon after its worker does, so it is renewed while that lives.
"""

import asyncio
from collections.abc import Callable
from typing import Final

LEASE_MS: Final = 10_000
RENEW_S: Final = 3.0
"""So that a lease outlives two renewals that are lost."""


class Leases:
    """Of one worker. `renew` is told of each that is still held, from time to time: the lease, and what it is of."""

    def __init__(self, renew: Callable[[bytes, bytes], None]) -> None:
        self._renew_one = renew
        self._held: dict[bytes, bytes] = {}
        self._renewal: asyncio.TimerHandle | None = None

    def hold(self, lease: bytes, name: bytes) -> None:
        self._held[lease] = name
        if self._renewal is None:
            self._renew_later()

    def drop(self, lease: bytes) -> bytes | None:
        """What it was of; None: it was not held."""
        return self._held.pop(lease, None)

    def close(self) -> None:
        if self._renewal is not None:
            self._renewal.cancel()

    def _renew_later(self) -> None:
        self._renewal = asyncio.get_running_loop().call_later(RENEW_S, self._renew)

    def _renew(self) -> None:
        self._renewal = None
        for lease, name in self._held.items():
            self._renew_one(lease, name)
        if self._held:
            self._renew_later()
