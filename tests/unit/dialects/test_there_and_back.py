"""Translation there and back keeps the meaning: of conversations, of whole answers, of streams."""

from itertools import permutations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gossamer.core.endpoints import Wire
from gossamer.dialects.answer import Answer, Counts, Head
from gossamer.dialects.conversation import Conversation, Seal, Text, Thinking, ToolCall, Turn
from gossamer.dialects.losses import Losses
from gossamer.dialects.stream import _READERS, _WRITERS, StreamTranslator
from gossamer.dialects.terms import NO_ECHO, STRICT, Terms
from gossamer.dialects.translate import (
    _READ_ANSWER,
    _READ_REQUEST,
    _WRITE_ANSWER,
    _WRITE_REQUEST,
    translate_answer,
    translate_request,
)
from gossamer.dialects.vendors import OPENROUTER
from gossamer.http.sse import event_data, split_events
from tests.unit.dialects.meanings import (
    Heard,
    Telling,
    arguments,
    conversations,
    meaning,
    meaning_of,
    names,
    tell,
    tellings,
    texts,
)
from tests.unit.dialects.transcripts import WIRES

PAIRS = list(permutations(WIRES, 2))


@pytest.mark.parametrize("wire", WIRES)
@settings(max_examples=40)
@given(conversation=conversations())
def test_what_is_written_is_read_again(wire: Wire, conversation: Conversation):
    losses = Losses("it", is_lenient=False)
    written = _WRITE_REQUEST[wire](conversation, STRICT, losses)
    assert meaning(_READ_REQUEST[wire](written, losses)) == meaning(conversation)
    assert losses.warnings == ()


@pytest.mark.parametrize(("here", "there"), PAIRS)
@settings(max_examples=40)
@given(conversation=conversations())
def test_a_request_there_and_back_asks_the_same(here: Wire, there: Wire, conversation: Conversation):
    losses = Losses("it", is_lenient=False)
    written = _WRITE_REQUEST[here](conversation, STRICT, losses)
    away = translate_request(written, here, there)
    back = translate_request(away.body, there, here)
    assert meaning(_READ_REQUEST[here](back.body, losses)) == meaning(conversation)


@pytest.mark.parametrize(("client", "provider"), [(a, b) for a, b in PAIRS if b != "chat"])
@settings(max_examples=40)
@given(text=texts, data=names, is_redacted=st.booleans())
def test_sealed_reasoning_comes_back_to_the_provider_that_sealed_it(
    client: Wire, provider: Wire, text: str, data: str, is_redacted: bool
):
    """As an answer to the client, and with the client's next request to the same provider."""
    seal = Seal(provider, data, is_redacted and provider == "messages", "rs_1" if provider == "responses" else "")
    thought = Thinking("" if seal.is_redacted else text, seal)
    call = ToolCall("call_1", "f", "{}")
    answer = Answer(Head("id1", "m"), (thought, call), "tools", Counts())
    told = _READ_ANSWER[client](_WRITE_ANSWER[client](answer, NO_ECHO, 0))
    asked = Conversation(model="m", turns=(Turn("user", (Text("?"),)), Turn("assistant", told.parts)), max_tokens=9)
    # a client says it in its own words, as it got it
    said = _WRITE_REQUEST[client](asked, Terms(vendor=OPENROUTER), Losses("it", is_lenient=True))
    if client != "chat":
        said = _as_received(client, said, _WRITE_ANSWER[client](answer, NO_ECHO, 0))
    away = translate_request(said, client, provider).body
    parts = _READ_REQUEST[provider](away, Losses("it", is_lenient=False)).turns[-1].parts
    assert [part for part in parts if isinstance(part, Thinking)] == [thought]


def _as_received(client: Wire, request: bytes, answer: bytes) -> bytes:
    """The request, with the assistant's turn to the byte as the answer had it."""
    import msgspec

    asked, told = msgspec.json.decode(request), msgspec.json.decode(answer)
    if client == "messages":
        asked["messages"][-1] = {"role": "assistant", "content": told["content"]}
    else:
        asked["input"] = [asked["input"][0], *told["output"]]
    return msgspec.json.encode(asked)


@pytest.mark.parametrize(("here", "there"), PAIRS)
@settings(max_examples=40)
@given(text=texts, thought=texts, call=st.tuples(names, names, arguments))
def test_an_answer_there_and_back_says_the_same(here: Wire, there: Wire, text: str, thought: str, call):
    counts = Counts(100, 60, 30, 20, 10)
    parts = (Thinking(thought, Seal(here, "abc")), Text(text), ToolCall(*call))
    first = _WRITE_ANSWER[here](Answer(Head("id1", "m"), parts, "tools", counts), NO_ECHO, 0)
    back = translate_answer(translate_answer(first, there, here), here, there)
    one, two = _READ_ANSWER[here](first), _READ_ANSWER[here](back)
    assert (two.stop, two.counts, two.head.model) == (one.stop, one.counts, one.head.model) == ("tools", counts, "m")
    assert two.parts == one.parts


# --- streams ---


def heard(wire: Wire, stream: bytes) -> Heard:
    writer = Heard()
    reader = _READERS[wire](writer)
    for event in split_events(stream):
        data = event_data(event)
        assert data is not None
        reader.read(data)
    assert reader.is_finished
    return writer


@pytest.mark.parametrize("wire", WIRES)
@settings(max_examples=40)
@given(told=tellings())
def test_what_a_stream_tells_is_heard(wire: Wire, told: list[Telling]):
    stream = tell(_WRITERS[wire](NO_ECHO, 0), told, Seal(wire, "abc"))
    assert heard(wire, stream).meaning == meaning_of(told)


@pytest.mark.parametrize(("here", "there"), PAIRS)
@settings(max_examples=40)
@given(told=tellings(), cuts=st.lists(st.integers(0, 4000), max_size=5))
@example(told=[("text", ["\n\n", "data: x", '"'])], cuts=[1])
def test_a_stream_there_and_back_tells_the_same(here: Wire, there: Wire, told: list[Telling], cuts: list[int]):
    stream = tell(_WRITERS[here](NO_ECHO, 0), told, Seal(here, "abc"))
    away = translated(there, here, stream, cuts)
    assert away == translated(there, here, stream, [])
    back = heard(here, translated(here, there, away, cuts))
    assert back.meaning == meaning_of(told)
    if here != "chat":
        assert back.seals == heard(here, stream).seals


def translated(client: Wire, provider: Wire, stream: bytes, cuts: list[int]) -> bytes:
    translator = StreamTranslator(client, provider)
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    out = b"".join(translator.feed(stream[a:b]) for a, b in zip(places, places[1:], strict=False))
    out += translator.end()
    assert translator.failure is None
    assert translator.is_finished
    return out
