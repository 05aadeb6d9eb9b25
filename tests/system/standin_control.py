"""A control process for the supervisor's tests: the real entry and link, and in place of a store a file `first-key`.

The first argument says how it behaves: good, or hesitates (answers about the first key once there is a file `store`).
"""

import asyncio
import os
import socket
import sys
from pathlib import Path

from gossamer.config.settings import Settings
from gossamer.process.entry import Serve, main
from gossamer.process.link import FirstKey, Link


class Standin:
    def __init__(self, behaviour: str, settings: Settings, link: Link) -> None:
        self.behaviour = behaviour
        self.desk = Path(settings.data_dir)
        self.link = link
        self.over = asyncio.Event()
        self.asked: asyncio.Task[None] | None = None

    def new_settings(self, settings: Settings, generation: int) -> None:
        self.link.reloaded(generation)

    def drain(self, within_s: float) -> None:
        self.over.set()

    def supervisor_gone(self) -> None:
        self.over.set()

    def keep_first_key(self, key: FirstKey) -> None:
        self.asked = asyncio.get_running_loop().create_task(self.keep(key))

    async def keep(self, key: FirstKey) -> None:
        while self.behaviour == "hesitates" and not (self.desk / "store").exists():
            await asyncio.sleep(0.01)
        kept = self.desk / "first-key"
        is_first = not kept.exists() or kept.read_text() == key.digest
        if is_first:
            kept.write_text(key.digest)
        self.link.first_key(is_kept=is_first)


def behaving(behaviour: str) -> Serve:
    async def serve(sockets: list[socket.socket], settings: Settings, link: Link, number: int) -> None:
        control = Standin(behaviour, settings, link)
        link.attach(control)
        link.ready(os.getpid())
        await control.over.wait()

    return serve


if __name__ == "__main__":
    sys.exit(main(behaving(sys.argv[1]), sys.argv[2:], name="control"))
