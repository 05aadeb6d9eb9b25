"""From the workers to the recorder, which shows how they fare. The supervisor alone knows who lives, and who is new."""

import asyncio

from gossamer.process.link import TOLD_EVERY_S, Order, encode_order
from gossamer.supervisor.crew import Crew


class GaugeRelay:
    def __init__(self, workers: Crew, recorder: Crew) -> None:
        self._workers = workers
        self._recorder = recorder

    def start(self) -> None:
        """Until the process ends."""
        asyncio.get_running_loop().call_later(TOLD_EVERY_S, self._tell)

    def _tell(self) -> None:
        self._recorder.tell(encode_order(Order(seats=self._workers.seats())))
        self.start()
