"""The way in: TLS, the log-in, the database, the scripts; and single questions. Not for the way of a request."""

import asyncio
import os
import socket
import ssl
from collections.abc import Sequence
from typing import Final

from gossamer.redis.address import RedisAddress
from gossamer.redis.line import IGNORED, Line
from gossamer.redis.resp import ReplyError, encode

CLIENT_NAME: Final = "gossamer"
"""As CLIENT LIST shows our connections."""


async def greet(line: Line, address: RedisAddress, scripts: Sequence[bytes]) -> None:
    """Log in, choose the database, make the scripts known. Raises ReplyError, or OSError where the line breaks."""
    if address.password is not None:
        user = () if address.username is None else (address.username,)
        await ask(line, "AUTH", *user, address.password)
    if address.db:
        await ask(line, "SELECT", address.db)
    for script in scripts:
        await _reply(line, script)
    line.send(encode("CLIENT", "SETNAME", CLIENT_NAME), IGNORED)


async def ask(line: Line, *words: str | int) -> object:
    """What it answers. Raises ReplyError, or OSError where it does not."""
    return await _reply(line, encode(*words))


def in_words(error: OSError) -> str:
    """Without the numbers and tuples that asyncio puts around it."""
    if isinstance(error, ssl.SSLError | socket.gaierror) or not error.errno:
        return error.strerror or str(error) or type(error).__name__
    return os.strerror(error.errno)


class _Reply:
    """Waits for one reply, off the way of any request."""

    def __init__(self, command: bytes) -> None:
        self.command = command
        self.reply: asyncio.Future[object] = asyncio.get_running_loop().create_future()

    def answered(self, reply: object, line: Line) -> None:  # noqa: ARG002 - a Waiter
        if self.reply.done():
            return
        if isinstance(reply, ReplyError):
            self.reply.set_exception(reply)
        else:
            self.reply.set_result(reply)

    def failed(self, reason: str) -> None:
        if not self.reply.done():
            self.reply.set_exception(ConnectionError(reason))


async def _reply(line: Line, command: bytes) -> object:
    waiter = _Reply(command)
    line.send(command, waiter)
    return await waiter.reply


def tls_context(address: RedisAddress) -> ssl.SSLContext | None:
    if not address.has_tls:
        return None
    context = ssl.create_default_context(cafile=address.trust if isinstance(address.trust, str) else None)
    if address.trust is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
