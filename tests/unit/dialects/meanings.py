"""What a conversation and a stream mean, whatever the words: how the property tests compare them, and what they try."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from gossamer.dialects.answer import Counts, Fault, Head, Quoted, Stop
from gossamer.dialects.conversation import (
    Conversation,
    Document,
    Image,
    Part,
    Seal,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)

SCHEMA = msgspec.Raw(b'{"type":"object","properties":{"a":{"type":"string"}}}')

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
names = st.from_regex(r"[a-zA-Z0-9_-]{1,20}", fullmatch=True)
arguments = st.dictionaries(names, st.none() | st.booleans() | texts | st.integers(-9, 9), max_size=3).map(
    lambda value: msgspec.json.encode(value).decode()
)
images = st.builds(Image, url=names.map("https://example.com/{}.png".format)) | st.builds(
    Image, media_type=st.sampled_from(["image/png", "image/webp"]), data=st.just("iVBORw0KGgo=")
)
documents = st.builds(Document, title=names, media_type=st.just("application/pdf"), data=st.just("JVBERi0xLjQ="))
said = st.builds(Text, texts)


@st.composite
def rounds(draw: st.DrawFn) -> list[Turn]:
    """A question, perhaps calls of tools and their results, and an answer."""
    asked = draw(st.lists(said | images | documents, min_size=1, max_size=3))
    turns = [Turn("user", tuple(asked))]
    ids = draw(st.lists(names, max_size=3, unique=True))
    if ids:
        calls = [ToolCall(each, draw(names), draw(arguments)) for each in ids]
        spoken = draw(st.lists(said, max_size=1))
        turns.append(Turn("assistant", (*spoken, *calls)))
        turns.append(Turn("user", tuple(ToolResult(each, draw(st.tuples(said))) for each in ids)))
    return [*turns, Turn("assistant", (draw(said),))]


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    system = draw(st.lists(st.builds(lambda part: Turn("system", (part,)), said), max_size=1))
    turns = [turn for each in draw(st.lists(rounds(), min_size=1, max_size=3)) for turn in each]
    tools = draw(st.lists(names, max_size=3, unique=True))
    choices = [ToolChoice("auto"), ToolChoice("none"), ToolChoice("required")]
    if tools:
        choices.append(ToolChoice("named", tools[0]))
    return Conversation(
        model="some-model",
        turns=(*system, *turns),
        tools=tuple(Tool(name, draw(texts), SCHEMA) for name in tools),
        choice=draw(st.sampled_from(choices)) if tools else None,
        max_tokens=draw(st.integers(1, 10**6)),
        temperature=draw(st.none() | st.sampled_from([0.0, 0.25, 1.0])),
        user=draw(st.just("") | names),
        is_stream=draw(st.booleans()),
    )


def meaning(conversation: Conversation) -> dict[str, Any]:
    """Neighbours of one role are one, as all dialects have it."""
    turns: list[tuple[str, list[Any]]] = []
    for turn in conversation.turns:
        if not turns or turns[-1][0] != turn.role:
            turns.append((turn.role, []))
        turns[-1][1].extend(map(_part, turn.parts))
    return {
        "turns": [(role, _joined(parts)) for role, parts in turns],
        "tools": [(tool.name, tool.description, bytes(tool.schema)) for tool in conversation.tools],
        "choice": conversation.choice or ToolChoice("auto"),
        "max_tokens": conversation.max_tokens,
        "temperature": conversation.temperature,
        "user": conversation.user,
        "is_stream": conversation.is_stream,
    }


def _part(part: Part) -> Any:
    if isinstance(part, ToolCall):
        return ("call", part.id, part.name, msgspec.json.decode(part.arguments or "{}"))
    if isinstance(part, ToolResult):
        return ("result", part.call_id, [_part(each) for each in part.parts])
    if isinstance(part, Text):
        return ("text", part.text)
    if isinstance(part, Image):
        return ("image", part.url, part.media_type, part.data)
    return ("other", part)


def _joined(parts: list[Any]) -> list[Any]:
    """An assistant's texts are one text."""
    joined: list[Any] = []
    for part in parts:
        if joined and part[:1] == joined[-1][:1] == ("text",):
            joined[-1] = ("text", joined[-1][1] + part[1])
        else:
            joined.append(part)
    return joined


