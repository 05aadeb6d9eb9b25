"""What stops an agent, and what each client is told: limits, budgets, depth, places, and tools that are for others."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from tests.system.agents_clients import claude, client, openai_of, talker
from tests.system.gateway import TOKEN, Gateway, eventually, start_gateway, write_config
from tests.system.packages import installed
from tests.system.sdk import HELLO
from tests.system.talker import Talker

__all__ = ["claude", "client", "talker"]

OPS = "gsm_test_ops_0123456789"
OUTER = "gsm_test_outer_0123456789"
LOOK = 'async def look(text: str) -> str:\n    """Looks."""\n    return f"seen {text}"\n'
LIMITS: dict[str, dict[str, Any]] = {
    "steps": {"steps": 3},
    "tokens": {"tokens": 3500},
    "cost": {"cost": 0.004},
    "time": {"time": "1s"},
}
HIGH: dict[str, Any] = {"steps": 1000, "time": "1m"}
NANOS = 1_000_000_000
BUDGET_NANOS = 20_000_000


def config_for(talker: Talker, **more: Any) -> dict[str, Any]:
    agents: dict[str, Any] = {}
    for name, limits in LIMITS.items():
        looping = {"model": "up/endless", "tools": ["look"], "limits": {**HIGH, **limits}}
        agents |= {f"by_{name}": looping, f"strict_{name}": {**looping, "at_limit": "error"}}
    for depth in range(6):
        deeper = [f"agent:deep_{depth + 1}"] if depth < 5 else []
        agents[f"deep_{depth}"] = {"model": "mock/mock-agent", "tools": deeper}
    return {
        "providers": {
            "mock": {"kind": "mock", "mock": {"ttft": "0s", "gap": "0s", "tokens": 12}},
            "up": {"kind": "openai-compatible", "base_url": talker.url},
        },
        "models": {"mock": "mock/mock"},
        "prices": {"up/endless": {"input": 1, "output": 10}},
        "keys": [
            {"name": "test", "token": TOKEN},
            {"name": "ops", "token": OPS},
            {"name": "outer", "token": OUTER, "models": ["asker"]},
        ],
        "log": {"format": "text"},
        "tools": {
            "look": {"kind": "python", "entry_point": "look"},
            "guarded": {"kind": "python", "entry_point": "look", "callers": ["ops"]},
        },
        "agents": {
            **agents,
            "endless": {"model": "up/endless", "tools": ["look"], "limits": HIGH},
            "above_endless": {"model": "up/endless", "tools": ["agent:endless"], "limits": HIGH},
            "careful": {"model": "mock/mock-agent", "tools": ["look", "guarded"]},
            "asker": {"model": "mock/mock-agent", "tools": ["agent:careful"]},
        },
        **more,
    }


@pytest.fixture(scope="module", autouse=True)
def tools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with installed(tmp_path_factory.mktemp("tools"), LOOK, tools=["look"]):
        yield


@pytest.fixture(scope="module")
def gateway(talker: Talker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with start_gateway(tmp_path_factory.mktemp("bounds"), config_for(talker)) as running:
        yield running


# --- what a client of each dialect sees at each limit ---

EACH_LIMIT = pytest.mark.parametrize("limit", list(LIMITS))
SAID = "That is all."


@EACH_LIMIT
def test_a_chat_that_was_cut_short_says_so(client: openai.OpenAI, limit: str):
    answer = client.chat.completions.create(model=f"by_{limit}", messages=HELLO)
    assert (answer.choices[0].finish_reason, answer.choices[0].message.content) == ("length", SAID)
    assert answer.gossamer["limit"] == limit  # type: ignore[attr-defined]
    chunks = list(client.chat.completions.create(model=f"by_{limit}", messages=HELLO, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == SAID
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "length"


@EACH_LIMIT
def test_a_response_that_was_cut_short_is_incomplete(client: openai.OpenAI, limit: str):
    answer = client.responses.create(model=f"by_{limit}", input="Hello")
    assert (answer.status, answer.output_text) == ("incomplete", SAID)
    assert answer.incomplete_details is not None
    assert answer.incomplete_details.reason == "max_output_tokens"
    *_, last = client.responses.create(model=f"by_{limit}", input="Hello", stream=True)
    assert last.type == "response.incomplete"
    assert last.response.output_text == SAID


@EACH_LIMIT
def test_a_message_that_was_cut_short_stopped_at_its_tokens(claude: anthropic.Anthropic, limit: str):
    asked: dict[str, Any] = {"model": f"by_{limit}", "max_tokens": 99, "messages": HELLO}
    answer = claude.messages.create(**asked)
    assert (answer.stop_reason, [block.text for block in answer.content if block.type == "text"]) == (
        "max_tokens",
        [SAID],
    )
    with claude.messages.stream(**asked) as stream:
        final = stream.get_final_message()
    assert (final.stop_reason, [block.type for block in final.content]) == ("max_tokens", ["text"])


@EACH_LIMIT
def test_where_a_limit_is_an_error_it_is_one_in_each_dialect(
    client: openai.OpenAI, claude: anthropic.Anthropic, limit: str
):
    """A stream has begun by then: its last event is the error, and the SDKs raise it."""
    words, model = f"limit of {limit}", f"strict_{limit}"
    asked: dict[str, Any] = {"model": model, "max_tokens": 99, "messages": HELLO}
    with pytest.raises(openai.UnprocessableEntityError, match=words) as refused:
        client.chat.completions.create(model=model, messages=HELLO)
    assert refused.value.code == "agent_limit"
    with pytest.raises(openai.UnprocessableEntityError, match=words):
        client.responses.create(model=model, input="Hello")
    with pytest.raises(anthropic.UnprocessableEntityError, match=words):
        claude.messages.create(**asked)
    with pytest.raises(openai.APIError, match=words):
        list(client.chat.completions.create(model=model, messages=HELLO, stream=True))
    with pytest.raises(openai.APIError, match=words):
        list(client.responses.create(model=model, input="Hello", stream=True))
    with pytest.raises(anthropic.APIStatusError, match=words), claude.messages.stream(**asked) as stream:
        stream.get_final_message()


# --- depth ---


def test_agents_of_agents_go_as_deep_as_is_allowed_and_no_deeper(gateway: Gateway, client: openai.OpenAI):
    trace = "0123456789abcdef0123456789abcdef"
    headers = {"X-Request-ID": "diver", "traceparent": f"00-{trace}-0123456789abcdef-01"}
    answer = client.chat.completions.create(model="deep_0", messages=HELLO, extra_headers=headers)
    assert "Agents use each other more than 4 deep" in (answer.choices[0].message.content or "")
    gateway.record_of("diver")
    tree = [each for each in gateway.records() if each.trace and each.trace[:32] == trace]
    asked = {each.target for each in tree if each.target and each.target.startswith("agents/")}
    assert {f"agents/deep_{depth}" for depth in range(4)} <= asked
    assert "agents/deep_5" not in asked
    assert [each.status for each in tree if each.target == "agents/deep_4"] == [400]
    assert sum(each.target == "mock/mock-agent" and each.status == 200 for each in tree) == 8, "two of each of four"


# --- the money of the key ---


@pytest.mark.parametrize("agent", ["endless", "above_endless"])
def test_the_budget_of_the_key_stops_a_run_and_is_settled_to_the_nano(talker: Talker, tmp_path: Path, agent: str):
    """What is left after it is exactly the budget less what the records say: one nano-dollar more is refused."""
    limits = {"default": {"budget": f"{BUDGET_NANOS / NANOS} USD/day"}}
    with start_gateway(tmp_path, config_for(talker, limits=limits)) as gateway:
        client = openai_of(gateway)
        with pytest.raises(openai.RateLimitError) as refused:
            client.chat.completions.create(model=agent, messages=HELLO, extra_headers={"X-Request-ID": "spender"})
        assert refused.value.code == "budget_exceeded"
        gateway.record_of("spender")
        calls = [each for each in gateway.records() if each.target == "up/endless"]
        paid = [each.cost_nanos or 0 for each in calls if each.status == 200]
        assert len(paid) > 3
        assert set(paid) == {1_100_000}, "a thousand tokens in, ten out"
        left = BUDGET_NANOS - sum(paid)
        assert 0 < left < BUDGET_NANOS
        prices = {
            f"up/count-{name}": {"request": nanos / NANOS} for name, nanos in (("exact", left), ("more", left + 1))
        }
        config = config_for(talker, limits=limits)
        write_config(gateway.home, {**config, "prices": {**config["prices"], **prices}})
        os.kill(gateway.pid, signal.SIGHUP)
        eventually(lambda: gateway.log.count("worker reloaded") == 1)
        with pytest.raises(openai.RateLimitError):
            client.chat.completions.create(model="up/count-more", messages=HELLO, stream=True)
        list(client.chat.completions.create(model="up/count-exact", messages=HELLO, stream=True))
        with pytest.raises(openai.RateLimitError):
            client.chat.completions.create(model="up/count-exact", messages=HELLO, stream=True)
        client.close()


# --- places ---


def test_a_key_with_one_place_can_use_agents_and_agents_of_agents(talker: Talker, tmp_path: Path):
    config = config_for(talker, limits={"default": {"concurrent": 1}})
    with (
        start_gateway(tmp_path, config) as gateway,
        openai_of(gateway) as client,
    ):
        for model in ("careful", "asker"):
            answer = client.chat.completions.create(model=model, messages=HELLO)
            assert "seen" in (answer.choices[0].message.content or "")
            assert "could not answer" not in (answer.choices[0].message.content or "")


# --- agents that are for others ---


def test_who_may_ask_an_agent_may_through_it_ask_agents_that_are_not_for_it(gateway: Gateway):
    with openai_of(gateway, OUTER) as outer:
        (seen,) = calls_of(outer.chat.completions.create(model="asker", messages=HELLO)).values()
        assert "could not answer" not in seen
        for model in ("careful", "agents/careful", "mock/mock-agent"):
            with pytest.raises(openai.PermissionDeniedError) as refused:
                outer.chat.completions.create(model=model, messages=HELLO)
            assert refused.value.code == "model_forbidden"


# --- tools that are for others ---


def calls_of(answer: Any) -> dict[str, str]:
    steps = answer.choices[0].message.gossamer["steps"]
    return {step["tool_call"]["name"]: step["tool_result"]["text"] for step in steps}


def test_a_tool_that_is_for_another_key_is_neither_told_nor_called(gateway: Gateway, client: openai.OpenAI):
    used = calls_of(client.chat.completions.create(model="careful", messages=HELLO))
    assert list(used) == ["look"]
    forced: Any = [{"role": "user", "content": 'Go on.\nmock-call guarded {"text": "the safe"}'}]
    headers = {"X-Gossamer-Callers": "ops", "X-Agent": "ops"}
    used = calls_of(client.chat.completions.create(model="careful", messages=forced, extra_headers=headers))
    assert used == {"guarded": "There is no tool 'guarded'. The tools are: look."}
    with openai_of(gateway, OPS) as ops:
        assert list(calls_of(ops.chat.completions.create(model="careful", messages=HELLO))) == ["look", "guarded"]
        assert calls_of(ops.chat.completions.create(model="careful", messages=forced)) == {"guarded": "seen the safe"}


def test_nor_is_it_through_another_agent(gateway: Gateway, client: openai.OpenAI):
    script = 'mock-call agent__careful {"text": "Go on.\\nmock-call guarded {\\"text\\": \\"the safe\\"}"}'
    through: Any = [{"role": "user", "content": f"Go on.\n{script}"}]
    (seen,) = calls_of(client.chat.completions.create(model="asker", messages=through)).values()
    assert "There is no tool 'guarded'" in seen
    with openai_of(gateway, OPS) as ops:
        (seen,) = calls_of(ops.chat.completions.create(model="asker", messages=through)).values()
    assert "seen the safe" in seen
