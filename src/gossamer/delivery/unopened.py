"""A stream of events of which nothing has come yet but its head, which the client is not sent before the first event:
as long as it has seen nothing, another target may do better.
"""

from gossamer.delivery.answer_head import AnswerHead
from gossamer.http.heads import ResponseHead
from gossamer.http.sse import EventSplitter


class Unopened:
    """Its head, and what came of its first event."""

    def __init__(self, head: ResponseHead, seen: AnswerHead) -> None:
        self.head = head
        self.seen = seen
        self.came: list[bytes] = []
        self.events = b""
        """Those of it that are whole."""
        self._splitter = EventSplitter()

    def is_whole_with(self, data: bytes) -> bool:
        self.came.append(data)
        self.events = self._splitter.feed(data)
        return bool(self.events)
