"""Status lines, rendered once, and which statuses have no body."""

from http import HTTPStatus

_WORDS = {status.value: status.phrase for status in HTTPStatus}

STATUS_LINES = {code: f"HTTP/1.1 {code} {_WORDS.get(code, 'Status')}\r\n".encode("ascii") for code in range(100, 1000)}
"""Every status that fits the grammar has its line: a provider may send one that no list names."""

BODILESS = frozenset({204, 304})
"""Whatever their heads say of a length."""
