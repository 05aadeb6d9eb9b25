"""ETags: what If-Match asks for, and a change that is made for one version, not for whatever is there by then.

A PATCH must say which version it was made for; `*` says that any will do, and that the client knows what that means.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Final, Protocol, TypeVar

from fastapi import Header, Response

from gossamer.control.api.refusals import VersionRequired
from gossamer.control.store.errors import Conflict
from gossamer.core.errors import InvalidRequest

IfMatch = Annotated[
    str | None,
    Header(description="The `ETag` that the change is made for, or `*` for whichever there is.", max_length=100),
]

_TAG: Final = re.compile(r'(?:W/)?"([0-9]{1,9})"')
"""A proxy that compresses makes a weak tag of ours; the version in it is as good."""
_TRIES: Final = 5
"""Of a change that is for any version, while others change the same thing."""


class Versioned(Protocol):
    @property
    def version(self) -> int: ...


Thing = TypeVar("Thing", bound=Versioned)


def asked_version(if_match: str | None) -> int | None:
    """None: whichever there is."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = _TAG.fullmatch(if_match.strip())
    if found is None:
        raise InvalidRequest('Write If-Match as the ETag of a GET, such as "3", or as *.', param="If-Match")
    return int(found[1])


def needed_version(if_match: str | None) -> int | None:
    if if_match is None:
        raise VersionRequired(
            "Send If-Match with the ETag that a GET of it has, so that nobody else's change is lost; or If-Match: *.",
            param="If-Match",
        )
    return asked_version(if_match)


async def change_at(
    version: int | None, read: Callable[[], Awaitable[Thing]], change: Callable[[Thing], Awaitable[Thing]]
) -> Thing:
    """Read, then changed by what was read: at that very version, or not at all."""
    for _ in range(_TRIES - 1):
        thing = await read()
        if version is not None and thing.version != version:
            raise Conflict(thing.version)
        try:
            return await change(thing)
        except Conflict:
            if version is not None:
                raise
    return await change(await read())


def show_version(response: Response, thing: Versioned) -> None:
    response.headers["ETag"] = f'"{thing.version}"'
