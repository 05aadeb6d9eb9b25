"""Edits of JSON objects in any spelling, checked to the byte, with the standard library as the other reader."""

import json  # noqa: TID251 - the oracle must be another reader than the one under test
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gossamer.core.errors import InvalidRequest
from gossamer.dialects.members import JsonObject

unhurried = settings(deadline=None, max_examples=80)

NAMES = ["model", "stream", "stream_options", "messages", "Model", "model ", 'a"model":1', "\\", "é", "", "{", '"']
spaces = st.sampled_from(["", " ", "  ", "\n", "\t ", "\r\n"])
names = st.sampled_from(NAMES) | st.text(max_size=4)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(['"model":"x"', ',"model":"x"}', "\\", '\\"', "{", "}]", "model"])
    | st.text(max_size=8)
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=8
)

HALF = (
    "The body has half a character at byte {}, an escape without its other half. "
    "Send the whole character, or none of it."
)
"""How a lone surrogate is refused."""


@st.composite
def written_text(draw: st.DrawFn, text: str) -> str:
    """A string, some of its characters as escapes."""

    def spelled(character: str) -> str:
        plain = json.dumps(character, ensure_ascii=False)[1:-1]
        if ord(character) > 0xFFFF or draw(st.integers(0, 5)):
            return plain
        return f"\\u{ord(character):04{draw(st.sampled_from('xX'))}}"

    return f'"{"".join(map(spelled, text))}"'


@st.composite
def written(draw: st.DrawFn, value: Any) -> str:
    """A value in one of the many ways in which JSON can be written."""
    if isinstance(value, str):
        return draw(written_text(value))
    if isinstance(value, list):
        inner = ",".join(draw(spaces) + draw(written(item)) + draw(spaces) for item in value)
        return f"[{inner or draw(spaces)}]"
    if isinstance(value, dict):
        return draw(written_object(list(value.items())))
    return json.dumps(value)


@st.composite
def written_member(draw: st.DrawFn, name: str, value: Any) -> str:
    return draw(spaces) + draw(written_text(name)) + draw(spaces) + ":" + draw(spaces) + draw(written(value))


@st.composite
def written_object(draw: st.DrawFn, pairs: list[tuple[str, Any]]) -> str:
    inner = ",".join(draw(written_member(name, value)) + draw(spaces) for name, value in pairs)
    return "{" + (inner or draw(spaces)) + "}"


@st.composite
def around_a_member(draw: st.DrawFn, name: str) -> tuple[bytes, bytes, bytes]:
    """An object as (what stands before the value of `name`, the value, what stands after it)."""
    others = draw(st.dictionaries(names.filter(lambda other: other != name), values, max_size=4))
    members = [draw(written_member(other, value)) for other, value in others.items()]
    at = draw(st.integers(0, len(members)))
    value = draw(written(draw(values)))
    head = draw(spaces) + draw(written_text(name)) + draw(spaces) + ":" + draw(spaces)
    before = draw(spaces) + "{" + "".join(member + draw(spaces) + "," for member in members[:at]) + head
    after = draw(spaces) + "".join("," + member + draw(spaces) for member in members[at:]) + "}" + draw(spaces)
    return before.encode(), value.encode(), after.encode()


machine_written = st.tuples(
    st.dictionaries(names, values, max_size=5), st.sampled_from([(",", ":"), (", ", ": ")]), st.booleans()
).map(lambda drawn: json.dumps(drawn[0], separators=drawn[1], ensure_ascii=drawn[2]).encode("utf-8", "surrogatepass"))
any_object = st.dictionaries(names, values, max_size=5).flatmap(written).map(str.encode) | machine_written


@given(around_a_member("model"))
@unhurried
@example((b'{"model":', b'"a"', b"}"))
@example((b'{"messages": [], "model": ', b'"a"', b', "n": 1}'))
@example((b'{"x":{"model":"a"},"model":', b'"a"', b',"y":{"model":"a"}}'))
def test_a_value_is_replaced_and_all_else_stays_to_the_byte(parts):
    before, value, after = parts

    assert JsonObject(before + value + after).replaced({"model": b'"new"'}) == before + b'"new"' + after


@given(any_object)
@unhurried
def test_a_new_member_comes_last_and_all_else_stays_to_the_byte(body):
    edited = JsonObject(body).replaced({"added": b"[1]"})

    *others, (name, value) = json.loads(edited, object_pairs_hook=list)
    assert (name, value) == ("added", [1])
    assert others == json.loads(body, object_pairs_hook=list)
    close = body.rindex(b"}")
    assert edited.startswith(body[:close])
    assert edited.endswith(body[close:])


@given(any_object)
@unhurried
def test_the_members_are_those_that_another_reader_finds(body):
    members = JsonObject(body).members

    assert {name: json.loads(bytes(raw)) for name, raw in members.items()} == json.loads(body)


