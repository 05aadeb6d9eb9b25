"""`${NAME}` and `${NAME:-default}` in a value. The environment is handed in as a mapping, never read from here."""

import re
from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REFERENCE = re.compile(r"\$\$\{|\$\{(?P<inside>[^}]*)(?P<end>\}?)")
"""`$${` is a dollar and a brace that mean nothing; any other `${` is a reference, well formed or not."""

FORMS = "write ${NAME} or ${NAME:-default}, and $${ for a brace that means nothing"


class BadReference(ValueError):
    """A value cannot be completed: `wrong` and `allowed` say why, for a Problem."""

    def __init__(self, wrong: str, allowed: str) -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.allowed = allowed


def has_reference(text: str) -> bool:
    """Whether `expand` could change the text."""
    return "${" in text


def names_in(text: str) -> frozenset[str]:
    """Every variable that some `${...}` in the text names."""
    inside = (match["inside"] for match in _REFERENCE.finditer(text) if match["inside"])
    return frozenset(found[0] for found in map(_NAME.match, inside) if found)


def expand(text: str, environ: Mapping[str, str]) -> str:
    """The text with every reference replaced. What a variable holds is not looked into again."""
    unset: list[str] = []

    def replace(match: re.Match[str]) -> str:
        if match["inside"] is None:
            return "${"
        name, default = _read(match)
        value = environ.get(name)
        # An empty variable takes the default too, as in the shell.
        if default is not None:
            return value or default
        if value is None:
            unset.append(name)
        return value or ""

    expanded = _REFERENCE.sub(replace, text)
    if unset:
        raise _unset(unset)
    return expanded


def _read(match: re.Match[str]) -> tuple[str, str | None]:
    name, separator, default = match["inside"].partition(":-")
    if not match["end"]:
        raise BadReference(f"{match[0]} has no closing brace", FORMS)
    if not _NAME.fullmatch(name):
        raise BadReference(f"{match[0]} names no variable", FORMS)
    return name, default if separator else None


def _unset(names: list[str]) -> BadReference:
    written = " and ".join(f"${{{name}}}" for name in dict.fromkeys(names))
    verb = "is" if len(set(names)) == 1 else "are"
    return BadReference(
        f"{written} {verb} not set in the environment",
        f"set {names[0]}, or give a default: ${{{names[0]}:-...}}",
    )
