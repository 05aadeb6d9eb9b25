"""What is asked for, and by whom it can be misread; the two edits, to the byte."""

import json  # noqa: TID251 - the oracle must be another reader than the one under test
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.core.errors import InvalidRequest
from gossamer.dialects.ask import (
    ask_for_usage,
    asked_output,
    default_model,
    model_of,
    read_optional_model,
    replace_model,
    wants_stream,
    wants_usage,
)
from gossamer.dialects.members import JsonObject, members_of

HALF = (
    "The body has half a character at byte {}, an escape without its other half. "
    "Send the whole character, or none of it."
)

# --- what a body asks for ---


class Ask(NamedTuple):
    model: str
    stream: bool = False
    includes_usage: bool = False


def read_ask(body: bytes) -> Ask:
    """As the stage read_body reads it."""
    members, _ = members_of(body)
    model, is_stream = model_of(members), "stream" in members and wants_stream(members)
    return Ask(model, is_stream, is_stream and wants_usage(members))


@pytest.mark.parametrize(
    ("body", "ask"),
    [
        (b'{"model":"gpt-4o-mini","messages":[]}', Ask("gpt-4o-mini")),
        (b'{"messages": [], "model": "gpt-4o-mini"}', Ask("gpt-4o-mini")),
        (b'\n{\n "model" : "gpt-4o-mini"\n}\n', Ask("gpt-4o-mini")),
        (b'{"model":"' + b"m" * 256 + b'"}', Ask("m" * 256)),
        (b'{"model":"m","stream":true}', Ask("m", stream=True)),
        (b'{"model":"m","stream":false}', Ask("m")),
        (b'{"model":"m","stream":null}', Ask("m")),
        (b'{"model":"m","stream":true,"stream_options":null}', Ask("m", stream=True)),
        (b'{"model":"m","stream":true,"stream_options":{}}', Ask("m", stream=True)),
        (b'{"model":"m","stream":true,"stream_options":{"include_usage":false}}', Ask("m", stream=True)),
        (b'{"model":"m","stream":true,"stream_options":{"include_usage":null}}', Ask("m", stream=True)),
        (
            b'{"model":"m","stream":true,"stream_options":{"include_usage":true}}',
            Ask("m", stream=True, includes_usage=True),
        ),
        (b'{"model": "m", "stream": true, "stream_options": {"x": 1, "include_usage": true}}', Ask("m", True, True)),
        (b'{"\\u006dodel":"m\\u00e9"}', Ask("m\u00e9")),
        (b'{"model":"m","Model":"x","model ":"y"}', Ask("m")),
        (b'{"model":"m","tools":[{"model":"x"},{"model":"y","stream":1}]}', Ask("m")),
        (b'{"messages":[{"content":"\\"model\\":\\"x\\",\\"stream\\":true"}],"model":"m"}', Ask("m")),
        (b'{"model":"m","metadata":{"model":"x"},"stop":"model","user":"stream"}', Ask("m")),
    ],
)
def test_an_ask_is_read(body, ask):
    assert read_ask(body) == ask


@pytest.mark.parametrize(
    ("body", "param", "message"),
    [
        (b"{}", "model", '"model" is missing. Name the model to ask, as in "model": "gpt-4o-mini".'),
        (b'{"Model":"m"}', "model", '"model" is missing. Name the model to ask, as in "model": "gpt-4o-mini".'),
        (b'{"model":1}', "model", '"model" must be a string of valid text, as in "gpt-4o-mini".'),
        (b'{"model":null}', "model", '"model" must be a string of valid text, as in "gpt-4o-mini".'),
        (b'{"model":["m"]}', "model", '"model" must be a string of valid text, as in "gpt-4o-mini".'),
        (b'{"model":"\xff"}', "model", '"model" must be a string of valid text, as in "gpt-4o-mini".'),
        (
            b'{"model":"\\udc00 is half a letter"}',
            None,
            HALF.format(10),
        ),
        (b'{"model":"m","stream":1}', "stream", '"stream" must be true or false.'),
        (b'{"model":"m","stream":"true"}', "stream", '"stream" must be true or false.'),
        (
            b'{"model":"m","stream":true,"stream_options":[]}',
            None,
            '"stream_options" must be a JSON object: write it in curly brackets.',
        ),
        (
            b'{"model":"m","stream":true,"stream_options":{"include_usage":"yes"}}',
            "stream_options.include_usage",
            '"stream_options.include_usage" must be true or false.',
        ),
        (
            b'{"model":"m","stream":true,"stream":false}',
            "stream",
            "The body has the member 'stream' twice. Send it once.",
        ),
        (
            b'{"model":"m","\\u0073tream":true,"stream":true}',
            "stream",
            "The body has the member 'stream' twice. Send it once.",
        ),
        (
            b'{"model":"m","stream":true,"stream_options":{"include_usage":true},"stream_options":null}',
            "stream_options",
            "The body has the member 'stream_options' twice. Send it once.",
        ),
        (
            b'{"model":"m","stream":true,"stream_options":{"include_usage":false,"include_usage":true}}',
            "include_usage",
            "\"stream_options\" has the member 'include_usage' twice. Send it once.",
        ),
        (
            b'{"model":"' + b"m" * 257 + b'"}',
            "model",
            '"model" has more than 256 characters. Send the name of a model.',
        ),
        (b"hello", None, "The body is not JSON: invalid character at byte 0. Mend it there."),
    ],
)
def test_what_is_wrong_is_named_with_what_is_expected(body, param, message):
    with pytest.raises(InvalidRequest) as refused:
        read_ask(body)

    assert (refused.value.param, refused.value.message) == (param, message)


