"""The members of a response that repeat its request, made once from the request's own bytes."""

from collections.abc import Mapping
from typing import Final

import msgspec

_DEFAULTS: Final = {
    "background": b"false",
    "instructions": b"null",
    "max_output_tokens": b"null",
    "metadata": b"{}",
    "parallel_tool_calls": b"true",
    "previous_response_id": b"null",
    "reasoning": b'{"effort":null,"summary":null}',
    "temperature": b"1.0",
    "text": b'{"format":{"type":"text"}}',
    "tool_choice": b'"auto"',
    "tools": b"[]",
    "top_p": b"1.0",
    "truncation": b'"disabled"',
    "user": b"null",
}
"""What the API says where the request said nothing."""
_FIXED: Final = ("background", "previous_response_id", "truncation")
"""These say what was done, not what was asked for."""


def settings_echo(members: Mapping[str, msgspec.Raw]) -> bytes:
    """JSON members without the brackets around them."""
    told = []
    for name, default in _DEFAULTS.items():
        raw = bytes(members.get(name, b"")).replace(b"\n", b" ").replace(b"\r", b" ")
        is_asked = raw not in (b"", b"null") and name not in _FIXED
        told.append(b'"%b":%b' % (name.encode(), raw if is_asked else default))
    return b",".join(told)
