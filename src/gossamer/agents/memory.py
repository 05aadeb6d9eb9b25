"""What was said in a session, for clients that send their last turn alone.

A client that sends the whole talk knows better than we do, and is believed. This is the memory of one process: it ends
with it, and no other node has it. The oldest go when there are too many, or when they take too much room; all of a
session goes when it is deleted, and what was asked in it before is not kept any more.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from gossamer.agents.seam import Message

MOST_SESSIONS: Final = 10_000
MOST_BYTES: Final = 64 * 1024 * 1024
"""Of all talks together, as JSON."""
_MOST_DELETED: Final = 10_000
"""Of which we know. Only runs that were under way when their session went need them: the oldest may go."""

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(list[dict[str, object]]).decode


class Key(NamedTuple):
    """The agent, a digest of whose token it was, and of the session (core/house.py): nobody else continues it."""

    agent: str
    token: bytes
    session: str


class Memory:
    """`moment`: counts the deletions that it has heard of."""

    def __init__(self, most_sessions: int = MOST_SESSIONS, most_bytes: int = MOST_BYTES) -> None:
        self.moment = 0
        self._talks: OrderedDict[Key, bytes] = OrderedDict()
        self._of_session: dict[str, set[Key]] = {}
        self._deleted_at: dict[str, int] = {}
        self._all_deleted_at = 0
        self._most_sessions = most_sessions
        self._most_bytes = most_bytes
        self._size_bytes = 0

    def recall(self, key: Key) -> list[Message]:
        talk = self._talks.get(key)
        return list(_decode(talk)) if talk is not None else []

    def keep(self, key: Key, talk: Sequence[Message], most_messages: int, begun_at: int) -> None:
        """The last of it, unless its session was deleted since the moment at which it began. It begins with a turn of
        the user, since a model is asked nothing before.
        """
        last = list(talk[-most_messages:]) if most_messages else []
        while last and last[0]["role"] != "user":
            last.pop(0)
        self._drop(key)
        if not last or max(self._deleted_at.get(key.session, 0), self._all_deleted_at) > begun_at:
            return
        self._talks[key] = kept = _encode(last)
        self._of_session.setdefault(key.session, set()).add(key)
        self._size_bytes += len(kept)
        while self._size_bytes > self._most_bytes or len(self._talks) > self._most_sessions:
            self._drop(next(iter(self._talks)))

    def drop(self, session: str) -> None:
        """Nobody will go on with it."""
        for key in tuple(self._of_session.get(session, ())):
            self._drop(key)

    # --- what is deleted for good ---

    def forget(self, session: str) -> None:
        self.moment += 1
        self._deleted_at.pop(session, None)
        self._deleted_at[session] = self.moment
        if len(self._deleted_at) > _MOST_DELETED:
            del self._deleted_at[next(iter(self._deleted_at))]
        self.drop(session)

    def forget_all(self) -> None:
        """Nobody can say which were deleted."""
        self.moment += 1
        self._all_deleted_at = self.moment
        self._talks.clear()
        self._of_session.clear()
        self._size_bytes = 0

    # --- inside ---

    def _drop(self, key: Key) -> None:
        talk = self._talks.pop(key, None)
        if talk is None:
            return
        self._size_bytes -= len(talk)
        others = self._of_session[key.session]
        others.discard(key)
        if not others:
            del self._of_session[key.session]
