"""What the mock has to say: words, JSON, the arguments of a tool, or a refusal, in pieces of one token each.

Pure: the same question gives the same pieces. How a dialect wraps them is in render/.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import msgspec

from gossamer.mock.asked import BadRequest, Call
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
_REFUSAL = ("I", "'m", " sorry", ",", " but", " I", " can", "'t", " help", " with", " that", ".")


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """Compared by identity, so that it can be a cheap key: `compose` returns the same one for the same question."""

    kind: Literal["text", "call", "refusal"]
    pieces: tuple[str, ...]
    finish: Finish
    name: str = ""
    """Of the tool that is called."""

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def value(self) -> object:
        """Of JSON: what the text says."""
        return msgspec.json.decode(self.text)


@lru_cache(maxsize=512)
def compose(call: Call | None, schema: bytes | None, tokens: int, variant: int, *, is_cut_short: bool) -> Content:
    """The tool's call where there is one, else JSON for the schema where there is one, else that many words."""
    if call is not None:
        made = _made(call.schema, "tools")
        return Content("call", _cut(made if isinstance(made, dict) else {}), "call", call.name)
    if schema is not None:
        return Content("text", _cut(_made(schema, "response_format")), "stop")
    return Content("text", _words(tokens, variant), "length" if is_cut_short else "stop")


REFUSAL = Content("refusal", _REFUSAL, "refusal")
NO_WORDS = Content("text", (), "stop")


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
    text = msgspec.json.encode(value).decode()
    return tuple(text[at : at + _JSON_PIECE] for at in range(0, len(text), _JSON_PIECE))
