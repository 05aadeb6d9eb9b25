"""What of requests is kept, and how it is written before the next one."""

from itertools import count
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import ResponseItem
from pydantic import TypeAdapter

from gossamer.core.errors import InvalidRequest
from gossamer.dialects.losses import Losses
from gossamer.dialects.responses.kept import (
    Wish,
    as_input,
    id_of,
    joined,
    own_items,
    read_wish,
    with_seals,
    written_out,
)
from gossamer.dialects.responses.request_reader import read_request

encode, decode = msgspec.json.encode, msgspec.json.decode


def members(**said: Any) -> dict[str, msgspec.Raw]:
    return {name: msgspec.Raw(encode(value)) for name, value in said.items()}


def named(said: Any) -> list[Any]:
    numbers = count(1)
    return [decode(item) for item in own_items(encode(said), lambda: str(next(numbers)))]


# --- what a request wishes ---


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ({}, Wish()),
        ({"store": None, "previous_response_id": None, "conversation": None}, Wish()),
        ({"store": True}, Wish()),
        ({"store": False}, Wish(is_kept=False)),
        ({"previous_response_id": "resp_1"}, Wish(previous="resp_1")),
        ({"conversation": "conv_1"}, Wish(conversation="conv_1")),
        ({"conversation": {"id": "conv_1"}, "store": False}, Wish(is_kept=False, conversation="conv_1")),
    ],
)
def test_a_wish_is_read(said: dict[str, Any], wish: Wish):
    assert read_wish(members(**said)) == wish


@pytest.mark.parametrize(
    ("said", "param"),
    [
        ({"store": "yes"}, "store"),
        ({"store": 1}, "store"),
        ({"previous_response_id": 7}, "previous_response_id"),
        ({"previous_response_id": ["resp_1"]}, "previous_response_id"),
        ({"conversation": {"name": "x"}}, "conversation"),
        ({"conversation": 7}, "conversation"),
        ({"conversation": "conv_\0"}, "conversation"),
        ({"previous_response_id": "resp_\0"}, "previous_response_id"),
        ({"previous_response_id": "resp_1", "conversation": "conv_1"}, "previous_response_id"),
    ],
)
def test_what_is_no_wish_is_named(said: dict[str, Any], param: str):
    with pytest.raises(InvalidRequest) as raised:
        read_wish(members(**said))
    assert raised.value.param == param


# --- a request's own input ---


def test_text_is_a_message_of_the_user():
    assert named("hi") == [
        {
            "type": "message",
            "id": "msg_1",
            "status": "completed",
            "role": "user",
            "content": [{"type": "input_text", "text": "hi"}],
        }
    ]


def test_items_get_ids_and_those_that_have_one_keep_it():
    call = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
    told = named(
        [
            {"role": "assistant", "content": "so"},
            call,
            {"type": "function_call_output", "call_id": "c1", "output": "1"},
            {"type": "reasoning", "id": "rs_mine", "summary": []},
            {"type": "something_new", "x": 1},
        ]
    )
    assert [item["id"] for item in told] == ["msg_1", "fc_2", "fco_3", "rs_mine", "item_4"]
    assert told[0]["content"] == [{"type": "output_text", "text": "so", "annotations": []}]
    assert told[1] == {**call, "id": "fc_2"}
    for item in told[:4]:
        TypeAdapter(ResponseItem).validate_python({"status": "completed", **item})


@pytest.mark.parametrize("said", [7, {"role": "user"}, ["text"], [[]]])
def test_what_is_no_input_is_refused(said: Any):
    with pytest.raises(InvalidRequest, match='"input" must be text or a list of items'):
        named(said)


# --- what went before ---


def test_what_went_before_goes_up_without_ids_of_ours():
    kept = [
        {"type": "message", "id": "msg_1", "status": "completed", "role": "user", "content": "x"},
        {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": "{}"},
    ]
    assert decode(b"[%b]" % as_input(encode(kept)[1:-1])) == [
        {"type": "message", "role": "user", "content": "x"},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
    ]


def test_reasoning_goes_up_only_if_somebody_can_read_it():
    sealed = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "seal"}
    spoken = {"type": "reasoning", "id": "rs_2", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]}
    lost: list[dict[str, Any]] = [
        {"type": "reasoning", "id": "rs_3", "summary": [{"type": "summary_text", "text": "so"}]},
        {"type": "reasoning", "id": "rs_4", "summary": [], "encrypted_content": None, "content": []},
    ]
    assert decode(b"[%b]" % as_input(encode([sealed, *lost, spoken])[1:-1])) == [sealed, spoken]


def test_sealed_reasoning_is_asked_for_where_it_will_be_given_back():
    wanted = ["reasoning.encrypted_content"]
    assert with_seals(members(), b"") is None
    assert decode(with_seals(members(reasoning={"effort": "low"}), b"") or b"") == wanted
    assert decode(with_seals(members(include=["x"]), b'{"encrypted_content":"s"}') or b"") == ["x", *wanted]
    assert with_seals(members(reasoning={}, include=wanted), b"") is None
    assert with_seals(members(reasoning={}, include="nonsense"), b"") is None


# --- any conversation ---

TEXTS = st.text(max_size=20)
MESSAGES = st.builds(lambda role, text: {"role": role, "content": text}, st.sampled_from(["user", "assistant"]), TEXTS)
CALLS = st.builds(
    lambda name, said: {"type": "function_call", "call_id": name, "name": "f", "arguments": encode(said).decode()},
    st.sampled_from(["c1", "c2", "c3"]),
    st.dictionaries(TEXTS, TEXTS, max_size=2),
)
OUTPUTS = st.builds(
    lambda name, text: {"type": "function_call_output", "call_id": name, "output": text},
    st.sampled_from(["c1", "c2", "c3"]),
    TEXTS,
)
INPUTS = TEXTS | st.lists(MESSAGES | CALLS | OUTPUTS, max_size=5)


def as_list(said: Any) -> list[Any]:
    return [{"role": "user", "content": said}] if isinstance(said, str) else said


def turns(said: list[Any]) -> Any:
    """What a provider of another dialect is told: parts, without where they stood."""
    losses = Losses("anybody", is_lenient=True)
    told = read_request(encode({"model": "m", "input": said}), losses).turns
    return [(turn.role, turn.parts) for turn in told]


@given(st.lists(INPUTS, min_size=1, max_size=6))
def test_turn_by_turn_is_as_all_at_once(said: list[Any]):
    """However a conversation is cut into turns, what goes up says what the whole of it says."""
    numbers = count()
    kept: list[bytes] = []
    whole: list[Any] = []
    for each in said:
        own = encode(each)
        told = decode(written_out(as_input(b",".join(kept)), own))
        whole += as_list(each)
        assert turns(told) == turns(whole)
        kept += own_items(own, lambda: str(next(numbers)))
    assert len({decode(item)["id"] for item in kept}) == len(kept)
    assert decode(joined(kept)) == [decode(item) for item in kept]


@pytest.mark.parametrize("name", [7, ["msg_1"], {}, True, "msg_\0"])
def test_an_id_that_nobody_could_find_again_is_refused(name: Any):
    with pytest.raises(InvalidRequest) as refusal:
        named([{"role": "user", "content": "hi", "id": name}])
    assert refusal.value.param == "input"


@pytest.mark.parametrize(
    ("item", "name"), [(b'{"id":"msg_1"}', "msg_1"), (b"{}", ""), (b'{"id":null}', ""), (b'{"id":7}', "")]
)
def test_what_a_provider_gave_no_id_has_none(item: bytes, name: str):
    assert id_of(item) == name
