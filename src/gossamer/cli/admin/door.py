"""The way to the admin API: over HTTP to a running gateway, or straight to the store that the configuration names.

Both take the same questions and give the same answers, so that no command knows which one it has.
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol

import msgspec

DONE: Final = 0
REFUSED: Final = 1


class Refused(Exception):
    """What was asked for is not done, and the sentence says why."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class Answer(msgspec.Struct, frozen=True):
    """Something that was done: the body as it came, and the version that it has."""

    body: Any
    etag: str | None = None


class Door(Protocol):
    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
        if_match: str | None = None,
    ) -> Answer:
        """Raises Refused. Members of `query` that are None are left out."""


class _Error(msgspec.Struct):
    message: str
    code: str = ""


class _ErrorBody(msgspec.Struct):
    error: _Error


def read_answer(status: int, etag: str | None, body: bytes) -> Answer:
    """What came back, as far as it comes from a gateway."""
    try:
        if status < 300:
            return Answer(msgspec.json.decode(body) if body else None, etag)
        error = msgspec.json.decode(body, type=_ErrorBody).error
    except msgspec.MsgspecError:
        raise Refused(f"the answer ({status}) is none of a gateway's admin API: is the URL right?") from None
    raise Refused(error.message, error.code)
