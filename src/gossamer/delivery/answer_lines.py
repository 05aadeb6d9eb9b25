"""Which header lines belong to an answer, whoever gets it, and not to one request for it."""

from typing import Final

_OUR_OWN: Final = b"server-timing: "
"""With this begins what the gateway says of one request; a provider's own line of the name stays behind."""
_TYPE: Final = b"content-type:"
_OF_THE_BODY: Final = (_TYPE, b"content-encoding:", b"x-gossamer-dropped:", b"x-gossamer-changed:", b"retry-after:")


def lines_of_body(headers: bytes) -> bytes:
    """The type first."""
    lines = [
        line + b"\r\n"
        for line in headers.partition(_OUR_OWN)[0].split(b"\r\n")
        if line.lower().startswith(_OF_THE_BODY)
    ]
    lines.sort(key=_is_no_type)
    return b"".join(lines)


def _is_no_type(line: bytes) -> bool:
    return not line.lower().startswith(_TYPE)