# --- streams ---

Telling = tuple[Any, ...]


@st.composite
def tellings(draw: st.DrawFn) -> list[Telling]:
    """What a stream tells, in an order that all dialects know: thoughts, words, calls."""
    told: list[Telling] = [("thinking", draw(st.lists(texts, min_size=1, max_size=3)))] if draw(st.booleans()) else []
    if draw(st.booleans()) or not told:
        told.append(("text", draw(st.lists(texts, min_size=1, max_size=4))))
    ids = draw(st.lists(names, max_size=3, unique=True))
    told += [("call", at, each, draw(names), draw(arguments)) for at, each in enumerate(ids)]
    return told


def tell(writer: Any, told: list[Telling], seal: Seal) -> bytes:
    """The provider's stream."""
    out = writer.begin(Head("id1", "some-model", counts=Counts(read=7)))
    has_calls = False
    for kind, *rest in told:
        if kind == "call":
            has_calls = True
            at, call_id, name, whole = rest
            out += writer.call(at, call_id, name)
            for piece in (whole[:3], whole[3:]):
                out += writer.arguments(at, msgspec.json.encode(piece)) if piece else b""
        else:
            out += b"".join(getattr(writer, kind)(msgspec.json.encode(piece)) for piece in rest[0])
            out += writer.seal(seal) if kind == "thinking" else b""
        out += writer.close()
    return out + writer.finish("tools" if has_calls else "end", "", Counts(7, 1, 2, 9, 3), "")


class Heard:
    """A writer that only remembers what it is told."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.calls: dict[int, list[str]] = {}
        self.seals: list[Seal] = []
        self.ending: tuple[Stop, Counts | None] | None = None
        self.fault: Fault | None = None

    def begin(self, head: Head) -> bytes:
        assert head.model == "some-model"
        return b""

    def _say(self, kind: str, piece: Quoted) -> bytes:
        self.texts[kind] = self.texts.get(kind, "") + msgspec.json.decode(piece)
        return b""

    def text(self, piece: Quoted) -> bytes:
        return self._say("text", piece)

    def refusal(self, piece: Quoted) -> bytes:
        return self._say("refusal", piece)

    def thinking(self, piece: Quoted) -> bytes:
        return self._say("thinking", piece)

    def seal(self, seal: Seal) -> bytes:
        self.seals.append(seal)
        return b""

    def call(self, at: int, call_id: str, name: str) -> bytes:
        assert at == len(self.calls)
        self.calls[at] = [call_id, name, ""]
        return b""

    def arguments(self, at: int, piece: Quoted) -> bytes:
        self.calls[at][2] += msgspec.json.decode(piece)
        return b""

    def close(self) -> bytes:
        return b""

    def ping(self) -> bytes:
        return b""

    def finish(self, stop: Stop, sequence: str, counts: Counts | None, explanation: str) -> bytes:
        self.ending = (stop, counts)
        return b""

    def fail(self, fault: Fault) -> bytes:
        self.fault = fault
        return b""

    @property
    def meaning(self) -> tuple[Any, ...]:
        calls = [(call_id, name, msgspec.json.decode(whole)) for call_id, name, whole in self.calls.values()]
        return self.texts, calls, self.ending


def meaning_of(told: list[Telling]) -> tuple[Any, ...]:
    words = {kind: "".join(rest[0]) for kind, *rest in told if kind != "call"}
    calls = [(each[2], each[3], msgspec.json.decode(each[4])) for each in told if each[0] == "call"]
    return words, calls, ("tools" if calls else "end", Counts(7, 1, 2, 9, 3))
