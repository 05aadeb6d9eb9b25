"""What a body said when it was read: the same bytes, asked again, say the same."""

from collections.abc import Mapping

import msgspec


class Reading(msgspec.Struct, frozen=True):
    """As it is noted on an exchange. Of bodies of chat and its like that no agent adds to."""

    body: bytes
    model: str | None
    is_stream: bool
    hides_usage: bool
    compact: dict[str, msgspec.Raw] | None


Readings = Mapping[bytes, Reading]
"""By body, to the letter."""
