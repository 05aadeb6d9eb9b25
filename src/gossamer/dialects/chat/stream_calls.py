"""The calls of a streamed chat completion: pieces of several calls, told apart by their number.

Not all imitators number them: some say 0 for each, some nothing. A new id with a name is a new call, by any number.
"""

from typing import Final

import msgspec

from gossamer.core.errors import ProviderUnavailable
from gossamer.dialects.answer import EMPTY, Quoted, StreamWriter
from gossamer.dialects.idents import answer_id

_NOTHING: Final = msgspec.Raw()
_encode: Final = msgspec.json.Encoder().encode


class Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: msgspec.Raw = _NOTHING


class Call(msgspec.Struct, gc=False):
    index: int | None = None
    id: str | None = None
    function: Function | None = None


class StreamCalls:
    """Which call is which."""

    def __init__(self, writer: StreamWriter) -> None:
        self._writer = writer
        self._ours: dict[int, int] = {}
        """The provider's numbers, and ours, in the order in which the calls began."""
        self._ids: dict[int, str] = {}
        self._begun = 0
        self.answer_id = ""

    @property
    def are_any(self) -> bool:
        return self._begun > 0

    def tell(self, calls: list[Call]) -> bytes:
        return b"".join(map(self._tell_one, calls))

    def _tell_one(self, call: Call) -> bytes:
        function = call.function or Function()
        number = self._number_of(call)
        told = b""
        if number not in self._ours or self._is_another(number, call, function):
            told = self._begin(number, call, function)
        piece = _literal(function.arguments)
        return told if piece == EMPTY else told + self._writer.arguments(self._ours[number], piece)

    def _number_of(self, call: Call) -> int:
        if call.index is not None:
            return call.index
        return self._begun if call.id or not self._begun else self._begun - 1

    def _is_another(self, number: int, call: Call, function: Function) -> bool:
        return bool(call.id and function.name and call.id != self._ids[number])

    def _begin(self, number: int, call: Call, function: Function) -> bytes:
        if not function.name:
            raise ProviderUnavailable("The provider sent a piece of a tool call that never began. Try again.")
        at = self._ours[number] = self._begun
        self._begun += 1
        self._ids[number] = call.id or ""
        name = call.id or f"call_{answer_id(self.answer_id, '')}_{at}"
        return (self._writer.close() if at else b"") + self._writer.call(at, name, function.name)


def _literal(arguments: msgspec.Raw) -> Quoted:
    """Arguments are text; those that come as an object become the text of it."""
    literal = bytes(arguments)
    if not literal or literal == b"null":
        return EMPTY
    return literal if literal.startswith(b'"') else _encode(literal.decode())
