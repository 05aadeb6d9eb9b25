"""gossamer.agents.yaml as people copy it: its three agents answer the official SDKs, with no network and no key."""

from collections.abc import Iterator

import anthropic
import openai
import pytest

from tests.system.agents_clients import claude, client
from tests.system.agents_example import start_example
from tests.system.gateway import Gateway
from tests.system.sdk import HELLO

__all__ = ["claude", "client"]

AGENTS = ["standard_agent", "coding_agent", "mock_agent"]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with start_example(tmp_path_factory.mktemp("example")) as running:
        yield running


@pytest.mark.parametrize("agent", AGENTS)
def test_each_agent_answers_each_dialect_whole_and_streamed(
    client: openai.OpenAI, claude: anthropic.Anthropic, agent: str
):
    assert client.chat.completions.create(model=agent, messages=HELLO).choices[0].message.content
    chunks = list(client.chat.completions.create(model=agent, messages=HELLO, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert client.responses.create(model=agent, input="Hello").output_text
    with client.responses.stream(model=agent, input="Hello") as responding:
        assert responding.get_final_response().output_text
    message = claude.messages.create(model=agent, max_tokens=99, messages=[{"role": "user", "content": "Hello"}])
    assert [block.type for block in message.content] == ["text"]
    with claude.messages.stream(model=agent, max_tokens=99, messages=[{"role": "user", "content": "Hello"}]) as stream:
        assert stream.get_final_text()


def test_the_standard_agent_uses_both_of_its_tools(client: openai.OpenAI):
    question = 'What is 6 * 7?\nmock-call demo__calculate {"expression": "6 * 7"}\nmock-call demo__now {}'
    answer = client.chat.completions.create(model="standard_agent", messages=[{"role": "user", "content": question}])
    steps = answer.choices[0].message.gossamer["steps"]  # type: ignore[attr-defined]
    assert [step["tool_call"]["name"] for step in steps] == ["demo__calculate", "demo__now"]
    assert "42" in steps[0]["tool_result"]["text"]
    assert not any(step["tool_result"]["is_error"] for step in steps)


def test_the_targets_of_the_tier_take_turns(gateway: Gateway, client: openai.OpenAI):
    for _ in range(3):
        client.chat.completions.create(model="coding_agent", messages=HELLO)
    targets = {each.target for each in gateway.records() if each.model == "coding_tier_3"}
    assert targets == {"mock/mock", "mock/mock-second", "mock/mock-third"}
