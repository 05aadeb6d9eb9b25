"""A run as a chat completion. Reasoning stands where DeepSeek and others put it; tools under a member of our own.

`delta.gossamer` and `message.gossamer` are nothing that a plain client reads: it sees the answer.
"""

from typing import Any, Final

import msgspec

from gossamer.agents.seam import Call, Observation
from gossamer.agents.voices.voice import Manner, Thought, Told, Used
from gossamer.dialects.answer import Fault, Head
from gossamer.dialects.chat.endings import reason_of, usage_of
from gossamer.dialects.chat.stream_writer import ChatStreamWriter

_encode: Final = msgspec.json.Encoder().encode


class ChatVoice:
    def __init__(self, manner: Manner) -> None:
        self._manner = manner
        self._writer = ChatStreamWriter(manner.echo, manner.now_s)

    def begin(self) -> bytes:
        return self._writer.begin(Head(self._manner.run, self._manner.agent))

    def think(self, text: str) -> bytes:
        return self._writer.thinking(_encode(text)) if self._manner.shows_steps else b""

    def say(self, text: str) -> bytes:
        return self._writer.text(_encode(text))

    def use(self, call: Call) -> bytes:
        return self._writer.beside("gossamer", {"tool_call": _call(call)}) if self._manner.shows_steps else b""

    def observe(self, call: Call, seen: Observation) -> bytes:
        if not self._manner.shows_steps:
            return b""
        return self._writer.beside("gossamer", {"tool_result": _result(call, seen)})

    def ping(self) -> bytes:
        return self._writer.ping()

    def end(self, told: Told) -> bytes:
        return self._writer.finish(told.stop, "", told.counts, "")

    def fail(self, fault: Fault) -> bytes:
        return self._writer.fail(fault)

    def whole(self, told: Told) -> bytes:
        message: dict[str, Any] = {"role": "assistant", "content": told.answer, "refusal": None, "annotations": []}
        if self._manner.shows_steps:
            if thoughts := "".join(part.text for part in told.parts if isinstance(part, Thought)):
                message["reasoning_content"] = thoughts
            if steps := [_step(part) for part in told.parts if isinstance(part, Used)]:
                message["gossamer"] = {"steps": steps}
        reason = reason_of(told.stop, is_refused=False)
        completion = {
            "id": f"chatcmpl-{self._manner.run}",
            "object": "chat.completion",
            "created": self._manner.now_s,
            "model": self._manner.agent,
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": reason}],
            "usage": usage_of(told.counts),
            "gossamer": told.summary(self._manner.run),
        }
        return _encode(completion)


def _call(call: Call) -> dict[str, Any]:
    return {"id": call.id, "name": call.name, "arguments": call.arguments}


def _result(call: Call, seen: Observation) -> dict[str, Any]:
    return {"id": call.id, "name": call.name, "text": seen.text, "is_error": seen.is_error}


def _step(used: Used) -> dict[str, Any]:
    step: dict[str, Any] = {"tool_call": _call(used.call)}
    if used.seen is not None:
        step["tool_result"] = _result(used.call, used.seen)
    return step
