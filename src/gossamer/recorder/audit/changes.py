"""Administrative changes, asked for at the control process, which alone opens the state store.

With a question goes the number up to which they are put away, so that they are handed out once. While nobody can say,
requests go on without them: changes wait where they are, and come later.
"""

import socket
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Final

import msgspec

from gossamer.core.logs import get_log
from gossamer.feed.messages import AskEvents, ForRecorder, Told, Unavailable
from gossamer.feed.paths import feed_path
from gossamer.projections.audit.event import CHANGES, ChangeEvent

ASK_EVERY_S: Final = 0.9
"""At each look of the pump, which looks once a second."""
AGAIN_S: Final = 5.0
"""After nobody could say."""
ANSWER_S: Final = 6.0
"""Longer than the store gives itself for an answer."""
_PIECE: Final = 64 * 1024

_log = get_log(__name__)


class ChangeSource:
    """Used by one thread."""

    def __init__(self, data_dir: Path, node: str, clock: Callable[[], float] = monotonic) -> None:
        self._path = feed_path(data_dir)
        self._node = node
        self._holder = f"{node}:{data_dir.absolute()}"
        self._clock = clock
        self._ask_at = 0.0
        self._line: socket.socket | None = None
        self._decode = msgspec.json.Decoder(ForRecorder).decode

    def next(self, taken: int) -> list[ChangeEvent]:
        """What is new behind the number that is put away, now and then; mostly nothing."""
        now = self._clock()
        if now < self._ask_at:
            return []
        self._ask_at = now + ASK_EVERY_S
        try:
            told = self._ask(taken)
        except (OSError, msgspec.DecodeError) as error:
            self._give_up(now, str(error))
            return []
        if len(told) > 0:
            self._ask_at = now  # there may be more
        return [_event(each, self._node) for each in told]

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    # --- inside ---

    def _ask(self, taken: int) -> tuple[Told, ...]:
        if self._line is None:
            self._line = line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            line.settimeout(ANSWER_S)
            line.connect(str(self._path))
        self._line.sendall(msgspec.json.encode(AskEvents(1, self._holder, taken)) + b"\n")
        said: ForRecorder = self._decode(self._read_line(self._line))
        if isinstance(said, Unavailable):
            raise OSError(said.reason)
        return said.events

    def _read_line(self, line: socket.socket) -> bytearray:
        """One answer is under way at a time, so what ends with a newline is all of it."""
        read = bytearray()
        while not read.endswith(b"\n"):
            piece = line.recv(_PIECE)
            if not piece:
                raise OSError("the control process has gone")
            read += piece
        return read

    def _give_up(self, now: float, reason: str) -> None:
        self.close()
        self._ask_at = now + AGAIN_S
        _log.debug("administrative changes cannot be asked for", reason=reason)


def _event(told: Told, node: str) -> ChangeEvent:
    return ChangeEvent(
        id=told.id,
        at=told.at,
        node=node,
        life=CHANGES,
        seq=told.number,
        by=told.by,
        action=told.action,
        key=told.actor_id if told.by == "key" else None,
        user=told.user_id or (told.actor_id if told.by == "user" else None),
        address=told.address,
        subject=told.subject,
        before=told.before,
        after=told.after,
    )
