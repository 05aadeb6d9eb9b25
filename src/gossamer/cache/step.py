"""One command to Redis on its way to whichever server has its slot, and the reply on its way back."""

from collections.abc import Callable

from gossamer.redis.cluster import Servers
from gossamer.redis.line import Line
from gossamer.redis.resp import ReplyError

Told = Callable[[object], None]
"""Hears once: the reply; or a ReplyError that says why there is none, or none in time."""


def unheard(reply: object) -> None:
    """Nobody waits for it."""


class Step:
    """A Routed. What comes behind the end of its time nobody hears."""

    __slots__ = ("_servers", "_told", "command", "is_over", "redirects", "slot")

    def __init__(self, servers: Servers, slot: int, command: bytes, told: Told = unheard) -> None:
        self.slot = slot
        self.redirects = 0
        self.is_over = False
        self.command = command
        self._servers = servers
        self._told = told

    def answered(self, reply: object, line: Line) -> None:  # noqa: ARG002 - an Asking
        if not (isinstance(reply, ReplyError) and self._servers.redirect(reply, self)):
            self._tell(reply)

    def failed(self, reason: str) -> None:
        self._tell(ReplyError(reason))

    def _tell(self, reply: object) -> None:
        self.is_over = True
        told, self._told = self._told, unheard
        told(reply)
