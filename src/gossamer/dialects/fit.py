"""A chat request, made to fit one of those who imitate chat completions, with as few bytes changed as can be.

Most requests fit as they are, and come out as the same bytes.
"""

from typing import Final

import msgspec

from gossamer.dialects.fates import PROVIDER_WORDS, Fate
from gossamer.dialects.losses import Losses, read_with
from gossamer.dialects.members import JsonObject
from gossamer.dialects.vendors import Vendor

_encode: Final = msgspec.json.Encoder().encode
_decode_messages: Final = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode
_decode_text: Final = msgspec.json.Decoder(str).decode
_NOTHING: Final = (b"null", b"[]", b"{}")


class _Format(msgspec.Struct):
    type: str = ""


_decode_format: Final = msgspec.json.Decoder(_Format | None).decode


class FittedRequest(msgspec.Struct, frozen=True):
    body: bytes
    warnings: tuple[str, ...]
    dropped: tuple[str, ...] = ()


def fit_request(body: bytes, vendor: Vendor, *, is_lenient: bool = False) -> FittedRequest:
    """A client's own chat request, as the vendor takes it. Raises Untranslatable for what must not get lost."""
    losses = Losses(PROVIDER_WORDS["chat"].replace("chat completions", vendor.name), is_lenient=is_lenient)
    return FittedRequest(fit_members(body, vendor, losses), losses.warnings, losses.dropped)


def fit_members(body: bytes, vendor: Vendor, losses: Losses) -> bytes:
    asked = JsonObject(body)
    members = asked.members
    refused = [name for name in vendor.refuses if name in members]
    for name in refused:
        _drop(name, bytes(members[name]), vendor, losses)
    gone = set(refused)
    if not vendor.takes_schema and "response_format" in members:
        _check_format(bytes(members["response_format"]), vendor, losses)
        gone |= {"response_format"} if _is_schema(bytes(members["response_format"])) else set()
    changes: dict[str, bytes] = {}
    for name, other in vendor.renames.items():
        if name in members:
            gone.add(name)
            if other not in members:
                changes[other] = bytes(members[name])
    messages = _fit_messages(bytes(members.get("messages", b"")), vendor)
    if messages is not None:
        changes["messages"] = messages
    return asked.edited(changes, gone) if changes or gone else body


def _drop(name: str, raw: bytes, vendor: Vendor, losses: Losses) -> None:
    if raw in (*_NOTHING, b"false", b"0") or vendor.refuses[name] is Fate.CARRIED:
        return
    why = f"{vendor.name} refuses it"
    if vendor.refuses[name] is Fate.HINT:
        losses.hint(name, why)
    else:
        losses.lose(name, why)


def _check_format(raw: bytes, vendor: Vendor, losses: Losses) -> None:
    if _is_schema(raw):
        losses.lose("response_format", f"{vendor.name} takes no JSON schema", 'Ask for {"type": "json_object"}.')


def _is_schema(raw: bytes) -> bool:
    form = read_with(_decode_format, raw)
    return form is not None and form.type == "json_schema"


def _fit_messages(raw: bytes, vendor: Vendor) -> bytes | None:
    """The messages, where they must change; None where they fit. What cannot be a list is the vendor's to refuse."""
    if not raw or not _may_need_change(raw, vendor):
        return None
    try:
        messages = _decode_messages(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    is_changed = False
    for message in messages:
        for name in vendor.refuses_in_messages:
            is_changed = message.pop(name, None) is not None or is_changed
        role = _decode_text(message["role"]) if bytes(message.get("role", b"")).startswith(b'"') else ""
        if role in vendor.roles:
            message["role"] = msgspec.Raw(_encode(vendor.roles[role]))
            is_changed = True
    return _encode(messages) if is_changed else None


def _may_need_change(raw: bytes, vendor: Vendor) -> bool:
    """Whether a word that must change is in there anywhere: a search costs far less than a decode."""
    return any(b'"%b"' % word.encode() in raw for word in (*vendor.roles, *vendor.refuses_in_messages))
