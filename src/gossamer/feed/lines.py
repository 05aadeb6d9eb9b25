"""Lines out of a stream of bytes, for all who speak JSON lines with each other."""

from collections.abc import Iterator


class Lines:
    """Cuts a stream of bytes into whole lines."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._rest += data
        if b"\n" in data:
            *whole, self._rest = self._rest.split(b"\n")
            yield from map(bytes, whole)
