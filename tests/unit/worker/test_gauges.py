"""What a worker says of itself."""

import asyncio
import time
from typing import cast

import pytest

from gossamer.process.link import Gauges, Link
from gossamer.worker import gauges as module
from gossamer.worker.gauges import GaugeTeller


class Heard:
    """A link that keeps what was said on it."""

    def __init__(self) -> None:
        self.all: asyncio.Queue[Gauges] = asyncio.Queue()

    def gauges(self, gauges: Gauges) -> None:
        self.all.put_nowait(gauges)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_EVERY_S", 0.002)


@pytest.mark.usefixtures("quick")
async def test_it_says_how_it_is_again_and_again():
    heard = Heard()
    busy = iter(range(100))
    teller = GaugeTeller(cast("Link", heard), lambda: next(busy), lambda: {"a/x": True})
    found = [await heard.all.get() for _ in range(2)]
    teller.close()
    assert [each.in_flight for each in found] == [0, 1]
    assert found[0].circuits == {"a/x": True}


@pytest.mark.usefixtures("quick")
async def test_a_loop_that_was_held_up_was_late_once():
    heard = Heard()
    teller = GaugeTeller(cast("Link", heard), lambda: 0, dict)
    await asyncio.sleep(0)
    time.sleep(0.2)  # noqa: ASYNC251 - that is what is looked for
    late = await heard.all.get()
    teller.close()
    assert late.loop_lag_s > 0.15


@pytest.mark.usefixtures("quick")
async def test_a_closed_one_says_nothing():
    heard = Heard()
    GaugeTeller(cast("Link", heard), lambda: 0, dict).close()
    await asyncio.sleep(0.05)
    assert heard.all.empty()
