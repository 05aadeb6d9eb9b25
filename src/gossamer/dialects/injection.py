"""A directive put before everything else that a body says, in its own dialect. Bytes in, changes of members out.

    chat        before the text of the first message, if it is the system's or the developer's; else a new one before it
    responses   before `instructions`
    messages    before `system`: its text, or as a block of its own before its blocks

Text and text are parted by an empty line. Whoever sends the directive along already has it: it is there once. What
stands in no such place is the caller's to say, and is not looked at. A body that has no place for it is refused, since
passed on as it is it would be answered without.
"""

import re
from typing import Final

import msgspec

from gossamer.core.directives import Prompt
from gossamer.core.endpoints import Dialect
from gossamer.core.errors import InvalidRequest
from gossamer.dialects.members import JsonObject, Splice

Changes = dict[str, bytes | Splice]

_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_PART: Final = rb"\n\n"
"""An empty line, as a JSON string has it."""
_GAP: Final = "\n\n"
_BEGIN: Final = re.compile(rb"\[[ \t\r\n]*+")
_MARK: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]]')
"""Whole strings, so that no bracket in one counts."""
_SYSTEMS: Final = ("system", "developer")
_STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_PLAIN_OTHER: Final = re.compile(rb'\[\{"role": ?"(?:user|assistant)", ?"content": ?' + _STRING + rb"\}")
_PLAIN_SYSTEM: Final = re.compile(rb'\[\{"role": ?"(?:system|developer)", ?"content": ?(' + _STRING + rb")\}")
"""A first message as machines write it: a role and a text, and so nothing that is there twice."""
HAVE_A_PLACE: Final[frozenset[Dialect]] = frozenset(("chat", "responses", "messages", "count"))
"""The others are sent on as they are."""
_SMALL_BYTES: Final = 4096
"""Up to here all of a list is read faster than its first item is looked for (measured)."""

_decode_text: Final = msgspec.json.Decoder(str).decode


def inject(ask: JsonObject, dialect: Dialect, prompt: Prompt) -> Changes:
    """The members to change; none where it has the directive already, or its dialect has no place for one."""
    if not prompt.text:
        return {}
    match dialect:
        case "chat":
            return _into_messages(ask, prompt)
        case "responses":
            return _into_member(ask, "instructions", prompt, takes_blocks=False)
        case "messages" | "count":
            return _into_member(ask, "system", prompt, takes_blocks=True)
        case _:
            return {}


# --- responses, messages ---


def _into_member(ask: JsonObject, name: str, prompt: Prompt, *, takes_blocks: bool) -> Changes:
    kind = "a string or a list of blocks" if takes_blocks else "a string"
    change = _before(_view(ask, name), prompt, takes_blocks=takes_blocks, wanted=(name, name, kind))
    return {} if change is None else {name: change}


# --- chat ---


def _into_messages(ask: JsonObject, prompt: Prompt) -> Changes:
    messages = ask.members.get("messages", b"")
    if _PLAIN_OTHER.match(messages):
        return {"messages": Splice(1, 0, _message(prompt) + b",")}
    raw = memoryview(messages)
    plain = _PLAIN_SYSTEM.match(raw)
    if plain is None:
        return _into_other_messages(raw, prompt)
    start, end = plain.span(1)
    splice = _before_text(raw[start:end], prompt)
    return {} if splice is None else {"messages": Splice(start + splice.at, 0, splice.piece)}


def _into_other_messages(raw: memoryview, prompt: Prompt) -> Changes:
    """However they are written."""
    found = _BEGIN.match(raw)
    if found is None:
        raise _no_place("messages", "messages", "a list")
    start = found.end()
    if raw[start] == _END_OF_LIST:
        return {"messages": Splice(start, 0, _message(prompt))}
    first = _object_at(raw, start)
    if not _is_system(first):
        return {"messages": Splice(start, 0, _message(prompt) + b",")}
    message = JsonObject(first, '"messages.0"')
    wanted = ("messages.0.content", "messages", "a string or a list of parts")
    change = _before(_view(message, "content"), prompt, takes_blocks=True, wanted=wanted)
    if change is None:
        return {}
    return {"messages": Splice(start, len(first), message.replaced({"content": change}))}


