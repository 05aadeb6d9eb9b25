"""Patterns that operators write for what shall not be kept: a small part of regular expressions, so that none is slow.

Every repeat has a bound and stands behind a single character or class, never behind a group: so the ways in which a
pattern can be tried at one place are counted here, before it is ever used, and a text cannot make them more.
"""

import re
from typing import Final

MOST_CHARACTERS: Final = 300
MOST_WAYS: Final = 1000
"""At one place of a text. A text of 64 KiB is then looked through in about a second, however it was written."""

_CHARACTER: Final = r"\\[dDwWsSbB]|\\[^\w\s]|\[\^?+(?:\\.|[^\]\\])++\]|[^\\\[\](){}*+?|]"
_REPEAT: Final = r"\{(\d{1,4})(?:,(\d{1,4}))?\}|(\?)"
_TOKEN: Final = re.compile(rf"(?P<group>\(\?:|\)(?![?*+{{]))|(?P<other>\|)|(?:{_CHARACTER})(?:{_REPEAT})?")


class UnfitPattern(ValueError):
    """Says what is wrong with it."""


def own_pattern(text: str) -> re.Pattern[str]:
    """The pattern, or UnfitPattern."""
    if len(text) > MOST_CHARACTERS:
        raise UnfitPattern(f"it has more than {MOST_CHARACTERS} characters")
    ways = _ways_of(text)
    if ways > MOST_WAYS:
        raise UnfitPattern(f"it can be tried in {ways} ways at one place, more than {MOST_WAYS}: narrow its repeats")
    try:
        made = re.compile(text)
    except re.error as error:
        raise UnfitPattern(f"it is no pattern: {error}") from None
    if made.match("") is not None:
        raise UnfitPattern("it takes nothing at all for something")
    return made


def _ways_of(text: str) -> int:
    ways, alternatives, at = 1, 1, 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise UnfitPattern(
                f"{text[at : at + 20]!r} cannot be used here: use characters, classes, (?:...|...), and repeats with a "
                "bound behind one character, such as [0-9]{6,8}"
            )
        least, most, optional = found[3], found[4], found[5]
        if optional:
            ways *= 2
        elif most is not None:
            ways *= max(1, int(most) - int(least) + 1)
        alternatives += found["other"] is not None
        at = found.end()
    return ways * alternatives
