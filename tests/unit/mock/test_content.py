"""What is said, in pieces."""

import msgspec
import pytest

from gossamer.mock.asked import BadRequest, Call
from gossamer.mock.content import VARIANTS, WORDS, Content, compose


def say(
    call: Call | None = None,
    schema: bytes | None = None,
    tokens: int = 5,
    variant: int = 0,
    *,
    is_cut_short: bool = False,
) -> Content:
    return compose((call,) if call else (), schema, tokens, variant, is_cut_short=is_cut_short)


def test_there_are_61_words_and_a_stride_meets_them_all():
    assert len(set(WORDS)) == 61
    for variant in range(VARIANTS):
        text = say(tokens=61, variant=variant).text
        assert set(text.lower().split()) == set(WORDS)


@pytest.mark.parametrize("tokens", [1, 2, 60, 1000])
def test_a_piece_is_a_token(tokens):
    assert len(say(tokens=tokens).pieces) == tokens


def test_the_same_question_is_the_same_object():
    assert say(tokens=9) is say(tokens=9)


def test_json_is_cut_into_pieces_that_join():
    schema = msgspec.json.encode({"properties": {"city": {"type": "string"}}})
    made = say(schema=schema)
    assert made.value == {"city": "silk thread"}
    assert len(made.pieces) > 2


def test_arguments_are_always_an_object():
    made = say(call=Call("f", b'{"type":"string"}'))
    assert (made.value, made.finish, made.name) == ({}, "call", "f")


@pytest.mark.parametrize(("members", "param"), [({"call": True}, "tools"), ({"schema": True}, "response_format")])
def test_a_schema_without_an_end_is_the_callers_mistake(members, param):
    endless = b'{"$ref":"#"}'
    question = {"call": Call("f", endless)} if "call" in members else {"schema": endless}
    with pytest.raises(BadRequest, match="no value for this schema") as refused:
        say(**question)
    assert refused.value.param == param
