"""Seals of reasoning: what a foreign one says of itself, and that a native one stays as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.core.endpoints import Wire
from gossamer.dialects.conversation import Seal
from gossamer.dialects.efforts import budget_for, effort_for
from gossamer.dialects.idents import answer_id, plain_call_id, user_id
from gossamer.dialects.seals import unwrap, wrap
from tests.unit.dialects.transcripts import WIRES

seals = st.builds(
    Seal, st.sampled_from(WIRES), st.text(max_size=30), st.booleans(), st.from_regex(r"[a-z_0-9]*", fullmatch=True)
)


@given(seal=seals, native=st.sampled_from(WIRES))
def test_what_is_wrapped_is_unwrapped(seal: Seal, native: Wire):
    assert unwrap(wrap(seal), native) == seal


@pytest.mark.parametrize(
    "text", ["", "EqQB", "a:b:c:d:e", "gossamer:x:sealed::d", "gossamer:chat:x::d", "gossamer:chat"]
)
def test_any_other_text_is_the_dialects_own(text: str):
    assert unwrap(text, "responses") == Seal("responses", text)


@pytest.mark.parametrize("word", ["low", "medium", "high", "xhigh", "max"])
def test_an_effort_survives_its_budget(word: str):
    assert effort_for(budget_for(word)) == word


def test_a_small_budget_is_a_low_effort():
    assert effort_for(1) == effort_for(budget_for("minimal")) == "low"


def test_names_are_stable_and_plain():
    assert answer_id("chatcmpl-9xA", "msg_") == answer_id("resp_9xA", "msg_") == "msg_9xA"
    assert plain_call_id("call_1") == "call_1"
    assert plain_call_id("a.b") != plain_call_id("a:b")
    assert plain_call_id("a.b") == plain_call_id("a.b")
    assert user_id("u" * 64) == "u" * 64
    assert len(user_id("u" * 65)) == 64
