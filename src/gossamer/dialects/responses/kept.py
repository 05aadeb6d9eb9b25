"""What of a request and its answer is kept, so that a later request can go on from it. Bytes in, bytes out.

a request          what it wishes: to be kept, to go on from an earlier response, or in a conversation
its own input      items, each with an id, as a client finds them again
what went before   items as they go up again: without ids of ours, and without reasoning that nobody can read
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec

from gossamer.core.errors import InvalidRequest

Members = dict[str, msgspec.Raw]

_decode_items: Final = msgspec.json.Decoder(list[Members]).decode
_decode_text: Final = msgspec.json.Decoder(str).decode
_decode_texts: Final = msgspec.json.Decoder(list[str]).decode
_encode: Final = msgspec.json.Encoder().encode
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_SAID: Final = ("store", "previous_response_id", "conversation")
_NOTHING: Final = (b"", b"null")
_PREFIXES: Final = {
    "message": "msg_",
    "function_call": "fc_",
    "function_call_output": "fco_",
    "reasoning": "rs_",
}
_OTHERS: Final = "item_"
_SEALED: Final = "reasoning.encrypted_content"
_ID_CHARS: Final = 200
"""Ours have about fifty; more is no id of anybody's."""


class Wish(msgspec.Struct, frozen=True, gc=False):
    """What a request wants kept, and what it goes on from."""

    is_kept: bool = True
    previous: str | None = None
    conversation: str | None = None


class _Conversation(msgspec.Struct):
    id: str


_decode_conversation: Final = msgspec.json.Decoder(str | _Conversation).decode
BY_DEFAULT: Final = Wish()


def read_wish(members: Mapping[str, msgspec.Raw]) -> Wish:
    """Who says nothing wants it kept, as in OpenAI's API. Raises InvalidRequest."""
    if not any(name in members for name in _SAID):
        return BY_DEFAULT
    store = bytes(members.get("store", b""))
    if store not in (*_NOTHING, b"true", b"false"):
        raise InvalidRequest('"store" must be true or false.', param="store")
    previous = _text_in(members, "previous_response_id")
    conversation = _conversation_in(members)
    if previous is not None and conversation is not None:
        raise InvalidRequest(
            '"previous_response_id" and "conversation" cannot be sent together. Send one of them.',
            param="previous_response_id",
        )
    return Wish(store != b"false", previous, conversation)


def _text_in(members: Mapping[str, msgspec.Raw], name: str) -> str | None:
    raw = bytes(members.get(name, b""))
    if raw in _NOTHING:
        return None
    try:
        text = _decode_text(raw)
    except _UNREADABLE:
        raise InvalidRequest(f'"{name}" must be the id of one, as text.', param=name) from None
    return _as_id(text, name)


def _conversation_in(members: Mapping[str, msgspec.Raw]) -> str | None:
    raw = bytes(members.get("conversation", b""))
    if raw in _NOTHING:
        return None
    try:
        found = _decode_conversation(raw)
    except _UNREADABLE:
        wanted = '"conversation" must be the id of one: "conv_...", or {"id": "conv_..."}.'
        raise InvalidRequest(wanted, param="conversation") from None
    return _as_id(found if isinstance(found, str) else found.id, "conversation")


def _as_id(text: str, name: str) -> str:
    if "\0" in text:
        raise InvalidRequest(f'"{name}" must be the id of one, and no id has a zero character.', param=name)
    return text[:_ID_CHARS]


# --- a request's own input ---


def own_items(raw: bytes, new_id: Callable[[], str]) -> list[bytes]:
    """Text is a message of the user's. Raises InvalidRequest for what is neither text nor items."""
    if raw in _NOTHING:
        return []
    if raw.startswith(b'"'):
        part = b'{"type":"input_text","text":%b}' % raw
        name = _encode(_PREFIXES["message"] + new_id())
        told = b'{"type":"message","id":%b,"status":"completed","role":"user","content":[%b]}'
        return [told % (name, part)]
    try:
        items = _decode_items(raw)
    except _UNREADABLE:
        raise InvalidRequest('"input" must be text or a list of items.', param="input") from None
    return [_encode(_named(item, new_id)) for item in items]


