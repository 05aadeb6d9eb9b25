"""What a request body asks for, and the edits that a gateway makes to it.

Bytes in, values or bytes out. Members that nobody here needs are neither read nor changed.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Final

import msgspec

from gossamer.core.endpoints import Dialect
from gossamer.core.errors import InvalidRequest
from gossamer.dialects.members import JsonObject, Members, NoObject, compact

_decode_text: Final = msgspec.json.Decoder(str).decode
_encode: Final = msgspec.json.Encoder().encode

_MODEL_CHARS: Final = 256
"""It goes into headers and records. The longest names in use, paths of fine-tuned models, have about a hundred."""
_NO_MODEL: Final = (b'""', b"null")
"""What clients send for a model that they do not name; the member may be missing, too."""
_FLAGS: Final = {b"true": True, b"false": False, b"null": False}
_BEGINS_OBJECT: Final = re.compile(rb"[\s\0\xef\xbb\xbf\xfe\xff]*+\{")
"""In UTF-16 too, and behind any byte order mark: some readers take those."""
_USAGE_WANTED: Final = b'{"include_usage":true}'


_Bound = Annotated[int, msgspec.Meta(ge=0, le=10**12)] | None
"""No answer has a trillion tokens: a larger bound is none."""


class _Bounds(msgspec.Struct, gc=False):
    max_tokens: _Bound = None
    max_completion_tokens: _Bound = None
    max_output_tokens: _Bound = None
    n: _Bound = None
    best_of: _Bound = None


_ANY_BOUND: Final = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_BOUNDED_BY: Final[Mapping[Dialect, tuple[str, ...]]] = {
    "chat": ("max_tokens", "max_completion_tokens"),
    "completions": ("max_tokens",),
    "responses": ("max_output_tokens",),
    "messages": ("max_tokens",),
    "count": ("max_tokens",),
    "embeddings": _ANY_BOUND,
    "other": _ANY_BOUND,
}
"""By which members."""

_decode_bounds: Final = msgspec.json.Decoder(_Bounds).decode
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def model_of(members: Mapping[str, msgspec.Raw]) -> str:
    """The model that is asked for. InvalidRequest, as below, says which member is wrong and what is expected."""
    try:
        model = _decode_text(members["model"])
    except KeyError:
        raise _no_model() from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _no_text() from None
    if len(model) > _MODEL_CHARS:
        raise _too_long()
    return model


def wants_stream(members: Mapping[str, msgspec.Raw]) -> bool:
    """Whether a member `stream` that is there is set."""
    return _is_set(members, "stream", "stream")


def wants_usage(members: Mapping[str, msgspec.Raw]) -> bool:
    """Whether a streamed answer shall end with its usage: `stream_options.include_usage`."""
    options = _options_of(members)
    return options is not None and _is_set(options.members, "include_usage", "stream_options.include_usage")


def read_optional_model(body: bytes) -> str | None:
    """The model of a body that need not name one, nor be JSON; what begins like an object must be one.

    Were it let through unread, another reader might find a model in it.
    """
    try:
        raw = JsonObject(body).members.get("model")
    except NoObject:
        if _BEGINS_OBJECT.match(body):
            raise
        return None
    return _text_of_model(raw) if raw is not None and bytes(raw).startswith(b'"') else None


def default_model(ask: JsonObject, model: str) -> dict[str, bytes]:
    """The members to set, so that it asks for this model if it names none."""
    named = ask.members.get("model")
    return {} if named is not None and bytes(named) not in _NO_MODEL else {"model": _encode(model)}


def asked_output(body: bytes, default: int, dialect: Dialect) -> int:
    """How many tokens of answer a body bounds itself to, over all the answers that it asks for; else the default.

    Only a member that its dialect knows bounds anything: a provider passes over what it does not know. What cannot be
    read bounds nothing either: the provider will say what is wrong with it.
    """
    if b"max_" not in body and b'"n"' not in body and b"best_of" not in body and b"\\u" not in body:
        return default  # none of their names, nor any way to write one in other letters
    try:
        bounds = _decode_bounds(body)
    except _UNREADABLE:
        return default
    if dialect == "chat":  # as below, for what is asked most
        each = max(bounds.max_tokens or 0, bounds.max_completion_tokens or 0) or default
    else:
        each = max(getattr(bounds, name) or 0 for name in _BOUNDED_BY[dialect]) or default
    if dialect == "other":
        each = max(each, default)  # who reads it, and how, nobody here knows
    if bounds.n is not None or bounds.best_of is not None:
        return each * max(bounds.n or 1, bounds.best_of or 1)
    return each


def ask_for_usage(body: bytes) -> bytes:
    """The body of a streamed request, with `stream_options.include_usage` set to true."""
    ask = JsonObject(body)
    return ask.replaced({"stream_options": _with_usage(ask.members)})


def reworded(members: Members, model: str | None, *, asks_usage: bool) -> bytes:
    """Both at once, of a body whose members are known, and that is written compactly."""
    changed: dict[str, msgspec.Raw | str] = {**members}
    if model is not None:
        changed["model"] = model
    if asks_usage:
        changed["stream_options"] = msgspec.Raw(_with_usage(members))
    return compact(changed)


def replace_model(body: bytes, model: str) -> bytes:
    """The body, asking for another model."""
    ask = JsonObject(body)
    if "model" not in ask.members:
        raise _no_model()
    return ask.replaced({"model": _encode(model)})


def _text_of_model(raw: msgspec.Raw) -> str:
    return model_of({"model": raw})


def _too_long() -> InvalidRequest:
    return InvalidRequest(f'"model" has more than {_MODEL_CHARS} characters. Send the name of a model.', param="model")


def _no_text() -> InvalidRequest:
    return InvalidRequest('"model" must be a string of valid text, as in "gpt-4o-mini".', param="model")


def _no_model() -> InvalidRequest:
    return InvalidRequest('"model" is missing. Name the model to ask, as in "model": "gpt-4o-mini".', param="model")


def _with_usage(members: Mapping[str, msgspec.Raw]) -> bytes:
    options = _options_of(members)
    return _USAGE_WANTED if options is None else options.replaced({"include_usage": b"true"})


def _options_of(members: Mapping[str, msgspec.Raw]) -> JsonObject | None:
    raw = members.get("stream_options")
    return None if raw is None or bytes(raw) == b"null" else JsonObject(bytes(raw), '"stream_options"')


def _is_set(members: Mapping[str, msgspec.Raw], name: str, path: str) -> bool:
    raw = members.get(name)
    flag = raw is not None and _FLAGS.get(bytes(raw))
    if flag is None:
        raise InvalidRequest(f'"{path}" must be true or false.', param=path)
    return flag
