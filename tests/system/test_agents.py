"""Agents as clients meet them: asked like models by the official SDKs, stopped at their limits, killed, and left."""

import os
import signal
import socket
import stat
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import anthropic
import msgspec
import openai
import pytest

from gossamer.core.record import Record
from tests.system.agents_clients import talker
from tests.system.gateway import TOKEN, Gateway, eventually, start_gateway, write_config
from tests.system.sdk import HELLO
from tests.system.talker import Talker

__all__ = ["talker"]

ONLY_AGENTS = "gsm_test_only_agents_0123"
SCHEMA = '{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}'

CLIENTS: list[openai.OpenAI] = []
"""To be closed: one that is only forgotten is told of in some other test, whenever the collector finds it."""


def config_for(talker: Talker) -> dict[str, Any]:
    looping = {"model": "up/endless", "tools": ["agent:helper"]}
    return {
        "providers": {
            "mock": {"kind": "mock", "mock": {"ttft": "0s", "gap": "0s", "tokens": 12}},
            "up": {"kind": "openai-compatible", "base_url": talker.url},
        },
        "models": {"mock": "mock/mock", "tier": {"strategy": "round-robin", "targets": ["mock/mock", "mock/mock-b"]}},
        "prices": {"up/endless": {"input": 1, "output": 10}, "mock/mock": {"input": 1, "output": 1}},
        "keys": [
            {"name": "test", "token": TOKEN},
            {"name": "narrow", "token": ONLY_AGENTS, "models": ["standard_agent"]},
        ],
        "log": {"format": "text"},
        "agents": {
            "helper": {"model": "mock", "description": "Knows everything."},
            "standard_agent": {"model": "mock", "directive": "You are kind.\nAnd brief.", "tools": ["agent:helper"]},
            "coding_agent": {"model": "tier"},
            "slow_agent": {"model": "up/slow"},
            "counting_agent": {"model": "up/count", "directive": "Count."},
            "city_agent": {"model": "up/careless", "output_schema": SCHEMA},
            "by_steps": {**looping, "limits": {"steps": 4}},
            "by_tokens": {**looping, "limits": {"tokens": 5000, "steps": 100}},
            "by_cost": {**looping, "limits": {"cost": 0.006, "steps": 100}},
            "by_time": {**looping, "limits": {"time": "1s", "steps": 1000}},
            "strict_steps": {**looping, "limits": {"steps": 3}, "at_limit": "error"},
            "above_strict": {"model": "up/endless", "tools": ["agent:strict_steps"], "limits": {"steps": 3}},
            "unpriced": {"model": "up/count", "limits": {"cost": 1}},
        },
    }


