"""An answer told piece by piece, as the numbered events of a response.

The last event repeats all that was told, so it is kept: as the literals that came, never decoded.
"""

from typing import Any, Final, TypeVar

import msgspec

from gossamer.core.errors import ProviderUnavailable
from gossamer.dialects.answer import Counts, Fault, Head, Quoted, Stop
from gossamer.dialects.conversation import Seal
from gossamer.dialects.faults import render_stream_fault
from gossamer.dialects.idents import answer_id, plain_call_id
from gossamer.dialects.responses.answer_writer import with_settings
from gossamer.dialects.responses.endings import ending_of, tier_of, usage_of
from gossamer.dialects.responses.stream_items import CallItem, Item, MessageItem, Numbered, ReasoningItem
from gossamer.dialects.terms import Echo

_encode: Final = msgspec.json.Encoder().encode
_decode_item: Final = msgspec.json.Decoder(dict[str, Any]).decode
_PING: Final = b": keep-alive\n\n"
T = TypeVar("T", MessageItem, ReasoningItem)


class ResponsesStreamWriter:
    """One stream. One item is open at a time."""

    def __init__(self, echo: Echo, now_s: int) -> None:
        self._echo = echo
        self._now_s = now_s
        self._events = Numbered()
        self._response: dict[str, Any] = {}
        self._tail = ""
        self._done: list[bytes] = []
        """The items that are complete, as JSON."""
        self._item: Item | None = None
        self._is_refused = False

    def begin(self, head: Head) -> bytes:
        self._tail = plain_call_id(answer_id(head.id, ""))  # it is written into every event as it is
        self._response = {
            "id": answer_id(head.id, "resp_"),
            "object": "response",
            "created_at": self._now_s,
            "error": None,
            "model": head.model,
        }
        if head.tier:
            self._response["service_tier"] = tier_of(head.tier)
        begun = self._rendered("in_progress", None, None)
        created = self._events.event(b"response.created", b'"response":' + begun)
        return created + self._events.event(b"response.in_progress", b'"response":' + begun)

    def text(self, piece: Quoted) -> bytes:
        item = self._item
        if type(item) is MessageItem and item.kind == "output_text":
            return item.delta(piece)
        return self._say("output_text", piece)

    def refusal(self, piece: Quoted) -> bytes:
        self._is_refused = True
        return self._say("refusal", piece)

    def thinking(self, piece: Quoted) -> bytes:
        if isinstance(self._item, ReasoningItem):
            return self._item.delta(piece)
        begun, item = self._open(ReasoningItem, "rs")
        return begun + item.delta(piece)

    def seal(self, seal: Seal) -> bytes:
        begun = b""
        if not isinstance(self._item, ReasoningItem):
            begun, item = self._open(ReasoningItem, "rs")
        else:
            item = self._item
        item.seal = seal
        return begun + self._close_item()

    def call(self, at: int, call_id: str, name: str) -> bytes:
        closed = self._close_item()
        item = CallItem(self._events, len(self._done), f"fc_{self._tail}_{len(self._done)}", at, call_id, name)
        self._item = item
        return closed + item.begin()

    def arguments(self, at: int, piece: Quoted) -> bytes:
        """A client acts on a call as soon as its item is done: what comes later must not be lost silently."""
        item = self._item
        if not isinstance(item, CallItem) or item.at != at:
            raise ProviderUnavailable("The provider mixed the pieces of two tool calls. Try again.")
        return item.delta(piece)

    def begin_foreign(self, kind: str, prefix: str, members: dict[str, Any]) -> tuple[bytes, int]:
        """An item of a tool that somebody else uses, and where it stands: others may begin before it ends."""
        closed = self._close_item()
        at = len(self._done)
        begun = {"type": kind, "id": f"{prefix}_{self._tail}_{at}", "status": "in_progress", **members}
        self._done.append(_encode(begun))
        place = b'"item_id":%b,"output_index":%d' % (_encode(begun["id"]), at)
        told = self._events.event(b"response.output_item.added", b'"output_index":%d,"item":%b' % (at, _encode(begun)))
        told += self._events.event(b"response.%b.in_progress" % kind.encode(), place)
        arguments = place + b',"arguments":' + _encode(members.get("arguments", ""))
        return closed + told + self._events.event(b"response.%b_arguments.done" % kind.encode(), arguments), at

    def end_foreign(self, at: int, outcome: dict[str, Any], *, is_failed: bool) -> bytes:
        begun = _decode_item(self._done[at])
        status = "failed" if is_failed else "completed"
        whole = _encode({**begun, **outcome, "status": status})
        self._done[at] = whole
        kind = b"response.%b.%b" % (begun["type"].encode(), status.encode())
        told = self._events.event(kind, b'"item_id":%b,"output_index":%d' % (_encode(begun["id"]), at))
        return told + self._events.event(b"response.output_item.done", b'"output_index":%d,"item":%b' % (at, whole))

    def close(self) -> bytes:
        """A message stays open: the next text is another part of it."""
        if isinstance(self._item, MessageItem):
            return self._item.close_part()
        return self._close_item()

    def ping(self) -> bytes:
        return _PING

    def finish(self, stop: Stop, _sequence: str, counts: Counts | None, explanation: str) -> bytes:
        told = b""
        status, details = ending_of(stop, is_refused=self._is_refused)
        if explanation and stop == "filter" and not self._is_refused:
            told = self.refusal(_encode(explanation))
        told += self._close_item(status)
        response = self._rendered(status, details, counts or Counts())
        return told + self._events.event(b"response." + status.encode(), b'"response":' + response)

    def fail(self, fault: Fault) -> bytes:
        return render_stream_fault(fault, "responses", self._events.number)

    def _say(self, kind: str, piece: Quoted) -> bytes:
        told, item = b"", self._item
        if not isinstance(item, MessageItem):
            told, item = self._open(MessageItem, "msg")
        if item.kind != kind:
            told += item.close_part() + item.open_part(kind)
        return told + item.delta(piece)

    def _open(self, kind: type[T], prefix: str) -> tuple[bytes, T]:
        closed = self._close_item()
        at = len(self._done)
        item = kind(self._events, at, f"{prefix}_{self._tail}_{at}")
        self._item = item
        return closed + item.begin(), item

    def _close_item(self, status: str = "completed") -> bytes:
        item, self._item = self._item, None
        if item is None:
            return b""
        told, whole = item.end(status)
        self._done.append(whole)
        return told

    def _rendered(self, status: str, details: dict[str, Any] | None, counts: Counts | None) -> bytes:
        usage = None if counts is None else usage_of(counts)
        said = {**self._response, "status": status, "incomplete_details": details, "usage": usage}
        output = b',"output":[' + b",".join(self._done) + b"]}"
        return with_settings(_encode(said)[:-1] + output, self._echo)
