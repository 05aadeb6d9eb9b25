"""The event loop that everything here runs on."""

import asyncio
from importlib.util import find_spec


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop's, where it can be had."""
    if find_spec("uvloop") is None:
        return asyncio.new_event_loop()
    import uvloop  # noqa: PLC0415 - absent on some platforms

    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
