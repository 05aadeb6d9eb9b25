"""A run as a response: reasoning items, `mcp_call` items for the tools, and a message."""

from typing import Any, Final

import msgspec

from gossamer.agents.seam import Call, Observation
from gossamer.agents.voices.sealed import SealedVoice
from gossamer.agents.voices.voice import Manner, Said, Thought, Told, server_and_tool
from gossamer.dialects.responses.stream_writer import ResponsesStreamWriter
from gossamer.http.sse import event_data, split_events

_encode: Final = msgspec.json.Encoder().encode


class _Last(msgspec.Struct):
    response: dict[str, msgspec.Raw]


class ResponsesVoice(SealedVoice):
    def __init__(self, manner: Manner) -> None:
        self._writer = ResponsesStreamWriter(manner.echo, manner.now_s)
        super().__init__(manner, self._writer)
        self._open: dict[str, int] = {}
        """Where the items of calls under way stand, by the call's id."""

    def use(self, call: Call) -> bytes:
        if not self._manner.shows_steps:
            return b""
        sealed = self._sealed()
        told, self._open[call.id] = self._writer.begin_foreign("mcp_call", "mcp", _item(call))
        return sealed + told

    def observe(self, call: Call, seen: Observation) -> bytes:
        at = self._open.pop(call.id, None)
        if at is None:
            return b""
        outcome: dict[str, Any] = {"output": seen.text}
        if seen.is_error:
            content = [{"type": "text", "text": seen.text}]
            outcome = {"error": {"type": "mcp_tool_execution_error", "content": content}}
        return self._sealed() + self._writer.end_foreign(at, outcome, is_failed=seen.is_error)

    def whole(self, told: Told) -> bytes:
        """What the last event of a stream would repeat of all that was told before it."""
        again = ResponsesVoice(self._manner)
        again.begin()
        for part in told.parts:
            if isinstance(part, Thought):
                again.think(part.text)
            elif isinstance(part, Said):
                again.say(part.text)
            else:
                again.use(part.call)
                if part.seen is not None:
                    again.observe(part.call, part.seen)
        data = event_data(split_events(again.end(told))[-1]) or b"{}"
        response = msgspec.json.decode(data, type=_Last).response
        return _encode({**response, "gossamer": told.summary(self._manner.run)})


def _item(call: Call) -> dict[str, Any]:
    server, tool = server_and_tool(call.name)
    return {"name": tool, "server_label": server, "arguments": call.arguments, "output": None, "error": None}
