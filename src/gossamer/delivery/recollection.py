"""What one worker remembers of responses that it has seen: all that stood in the conversation up to each of them.

The one that was not used for longest goes first. Whatever is deleted anywhere empties it: to know what hangs on what
was deleted would cost more than to ask again.
"""

from collections import OrderedDict
from typing import Final, NamedTuple

_ENTRY_BYTES: Final = 600
"""Of an entry beside what it holds, about."""


class Memory(NamedTuple):
    """`items`: JSON, as they stand between the brackets of a list. `at`: when its last turn was kept."""

    house: str
    items: bytes
    length: int
    at: float


class Recollection:
    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.generation = 0
        """Counts up whenever all is forgotten: what was asked before is not remembered after."""
        self._size_bytes = 0
        self._known: OrderedDict[str, Memory] = OrderedDict()

    def get(self, name: str, house: str, since: float) -> Memory | None:
        """Of this house alone, and none that was kept before `since`."""
        found = self._known.get(name)
        if found is None or found.house != house or found.at < since:
            return None
        self._known.move_to_end(name)
        return found

    def put(self, name: str, memory: Memory, generation: int) -> None:
        if generation != self.generation or _size(memory) > self.most_bytes:
            return
        self._drop(name)
        self._known[name] = memory
        self._size_bytes += _size(memory)
        while self._size_bytes > self.most_bytes:
            self._drop(next(iter(self._known)))

    def forget(self) -> None:
        self.generation += 1
        self._known.clear()
        self._size_bytes = 0

    def _drop(self, name: str) -> None:
        found = self._known.pop(name, None)
        if found is not None:
            self._size_bytes -= _size(found)


def _size(memory: Memory) -> int:
    return len(memory.items) + _ENTRY_BYTES
