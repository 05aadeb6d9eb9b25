"""A directive in each dialect: it comes first, exactly once, and nothing else is another byte than before."""

import json  # noqa: TID251 - the oracle must be another reader than the one under test
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.core.directives import Prompt
from gossamer.core.errors import InvalidRequest
from gossamer.dialects.injection import inject
from gossamer.dialects.members import JsonObject


def prompt(text: str) -> Prompt:
    return Prompt(text, json.dumps(text, ensure_ascii=False).encode()[1:-1])


BRIEF = prompt('Be "brief".\nAlways.')


def injected(body: bytes, dialect: Any, given: Prompt = BRIEF) -> bytes:
    ask = JsonObject(body)
    changes = inject(ask, dialect, given)
    return ask.replaced(changes) if changes else body


def before(content: Any, text: str) -> Any:
    """The oracle, on what a body means."""
    if content is None or content == "":
        return text
    if isinstance(content, str):
        return content if content == text or content.startswith(text + "\n\n") else f"{text}\n\n{content}"
    first = content[0].get("text") if content else None
    if isinstance(first, str) and (first == text or first.startswith(text + "\n\n")):
        return content
    return [{"type": "text", "text": text}, *content]


def expected(body: dict[str, Any], dialect: str, text: str) -> dict[str, Any]:
    if dialect != "chat":
        name = "instructions" if dialect == "responses" else "system"
        return {**body, name: before(body.get(name), text)}
    messages = body["messages"]
    if messages and messages[0]["role"] in ("system", "developer"):
        first = {**messages[0], "content": before(messages[0].get("content"), text)}
        return {**body, "messages": [first, *messages[1:]]}
    return {**body, "messages": [{"role": "system", "content": text}, *messages]}


def first_text(body: dict[str, Any], dialect: str) -> str:
    if dialect == "chat":
        found = body["messages"][0]["content"]
    else:
        found = body["instructions" if dialect == "responses" else "system"]
    return str(found if isinstance(found, str) else found[0]["text"])


# --- bodies of any kind ---

LETTERS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TEXTS = st.one_of(LETTERS, st.just("Be brief."), st.just("Be brief.\n\nAnd kind."), st.just("Be briefer."))
MORE = st.dictionaries(LETTERS.map(lambda name: f"x-{name}"), st.one_of(LETTERS, st.integers(), st.none()), max_size=2)
BLOCK = st.builds(
    lambda text, more, cached: {
        "type": "text",
        "text": text,
        **({"cache_control": {"type": "ephemeral"}} if cached else {}),
        **more,
    },
    TEXTS,
    MORE,
    st.booleans(),
)
IMAGE = st.just({"type": "image_url", "image_url": {"url": "data:,"}})
BLOCKS = st.lists(st.one_of(BLOCK, IMAGE), max_size=3)
MESSAGE = st.builds(
    lambda role, content, more: {**more, "role": role, "content": content},
    st.sampled_from(["system", "developer", "user", "assistant", "tool"]),
    st.one_of(TEXTS, BLOCKS, st.none()),
    MORE,
)
CHAT = st.builds(
    lambda more, messages: {"model": "m", "messages": messages, **more}, MORE, st.lists(MESSAGE, max_size=4)
)
RESPONSES = st.builds(
    lambda more, said: {"model": "m", **said, "input": "hi", **more},
    MORE,
    st.one_of(st.just({}), st.builds(lambda text: {"instructions": text}, st.one_of(TEXTS, st.none()))),
)
MESSAGES = st.builds(
    lambda more, said: {"model": "m", "messages": [], **said, **more},
    MORE,
    st.one_of(st.just({}), st.builds(lambda text: {"system": text}, st.one_of(TEXTS, BLOCKS, st.none()))),
)
BODIES = st.one_of(
    st.tuples(st.just("chat"), CHAT),
    st.tuples(st.just("responses"), RESPONSES),
    st.tuples(st.just("messages"), MESSAGES),
)
WRITERS = st.sampled_from(
    [
        lambda body: json.dumps(body).encode(),
        lambda body: json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
        lambda body: json.dumps(body, ensure_ascii=False, indent=1).encode(),
        lambda body: json.dumps({**body, "pad": "x" * 20_000}).encode(),
    ]
)


@given(BODIES, WRITERS, st.one_of(st.just("Be brief."), LETTERS.filter(bool)))
@settings(max_examples=600, deadline=None)
def test_the_directive_comes_first_and_once_and_all_else_means_what_it_meant(asked, write, text):
    dialect, body = asked
    raw = write(body)
    out = injected(raw, dialect, prompt(text))
    assert json.loads(out) == expected(json.loads(raw), dialect, text)
    said = first_text(json.loads(out), dialect)
    assert said == text or said.startswith(text + "\n\n")
    assert injected(out, dialect, prompt(text)) is out, "sent again, it is there already"


@given(BODIES, WRITERS, LETTERS.filter(bool))
@settings(max_examples=300, deadline=None)
def test_what_is_not_touched_is_there_byte_for_byte(asked, write, text):
    """Take what was put in out again: what is left is what came, but for one member that was empty or not there."""
    dialect, body = asked
    raw = write(body)
    out = injected(raw, dialect, prompt(text))
    start = next((at for at, (old, new) in enumerate(zip(raw, out, strict=False)) if old != new), len(raw))
    end = len(raw) - next(
        (at for at, (old, new) in enumerate(zip(raw[::-1], out[::-1], strict=False)) if old != new), 0
    )
    gone = raw[start : max(start, end)]
    assert gone in (b"", b"null", b"ull", b"nul", b'""', b'"', b"[]", b"]", b"[ ]")


