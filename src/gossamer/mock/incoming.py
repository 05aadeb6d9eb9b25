"""One whole request, however it came: over a socket, or by a call within the process."""

import msgspec

from gossamer.mock.asked import Dialect

Headers = list[tuple[bytes, bytes]]
"""Names in lower case."""

_DIALECTS = {
    b"/v1/chat/completions": Dialect.CHAT,
    b"/v1/completions": Dialect.COMPLETIONS,
    b"/v1/responses": Dialect.RESPONSES,
    b"/v1/messages": Dialect.MESSAGES,
}


class Incoming(msgspec.Struct, frozen=True):
    """`raw_head` is the head as it came over a wire, empty where there was none."""

    method: bytes
    target: bytes
    headers: Headers
    body: bytes
    raw_head: bytes = b""

    @property
    def path(self) -> bytes:
        return self.target.partition(b"?")[0]

    @property
    def asks_words(self) -> Dialect | None:
        """The dialect, where the path is one that a model answers."""
        return _DIALECTS.get(self.path) if self.method == b"POST" else None

    @property
    def is_anthropic(self) -> bool:
        """Whether the client speaks to Anthropic: paths that both providers have differ by this header."""
        return self.path.startswith(b"/v1/messages") or self.get(b"anthropic-version") is not None

    def get(self, wanted: bytes) -> bytes | None:
        """The first value of a header."""
        for name, value in self.headers:
            if name == wanted:
                return value
        return None
