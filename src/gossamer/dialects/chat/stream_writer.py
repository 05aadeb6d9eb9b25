"""An answer told piece by piece, as chunks of a chat completion that end in `[DONE]`."""

from typing import Any, Final

import msgspec

from gossamer.dialects.answer import Counts, Fault, Head, Quoted, Stop
from gossamer.dialects.chat.endings import reason_of, tier_of, usage_of
from gossamer.dialects.chat.reasoning import detail_of
from gossamer.dialects.conversation import Seal
from gossamer.dialects.faults import render_stream_fault
from gossamer.dialects.idents import answer_id
from gossamer.dialects.terms import Echo

_encode: Final = msgspec.json.Encoder().encode
_DONE: Final = b"data: [DONE]\n\n"
_PING: Final = b": keep-alive\n\n"
_NO_ARGUMENTS: Final = b'"{}"'


class ChatStreamWriter:
    """One stream. All but the delta is the same in each chunk, and made once."""

    def __init__(self, echo: Echo, now_s: int) -> None:
        self._includes_usage = echo.includes_usage
        self._now_s = now_s
        self._head: dict[str, Any] = {}
        self._begin = self._end = self._text_begin = self._text_end = b""
        self._thoughts: list[bytes] = []
        self._sealed = 0
        self._call_without_arguments = -1
        self._is_refused = False

    def begin(self, head: Head) -> bytes:
        self._head = {
            "id": answer_id(head.id, "chatcmpl-"),
            "object": "chat.completion.chunk",
            "created": self._now_s,
            "model": head.model,
        }
        if head.tier:
            self._head["service_tier"] = tier_of(head.tier)
        self._begin = b"data: " + _encode(self._head)[:-1] + b',"choices":[{"index":0,"delta":'
        usage = b',"usage":null' if self._includes_usage else b""
        self._end = b',"logprobs":null,"finish_reason":null}]' + usage + b"}\n\n"
        self._text_begin = self._begin + b'{"content":'
        self._text_end = b"}" + self._end
        return self._chunk(b'{"role":"assistant","content":"","refusal":null}')

    def text(self, piece: Quoted) -> bytes:
        return self._text_begin + piece + self._text_end

    def refusal(self, piece: Quoted) -> bytes:
        self._is_refused = True
        return self._chunk(b'{"refusal":%b}' % piece)

    def thinking(self, piece: Quoted) -> bytes:
        self._thoughts.append(piece[1:-1])
        return self._chunk(b'{"reasoning_content":%b}' % piece)

    def seal(self, seal: Seal) -> bytes:
        text = msgspec.Raw(b'"%b"' % b"".join(self._thoughts)) if self._thoughts else ""
        self._thoughts.clear()
        if not seal.data:
            return b""
        detail = detail_of(text, seal, self._sealed)
        self._sealed += 1
        return self._chunk(_encode({"reasoning_details": [detail]}))

    def call(self, at: int, call_id: str, name: str) -> bytes:
        self._call_without_arguments = at
        function = {"name": name, "arguments": ""}
        return self._chunk(
            _encode({"tool_calls": [{"index": at, "id": call_id, "type": "function", "function": function}]})
        )

    def arguments(self, at: int, piece: Quoted) -> bytes:
        self._call_without_arguments = -1
        return self._chunk(b'{"tool_calls":[{"index":%d,"function":{"arguments":%b}}]}' % (at, piece))

    def beside(self, name: str, said: dict[str, Any]) -> bytes:
        """A member of our own, which who does not know it passes over."""
        return self._chunk(_encode({name: said}))

    def close(self) -> bytes:
        """A call without arguments is one of an empty object: clients decode what they get."""
        self._thoughts.clear()
        at = self._call_without_arguments
        return self.arguments(at, _NO_ARGUMENTS) if at >= 0 else b""

    def ping(self) -> bytes:
        return _PING

    def finish(self, stop: Stop, _sequence: str, counts: Counts | None, explanation: str) -> bytes:
        told = self.close()
        reason = _encode(reason_of(stop, is_refused=self._is_refused))
        if explanation and stop == "filter" and not self._is_refused:
            told += self.refusal(_encode(explanation))
        told += self._chunk(b"{}").replace(b'"finish_reason":null', b'"finish_reason":' + reason)
        if self._includes_usage and counts is not None:
            told += b"data: %b\n\n" % _encode({**self._head, "choices": [], "usage": usage_of(counts)})
        return told + _DONE

    def fail(self, fault: Fault) -> bytes:
        return render_stream_fault(fault, "chat")

    def _chunk(self, delta: bytes) -> bytes:
        return self._begin + delta + self._end