@pytest.fixture(scope="module")
def gateway(talker: Talker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with start_gateway(tmp_path_factory.mktemp("agents"), config_for(talker)) as running:
        yield running
    for client in CLIENTS:
        client.close()


def openai_of(gateway: Gateway, token: str = TOKEN) -> openai.OpenAI:
    client = openai.OpenAI(base_url=gateway.base_url, api_key=token, max_retries=0)
    CLIENTS.append(client)
    return client


def records_of_run(gateway: Gateway, run: str) -> list[Record]:
    """The run's own, and those of its calls."""
    eventually(
        lambda: any(
            each.run == run and each.target is not None and each.target.startswith("agents/")
            for each in gateway.records()
        )
    )
    return [each for each in gateway.records() if each.run == run]


# --- three dialects ---


def test_a_chat_shows_the_answer_and_beside_it_the_steps(gateway: Gateway):
    answer = openai_of(gateway).chat.completions.create(model="standard_agent", messages=HELLO)
    message = answer.choices[0].message
    assert answer.choices[0].finish_reason == "stop"
    assert message.content
    assert message.tool_calls is None
    (step,) = message.gossamer["steps"]  # type: ignore[attr-defined]
    assert step["tool_call"]["name"].endswith("helper")
    assert step["tool_result"]["is_error"] is False


def test_a_streamed_chat_has_nothing_for_a_plain_client_but_the_answer(gateway: Gateway):
    chunks = list(openai_of(gateway).chat.completions.create(model="standard_agent", messages=HELLO, stream=True))
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert "".join(delta.content or "" for delta in deltas)
    assert all(delta.tool_calls is None for delta in deltas)
    beside = [delta.gossamer for delta in deltas if hasattr(delta, "gossamer")]
    assert [next(iter(each)) for each in beside] == ["tool_call", "tool_result"]
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_reasoning_is_streamed_as_it_comes(gateway: Gateway):
    chunks = list(openai_of(gateway).chat.completions.create(model="counting_agent", messages=HELLO, stream=True))
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert [each.reasoning_content for each in deltas if hasattr(each, "reasoning_content")] == ["Let me see."]
    assert "".join(delta.content or "" for delta in deltas) == "system user"


def test_responses_have_an_item_for_each_use_of_a_tool(gateway: Gateway):
    answer = openai_of(gateway).responses.create(model="standard_agent", input="Hello")
    assert answer.status == "completed"
    assert answer.output_text
    assert [item.type for item in answer.output] == ["mcp_call", "message"]


def test_a_streamed_response_tells_each_use_of_a_tool(gateway: Gateway):
    with openai_of(gateway).responses.stream(model="standard_agent", input="Hello") as stream:
        events = list(stream)
        final = stream.get_final_response()
    kinds = [event.type for event in events]
    assert "response.mcp_call.in_progress" in kinds
    assert "response.mcp_call.completed" in kinds
    assert final.output_text
    (used,) = [item for item in final.output if item.type == "mcp_call"]
    assert used.output
    assert [event.sequence_number for event in events] == sorted({event.sequence_number for event in events})


def test_a_plain_client_of_messages_sees_one_block_of_text(gateway: Gateway):
    client = anthropic.Anthropic(base_url=gateway.url, api_key=TOKEN, max_retries=0)
    answer = client.messages.create(
        model="standard_agent", max_tokens=100, messages=[{"role": "user", "content": "Hello"}]
    )
    assert [block.type for block in answer.content] == ["text"]
    with client.messages.stream(
        model="standard_agent", max_tokens=100, messages=[{"role": "user", "content": "Hello"}]
    ) as stream:
        assert stream.get_final_text()


def test_a_client_of_messages_that_knows_tools_of_others_is_shown_them(gateway: Gateway):
    client = anthropic.Anthropic(base_url=gateway.url, api_key=TOKEN, max_retries=0)
    with client.beta.messages.stream(
        model="standard_agent",
        max_tokens=100,
        betas=["mcp-client-2025-04-04"],
        messages=[{"role": "user", "content": "Hello"}],
    ) as stream:
        final = stream.get_final_message()
    assert [block.type for block in final.content] == ["mcp_tool_use", "mcp_tool_result", "text"]
    assert final.stop_reason == "end_turn"


def test_agents_are_listed_with_the_models(gateway: Gateway):
    names = {model.id for model in openai_of(gateway).models.list()}
    assert {"standard_agent", "coding_agent", "agents/helper"} <= names


def test_an_agent_may_ask_an_alias_with_several_targets(gateway: Gateway):
    for _ in range(3):
        answer = openai_of(gateway).chat.completions.create(model="coding_agent", messages=HELLO)
        assert answer.choices[0].message.content


# --- whose calls they are ---


def test_the_calls_of_a_run_are_the_callers_and_one_tree(gateway: Gateway):
    answer = openai_of(gateway).chat.completions.create(model="standard_agent", messages=HELLO)
    run = answer.gossamer["run"]  # type: ignore[attr-defined]
    mine = records_of_run(gateway, run)
    outer = next(each for each in mine if each.target == "agents/standard_agent")
    inner = [each for each in mine if each.target == "mock/mock"]
    assert len(inner) == 2
    assert {each.key for each in mine} == {"test"}
    assert outer.usage is None
    assert outer.cost_nanos == 0
    assert len({each.trace[:32] for each in inner if each.trace}) == 1
    assert {each.session for each in inner} == {run}


def test_who_may_ask_an_agent_may_ask_through_it_and_not_past_it(gateway: Gateway):
    client = openai_of(gateway, ONLY_AGENTS)
    assert client.chat.completions.create(model="standard_agent", messages=HELLO).choices[0].message.content
    with pytest.raises(openai.PermissionDeniedError):
        client.chat.completions.create(model="mock", messages=HELLO)


def test_nobody_else_can_pass_for_a_run(gateway: Gateway):
    headers = {"Authorization": f"Bearer {ONLY_AGENTS}", "X-Gossamer-Run": "guess run_mine 1", "X-Request-ID": "faker"}
    body = {"model": "mock", "messages": HELLO}
    client = HTTPConnection("127.0.0.1", gateway.port)
    client.request("POST", "/v1/chat/completions", msgspec.json.encode(body), headers)
    assert client.getresponse().status == 403
    client.close()
    assert gateway.record_of("faker").run is None


@pytest.mark.parametrize(
    "name",
    [
        "helper\r\nX-Gossamer-Steps: hide",
        "helper\r\nContent-Length: 0\r\n\r\nGET /smuggled HTTP/1.1\r\nX: y",
        "h\u20ac",
        "nobody",
    ],
)
@pytest.mark.parametrize("is_named", [False, True])
def test_the_name_of_an_agent_is_no_way_into_its_process(gateway: Gateway, name: str, is_named: bool):
    """One that ends its line could write heads of its own, and whole requests: others would get their answers."""
    client = openai_of(gateway)
    headers = {"X-Gossamer-Provider": "agents"} if is_named else {}
    model = name if is_named else f"agents/{name}"
    for _ in range(3):
        with pytest.raises(openai.NotFoundError, match="There is no agent"):
            client.chat.completions.create(model=model, messages=HELLO, extra_headers=headers)
        assert client.chat.completions.create(model="helper", messages=HELLO).choices[0].message.content


def test_both_sockets_are_this_users_alone_and_ask_for_the_mark(gateway: Gateway):
    for name in ("agents.sock", "inner.sock"):
        assert stat.S_IMODE((gateway.data_dir / name).stat().st_mode) == 0o600
    client = HTTPConnection("agents")
    client.sock = socket.socket(socket.AF_UNIX)
    client.sock.connect(str(gateway.data_dir / "agents.sock"))
    client.request("POST", "/v1/chat/completions", b"{}", {"X-Gossamer-Agent": "helper"})
    assert client.getresponse().status == 403
    client.close()


def test_tools_of_the_client_are_refused_in_words(gateway: Gateway):
    tool = {"type": "function", "function": {"name": "mine", "parameters": {}}}
    with pytest.raises(openai.BadRequestError, match="tools of its own"):
        openai_of(gateway).chat.completions.create(model="standard_agent", messages=HELLO, tools=[tool])  # type: ignore[list-item]


def test_what_is_no_question_to_an_agent_is_refused(gateway: Gateway):
    with pytest.raises(openai.NotFoundError, match="by nothing else"):
        openai_of(gateway).embeddings.create(model="standard_agent", input="x")


# --- limits ---


@pytest.mark.parametrize(
    ("agent", "limit"), [("by_steps", "steps"), ("by_tokens", "tokens"), ("by_cost", "cost"), ("by_time", "time")]
)
def test_an_endless_loop_stops_at_each_limit_and_is_settled(gateway: Gateway, agent: str, limit: str):
    answer = openai_of(gateway).chat.completions.create(model=agent, messages=HELLO)
    summary = answer.gossamer  # type: ignore[attr-defined]
    assert summary["limit"] == limit
    assert answer.choices[0].finish_reason == "length"
    assert answer.choices[0].message.content == "That is all."

    def made() -> list[Record]:  # one that was given up may be written down after its run
        return [each for each in records_of_run(gateway, summary["run"]) if each.target == "up/endless"]

    eventually(lambda: len(made()) == summary["steps"])
    calls = made()
    paid = sum(each.cost_nanos or 0 for each in calls)
    helped = (summary["steps"] - 1) if limit != "time" else None
    trace = {each.trace[:32] for each in calls if each.trace}
    all_paid = sum(each.cost_nanos or 0 for each in gateway.records() if each.trace and each.trace[:32] in trace)
    assert paid > 0
    if helped is not None:
        assert all_paid == summary["cost_nano_usd"]


def test_a_limit_of_money_and_tokens_is_not_passed(gateway: Gateway):
    ask = openai_of(gateway).chat.completions.create
    assert ask(model="by_cost", messages=HELLO).gossamer["cost_nano_usd"] <= 6_000_000  # type: ignore[attr-defined]
    tokens = ask(model="by_tokens", messages=HELLO).gossamer["tokens"]  # type: ignore[attr-defined]
    assert tokens["input"] + tokens["output"] <= 5000


def test_what_an_agent_below_spent_counts_also_where_it_failed(gateway: Gateway):
    answer = openai_of(gateway).chat.completions.create(model="above_strict", messages=HELLO)
    summary = answer.gossamer  # type: ignore[attr-defined]
    assert all(step["tool_result"]["is_error"] for step in answer.choices[0].message.gossamer["steps"])  # type: ignore[attr-defined]
    traces = {each.trace[:32] for each in records_of_run(gateway, summary["run"]) if each.trace}
    paid = sum(each.cost_nanos or 0 for each in gateway.records() if each.trace and each.trace[:32] in traces)
    assert summary["cost_nano_usd"] == paid


def test_an_agent_that_is_to_fail_at_its_limit_says_which(gateway: Gateway):
    with pytest.raises(openai.UnprocessableEntityError, match="limit of steps, after 3 steps"):
        openai_of(gateway).chat.completions.create(model="strict_steps", messages=HELLO)


def test_a_limit_of_money_that_nobody_can_keep_is_no_limit(gateway: Gateway):
    with pytest.raises(openai.PermissionDeniedError, match="cannot be kept"):
        openai_of(gateway).chat.completions.create(model="unpriced", messages=HELLO)


def test_an_answer_of_the_wrong_form_is_asked_for_again(gateway: Gateway):
    answer = openai_of(gateway).chat.completions.create(model="city_agent", messages=HELLO)
    assert answer.choices[0].message.content == '{"city": "Lisbon"}'
    assert answer.gossamer["steps"] == 2  # type: ignore[attr-defined]


# --- sessions ---


def test_a_session_is_known_again_where_the_last_turn_comes_alone(gateway: Gateway):
    client = openai_of(gateway)
    first = client.chat.completions.with_raw_response.create(model="counting_agent", messages=HELLO)
    session = {"X-Session-ID": first.headers["x-session-id"]}
    again = client.chat.completions.create(model="counting_agent", messages=HELLO, extra_headers=session)
    assert again.choices[0].message.content == "system user assistant user"
    other = client.chat.completions.create(
        model="counting_agent", messages=HELLO, extra_headers={"X-Session-ID": "other"}
    )
    assert other.choices[0].message.content == "system user"


# --- whoever leaves, and whatever dies ---


def agents_pid(gateway: Gateway) -> int:
    (pid,) = gateway._running("gossamer.agents")
    return pid


def test_a_client_that_leaves_ends_the_run_and_its_calls(gateway: Gateway, talker: Talker):
    body = b'{"model":"slow_agent","stream":true,"messages":[{"role":"user","content":"Hello"}]}'
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nX-Request-ID: leaver\r\n"
    with socket.create_connection(("127.0.0.1", gateway.port)) as client:
        client.sendall(head.encode() + b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        received = b""
        while b'"content":"0 "' not in received:
            received += client.recv(65536)
    outer = gateway.record_of("leaver")
    assert outer.outcome == "client_gone"
    eventually(lambda: any(each.run == outer.run and each.target == "up/slow" for each in gateway.records()))
    inner = next(each for each in gateway.records() if each.run == outer.run and each.target == "up/slow")
    assert inner.outcome == "client_gone"
    late_s = (inner.at + inner.total_ns / 1e9) - (outer.at + outer.total_ns / 1e9)
    assert late_s < 0.1


def test_the_agents_process_is_killed_and_the_next_request_works(gateway: Gateway):
    client = openai_of(gateway)
    stream = client.chat.completions.create(model="slow_agent", messages=HELLO, stream=True)
    next(iter(stream))
    before = agents_pid(gateway)
    os.kill(before, signal.SIGKILL)
    with pytest.raises(openai.APIError):
        list(stream)
    answer = client.chat.completions.create(model="standard_agent", messages=HELLO)
    assert answer.choices[0].message.content
    assert agents_pid(gateway) != before
    assert client.chat.completions.create(model="mock", messages=HELLO).choices[0].message.content


def test_a_reload_brings_new_agents(gateway: Gateway, talker: Talker):
    config = config_for(talker)
    config["agents"]["late_agent"] = {"model": "mock"}
    write_config(gateway.home, config)
    os.kill(gateway.pid, signal.SIGHUP)
    eventually(lambda: gateway.log.count("agents reloaded") == 1 and gateway.log.count("worker reloaded") == 1)
    answer = openai_of(gateway).chat.completions.create(model="late_agent", messages=HELLO)
    assert answer.choices[0].message.content
