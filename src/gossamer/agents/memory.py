"""What was said in a session, for clients that send their last turn alone.

A client that sends the whole talk knows better than we do, and is believed. This is the memory of one process: it ends
with it, and no other node has it. The oldest go when there are too many, or when they take too much room.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import msgspec

from gossamer.agents.seam import Message

MOST_SESSIONS: Final = 10_000
MOST_BYTES: Final = 64 * 1024 * 1024
"""Of all talks together, as JSON."""

Key = tuple[str, bytes, str]
"""The agent, a digest of whose token it was, and the session: nobody else continues it."""

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(list[dict[str, object]]).decode


class Memory:
    def __init__(self, most_sessions: int = MOST_SESSIONS, most_bytes: int = MOST_BYTES) -> None:
        self._talks: OrderedDict[Key, bytes] = OrderedDict()
        self._most_sessions = most_sessions
        self._most_bytes = most_bytes
        self._size_bytes = 0

    def recall(self, key: Key) -> list[Message]:
        talk = self._talks.get(key)
        return list(_decode(talk)) if talk is not None else []

    def keep(self, key: Key, talk: Sequence[Message], most_messages: int) -> None:
        """The last of it. It begins with a turn of the user, since a model is asked nothing before."""
        last = list(talk[-most_messages:]) if most_messages else []
        while last and last[0]["role"] != "user":
            last.pop(0)
        self._forget(key)
        if not last:
            return
        self._talks[key] = kept = _encode(last)
        self._size_bytes += len(kept)
        while self._size_bytes > self._most_bytes or len(self._talks) > self._most_sessions:
            self._forget(next(iter(self._talks)))

    def _forget(self, key: Key) -> None:
        self._size_bytes -= len(self._talks.pop(key, b""))