def _named(item: Members, new_id: Callable[[], str]) -> Members:
    kind = text_of(item.get("type")) or "message"
    added: Members = {}
    if kind == "message":
        added = {"type": msgspec.Raw(b'"message"'), "content": _as_parts(item)}
        if "status" not in item:
            added["status"] = msgspec.Raw(b'"completed"')
    raw = bytes(item.get("id", b""))
    if raw not in _NOTHING and not _is_id(text_of(item["id"])):
        raise InvalidRequest('The "id" of an item must be text. Leave it out, and it gets one.', param="input")
    if raw in _NOTHING:
        added["id"] = msgspec.Raw(_encode(_PREFIXES.get(kind, _OTHERS) + new_id()))
    return item | added


def _is_id(text: str) -> bool:
    """What Postgres takes for text."""
    return bool(text) and "\0" not in text


def _as_parts(message: Members) -> msgspec.Raw:
    content = message.get("content", msgspec.Raw(b"[]"))
    if not bytes(content).startswith(b'"'):
        return content
    if text_of(message.get("role")) == "assistant":
        return msgspec.Raw(b'[{"type":"output_text","text":%b,"annotations":[]}]' % bytes(content))
    return msgspec.Raw(b'[{"type":"input_text","text":%b}]' % bytes(content))


# --- what went before ---


def as_input(items: bytes) -> bytes:
    """Kept items, as they go up before new ones. A provider would look for ids of its own, and for reasoning that it
    was not told: what was sealed is all that it can be given back.
    """
    return b",".join([_encode(told) for item in _decode_items(b"[%b]" % items) if (told := _told_again(item))])


def _told_again(item: Members) -> Members:
    kind = text_of(item.get("type"))
    if kind == "reasoning":
        has_words = bytes(item.get("content", b"")).strip() not in (*_NOTHING, b"[]")
        return item if has_words or bytes(item.get("encrypted_content", b"")) not in _NOTHING else {}
    return {name: raw for name, raw in item.items() if name not in ("id", "status")}


def written_out(before: bytes, own: bytes) -> bytes:
    """The whole input: what went before, and what is new."""
    if own in _NOTHING:
        new = b""
    elif own.startswith(b'"'):
        new = b'{"type":"message","role":"user","content":%b}' % own
    else:
        new = own.strip()[1:-1].strip()
    return b"[%b]" % b",".join(filter(None, (before, new)))


def with_seals(members: Mapping[str, msgspec.Raw], before: bytes) -> bytes | None:
    """`include`, so that reasoning can be given back: it is kept nowhere else. None where nothing has to change."""
    wants = bytes(members.get("reasoning", b"")) not in _NOTHING or b'"encrypted_content"' in before
    raw = bytes(members.get("include", b""))
    if not wants:
        return None
    try:
        included = [] if raw in _NOTHING else _decode_texts(raw)
    except _UNREADABLE:
        return None  # the provider's to refuse
    return None if _SEALED in included else _encode([*included, _SEALED])


def text_of(raw: msgspec.Raw | None) -> str:
    """Nothing for what is no text."""
    if raw is None or not bytes(raw).startswith(b'"'):
        return ""
    try:
        return _decode_text(raw)
    except _UNREADABLE:
        return ""


class _Named(msgspec.Struct):
    id: msgspec.Raw = msgspec.Raw(b'""')


_decode_named: Final = msgspec.json.Decoder(_Named).decode


def id_of(item: bytes | msgspec.Raw) -> str:
    """Nothing where it has none that is text: providers say null, too."""
    return text_of(_decode_named(item).id)


def joined(items: Iterable[bytes]) -> bytes:
    return b"[%b]" % b",".join(items)