class _Message(msgspec.Struct, gc=False):
    role: str = ""


def _is_system(message: bytes) -> bool:
    """However its letters are written. What is no message goes behind a new one, for the provider to refuse."""
    try:
        return _decode_message(message).role in _SYSTEMS
    except _UNREADABLE:
        return False


def _message(prompt: Prompt) -> bytes:
    return b'{"role":"system","content":"%b"}' % prompt.escaped


# --- a text, or a list of parts or blocks ---


def _before(
    raw: memoryview, prompt: Prompt, *, takes_blocks: bool, wanted: tuple[str, str, str]
) -> bytes | Splice | None:
    """With the directive first; None where it is there already. `wanted` says what else there should be."""
    match bytes(raw[:1]):
        case b'"':
            return _before_text(raw, prompt)
        case b"" | b"n":
            return b'"%b"' % prompt.escaped
        case b"[" if takes_blocks:
            return _before_blocks(raw, prompt)
        case _:
            raise _no_place(*wanted)


def _before_text(raw: memoryview, prompt: Prompt) -> Splice | None:
    if len(raw) == len('""'):
        return Splice(1, 0, prompt.escaped)
    return None if _has(raw, prompt) else Splice(1, 0, prompt.escaped + _PART)


def _before_blocks(raw: memoryview, prompt: Prompt) -> Splice | None:
    found = _BEGIN.match(raw)
    assert found is not None, "it begins with a bracket"
    start = found.end()
    block = b'{"type":"text","text":"%b"}' % prompt.escaped
    if raw[start] == _END_OF_LIST:
        return Splice(start, 0, block)
    first = _object_at(raw, start)
    if first and _has(_view(JsonObject(first, "The first block"), "text"), prompt):
        return None
    return Splice(start, 0, block + b",")


def _has(raw: memoryview, prompt: Prompt) -> bool:
    """Whether this text begins with the directive, however its letters are written."""
    escaped = prompt.escaped
    if bytes(raw[1:2]) not in (b"\\", escaped[:1]) and escaped[:1] != b"\\":
        return False  # nearly always: nothing need be decoded to see it
    text = _text(raw)
    return text is not None and (text == prompt.text or text.startswith(prompt.text + _GAP))


def _text(raw: memoryview) -> str | None:
    try:
        return _decode_text(raw)
    except _UNREADABLE:
        return None


_decode_message: Final = msgspec.json.Decoder(_Message).decode
_decode_list: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_END_OF_LIST: Final = ord("]")
_BEGIN_OF_OBJECT: Final = ord("{")


def _object_at(raw: memoryview, start: int) -> bytes:
    """The object that begins there, in JSON that is known to be whole; nothing where something else does.

    What lies behind it is not looked at: a long conversation costs no more than a short one.
    """
    if raw[start] != _BEGIN_OF_OBJECT:
        return b""
    if len(raw) <= _SMALL_BYTES:
        return bytes(_decode_list(raw)[0])
    depth = 0
    for mark in _MARK.finditer(raw, start):
        letter = mark[0]
        if letter in (b"{", b"["):
            depth += 1
        elif letter in (b"}", b"]"):
            depth -= 1
            if depth == 0:
                return bytes(raw[start : mark.end()])
    raise AssertionError("an object in whole JSON has no end")


def _view(thing: JsonObject, name: str) -> memoryview:
    """Its bytes as they stand in the body, which may be long: not copied."""
    return memoryview(thing.members.get(name, b""))


def _no_place(path: str, param: str, wanted: str) -> InvalidRequest:
    return InvalidRequest(
        f'"{path}" must be {wanted}: the directive of this agent is to stand there, and finds no place.', param=param
    )
