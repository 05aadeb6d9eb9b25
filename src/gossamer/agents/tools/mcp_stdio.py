"""A server as a child process, for the SDK's session: a message a line, over stdin and stdout.

Beside the SDK's own way: a message has a size limit, what is no message is dropped, stderr goes to our log, and the
process ends when we do, however we end.
"""

import asyncio
import ctypes
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

import anyio
import msgspec
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client.stdio import get_default_environment
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from gossamer.agents.tools.observations import hide
from gossamer.core.logs import get_log

MESSAGE_BYTES: Final = 16 * 1024 * 1024
"""Of one message. A server that says more is ended: what it means by that would have to be kept in memory."""
_READ_BYTES: Final = 64 * 1024
_GRACE_S: Final = 1.0
"""Between the end of its stdin, SIGTERM and SIGKILL."""
_POLL_S: Final = 0.01
_STDERR_CHARACTERS: Final = 500
"""Of one line of it."""
_SET_DEATH_SIGNAL: Final = 1
"""PR_SET_PDEATHSIG."""

_log = get_log("gossamer.agents.tools")
Incoming = MemoryObjectSendStream[SessionMessage | Exception]
Streams = tuple[MemoryObjectReceiveStream[SessionMessage | Exception], MemoryObjectSendStream[SessionMessage]]


class Launch(msgspec.Struct, frozen=True):
    """What is started."""

    server: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str | None
    secrets: tuple[str, ...]


@asynccontextmanager
async def stdio_streams(launch: Launch, ended: Callable[[str], None]) -> AsyncIterator[Streams]:
    """Its two streams, while it lives. `ended` hears when it says no more. OSError: it cannot be started."""
    process = await asyncio.create_subprocess_exec(
        *launch.command,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env={**get_default_environment(), **launch.env},
        cwd=launch.cwd,
        start_new_session=True,
        preexec_fn=_die_with_us if sys.platform == "linux" else None,
    )
    incoming, to_session = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    from_session, outgoing = anyio.create_memory_object_stream[SessionMessage](0)
    tasks = [
        asyncio.create_task(_read(process, incoming, ended)),
        asyncio.create_task(_write(process, outgoing, ended)),
        asyncio.create_task(_tell(process, launch)),
    ]
    try:
        yield to_session, from_session
    finally:
        try:
            with anyio.CancelScope(shield=True):
                await _end(process)
        finally:
            _signal(process, signal.SIGKILL)  # of its group: what it started and left behind, or itself in a hurry
            for task in tasks:
                task.cancel()
            for stream in (incoming, to_session, from_session, outgoing):
                stream.close()
            _close_transport(process)


# --- what is said ---


async def _read(process: Process, incoming: Incoming, ended: Callable[[str], None]) -> None:
    assert process.stdout is not None
    held: list[bytes] = []
    size = 0
    with incoming:
        while piece := await process.stdout.read(_READ_BYTES):
            held.append(piece)
            size += len(piece)
            if b"\n" in piece:
                *lines, rest = b"".join(held).split(b"\n")
                held, size = [rest], len(rest)
                for line in lines:
                    await _hand_on(line, incoming)
            if size > MESSAGE_BYTES:
                ended(f"it said more than {MESSAGE_BYTES} bytes in one message")
                return
    ended("its process ended")


async def _hand_on(line: bytes, incoming: Incoming) -> None:
    if not line.strip():
        return
    try:
        message = jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValueError:
        _log.debug("a server of tools wrote what is no message", bytes=len(line))
        return
    with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
        await incoming.send(SessionMessage(message))


async def _write(
    process: Process, outgoing: MemoryObjectReceiveStream[SessionMessage], ended: Callable[[str], None]
) -> None:
    assert process.stdin is not None
    try:
        async for each in outgoing:
            text = each.message.model_dump_json(by_alias=True, exclude_unset=True)
            process.stdin.write(text.encode() + b"\n")
            await process.stdin.drain()
    except OSError:
        ended("it takes nothing more")


async def _tell(process: Process, launch: Launch) -> None:
    """Its stderr, in our log. Lines without an end are told in pieces."""
    assert process.stderr is not None
    rest = b""
    while piece := await process.stderr.read(_READ_BYTES):
        *lines, rest = (rest + piece).split(b"\n")
        if len(rest) > _READ_BYTES:
            lines, rest = [*lines, rest], b""
        for line in lines:
            said = hide(line.decode("utf-8", "replace").rstrip(), launch.secrets)[:_STDERR_CHARACTERS]
            if said:
                _log.debug("a server of tools says", server=launch.server, line=said)


# --- its end ---


async def _end(process: Process) -> None:
    """As the protocol has it: its stdin ends, then it is asked, then it is made to."""
    if process.stdin is not None:
        process.stdin.close()
    if await _is_over(process):
        return
    _signal(process, signal.SIGTERM)
    if not await _is_over(process):
        _signal(process, signal.SIGKILL)
        await _is_over(process)


async def _is_over(process: Process) -> bool:
    """Not by `wait`, which waits for the pipes too, and those may be held by others."""
    turns = int(_GRACE_S / _POLL_S)
    while process.returncode is None and turns:
        turns -= 1
        await asyncio.sleep(_POLL_S)
    return process.returncode is not None


def _signal(process: Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _close_transport(process: Process) -> None:
    """A grandchild may hold our pipes: they are closed at this end, which only the transport can do."""
    transport = getattr(process, "_transport", None)
    if transport is not None:
        with suppress(ProcessLookupError, PermissionError):
            transport.close()


_libc: Final = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _die_with_us() -> None:
    """Runs in the child, before the program: if our process is killed, it is told to end."""
    if _libc is not None:
        _libc.prctl(_SET_DEATH_SIGNAL, signal.SIGTERM)