# --- read_optional_model ---


@pytest.mark.parametrize(
    ("body", "model"),
    [
        (b'{"model":"m","input":"x"}', "m"),
        (b'{"input":"x"}', None),
        (b'{"model":null}', None),
        (b'{"model":{"name":"m"}}', None),
        (b"[1]", None),
        (b"model=m", None),
        (b"RIFF\x00\xff", None),
        (b"", None),
    ],
)
def test_a_model_may_be_missing_elsewhere(body, model):
    assert read_optional_model(body) == model


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"a","model":"b"}',
        b'{"model":"m","x":NaN}',
        b' {"model":"m",}',
        b'\xef\xbb\xbf{"model":"m"}',
        '{"model":"m"}'.encode("utf-16"),
        '{"model":"m"}'.encode("utf-16-be"),
        b'{"model":"\\ud800"}',
    ],
)
def test_a_body_in_which_only_others_might_find_a_model_is_refused(body):
    with pytest.raises(InvalidRequest):
        read_optional_model(body)


# --- replace_model ---


@pytest.mark.parametrize(
    ("body", "replaced"),
    [
        (b'{"model":"a"}', b'{"model":"n/\xc3\xa9"}'),
        (b'{"n":12345678901234567890123,"model":"a"}', b'{"n":12345678901234567890123,"model":"n/\xc3\xa9"}'),
        (b'{ "a" : {"model":"a"},\t"model" :"a" }\n', b'{ "a" : {"model":"a"},\t"model" :"n/\xc3\xa9" }\n'),
        (b'{"s": "\\"model\\":\\"a\\"", "model": "a"}', b'{"s": "\\"model\\":\\"a\\"", "model": "n/\xc3\xa9"}'),
        (b'{"\\u006dodel":"a","e":"\\u00e9\\/"}', b'{"\\u006dodel":"n/\xc3\xa9","e":"\\u00e9\\/"}'),
        (b'{"f":1.0e5,"model":"a","messages":[]}', b'{"f":1.0e5,"model":"n/\xc3\xa9","messages":[]}'),
    ],
)
def test_the_model_is_replaced_and_nothing_else(body, replaced):
    assert replace_model(body, "n/\u00e9") == replaced


@given(st.text(st.characters(exclude_categories=["Cs"])))
@settings(deadline=None)
def test_any_name_of_a_model_is_written_as_json(model):
    assert json.loads(replace_model(b'{"model":"a"}', model)) == {"model": model}


def test_a_model_that_is_not_there_cannot_be_replaced():
    with pytest.raises(InvalidRequest, match='"model" is missing'):
        replace_model(b'{"messages":[]}', "m")


# --- ask_for_usage ---