@given(
    st.dictionaries(names, values, min_size=1, max_size=4).flatmap(
        lambda found: st.tuples(st.just(list(found.items())), st.sampled_from(list(found)), values, st.integers(0, 4))
    ),
    st.data(),
)
@unhurried
def test_a_name_that_comes_twice_is_refused_in_whatever_spelling(drawn, data):
    pairs, name, value, at = drawn
    pairs.insert(at, (name, value))
    body = data.draw(written_object(pairs)).encode()

    with pytest.raises(InvalidRequest) as refused:
        JsonObject(body)

    assert refused.value.param == name
    assert repr(name) in refused.value.message


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"a","model":"b"}',
        b'{"model":"a","model":"a"}',
        b'{"model": "a", "model": "b"}',
        b'{"model":"a","n":1,"model":"b"}',
        b'{"model":"a","\\u006dodel":"b"}',
        b'{"\\u006Dodel":"a","model":"b"}',
        b'{"\\u006d\\u006f\\u0064\\u0065\\u006c":"a","model":"a"}',
        b'{"model":12,"model":1}',
        b'{"model":1,"model":12}',
        b'{"model":12,"model":1,"n":2}',
        b'{"n":2,"model":12,"model":1}',
        b'{"n":1, "model":1,"model":1,"m":1}',
        b'{"model":[{"a":1}],"n":2,"model":[]}',
        b' {"model":{},"model":{}} ',
    ],
)
def test_two_models_are_refused(body):
    with pytest.raises(InvalidRequest, match=r"The body has the member 'model' twice\. Send it once\.") as refused:
        JsonObject(body)

    assert refused.value.param == "model"


LONG = b'[{"model":"a","content":"' + b"x" * 100_000 + b'"}]'


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        (b'{"model":', b'"a"', b',"messages":' + LONG + b"}"),
        (b'{"messages": ' + LONG + b', "model": ', b'"a"', b', "n": 1}'),
        (b'{"messages":' + LONG + b',"model":', b'"a"', b"}"),
        (b'{"n":1,"messages":', LONG, b"}"),
        (b' {"messages" :\n', LONG, b"}"),
    ],
)
def test_large_bodies_are_edited_the_same_way(before, value, after):
    name = "messages" if value is LONG else "model"
    body = before + value + after

    assert JsonObject(body).replaced({name: b"[]"}) == before + b"[]" + after
    with pytest.raises(InvalidRequest, match=f"{name!r} twice"):
        JsonObject(body[:-1] + f',"{name}":1}}'.encode())


def test_more_members_than_any_api_has_are_refused():
    body = b"{%b}" % b",".join(b'"k%d":1' % n for n in range(1001))

    with pytest.raises(InvalidRequest, match="more than 1000 members"):
        JsonObject(body)


def test_a_value_made_to_look_like_the_rest_of_the_body_is_seen_through():
    # The last "a" is as long as the way from the first into itself, where a second "model" waits: a walk that
    # trusted lengths alone would come out even, and take the inner one for the real one.
    inner = b',"model":"fake"}'
    head = b'{"a":1,"model":"real","a":'
    lure = b'{"z":' + b"9" * 40
    second = lure + b" " * (len(head) - 5 - len(inner) + len(b'"real"') + 10) + inner
    body = head + second + b"}"

    with pytest.raises(InvalidRequest, match="'a' twice"):
        JsonObject(body)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The body is not whole: its JSON goes on where it ends, at byte 0. Send all of it."),
        (b'{"model":"a"', "The body is not whole: its JSON goes on where it ends, at byte 12. Send all of it."),
        (b'{"model":"a",}', "The body is not JSON: trailing comma in object at byte 13. Mend it there."),
        (b"model=a", "The body is not JSON: invalid character at byte 0. Mend it there."),
        (b'["model"]', "The body must be a JSON object: write it in curly brackets."),
        (b"null", "The body must be a JSON object: write it in curly brackets."),
        (b'"model"', "The body must be a JSON object: write it in curly brackets."),
        (b'{"\xff":1}', "The body has a member whose name is not UTF-8. Send UTF-8."),
        (b'{"a":"\\ud83d"}', HALF.format(6)),
        (b'{"a":"\\ud83d and on, for a while"}', HALF.format(6)),
        (b'{"a":"\\uD83D\\ude00 \\uDE00"}', HALF.format(19)),
        (b'{"\\ud83d":1,"model":"m"}', HALF.format(2)),
        (b'{"a":"\\\\ud83d"', "The body is not whole: its JSON goes on where it ends, at byte 14. Send all of it."),
        (
            b'{"a":"\\ud83d\\ude00"',
            "The body is not whole: its JSON goes on where it ends, at byte 19. Send all of it.",
        ),
        (b'{"a":' + b"[" * 100_000, "The body is nested too deeply. Send a flatter object."),
    ],
)
def test_what_is_no_object_is_refused_with_its_place(body, message):
    with pytest.raises(InvalidRequest) as refused:
        JsonObject(body)

    assert refused.value.message == message


def test_an_inner_object_is_named_in_its_errors():
    with pytest.raises(InvalidRequest, match="stream_options must be a JSON object"):
        JsonObject(b"[]", "stream_options")


@pytest.mark.parametrize("body", [b"{}", b"{ }", b" {}\n", b"{\n}"])
def test_an_empty_object_takes_a_member_without_a_comma(body):
    assert json.loads(JsonObject(body).replaced({"a": b"1", "b": b"2"})) == {"a": 1, "b": 2}


def test_several_changes_are_made_at_once():
    body = b'{ "b":2 , "a":1 }'

    assert JsonObject(body).replaced({"a": b"10", "c": b"3", "b": b"20"}) == b'{ "b":20 , "a":10 ,"c":3}'
