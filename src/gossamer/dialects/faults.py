"""What providers say when something went wrong, read in whichever shape they have for it, and said in the client's.

Status and retries are for others to decide; here only the words change their form.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from gossamer.core.endpoints import Wire
from gossamer.core.errors import GatewayError
from gossamer.dialects.answer import Fault

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_MOST_CHARACTERS: Final = 2000
"""Of a body that is no JSON: some proxies answer with whole pages."""
_MESSAGES_KINDS: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_OPENAI_KINDS: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "invalid_request_error",
    413: "invalid_request_error",
    429: "rate_limit_error",
}
_KNOWN_TO_MESSAGES: Final = frozenset(_MESSAGES_KINDS.values())
_LIKE: Final = {
    "rate_limit_exceeded": "rate_limit_error",
    "insufficient_quota": "rate_limit_error",
    "overloaded": "overloaded_error",
    "invalid_prompt": "invalid_request_error",
    "invalid_api_key": "authentication_error",
}
STATUS_OF_KIND: Final[Mapping[str, int]] = {
    **{kind: status for status, kind in _MESSAGES_KINDS.items()},
    "content_filter": 400,
    "context_length_exceeded": 400,
    "insufficient_quota": 429,
    "invalid_api_key": 401,
    "invalid_prompt": 400,
    "overloaded": 529,
    "rate_limit_exceeded": 429,
}
"""Where an error does not come with its status."""
_CODES: Final = {"overloaded_error": "overloaded", "rate_limit_error": "rate_limit_exceeded"}


def fault_in(body: bytes, status: int = 500) -> Fault:
    """What a body, or the data of an error event, says went wrong."""
    try:
        said = _decode(body)
    except _UNREADABLE:
        words = body.decode(errors="replace").strip()[:_MOST_CHARACTERS]
        return Fault(words or f"The provider answered {status} and said nothing.", "")
    return _fault_of(said, status)


def fault_of(error: GatewayError) -> Fault:
    """The gateway's own error."""
    return Fault(error.message, error.kind, error.code, error.param or "")


def render_fault(fault: Fault, status: int, client: Wire) -> bytes:
    """The body of an answer that is an error, in the client's dialect."""
    if client == "messages":
        return _encode(_messages_body(fault, status))
    kind = fault.kind or _OPENAI_KINDS.get(status, "api_error")
    return _encode({"error": _openai_error(fault, kind)})


def render_stream_fault(fault: Fault, client: Wire, sequence_number: int = 0) -> bytes:
    """The event that ends a stream; for responses flat and nested, since official clients look for either."""
    if client == "messages":
        return b"event: error\ndata: %b\n\n" % _encode(_messages_body(fault, 0))
    error = _openai_error(fault, fault.kind or "api_error")
    if client == "chat":
        return b"data: %b\n\n" % _encode({"error": error})
    flat = {"code": error["code"], "message": fault.message, "param": error["param"]}
    event = {"type": "error", **flat, "sequence_number": sequence_number, "error": error}
    return b"event: error\ndata: %b\n\n" % _encode(event)


def _messages_body(fault: Fault, status: int) -> dict[str, Any]:
    """Its own kind if it is one of Anthropic's, else that of the status, else what the code is like."""
    kind = fault.kind if fault.kind in _KNOWN_TO_MESSAGES else _MESSAGES_KINDS.get(status)
    kind = kind or _LIKE.get(fault.code) or _LIKE.get(fault.kind) or "api_error"
    return {"type": "error", "error": {"type": kind, "message": fault.message}}


def _openai_error(fault: Fault, kind: str) -> dict[str, Any]:
    code = fault.code or _CODES.get(kind)
    return {"message": fault.message, "type": kind, "param": fault.param or None, "code": code}


def _fault_of(said: Any, status: int) -> Fault:
    """Gemini's is the one entry of a list, Mistral's has no `error` around it, and Ollama's is a string."""
    if isinstance(said, list) and said:
        return _fault_of(said[0], status)
    if not isinstance(said, Mapping):
        return Fault(str(said)[:_MOST_CHARACTERS], "")
    inner = said.get("error")
    if isinstance(inner, str):
        return Fault(inner, "")
    error = inner if isinstance(inner, Mapping) else said
    message = error.get("message") or error.get("detail")
    if message is None:
        message = f"The provider answered {status} and did not say why."
    kind = "" if error is said and said.get("type") == "error" else _text(error.get("type"))
    words = message if isinstance(message, str) else _encode(message).decode()
    return Fault(words[:_MOST_CHARACTERS], kind, _text(error.get("code")), _text(error.get("param")))


def _text(value: Any) -> str:
    """Some have numbers for codes, which say no more than the status."""
    return value if isinstance(value, str) else ""
