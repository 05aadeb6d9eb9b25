"""Patterns of one's own, out of a package that is installed: one that works, and each way in which one can fail."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from tests.system.agents_clients import claude, client, openai_of
from tests.system.gateway import TOKEN, Gateway, eventually, start_gateway, write_config
from tests.system.packages import installed
from tests.system.sdk import HELLO

__all__ = ["claude", "client"]

PATTERNS = '''
from gossamer.agents.patterns.table import TablePattern
from gossamer.agents.seam import AskModel, Began, End, Say, TextCame, Think, TurnEnded

class twice(TablePattern):
    """Asks once, thinks about what was said, and asks again."""

    TABLE = {
        ("new", Began): "ask",
        ("asking", TextCame): "keep",
        ("asking", TurnEnded): "ask_again",
        ("answering", TextCame): "say",
        ("answering", TurnEnded): "end",
    }
    def ask(self, event):
        self.messages = event.messages
        return "asking", (AskModel(self.messages),)
    def keep(self, event):
        return "asking", (Think(event.text),)
    def ask_again(self, event):
        more = ({"role": "assistant", "content": event.text}, {"role": "user", "content": "Once more."})
        return "answering", (AskModel((*self.messages, *more), is_answer=True),)
    def say(self, event):
        return "answering", (Say(event.text),)
    def end(self, event):
        return "done", (End(),)

class secret:
    def take(self, event):
        raise ZeroDivisionError("the words of a client")

class late:
    def take(self, event):
        return (AskModel(event.messages),) if isinstance(event, Began) else (Say("So far. "),) if isinstance(
            event, TextCame) else 1 / 0

class torn(TablePattern):
    """Knows no row for anything."""

class mute:
    def take(self, event):
        return ()

class odd:
    def take(self, event):
        return ("ask the model",)

class eager:
    def take(self, event):
        return (End(), AskModel(event.messages))

class unmade:
    def __init__(self, size):
        self.size = size

nothing = 42
'''
FAILING = {
    "secret": "ZeroDivisionError",
    "late": "ZeroDivisionError",
    "torn": "PatternBroken",
    "mute": "nothing to do after Began",
    "odd": "gave str, which is no effect",
    "eager": "more behind End",
    "unmade": "TypeError",
}
UNLOADED = {"gone=no_such_module:Pattern": "ModuleNotFoundError", "nothing": "cannot be called"}


def config_with(patterns: list[str]) -> dict[str, Any]:
    return {
        "providers": {"mock": {"kind": "mock", "mock": {"ttft": "0s", "gap": "0s", "tokens": 12}}},
        "models": {"mock": "mock/mock"},
        "keys": [{"name": "test", "token": TOKEN}],
        "log": {"format": "text"},
        "agents": {"plain": {"model": "mock"}} | {each: {"model": "mock", "pattern": each} for each in patterns},
    }


@pytest.fixture(scope="module", autouse=True)
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    brought = ["twice", *FAILING, *UNLOADED]
    with installed(tmp_path_factory.mktemp("patterns"), PATTERNS, patterns=brought):
        yield


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    unloaded = [each.partition("=")[0] for each in UNLOADED]
    with start_gateway(tmp_path_factory.mktemp("gateway"), config_with(["twice", *FAILING, *unloaded])) as running:
        yield running


def test_one_that_asks_twice(client: openai.OpenAI):
    answer = client.chat.completions.create(model="twice", messages=HELLO)
    assert answer.choices[0].message.content
    assert answer.choices[0].message.reasoning_content  # type: ignore[attr-defined]
    assert answer.gossamer["steps"] == 2  # type: ignore[attr-defined]


@pytest.mark.parametrize(("name", "why"), FAILING.items())
def test_one_that_fails_is_named_in_each_dialect(
    gateway: Gateway, client: openai.OpenAI, claude: anthropic.Anthropic, name: str, why: str
):
    said = f"The pattern '{name}' of this agent failed: .*{why}.*Mend it"
    with pytest.raises(openai.InternalServerError, match=said) as chat:
        client.chat.completions.create(model=name, messages=HELLO)
    assert (chat.value.status_code, chat.value.code) == (502, "pattern_failed")
    with pytest.raises(openai.InternalServerError, match=said):
        client.responses.create(model=name, input="Hello")
    with pytest.raises(anthropic.APIStatusError, match=said) as message:
        claude.messages.create(model=name, max_tokens=9, messages=HELLO)  # type: ignore[arg-type]
    assert message.value.status_code == 502
    assert "words of a client" not in str(chat.value)
    assert client.chat.completions.create(model="plain", messages=HELLO).choices[0].message.content


def test_one_that_fails_behind_its_first_words_ends_the_stream_with_an_error(client: openai.OpenAI):
    chunks = []
    with pytest.raises(openai.APIError, match="The pattern 'late' of this agent failed"):
        for chunk in client.chat.completions.create(model="late", messages=HELLO, stream=True):
            chunks.append(chunk)  # noqa: PERF402 - what came before the error
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert said.startswith("So far. ")


@pytest.mark.parametrize(("point", "why"), UNLOADED.items())
def test_one_that_cannot_be_loaded_takes_nothing_from_other_agents(
    gateway: Gateway, client: openai.OpenAI, point: str, why: str
):
    name = point.partition("=")[0]
    with pytest.raises(openai.InternalServerError, match=f"'{name}' cannot be made: .*{why}.*operator can mend"):
        client.chat.completions.create(model=name, messages=HELLO)
    (line,) = (line for line in gateway.log.splitlines() if f"agent={name} " in line)
    assert "an agent cannot be made" in line
    assert client.chat.completions.create(model="plain", messages=HELLO).choices[0].message.content


def test_a_reload_that_brings_one_that_cannot_be_loaded_changes_no_agent(tmp_path: Path):
    config = config_with([])
    with (
        start_gateway(tmp_path, config) as gateway,
        openai_of(gateway) as client,
    ):
        write_config(gateway.home, config_with(["nothing"]))
        os.kill(gateway.pid, signal.SIGHUP)
        eventually(lambda: "cannot be called" in gateway.log)
        assert client.chat.completions.create(model="plain", messages=HELLO).choices[0].message.content
