"""What a client asks an agent, in whichever of the three dialects: the talk as chat messages, and how to answer.

The agent's own are the model, the tools and the directive. A client that sends tools of its own is told so, since
nobody would use them.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from gossamer.agents.seam import Message
from gossamer.core.endpoints import Wire
from gossamer.core.errors import InvalidRequest
from gossamer.dialects.members import JsonObject
from gossamer.dialects.terms import Echo, Terms
from gossamer.dialects.translate import translate_request

PATHS: Final[Mapping[str, Wire]] = {
    "/v1/chat/completions": "chat",
    "/v1/responses": "responses",
    "/v1/messages": "messages",
}
_HANDED_ON: Final = (
    "temperature",
    "top_p",
    "seed",
    "max_tokens",
    "max_completion_tokens",
    "reasoning_effort",
    "reasoning",
    "thinking",
    "user",
    "safety_identifier",
    "service_tier",
)
"""Said in each call of the model, as the client said it."""
_TOOLS_OF_CLIENTS: Final = ("tools", "functions", "mcp_servers")
_NO_TOOLS: Final = (b"null", b"[]")
_LENIENT: Final = Terms(is_lenient=True)
_TOLD: Final = ("system", "developer")
_KNOWS_STEPS: Final = b"mcp-client"
"""A beta of Anthropic's whose clients know blocks of tools that somebody else has used."""


class Asked(msgspec.Struct, frozen=True):
    """`shows_steps`: whether the client is shown what the agent thinks and uses."""

    wire: Wire
    messages: tuple[Message, ...]
    options: Mapping[str, Any]
    is_stream: bool
    shows_steps: bool
    echo: Echo
    response_format: Any = None

    @property
    def is_new_turn_alone(self) -> bool:
        """Whether the client sends its last turn, and leaves it to us to know the talk before."""
        said = [message for message in self.messages if message["role"] not in _TOLD]
        return len(said) == 1 and said[0]["role"] == "user"


class _Body(msgspec.Struct):
    messages: list[dict[str, Any]]
    stream: bool | None = None
    stream_options: dict[str, Any] | None = None
    n: int | None = None
    response_format: dict[str, Any] | None = None


_decode: Final = msgspec.json.Decoder(_Body).decode
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def read_asked(body: bytes, wire: Wire, *, steps: bytes | None = None, beta: bytes = b"") -> Asked:
    """`steps`: show or hide, where the client says so. Raises InvalidRequest."""
    members = JsonObject(body).members
    _refuse_tools(members)
    echo = Echo()
    if wire != "chat":
        translated = translate_request(body, wire, "chat", _LENIENT)
        body, echo = translated.body, translated.echo
    said = _read(body)
    _check(said)
    if wire == "chat":
        echo = Echo(includes_usage=bool((said.stream_options or {}).get("include_usage")))
    everything = msgspec.json.decode(body)
    return Asked(
        wire,
        tuple(said.messages),
        {name: everything[name] for name in _HANDED_ON if everything.get(name) is not None},
        is_stream=said.stream is True,
        shows_steps=_shows_steps(wire, members, steps, beta),
        echo=echo,
        response_format=said.response_format,
    )


def _read(body: bytes) -> _Body:
    try:
        return _decode(body)
    except _UNREADABLE as error:
        raise InvalidRequest(f"The body is not what an agent is asked with: {error}. Send messages.") from None


def _refuse_tools(members: Mapping[str, msgspec.Raw]) -> None:
    """As they were sent: what another dialect has no word for would get lost on the way to a chat."""
    for name in _TOOLS_OF_CLIENTS:
        if b"".join(bytes(members.get(name, b"null")).split()) not in _NO_TOOLS:
            words = "An agent uses tools of its own, which the gateway's settings name."
            raise InvalidRequest(f"{words} Leave `{name}` out.", param=name)


def _check(said: _Body) -> None:
    if said.n is not None and said.n != 1:
        raise InvalidRequest("An agent gives one answer. Leave `n` out.", param="n")
    for number, message in enumerate(said.messages):
        if not isinstance(message.get("role"), str):
            raise InvalidRequest(f"messages[{number}] has no role.", param=f"messages[{number}].role")
    if not any(message["role"] not in _TOLD for message in said.messages):
        raise InvalidRequest("Nothing is asked. Send a message of the user.", param="messages")


def _shows_steps(wire: Wire, members: Mapping[str, msgspec.Raw], steps: bytes | None, beta: bytes) -> bool:
    """Plain clients of chats and responses pass over what they do not know. Those of messages often take the first
    block for the answer: they are shown more only if they say that they know thinking, or blocks of tools.
    """
    if steps is not None:
        return steps.strip().lower() != b"hide"
    if wire != "messages" or _KNOWS_STEPS in beta:
        return True
    thinking = bytes(members.get("thinking", b""))
    return bool(thinking) and b"disabled" not in thinking and thinking != b"null"
