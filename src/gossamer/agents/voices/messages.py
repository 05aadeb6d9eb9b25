"""A run as an Anthropic message: thinking, blocks of tools that somebody else has used (`mcp_tool_use`), and text.

The whole message is told to those who know it; to a plain client, one block of text.
"""

from typing import Any, Final

import msgspec

from gossamer.agents.seam import Call, Observation
from gossamer.agents.voices.sealed import SealedVoice
from gossamer.agents.voices.voice import Manner, Said, Thought, Told, Used, server_and_tool
from gossamer.dialects.idents import plain_call_id
from gossamer.dialects.messages.endings import ending_of, usage_of
from gossamer.dialects.messages.stream_writer import MessagesStreamWriter

_encode: Final = msgspec.json.Encoder().encode


class MessagesVoice(SealedVoice):
    def __init__(self, manner: Manner) -> None:
        self._writer = MessagesStreamWriter(manner.echo, manner.now_s)
        super().__init__(manner, self._writer)

    def use(self, call: Call) -> bytes:
        if not self._manner.shows_steps:
            return b""
        return self._sealed() + self._writer.whole_block(_use(call))

    def observe(self, call: Call, seen: Observation) -> bytes:
        if not self._manner.shows_steps:
            return b""
        return self._sealed() + self._writer.whole_block(_result(call, seen))

    def whole(self, told: Told) -> bytes:
        content: list[dict[str, Any]] = []
        for part in told.parts:
            if isinstance(part, Said):
                content.append({"type": "text", "text": part.text})
            elif self._manner.shows_steps:
                content += _step(part)
        message = {
            "id": f"msg_{self._manner.run}",
            "type": "message",
            "role": "assistant",
            "model": self._manner.agent,
            "content": content,
            **ending_of(told.stop, "", ""),
            "usage": usage_of(told.counts),
            "gossamer": told.summary(self._manner.run),
        }
        return _encode(message)


def _step(part: Thought | Used) -> list[dict[str, Any]]:
    if isinstance(part, Thought):
        return [{"type": "thinking", "thinking": part.text, "signature": ""}]
    return [_use(part.call)] + ([_result(part.call, part.seen)] if part.seen is not None else [])


def _use(call: Call) -> dict[str, Any]:
    server, tool = server_and_tool(call.name)
    block = {"type": "mcp_tool_use", "id": _id(call), "name": tool, "server_name": server}
    try:
        return {**block, "input": msgspec.json.decode(call.arguments, type=dict[str, Any])}
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return {**block, "input": {}}


def _result(call: Call, seen: Observation) -> dict[str, Any]:
    content = [{"type": "text", "text": seen.text}]
    return {"type": "mcp_tool_result", "tool_use_id": _id(call), "is_error": seen.is_error, "content": content}


def _id(call: Call) -> str:
    return f"mcptoolu_{plain_call_id(call.id)}"
