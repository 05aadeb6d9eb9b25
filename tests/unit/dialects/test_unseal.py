"""Seals of others in a conversation that stays in its own dialect: dropped, unwrapped where they are its own."""

import msgspec
import pytest

from gossamer.dialects.losses import Losses
from gossamer.dialects.unseal import unseal_messages, unseal_responses


def losses() -> Losses:
    return Losses("a provider", is_lenient=True)


@pytest.mark.parametrize("unseal", [unseal_messages, unseal_responses])
@pytest.mark.parametrize("body", [b'{"model" : "m"}', b"", b"no JSON", b'{"messages":[{"content":"a gossamer: web"}]}'])
def test_what_has_no_foreign_seal_is_the_same_bytes(unseal, body):
    noted = losses()
    assert unseal(body, noted) is body
    assert noted.dropped == ()


def test_a_seal_in_a_text_is_a_text():
    said = {"role": "user", "content": "gossamer:chat:sealed::x"}
    body = msgspec.json.encode(
        {"messages": [said, {"role": "user", "content": [{"type": "text", "text": "gossamer:"}]}]}
    )
    assert msgspec.json.decode(unseal_messages(body, losses())) == msgspec.json.decode(body)


def test_a_message_of_nothing_but_foreign_reasoning_is_left_out():
    blocks = [
        {"type": "thinking", "thinking": "t", "signature": "gossamer:responses:sealed:rs_1:x"},
        {"type": "redacted_thinking", "data": "gossamer:chat:redacted::x"},
    ]
    asked = {"model": "m", "messages": [{"role": "assistant", "content": blocks}, {"role": "user", "content": "hi"}]}
    noted = losses()
    sent = msgspec.json.decode(unseal_messages(msgspec.json.encode(asked), noted))
    assert sent == {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    assert noted.dropped == ("messages[0].content[0]", "messages[0].content[1]")


def test_items_of_responses_keep_openais_own():
    kept = [{"type": "reasoning", "id": "rs_2", "encrypted_content": "gAAAA"}, {"role": "user", "content": "hi"}]
    foreign = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gossamer:messages:sealed::x"}
    wrapped = {"type": "reasoning", "id": "rs_3", "encrypted_content": "gossamer:responses:sealed:rs_3:gBBBB"}
    noted = losses()
    body = msgspec.json.encode({"input": [foreign, *kept, wrapped], "store": False})
    sent = msgspec.json.decode(unseal_responses(body, noted))
    assert sent == {"input": [*kept, {**wrapped, "encrypted_content": "gBBBB"}], "store": False}
    assert noted.dropped == ("input[0]",)


@pytest.mark.parametrize(
    "body",
    [
        b'{"messages":"gossamer:"}',
        b'{"messages":[7,"gossamer:"]}',
        b'{"messages":[{"content":["gossamer:"]}]}',
    ],
)
def test_what_cannot_be_read_is_the_providers_to_refuse(body):
    assert unseal_messages(body, losses()) == body
