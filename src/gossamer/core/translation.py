"""How one attempt is made in a dialect that is not the caller's, noted until its answer is told in the caller's own."""

import msgspec

from gossamer.core.endpoints import Wire


class Translation(msgspec.Struct, frozen=True):
    """`client` and `provider` are the same where a request only had to lose something on its way."""

    client: Wire
    provider: Wire
    path: bytes = b""
    """Where the provider is asked, below its base URL; empty: where the client asked."""
    lines: bytes = b""
    """Of the answer's head: what was dropped, and what was changed."""
    includes_usage: bool = True
    """Chat: whether a stream shall tell its usage."""
    settings: bytes = b""
    """Responses: the members of a response that repeat the request's, as JSON without the brackets."""

    @property
    def is_needed(self) -> bool:
        return self.client != self.provider
