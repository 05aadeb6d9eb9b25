"""What a translation cannot carry: refused by name, or dropped with a warning where the user chose that.

A hint is dropped in either case, since the answer means the same without it.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec

from gossamer.core.errors import InvalidRequest, ProviderUnavailable

T = TypeVar("T")

_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_MOST_WARNINGS: Final = 20
"""They go into a header; a conversation of a thousand turns must not make a thousand of them."""


class Untranslatable(InvalidRequest):
    """A member for which the provider's dialect has no word."""


class Losses:
    """What one request lost on its way into another dialect."""

    __slots__ = ("_changed", "_dropped", "_names", "_seen", "is_lenient", "provider")

    def __init__(self, provider: str, *, is_lenient: bool, names: Mapping[str, str] | None = None) -> None:
        self.is_lenient = is_lenient
        self.provider = provider
        """How messages name the dialect of the provider."""
        self._names = names or {}
        self._seen: dict[str, None] = {}
        self._dropped: dict[str, None] = {}
        self._changed: dict[str, None] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """Each one once, in the order in which they came up."""
        return tuple(self._seen)

    @property
    def dropped(self) -> tuple[str, ...]:
        """Members that are not in what goes to the provider, as the client calls them."""
        return tuple(self._dropped)

    @property
    def changed(self) -> tuple[str, ...]:
        """Members that are said there in another way than the client said them."""
        return tuple(self._changed)

    def name(self, member: str) -> str:
        """A setting as the client's dialect calls it; writers know it by its name in chat completions."""
        return self._names.get(member, member)

    def change(self, member: str, how: str) -> None:
        """It is said in another way, and may be understood in another."""
        _note(self._changed, self.name(member))
        _note(self._seen, how)

    def hint(self, member: str, why: str) -> None:
        """The answer means the same without it."""
        called = self.name(member)
        _note(self._dropped, called)
        _note(self._seen, f'"{called}" was dropped: {why}.')

    def lose(self, member: str, why: str, advice: str = "Leave it out.") -> None:
        """The answer may mean something else without it; only the user can accept that."""
        if not self.is_lenient:
            self.refuse(member, why, advice)
        self.hint(member, why)

    def refuse(self, member: str, why: str, advice: str = "Leave it out.") -> None:
        """Without it the request would ask for something else altogether."""
        called = self.name(member)
        raise Untranslatable(f'"{called}" cannot be sent to {self.provider}: {why}. {advice}', param=called)


def _note(seen: dict[str, None], words: str) -> None:
    if len(seen) < _MOST_WARNINGS:
        seen[words] = None


def read_with(decode: Callable[[bytes], T], body: bytes) -> T:
    """A request's body as values; InvalidRequest says which member is wrong and what is expected."""
    try:
        return decode(body)
    except _UNREADABLE as error:
        words, _, place = str(error).partition(" - at `")
        member = place.rstrip("`").removeprefix("$").removeprefix(".").replace("[...]", "")
        if not member:
            raise InvalidRequest(f"The body cannot be read: {words}. Mend it there.") from None
        raise InvalidRequest(f'"{member}" cannot be read: {words}.', param=member) from None


def read_answer_with(decode: Callable[[bytes], T], body: bytes) -> T:
    """A provider's bytes as values; an answer that cannot be read is the provider's failure."""
    try:
        return decode(body)
    except _UNREADABLE as error:
        raise ProviderUnavailable(f"The provider's answer cannot be read: {error}. Try again.") from None