@pytest.mark.parametrize(
    ("body", "asking"),
    [
        (b'{"stream":true}', b'{"stream":true,"stream_options":{"include_usage":true}}'),
        (b'{"stream": true}', b'{"stream": true, "stream_options": {"include_usage":true}}'),
        (b"{}", b'{"stream_options":{"include_usage":true}}'),
        (b" { } ", b' { "stream_options":{"include_usage":true}} '),
        (b'{"stream":true \n}\n', b'{"stream":true \n,"stream_options":{"include_usage":true}}\n'),
        (b'{"stream_options":null,"n":1}', b'{"stream_options":{"include_usage":true},"n":1}'),
        (b'{"stream_options":{},"n":1}', b'{"stream_options":{"include_usage":true},"n":1}'),
        (b'{"stream_options":{"include_usage":false}}', b'{"stream_options":{"include_usage":true}}'),
        (b'{"stream_options":{"include_usage":null,"x":1}}', b'{"stream_options":{"include_usage":true,"x":1}}'),
        (b'{"stream_options" : { "x":1 }}', b'{"stream_options" : { "x":1 ,"include_usage":true}}'),
        (
            b'{"a":{"stream_options":null},"b":"\\"stream_options\\":{}"}',
            b'{"a":{"stream_options":null},"b":"\\"stream_options\\":{}","stream_options":{"include_usage":true}}',
        ),
    ],
)
def test_usage_is_asked_for_and_nothing_else_changes(body, asking):
    assert ask_for_usage(body) == asking


_OPTIONS = st.none() | st.dictionaries(
    st.sampled_from(["include_usage", "x", "stream_options"]), st.none() | st.booleans()
)


@given(
    st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=5) | _OPTIONS, max_size=4),
    st.just({}) | st.fixed_dictionaries({"stream_options": _OPTIONS}),
    st.sampled_from([None, 0, 2]),
    st.sampled_from([(",", ":"), (", ", ": "), (" ,", " :")]),
)
@settings(deadline=None)
def test_whatever_the_options_were_usage_is_in_them_afterwards(others, options, indent, separators):
    asked = others | options
    expected = others | {"stream_options": {**(options.get("stream_options") or {}), "include_usage": True}}

    asking = ask_for_usage(json.dumps(asked, indent=indent, separators=separators).encode())

    assert json.loads(asking) == expected
    assert list(json.loads(asking)) == list(expected if options else {**others, "stream_options": None})


def test_no_optional_model_is_longer_than_a_name():
    with pytest.raises(InvalidRequest, match="more than 256 characters"):
        read_optional_model(b'{"model":"' + b"m" * 257 + b'"}')


# --- the model of an agent ---


def filled_in(body: bytes, model: str) -> bytes:
    ask = JsonObject(body)
    changes = default_model(ask, model)
    return ask.replaced(changes) if changes else body


@pytest.mark.parametrize(
    "body",
    [b'{"messages":[]}', b'{"model":"","messages":[]}', b'{ "model" : null, "messages" : [] }', b"{}", b'{"model":""}'],
)
def test_a_body_without_a_model_gets_the_one_that_is_handed_in(body: bytes):
    filled = filled_in(body, "small")
    assert read_ask(filled).model == "small"
    assert {**json.loads(body), "model": "small"} == json.loads(filled)


def test_a_body_with_a_model_stays_as_it_is():
    body = b'{ "model":"mine", "messages":[]}'
    assert filled_in(body, "small") is body


def test_a_model_that_is_no_text_is_not_replaced():
    with pytest.raises(InvalidRequest, match="must be a string"):
        read_ask(filled_in(b'{"model":7}', "small"))


# --- asked_output ---


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        (b'{"model":"m"}', 300),
        (b'{"max_tokens":7}', 7),
        (b'{"max_completion_tokens":9,"max_tokens":7}', 9),
        (b'{"max_tokens":7,"n":3}', 21),
        (b'{"n":3}', 900),
        (b'{"max_tokens":7,"best_of":5,"n":2}', 35),
        (b'{"max_tokens":null,"n":null}', 300),
        (b'{"max_tokens":0}', 300),
        (b'{"max_tokens":-1}', 300),
        (b'{"max_tokens":"7"}', 300),
        (b'{"max_tokens":1e30}', 300),
        (b'{"max_tokens":99999999999999}', 300),
        (b"no JSON", 300),
        (b"", 300),
        (b"[" * 100_000, 300),
    ],
)
def test_how_much_a_body_may_have_answered(body, tokens):
    assert asked_output(body, 300, "chat") == tokens


@pytest.mark.parametrize(
    ("dialect", "known"),
    [
        ("chat", {"max_tokens", "max_completion_tokens"}),
        ("completions", {"max_tokens"}),
        ("responses", {"max_output_tokens"}),
        ("messages", {"max_tokens"}),
        ("other", set()),
    ],
)
def test_a_member_that_the_path_does_not_know_bounds_nothing(dialect, known):
    for name in ("max_tokens", "max_completion_tokens", "max_output_tokens"):
        assert asked_output(b'{"%b":7}' % name.encode(), 300, dialect) == (7 if name in known else 300)
    assert asked_output(b'{"max_tokens":400,"max_output_tokens":400}', 300, dialect) == 400
