"""What a request needs of the model that answers it, found by the marks in its bytes: nothing is decoded.

A mark with its quotes can only be a name or a whole value, since a quote inside of text is escaped. Who writes a mark
with escapes is not seen, and hears of it from the provider.
"""

import re
from typing import Final, NamedTuple

from gossamer.core.endpoints import Dialect
from gossamer.dialects.ask import asked_output

_IMAGES: Final = (b'"image_url"', b'"input_image"', b'"image"')
"""Of chat, of responses, of messages."""
_TOOLS: Final = (b'"tools"', b'"functions"')
_SCHEMAS: Final = (b'"json_schema"',)
_IS_IMAGE: Final = re.compile(rb'"type"\s*+:\s*+"(?:image_url|input_image|image)"')
_IS_TOOLS: Final = re.compile(rb'"(?:tools|functions)"\s*+:\s*+\[\s*+\{')
_IS_SCHEMA: Final = re.compile(rb'"type"\s*+:\s*+"json_schema"')
"""A closer look, where a mark was found: a parameter of a tool may be called `image`, and a question be `tools`."""
_BYTES_A_TOKEN: Final = 4
_IMAGE_BYTES: Final = 1_600 * _BYTES_A_TOKEN
"""A large one, in tokens, however many bytes it came in."""
_LONG_TEXT: Final = b";base64,"


class Needs(NamedTuple):
    """`tokens`: of the question and the room for its answer, estimated."""

    vision: bool
    tools: bool
    json_schema: bool
    tokens: int


def needs_of(body: bytes, dialect: Dialect) -> Needs:
    vision = _has(body, _IMAGES, _IS_IMAGE)
    size = _size_without_images(body) if vision else len(body)
    return Needs(
        vision=vision,
        tools=_has(body, _TOOLS, _IS_TOOLS),
        json_schema=_has(body, _SCHEMAS, _IS_SCHEMA),
        tokens=size // _BYTES_A_TOKEN + asked_output(body, 0, dialect),
    )


def _has(body: bytes, marks: tuple[bytes, ...], meant: re.Pattern[bytes]) -> bool:
    return any(mark in body for mark in marks) and meant.search(body) is not None


def _size_without_images(body: bytes) -> int:
    """An image that comes as text counts as what it costs."""
    size = len(body)
    begin = body.find(_LONG_TEXT)
    while begin >= 0:
        end = body.find(b'"', begin)
        if end < 0:
            break
        size -= max(0, end - begin - _IMAGE_BYTES)
        begin = body.find(_LONG_TEXT, end)
    return size
