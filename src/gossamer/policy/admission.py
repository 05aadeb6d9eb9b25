"""Which parts of a path's traffic are read here, which go through unread, and what is said of a body that fails."""

from typing import Final

from gossamer.core.errors import BodyTooLarge, CallerError, InvalidRequest, SlowBody

BODY_ERRORS: dict[int, type[CallerError]] = {400: InvalidRequest, 408: SlowBody, 413: BodyTooLarge}
"""The wire tells it by the status alone."""

MOST_CONTROL_BODY_BYTES: Final = 64 * 1024
"""What the admin API takes: a key with a thousand models fits."""

_READ_WHOLE = (b"application/json", b"application/x-www-form-urlencoded", b"text/")


def is_read_whole(content_type: bytes | None, *, is_known_endpoint: bool) -> bool:
    """A body that may name a model is read; an upload of any other kind is handed on as it comes."""
    if is_known_endpoint or content_type is None:
        return True
    return content_type.lower().startswith(_READ_WHOLE)
