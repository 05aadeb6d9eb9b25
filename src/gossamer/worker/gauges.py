"""How this worker fares, said to the supervisor once a second. It is looked at then: no request pays for counting."""

import asyncio
from collections.abc import Callable
from typing import Final

from gossamer.core.clock import now_ns
from gossamer.process.link import TOLD_EVERY_S, Gauges, Link

LOOKS: Final = 4
"""At the loop, for each time that something is said: a pause is seen if it falls on one of them."""
_LOOK_EVERY_S: Final = TOLD_EVERY_S / LOOKS
_NS_PER_S: Final = 1e9


class GaugeTeller:
    def __init__(
        self,
        link: Link,
        in_flight: Callable[[], int],
        circuits: Callable[[], dict[str, bool]],
        unkept: Callable[[], int] = lambda: 0,
    ) -> None:
        self._link = link
        self._in_flight = in_flight
        self._circuits = circuits
        self._unkept = unkept
        self._looks = 0
        self._lag_s = 0.0
        self._look_later()

    def close(self) -> None:
        self._timer.cancel()

    def _look_later(self) -> None:
        self._due_ns = now_ns() + round(_LOOK_EVERY_S * _NS_PER_S)
        self._timer = asyncio.get_running_loop().call_later(_LOOK_EVERY_S, self._look)

    def _look(self) -> None:
        self._lag_s = max(self._lag_s, (now_ns() - self._due_ns) / _NS_PER_S)
        self._looks += 1
        if self._looks % LOOKS == 0:
            self._link.gauges(Gauges(self._in_flight(), self._lag_s, self._circuits(), self._unkept()))
            self._lag_s = 0.0
        self._look_later()