# --- cases with a name ---


@pytest.mark.parametrize(
    ("dialect", "body", "out"),
    [
        ("chat", b'{"messages":[]}', b'{"messages":[{"role":"system","content":"D"}]}'),
        (
            "chat",
            b'{"messages":[{"role":"user","content":"hi"},{"role":"system","content":"late"}]}',
            b'{"messages":[{"role":"system","content":"D"},{"role":"user","content":"hi"},{"role":"system","content":"late"}]}',
        ),
        (
            "chat",
            b'{"messages":[{"role":"developer","content":"be"}]}',
            b'{"messages":[{"role":"developer","content":"D\\n\\nbe"}]}',
        ),
        (
            "chat",
            b'{"messages":[{"role":"\\u0073ystem","content":"be"}]}',
            b'{"messages":[{"role":"\\u0073ystem","content":"D\\n\\nbe"}]}',
        ),
        ("chat", b'{"messages":[{"role":"system"}]}', b'{"messages":[{"role":"system","content":"D"}]}'),
        (
            "chat",
            b'{"messages":[{"role":"system","content":"\\u0044"}]}',
            b'{"messages":[{"role":"system","content":"\\u0044"}]}',
        ),
        (
            "chat",
            b'{"messages":[{"role":"system","content":"Dear"}]}',
            b'{"messages":[{"role":"system","content":"D\\n\\nDear"}]}',
        ),
        ("chat", b'{"messages":[7]}', b'{"messages":[{"role":"system","content":"D"},7]}'),
        ("responses", b'{"input":1}', b'{"input":1,"instructions":"D"}'),
        ("messages", b'{"system":[{"type":"text","text":"s","cache_control":{}}]}',
         b'{"system":[{"type":"text","text":"D"},{"type":"text","text":"s","cache_control":{}}]}'),
        ("count", b'{"system":"s"}', b'{"system":"D\\n\\ns"}'),
        ("completions", b'{"prompt":"p"}', b'{"prompt":"p"}'),
        ("embeddings", b'{"input":"p"}', b'{"input":"p"}'),
    ],
)  # fmt: skip
def test_where_it_stands(dialect, body, out):
    assert injected(body, dialect, prompt("D")) == out


@pytest.mark.parametrize(
    ("dialect", "body", "param"),
    [
        ("chat", b"{}", "messages"),
        ("chat", b'{"messages":{}}', "messages"),
        ("chat", b'{"messages":[{"role":"system","content":7}]}', "messages"),
        ("chat", b'{"messages":[{"role":"user","role":"system"}]}', "role"),
        ("responses", b'{"instructions":["x"]}', "instructions"),
        ("messages", b'{"system":{}}', "system"),
    ],
)
def test_what_has_no_place_for_it_is_refused(dialect, body, param):
    with pytest.raises(InvalidRequest) as told:
        injected(body, dialect)
    assert told.value.param == param


def test_an_empty_directive_changes_nothing():
    assert injected(b'{"messages":7}', "chat", prompt("")) == b'{"messages":7}'


PLAIN = [
    ('{"role":"user","content":"Hi"}', '{"role":"system","content":"D"},{"role":"user","content":"Hi"}'),
    ('{"role": "user", "content": "a\\"}"}', '{"role":"system","content":"D"},{"role": "user", "content": "a\\"}"}'),
    ('{"role": "system", "content": "Hi"}', '{"role": "system", "content": "D\\n\\nHi"}'),
    ('{"role":"system","content":""}', '{"role":"system","content":"D"}'),
    ('{"role":"developer","content":"Hi \\"there\\\\"}', '{"role":"developer","content":"D\\n\\nHi \\"there\\\\"}'),
    ('{"role":"system","content":"D"}', None),
    ('{"role":"system","content":"\\u0044\\n\\nmore"}', None),
    ('{"role":"system","content":"Hi","name":"n"}', '{"role":"system","content":"D\\n\\nHi","name":"n"}'),
    ('{"role":"system","content":null}', '{"role":"system","content":"D"}'),
]


@pytest.mark.parametrize(("first", "out"), PLAIN)
def test_a_system_message_as_machines_write_it(first: str, out: str | None):
    rest = '{"role":"user","content":"Hi"}'
    body = f'{{"messages":[{first},{rest}],"model":"m"}}'.encode()
    assert injected(body, "chat", prompt("D")) == f'{{"messages":[{out or first},{rest}],"model":"m"}}'.encode()


@pytest.mark.parametrize(
    ("role", "more"),
    [
        ("system", '"content":"b"'),
        ("system", '"\\u0063ontent":"b"'),
        ("user", '"role":"system"'),
        ("system", '"role":"user","role":"system"'),
    ],
)
def test_a_system_message_that_says_something_twice_is_refused(role: str, more: str):
    body = f'{{"messages":[{{"role":"{role}","content":"a",{more}}}]}}'.encode()
    with pytest.raises(InvalidRequest):
        injected(body, "chat", prompt("D"))
