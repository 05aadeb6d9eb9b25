"""An answer told piece by piece, as the events of an Anthropic message. One block is open at a time."""

from typing import Any, Final

import msgspec

from gossamer.core.errors import ProviderUnavailable
from gossamer.dialects.answer import Counts, Fault, Head, Quoted, Stop
from gossamer.dialects.conversation import Seal
from gossamer.dialects.faults import render_stream_fault
from gossamer.dialects.idents import answer_id, plain_call_id
from gossamer.dialects.messages.endings import ending_of, tier_of, usage_of
from gossamer.dialects.seals import wrap
from gossamer.dialects.terms import Echo

_encode: Final = msgspec.json.Encoder().encode
_PING: Final = b'event: ping\ndata: {"type":"ping"}\n\n'
_COMMENT: Final = b": keep-alive\n\n"
_STOP: Final = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
_DELTA: Final = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":{"type":%b:'
_DELTA_END: Final = b"}}\n\n"
_TEXT: Final = b'"text_delta","text"'
_THINKING: Final = b'"thinking_delta","thinking"'
_INPUT: Final = b'"input_json_delta","partial_json"'


class MessagesStreamWriter:
    """One stream."""

    def __init__(self, _echo: Echo, _now_s: int) -> None:
        self._is_begun = False
        self._index = -1
        self._open = ""
        self._call_at = -1
        self._delta = b""
        """The beginning of each delta of the block that is open."""

    def begin(self, head: Head) -> bytes:
        self._is_begun = True
        usage = usage_of(head.counts or Counts())
        tier = tier_of(head.tier)
        message: dict[str, Any] = {
            "id": answer_id(head.id, "msg_"),
            "type": "message",
            "role": "assistant",
            "model": head.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage if tier is None else {**usage, "service_tier": tier},
        }
        return _event("message_start", {"message": message})

    def text(self, piece: Quoted) -> bytes:
        if self._open == "text":
            return self._delta + piece + _DELTA_END
        return self._start("text", {"text": ""}, _TEXT) + self._delta + piece + _DELTA_END

    def refusal(self, piece: Quoted) -> bytes:
        """Said as text: `stop_reason` tells what it was."""
        return self.text(piece)

    def thinking(self, piece: Quoted) -> bytes:
        begun = b""
        if self._open != "thinking":
            begun = self._start("thinking", {"thinking": "", "signature": ""}, _THINKING)
        return begun + self._delta + piece + _DELTA_END

    def seal(self, seal: Seal) -> bytes:
        data = seal.data if seal.origin == "messages" else wrap(seal)
        if seal.is_redacted:
            return self._start("redacted_thinking", {"data": data}, b"") + self.close()
        begun = b""
        if self._open != "thinking":
            begun = self._start("thinking", {"thinking": "", "signature": ""}, _THINKING)
        delta = {"index": self._index, "delta": {"type": "signature_delta", "signature": data}}
        return begun + _event("content_block_delta", delta) + self.close()

    def call(self, at: int, call_id: str, name: str) -> bytes:
        self._call_at = at
        return self._start("tool_use", {"id": plain_call_id(call_id), "name": name, "input": {}}, _INPUT)

    def arguments(self, at: int, piece: Quoted) -> bytes:
        """A client may act on a call as soon as its block is closed: what comes later must not be lost silently."""
        if at != self._call_at or self._open != "tool_use":
            raise ProviderUnavailable("The provider mixed the pieces of two tool calls. Try again.")
        return self._delta + piece + _DELTA_END

    def whole_block(self, block: dict[str, Any]) -> bytes:
        """One that is complete as it begins, of a kind that is told in no other way."""
        kind = block["type"]
        rest = {name: value for name, value in block.items() if name != "type"}
        return self._start(kind, rest, b"") + self.close()

    def close(self) -> bytes:
        if not self._open:
            return b""
        self._open = ""
        return _event("content_block_stop", {"index": self._index})

    def ping(self) -> bytes:
        return _PING if self._is_begun else _COMMENT

    def finish(self, stop: Stop, sequence: str, counts: Counts | None, explanation: str) -> bytes:
        usage = usage_of(counts or Counts())
        delta = {"delta": ending_of(stop, sequence, explanation), "usage": usage}
        return self.close() + _event("message_delta", delta) + _STOP

    def fail(self, fault: Fault) -> bytes:
        return render_stream_fault(fault, "messages")

    def _start(self, kind: str, block: dict[str, Any], delta: bytes) -> bytes:
        closed = self.close()
        self._index += 1
        self._open = kind
        self._delta = _DELTA % (self._index, delta)
        return closed + _event("content_block_start", {"index": self._index, "content_block": {"type": kind, **block}})


def _event(kind: str, members: dict[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), _encode({"type": kind, **members}))
