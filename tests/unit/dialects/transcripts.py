"""Golden transcripts: what one dialect says, and what must come out in another.

    python -m tests.unit.dialects.transcripts      writes what comes out now; read the difference before keeping it

Below `golden`, `streams/NAME.DIALECT.sse`, `answers/NAME.DIALECT.json` and `requests/NAME.DIALECT.json` are written by
hand, after the public references of the APIs; those with `DIALECT-to-DIALECT` are what was once checked by eye.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, get_args

import msgspec

from gossamer.core.endpoints import Wire
from gossamer.dialects.losses import Untranslatable
from gossamer.dialects.stream import StreamTranslator
from gossamer.dialects.terms import Echo, Terms
from gossamer.dialects.translate import translate_answer, translate_request

GOLDEN = Path(__file__).parent / "golden"
WIRES: tuple[Wire, ...] = get_args(Wire)
NOW_S = 1741570000
ECHO = Echo()


class Case(NamedTuple):
    """One transcript on its way from the dialect in which it was written into another."""

    name: str
    source: Wire
    target: Wire
    path: Path

    @property
    def kind(self) -> str:
        return self.path.parent.name

    @property
    def expected(self) -> Path:
        return self.path.with_name(f"{self.name}.{self.source}-to-{self.target}{self.path.suffix}")

    def __str__(self) -> str:
        return f"{self.name}-{self.source}-to-{self.target}"


def cases(kind: str) -> list[Case]:
    return list(_cases(kind))


def _cases(kind: str) -> Iterator[Case]:
    for path in sorted((GOLDEN / kind).glob("*.*.*")):
        name, source, _ = path.name.split(".")
        if source in WIRES:
            yield from (Case(name, source, wire, path) for wire in WIRES if wire != source)


def translated(case: Case) -> bytes:
    """What comes out of a transcript now. Streams and answers come from the provider, requests from the client."""
    given = case.path.read_bytes()
    if case.kind == "streams":
        stream = StreamTranslator(case.target, case.source, ECHO, NOW_S)
        return stream.feed(given) + stream.end()
    if case.kind == "answers":
        answer = translate_answer(given, case.target, case.source, ECHO, NOW_S)
        return msgspec.json.format(answer, indent=2) + b"\n"
    return _request(given, case)


def _request(given: bytes, case: Case) -> bytes:
    """Strict first: what is refused there is noted, and the lenient translation kept."""
    refused = None
    model = "claude-opus-5" if case.target == "messages" else ""
    try:
        made = translate_request(given, case.source, case.target, Terms(model))
    except Untranslatable as error:
        refused = error.message
        made = translate_request(given, case.source, case.target, Terms(model, is_lenient=True))
    noted = {"refused": refused, "warnings": made.warnings, "request": msgspec.Raw(made.body)}
    return msgspec.json.format(msgspec.json.encode(noted), indent=2) + b"\n"


if __name__ == "__main__":
    for folder in ("streams", "answers", "requests"):
        for one in cases(folder):
            one.expected.write_bytes(translated(one))
