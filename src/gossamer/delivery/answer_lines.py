"""Which header lines belong to an answer, whoever gets it, and not to one request for it."""

import re
from functools import lru_cache
from typing import Final

_OUR_OWN: Final = b"server-timing: "
"""With this begins what the gateway says of one request; a provider's own line of the name stays behind."""
_OF_THE_BODY: Final = re.compile(
    rb"^(?:content-(?:type|encoding)|x-gossamer-(?:dropped|changed)|retry-after):.*\n", re.IGNORECASE | re.MULTILINE
)
_TYPE: Final = b"content-type:"


def lines_of_body(headers: bytes) -> bytes:
    """The type first."""
    return _lines_in(headers.partition(_OUR_OWN)[0])


@lru_cache(maxsize=16)
def _lines_in(headers: bytes) -> bytes:
    """Providers repeat their heads to the byte, those that do not name each answer."""
    lines = _OF_THE_BODY.findall(headers)
    if len(lines) > 1:
        lines.sort(key=_is_no_type)
    return b"".join(lines)


def _is_no_type(line: bytes) -> bool:
    return not line.lower().startswith(_TYPE)
