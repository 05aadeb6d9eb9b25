"""Durations and sizes as people write them: `10s`, `250ms`, `32MiB`, or a plain number of seconds or bytes.

Text in, numbers out, and back. Knows nothing of files or fields.
"""

import re

SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
BYTES = {
    "b": 1,
    "kb": 1000,
    "mb": 1000**2,
    "gb": 1000**3,
    "tb": 1000**4,
    "kib": 1024,
    "mib": 1024**2,
    "gib": 1024**3,
    "tib": 1024**4,
}
"""By the name in lower case: nobody means a bit, so `mb` can only be `MB`."""

DURATION_FORM = r"^[0-9]+(\.[0-9]+)? ?(ms|s|m|h|d)?$"
SIZE_FORM = r"^[0-9]+(\.[0-9]+)? ?([kKmMgGtT]?[bB]|[kKmMgGtT][iI][bB])?$"
"""In the dialect that Python and JSON Schema share, since editors check by the same form."""

_PARTS = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]*)")


def parse_duration(text: str) -> float:
    """Seconds; ValueError where the text is no duration."""
    if not re.fullmatch(DURATION_FORM, text):
        raise ValueError(text)
    number, unit = _split(text)
    # 250 ms is 0.25 s to the last digit; 250 times 0.001 would not always be.
    return float(number) / 1000 if unit == "ms" else float(number) * SECONDS[unit or "s"]


def parse_size(text: str) -> int:
    """Bytes; ValueError where the text is no size, or no whole number of bytes."""
    if not re.fullmatch(SIZE_FORM, text):
        raise ValueError(text)
    number, unit = _split(text)
    factor = BYTES[unit.lower() or "b"]
    size = int(number) * factor if number.isdigit() else float(number) * factor
    if size != int(size):
        raise ValueError(text)
    return int(size)


def format_duration(seconds: float) -> str:
    """The shortest text that `parse_duration` reads as the same number."""
    for unit in ("d", "h", "m"):
        if seconds and seconds % SECONDS[unit] == 0:
            return f"{seconds / SECONDS[unit]:.0f}{unit}"
    as_ms = round(seconds * 1000)
    if seconds % 1 and as_ms / 1000 == seconds:
        return f"{as_ms}ms"
    return f"{_decimal(seconds)}s"


def format_size(size_bytes: int) -> str:
    """The largest unit that divides the size, powers of two first."""
    for unit in ("TiB", "GiB", "MiB", "KiB", "TB", "GB", "MB", "KB"):
        if size_bytes and size_bytes % BYTES[unit.lower()] == 0:
            return f"{size_bytes // BYTES[unit.lower()]}{unit}"
    return f"{size_bytes}B"


def _split(text: str) -> tuple[str, str]:
    match = _PARTS.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return match[1], match[2]


def _decimal(number: float) -> str:
    """Digits without an exponent, which no duration may have."""
    return str(int(number)) if number.is_integer() else f"{number:.9f}".rstrip("0")
