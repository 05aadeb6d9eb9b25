"""Content-Length as the last line of a head, with the empty one behind it. Rendered once for the lengths that recur."""

from typing import Final

_MOST: Final = 4096
"""Lengths that are remembered, half a megabyte of them: chats and their answers mostly have a few thousand bytes."""


class _LastLines(dict[int, bytes]):
    """By the length. No function, since every message needs one, and a call would cost twice as much as the look."""

    def __missing__(self, length: int) -> bytes:
        line = b"content-length: %d\r\n\r\n" % length
        if len(self) < _MOST:
            self[length] = line
        return line


LAST_LINES: Final = _LastLines()
