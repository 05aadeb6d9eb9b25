"""What shares an entry and what does not, one difference at a time."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.config.cache import CacheRule, CacheSettings, Share
from gossamer.policy.cache_key import _told
from tests.unit.cache.asking import ASK, exchange, key, question

SAME: dict[str, bytes] = {
    "members in another order": b'{"messages":[{"role":"user","content":"hi"}],"model":"m"}',
    "space": b'{ "model" : "m",\n\t"messages": [ {"role": "user" , "content": "hi"} ] }\r\n',
    "a stream": msgspec.json.encode({**ASK, "stream": True}),
    "stream: false": msgspec.json.encode({**ASK, "stream": False}),
    "stream_options": msgspec.json.encode({**ASK, "stream": True, "stream_options": {"include_usage": True}}),
    "user": msgspec.json.encode({**ASK, "user": "somebody"}),
    "metadata": msgspec.json.encode({**ASK, "metadata": {"ticket": "7"}}),
    "safety_identifier": msgspec.json.encode({**ASK, "safety_identifier": "x"}),
    "another name of the target": msgspec.json.encode({**ASK, "model": "alias"}),
    "store: false": msgspec.json.encode({**ASK, "user": "x"}),
}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"a": 1, "b": 2}}}
OTHER_TOOL = {"type": "function", "function": {"name": "g"}}
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
DIFFERENT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    **{
        name: ({name: one}, {name: other})
        for name, one, other in [
            ("temperature", 0, 0.1), ("top_p", 1, 0.9), ("top_k", 1, 2), ("seed", 1, 2), ("max_tokens", 5, 6),
            ("max_completion_tokens", 5, 6), ("stop", "a", "b"), ("presence_penalty", 0, 1),
            ("frequency_penalty", 0, 1), ("logit_bias", {"1": 1}, {"1": 2}), ("n", 1, 2), ("logprobs", True, False),
            ("response_format", {"type": "text"}, {"type": "json_object"}), ("tool_choice", "auto", "none"),
            ("reasoning_effort", "low", "high"), ("service_tier", "auto", "flex"), ("verbosity", "low", "high"),
            ("prompt_cache_key", "a", "b"), ("parallel_tool_calls", True, False), ("x_nobody_knows", 1, 2),
            ("modalities", ["text"], ["text", "audio"]), ("seed and its spelling", 1, 1.0),
        ]
    },
    "a member or none": ({}, {"temperature": 1}),
    "the order of tools": ({"tools": [TOOL, OTHER_TOOL]}, {"tools": [OTHER_TOOL, TOOL]}),
    "the order of a schema": (
        {"tools": [TOOL]},
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"b": 2, "a": 1}}}]},
    ),
    "the order of messages": (
        {"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]},
        {"messages": [{"role": "user", "content": "b"}, {"role": "user", "content": "a"}]},
    ),
    "the bytes of a picture": (
        {"messages": [{"role": "user", "content": [PICTURE]}]},
        {"messages": [{"role": "user", "content": [{**PICTURE, "image_url": {"url": "data:image/png;base64,AAAB"}}]}]},
    ),
    "space in a text": (
        {"messages": [{"role": "user", "content": "a b"}]}, {"messages": [{"role": "user", "content": "a  b"}]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("body", SAME.values(), ids=SAME)
def test_these_share_an_entry(body: bytes):
    assert key(exchange(body)) == key(exchange())


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT)
def test_these_do_not(one: dict[str, Any], other: dict[str, Any]):
    assert key(exchange({**ASK, **one})) != key(exchange({**ASK, **other}))


def test_a_character_and_its_escape_are_two_entries_since_readers_differ():
    assert key(exchange(b'{"model":"m","messages":"\xc3\xa9"}')) != key(exchange(b'{"model":"m","messages":"\\u00e9"}'))


def test_what_stands_twice_inside_is_not_what_one_of_the_two_says():
    twice = key(exchange(b'{"model":"m","messages":[{"content":"a","content":"b"}]}'))
    assert twice not in {key(exchange(b'{"model":"m","messages":[{"content":"%b"}]}' % each)) for each in (b"a", b"b")}


def test_numbers_that_are_one_to_a_careless_reader_are_two_entries():
    big, bigger = (b'{"model":"m","messages":[],"seed":%d}' % (2**64 + more) for more in (1, 2))
    assert key(exchange(big)) != key(exchange(bigger))


@pytest.mark.parametrize(
    "other",
    [
        {"label": "p/other"},
        {"user": "user-2"},
        {"path": "/v1/completions"},
        {"path": "/v1/chat/completions?beta=true"},
        {"headers": [(b"anthropic-beta", b"x")]},
        {"headers": [(b"openai-beta", b"x")]},
    ],
    ids=str,
)
def test_the_circumstances_are_part_of_it(other: dict[str, Any]):
    assert key(exchange(**other)) != key(exchange())


def test_headers_that_change_no_answer_are_none():
    assert key(exchange(headers=[(b"x-request-id", b"1"), (b"user-agent", b"a")])) == key(exchange())


def test_other_headers_count_where_the_settings_say_so():
    settings = CacheSettings(vary=("x-region",))
    one, other = (key(exchange(headers=[(b"x-region", value)]), settings) for value in (b"eu", b"us"))
    assert one != other


def test_responses_repeat_their_metadata_so_it_counts():
    body = {"model": "m", "input": "hi"}
    path = "/v1/responses"
    assert key(exchange({**body, "metadata": {"a": "1"}}, path=path)) != key(exchange(body, path=path))
    assert key(exchange({**body, "user": "a"}, path=path)) != key(exchange(body, path=path))


SHARES: list[tuple[Share, dict[str, Any], dict[str, Any], bool]] = [
    ("user", {"key": "a"}, {"key": "b"}, True),
    ("user", {"agent": "x"}, {"agent": "y"}, True),
    ("user", {"user": "a"}, {"user": "b"}, False),
    ("user", {"key": "a", "user": None}, {"key": "b", "user": None}, False),
    ("key", {"key": "a"}, {"key": "b"}, False),
    ("agent", {"agent": "x"}, {"agent": "y"}, False),
    ("agent", {"agent": "x", "user": "a"}, {"agent": "x", "user": "b"}, True),
    ("agent", {"user": "a"}, {"user": "b"}, False),
    ("global", {"user": "a"}, {"user": "b"}, True),
]


@pytest.mark.parametrize(("share", "one", "other", "is_shared"), SHARES)
def test_who_gets_each_others_answers(share: Share, one: dict[str, Any], other: dict[str, Any], is_shared: bool):
    settings = CacheSettings(share=share)
    assert (key(exchange(**one), settings) == key(exchange(**other), settings)) is is_shared


NAMES = st.text(min_size=1, max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
BODIES = st.dictionaries(NAMES, VALUES, max_size=5)


@given(BODIES, BODIES, NAMES, NAMES, NAMES, NAMES)
def test_no_tenant_can_say_anything_by_which_it_meets_another(
    body: dict[str, Any], other: dict[str, Any], one: str, two: str, label: str, other_label: str
):
    """Whatever the bodies, headers and names: two users never share, nor two targets, nor two bodies."""
    mine = question(exchange(body, user=f"u{one}", label=label))
    if mine is None:
        return
    rivals = [(body, f"u{one}{two}", label), (other, f"u{one}{two}", other_label)]
    if label != other_label:
        rivals.append((body, f"u{one}", other_label))
    for rival_body, user, target in rivals:
        rival = question(
            exchange(rival_body, user=user, label=target, headers=[(b"anthropic-beta", mine.key.hex().encode())])
        )
        assert rival is None or rival.key != mine.key


@given(BODIES, BODIES)
def test_two_bodies_share_only_if_all_that_counts_is_equal(body: dict[str, Any], other: dict[str, Any]):
    mute = {"model", "stream", "stream_options", "user", "metadata", "safety_identifier"}
    one, two = question(exchange(body)), question(exchange(other))
    if one is None or two is None:
        return
    told, told_other = (
        {name: msgspec.json.encode(value) for name, value in each.items() if name not in mute} for each in (body, other)
    )
    assert (one.key == two.key) == (told == told_other)


@pytest.mark.parametrize(
    ("settings", "body", "is_kept"),
    [
        (CacheSettings(), {"store": True}, False),
        (CacheSettings(), {"store": False}, True),
        (CacheSettings(), {"background": True}, False),
        (CacheSettings(), {"conversation": "conv_1"}, False),
        (CacheSettings(tools=False), {"tools": [TOOL]}, False),
        (CacheSettings(tools=False), {"functions": [TOOL]}, False),
        (CacheSettings(tools=False), {"tools": []}, True),
        (CacheSettings(temperature=0.5), {"temperature": 0.5}, True),
        (CacheSettings(temperature=0.5), {"temperature": 0.6}, False),
        (CacheSettings(temperature=0.5), {}, False),
        (CacheSettings(temperature=0.5), {"temperature": None}, False),
        (CacheSettings(temperature=0.5, models={"m": CacheRule(temperature=2.0)}), {}, True),
    ],
)
def test_what_is_not_even_looked_for(settings: CacheSettings, body: dict[str, Any], is_kept: bool):
    assert (question(exchange({**ASK, **body}), settings) is not None) is is_kept


def test_the_nearest_rule_speaks():
    from gossamer.cache.rules import CacheRules

    settings = CacheSettings(
        keys={"key-1": CacheRule(ttl_s=1.0)},
        agents={"bot": CacheRule(ttl_s=2.0, tools=False)},
        models={"m": CacheRule(ttl_s=3.0, max_bytes=7), "p/m": CacheRule(enabled=False)},
    )
    terms = CacheRules(settings).terms_of(exchange(agent="bot"))
    assert (terms.l1_ttl_s, terms.l2_ttl_s, terms.tools, terms.max_bytes, terms.is_kept) == (1.0, 1.0, False, 7, False)
    assert CacheRules(settings).terms_of(exchange(key="other")).l1_ttl_s == 3.0


def test_names_that_are_too_many_or_too_long_to_be_remembered_count_all_the_same():
    long = "x" * 2000
    bodies = [
        {**ASK, long: 1},
        {**ASK, long: 2},
        {**ASK, long + "y": 1},
        *({**ASK, f"n{each}": 1} for each in range(600)),
    ]
    keys = [key(exchange(body)) for body in bodies]
    assert len(set(keys)) == len(bodies)
    assert [key(exchange(body)) for body in reversed(bodies)] == keys[::-1]
    assert len(_told) <= 256
    assert not any(long in name for names in _told for name in names)


def test_a_value_is_no_other_members_value():
    one, other = {**ASK, "a": 1, "b": [2, 3]}, {**ASK, "a": [1, 2], "b": 3}
    assert len({key(exchange(body)) for body in (one, other, {**ASK, "a": "1,[2", "b": "3]"})}) == 3
