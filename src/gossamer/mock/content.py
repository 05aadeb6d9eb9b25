"""What the mock has to say: words, JSON, the arguments of a tool, or a refusal, in pieces of one token each.

Pure: the same question gives the same pieces. How a dialect wraps them is in render/.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import msgspec

from gossamer.mock.asked import BadRequest, Call, Scripted
from gossamer.mock.example import example

Finish = Literal["stop", "length", "call", "refusal"]

WORDS = (
    "thread", "silk", "web", "dew", "loom", "weft", "warp", "spindle", "breeze", "dawn", "meadow", "branch",
    "anchor", "spiral", "radius", "hub", "drop", "light", "frost", "garden", "gate", "orb", "line", "knot", "fibre",
    "bridge", "span", "leaf", "wind", "moth", "quiet", "early", "clear", "fine", "thin", "strong", "bright", "long",
    "slow", "soft", "still", "small", "round", "pale", "silver", "green", "grey", "across", "between", "under",
    "over", "along", "through", "within", "beside", "holds", "drifts", "catches", "gently", "again", "home",
)  # fmt: skip
"""61 words, a prime number, so that every stride walks through all of them."""

VARIANTS = 16
"""Different texts of one length: enough to tell answers apart, few enough to keep them rendered."""

_JSON_PIECE = 6
"""Characters of JSON that count as one token."""
_TOKEN = re.compile(r"\s*\S+|\s+")
"""A word with the space before it, so that all of them together are the text."""
_THOUGHTS = ("Let", " me", " follow", " the", " thread", ".")
_REFUSAL = ("I", "'m", " sorry", ",", " but", " I", " can", "'t", " help", " with", " that", ".")


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """Compared by identity, so that it can be a cheap key: `compose` returns the same one for the same question."""

    kind: Literal["text", "call", "refusal"]
    pieces: tuple[str, ...]
    finish: Finish
    name: str = ""
    """Of the tool that is called."""
    thoughts: tuple[str, ...] = ()
    """What was thought before, in pieces."""
    others: tuple["Content", ...] = ()
    """Calls that are made with this one."""

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def tokens(self) -> int:
        """All that was written, thoughts and further calls too."""
        return len(self.pieces) + len(self.thoughts) + sum(len(other.pieces) for other in self.others)

    @property
    def value(self) -> object:
        """Of JSON: what the text says."""
        return msgspec.json.decode(self.text)


@lru_cache(maxsize=512)
def compose(
    calls: tuple[Call, ...],
    schema: bytes | None,
    tokens: int,
    variant: int,
    *,
    is_cut_short: bool,
    thinks: bool = False,
) -> Content:
    """The tools' calls where there are any, else JSON for the schema where there is one, else that many words."""
    thoughts = _THOUGHTS if thinks else ()
    if calls:
        first, *others = map(_call, calls)
        return replace(first, thoughts=thoughts, others=tuple(others))
    if schema is not None:
        return Content("text", _cut(_made(schema, "response_format")), "stop", thoughts=thoughts)
    finish: Finish = "length" if is_cut_short else "stop"
    return Content("text", _words(tokens, variant), finish, thoughts=thoughts)


@lru_cache(maxsize=512)
def compose_script(script: Scripted, *, thinks: bool = False) -> Content:
    """Word for word."""
    thoughts = _THOUGHTS if thinks else ()
    if not script.calls:
        return Content("text", tuple(_TOKEN.findall(script.text)), "stop", thoughts=thoughts)
    first, *others = (Content("call", _pieces(call.arguments), "call", call.name) for call in script.calls)
    return replace(first, thoughts=thoughts, others=tuple(others))


REFUSAL = Content("refusal", _REFUSAL, "refusal")
NO_WORDS = Content("text", (), "stop")


def _call(call: Call) -> Content:
    made = _made(call.schema, "tools")
    return Content("call", _cut(made if isinstance(made, dict) else {}), "call", call.name)


def _words(tokens: int, variant: int) -> tuple[str, ...]:
    start, stride = 7 * variant, 1 + 3 * variant
    first = WORDS[start % len(WORDS)].capitalize()
    return (first, *(f" {WORDS[(start + stride * at) % len(WORDS)]}" for at in range(1, tokens)))


def _made(schema: bytes, param: str) -> object:
    try:
        return example(msgspec.json.decode(schema) if schema else {})
    except ValueError as error:
        raise BadRequest(f"The mock can make no value for this schema: {error}.", param) from error


def _cut(value: object) -> tuple[str, ...]:
    return _pieces(msgspec.json.encode(value).decode())


def _pieces(text: str) -> tuple[str, ...]:
    return tuple(text[at : at + _JSON_PIECE] for at in range(0, len(text), _JSON_PIECE))
