"""What is wrong with a configuration, said so that it can be mended: where, which field, what, and what would do.

Only words here: nobody is asked to find the problems, and nothing is printed.
"""

import difflib
from collections.abc import Iterable

import msgspec

FieldPath = tuple[str | int, ...]
"""From the top of the configuration to one value: names, and places in lists."""


class Place(msgspec.Struct, frozen=True):
    """A line of a file, or an environment variable, which has no lines."""

    source: str
    line: int | None = None

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}"


class Problem(msgspec.Struct, frozen=True):
    """One thing to mend."""

    place: Place
    field: str
    """Empty where the whole file is meant."""
    wrong: str
    allowed: str

    def __str__(self) -> str:
        subject = f"{self.place}: {self.field}" if self.field else str(self.place)
        return f"{subject}: {self.wrong}; {self.allowed}"


class ConfigError(Exception):
    """A configuration that cannot be used, with everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def field_name(path: FieldPath) -> str:
    """`("keys", 0, "name")` as a person writes it: `keys[0].name`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


def suggest(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like this one, if any does."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return by_lower[close[0]] if close else None


def did_you_mean(name: str, known: Iterable[str], *, listed_as: str) -> str:
    """What to say after an unknown name: the nearest one, and all that there are."""
    names = sorted(known)
    nearest = suggest(name, names)
    listed = f"{listed_as}: {', '.join(names) if names else 'none'}"
    return f"did you mean {nearest}? {listed}" if nearest else listed
