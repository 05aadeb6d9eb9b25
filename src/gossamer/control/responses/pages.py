"""Lists of items as OpenAI's clients turn their pages: by the id of the last one seen, in either order."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from gossamer.core.errors import InvalidRequest
from gossamer.dialects.responses.kept import id_of

USUAL: Final = 20
MOST: Final = 100
"""Items of a page, as OpenAI has them."""
_LIMIT_DIGITS: Final = 3

_encode: Final = msgspec.json.Encoder().encode


def page_of(items: Sequence[bytes], query: Mapping[str, str]) -> bytes:
    """`items` are the oldest first; asked for without an order, the newest come first. Raises InvalidRequest."""
    limit = _limit_in(query)
    order = query.get("order", "desc")
    if order not in ("asc", "desc"):
        raise InvalidRequest('"order" must be asc or desc.', param="order")
    ordered = list(items) if order == "asc" else list(reversed(items))
    begin = _begin(ordered, query.get("after"))
    page = ordered[begin : begin + limit]
    names = [id_of(item) for item in (*page[:1], *page[-1:])]
    return _encode(
        {
            "object": "list",
            "data": list(map(msgspec.Raw, page)),
            "first_id": names[0] if names else None,
            "last_id": names[-1] if names else None,
            "has_more": begin + limit < len(ordered),
        }
    )


def _limit_in(query: Mapping[str, str]) -> int:
    text = query.get("limit", str(USUAL))
    limit = int(text) if text.isascii() and text.isdigit() and len(text) <= _LIMIT_DIGITS else 0
    if not 1 <= limit <= MOST:
        raise InvalidRequest(f'"limit" must be a whole number from 1 to {MOST}.', param="limit")
    return limit


def _begin(ordered: Sequence[bytes], after: str | None) -> int:
    """Behind the last item of that id: a client that gives two items one id gets on all the same."""
    if not after:
        return 0
    places = [place for place, item in enumerate(ordered) if id_of(item) == after]
    if not places:
        raise InvalidRequest(f"No item with id '{after[:100]}' is in this list.", param="after")
    return places[-1] + 1
