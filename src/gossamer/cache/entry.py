"""One answer that is kept, as its first caller got it, and what must be known to give it again."""

from typing import Final

import msgspec

from gossamer.core.endpoints import Dialect
from gossamer.core.house import house_of, session_digest
from gossamer.core.record import Finish
from gossamer.dialects.tally import StreamTally
from gossamer.http.sse import split_events

Owner = tuple[str, str, str, str]
"""Key, agent, user and model of the request that it was made for; what is purged is found by these."""

OVERHEAD_BYTES: Final = 600
"""Of an entry beside its body: the structs, the key, its places in the tables (measured)."""


class Entry(msgspec.Struct, array_like=True):
    """`lines` are the headers of the body. A stream is kept with its usage: who did not ask for that gets `quiet`."""

    body: bytes
    is_stream: bool
    dialect: Dialect
    lines: bytes
    target: str
    cost_nanos: int | None
    made_at: float
    """Unix time at which the provider was asked."""
    owner: Owner
    quiet: bytes | None = None
    """Made when it is first needed, and never stored elsewhere."""
    finish: Finish | None = None
    session: str = ""
    """The digest of that in which it was asked, once somebody wanted to know: ask `session_id`."""
    session_name: str = ""
    """What that is made of, with the owner. Never stored elsewhere."""

    def session_id(self) -> str:
        """What is deleted is found by it. Few ever ask, and to make it costs as much as the rest of an entry."""
        if self.session_name:
            key, _, user, _ = self.owner
            self.session = session_digest(house_of(user or None, key), self.session_name)
            self.session_name = ""
        return self.session

    @property
    def size_bytes(self) -> int:
        """What it takes in memory, its other wording included."""
        return len(self.body) * (2 if self.is_stream else 1) + OVERHEAD_BYTES

    def told(self, *, hides_usage: bool) -> bytes:
        """The body as this caller wants it."""
        if not (hides_usage and self.is_stream):
            return self.body
        if self.quiet is None:
            tally = StreamTally(self.dialect, hide_usage=True)
            self.quiet = b"".join(map(tally.see, split_events(self.body)))
        return self.quiet
