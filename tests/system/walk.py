"""The main uses of a gateway, step after step. test_smoke.py takes them.

A new part of the product adds a step: a function whose docstring says what holds, and its name in one of the tuples.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec
import openai
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletionToolParam

from gossamer.mock.render.files import file_content
from tests.system.gateway import PATIENCE_S, Gateway, eventually, quiet_environment, write_config
from tests.system.sdk import HELLO

SPARE_TOKEN = "gsm_test_spare"
TOOL: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "tell_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class Walk(NamedTuple):
    """Where the steps are taken. `model` and `embedder` are names that the gateway knows."""

    gateway: Gateway
    config: dict[str, Any]
    client: OpenAI
    model: str
    embedder: str


def take(walk: Walk, steps: Iterable[Callable[[Walk], None]]) -> None:
    say(f"\nwalking through {walk.gateway.url}\n")
    for step in steps:
        began = perf_counter()
        say(f"  {step.__doc__} ")
        try:
            step(walk)
        except BaseException:
            say(f"FAILED; the gateway's log:\n{walk.gateway.log}")
            raise
        say(f"ok ({(perf_counter() - began) * 1000:.0f} ms)\n")


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def command_json(walk: Walk, *words: str) -> Any:
    return msgspec.json.decode(command(walk, *words, "--json"))


def command(walk: Walk, *words: str) -> str:
    """What `gossamer ...` prints in the gateway's directory."""
    done = subprocess.run(
        [sys.executable, "-m", "gossamer", *words],
        cwd=walk.gateway.home,
        env=quiet_environment(OPENAI_API_KEY=os.environ.get("OPENAI_API_KEY", "")),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# --- with any provider ---


def is_ready(walk: Walk) -> None:
    """It is alive and ready, and says so where probes look."""
    root = walk.client.with_options(base_url=walk.gateway.url)
    assert '"ok"' in root.get("/healthz", cast_to=str)
    assert '"ready"' in root.get("/readyz", cast_to=str)


def lists_models(walk: Walk) -> None:
    """Models are listed, aliases first."""
    assert next(iter(walk.client.models.list())).id == "house"


def chats(walk: Walk) -> None:
    """A chat is answered, and its cost stands in the headers."""
    raw = walk.client.chat.completions.with_raw_response.create(model=walk.model, messages=HELLO)
    assert raw.parse().choices[0].message.content
    assert 0 < float(raw.headers["x-gossamer-overhead-ms"]) <= float(raw.headers["server-timing"].rpartition("dur=")[2])


def streams_a_chat(walk: Walk) -> None:
    """A chat is streamed."""
    stream = walk.client.chat.completions.create(model=walk.model, messages=HELLO, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream)


def calls_a_tool(walk: Walk) -> None:
    """A tool is called."""
    answer = walk.client.chat.completions.create(
        model=walk.model,
        messages=[{"role": "user", "content": "Is it raining in Graz?"}],
        tools=[TOOL],
        tool_choice="required",
    )
    assert answer.choices[0].message.tool_calls


def streams_a_response(walk: Walk) -> None:
    """A response is streamed."""
    *_, last = walk.client.responses.create(model=walk.model, input="Hello", stream=True)
    assert last.type == "response.completed"


def goes_on_from_a_response(walk: Walk) -> None:
    """A response goes on from an earlier one, which the gateway keeps, lists and deletes."""
    responses = walk.client.responses
    first = responses.create(model=walk.model, input="Hello")
    second = responses.create(model=walk.model, input="And now?", previous_response_id=first.id)
    assert second.previous_response_id == first.id
    assert responses.retrieve(second.id).output_text == second.output_text
    roles = [getattr(item, "role", "") for item in responses.input_items.list(second.id, order="asc")]
    assert (roles[0], roles[-1]) == ("user", "user")
    assert "assistant" in roles
    responses.delete(first.id)
    with pytest.raises(openai.BadRequestError, match="not found"):
        responses.create(model=walk.model, input="And then?", previous_response_id=first.id)


def embeds(walk: Walk) -> None:
    """Texts become vectors."""
    assert len(walk.client.embeddings.create(model=walk.embedder, input=["silk", "thread"]).data) == 2


def refuses_a_stranger(walk: Walk) -> None:
    """A wrong key is refused."""
    with pytest.raises(openai.AuthenticationError):
        walk.client.with_options(api_key="gsm_stranger").chat.completions.create(model=walk.model, messages=HELLO)


def writes_a_journal(walk: Walk) -> None:
    """`gossamer journal show` tells of every request, with tokens."""
    named = {"x-request-id": uuid4().hex}
    stream = walk.client.chat.completions.create(model=walk.model, messages=HELLO, stream=True, extra_headers=named)
    assert list(stream)
    row = msgspec.json.decode(command(walk, "journal", "show", "--json", "--id", named["x-request-id"]))
    assert (row["status"], row["outcome"], row["key"], row["model"]) == (200, "completed", "test", walk.model)
    assert row["usage"]["output"] > 0
    assert len(command(walk, "journal", "show").splitlines()) == len(walk.gateway.records())


def keeps_an_audit(walk: Walk) -> None:
    """`gossamer audit monitor` has an event of every request, and misses none."""
    made = msgspec.json.decode(command(walk, "key", "create", "of-the-audit", "--json"))

    def has_all() -> bool:
        report = msgspec.json.decode(command(walk, "audit", "monitor", "--once", "--json"))
        assert (report["missing"], report["doubles"]) == (0, 0)
        has_change = made["id"] in command(walk, "audit", "show", "--type", "change", "--json")
        return has_change and report["events"]["request"] == len(walk.gateway.records())

    eventually(has_all)


def holds_a_conversation(walk: Walk) -> None:
    """An agent is given its directive, and its session is shown, exported and deleted."""
    (walk.gateway.home / "voice.md").write_text("Answer in one word.")
    directive = command_json(walk, "directive", "create", "voice", "--file", "voice.md")["id"]
    agent = command_json(walk, "agent", "create", "guide", "--directive", directive)["id"]
    named = {"x-session-id": "smoke", "x-agent-id": agent}
    for _ in range(2):
        assert walk.client.chat.completions.create(model=walk.model, messages=HELLO, extra_headers=named).choices
    eventually(lambda: '"smoke"' in command(walk, "session", "list", "--json"))
    eventually(lambda: command_json(walk, "session", "show", "smoke")["turns"] == 2)
    lines = [msgspec.json.decode(line) for line in command(walk, "session", "export", "smoke").splitlines()]
    told = [(line["turn"], line["agent"], line["directive"]["number"]) for line in lines]
    assert told == [(1, agent, 1), (2, agent, 1)]
    assert all(line["finish"] for line in lines)
    command(walk, "session", "delete", "smoke")
    assert command_json(walk, "session", "list")["data"] == []


def reloads(walk: Walk) -> None:
    """SIGHUP brings a new key into force while a stream goes on."""
    slowly = {"x-mock-gap-ms": "5"}
    stream = walk.client.chat.completions.create(model=walk.model, messages=HELLO, stream=True, extra_headers=slowly)
    first = next(iter(stream))
    write_config(
        walk.gateway.home, {**walk.config, "keys": [*walk.config["keys"], {"name": "s", "token": SPARE_TOKEN}]}
    )
    walk.gateway.process.send_signal(signal.SIGHUP)

    def is_let_in() -> bool:
        try:
            return bool(walk.client.with_options(api_key=SPARE_TOKEN).models.list())
        except openai.AuthenticationError:
            return False

    eventually(is_let_in)
    assert first.choices
    assert [chunk.choices[0].finish_reason for chunk in stream][-1] == "stop"


def is_examined(walk: Walk) -> None:
    """`gossamer config check` and `gossamer doctor` find nothing to mend."""
    assert "valid" in command(walk, "config", "check")
    assert "fail" not in command(walk, "doctor")


def drains(walk: Walk) -> None:
    """SIGTERM lets a stream finish, and then all processes end."""
    slowly = {"x-mock-gap-ms": "5"}
    stream = walk.client.chat.completions.create(model=walk.model, messages=HELLO, stream=True, extra_headers=slowly)
    assert next(iter(stream)).choices
    walk.gateway.process.send_signal(signal.SIGTERM)
    assert [chunk.choices[0].finish_reason for chunk in stream][-1] == "stop"
    assert walk.gateway.process.wait(PATIENCE_S) == 0


# --- with the mock ---


def carries_files(walk: Walk) -> None:
    """A file goes up, and another comes down."""
    assert walk.client.files.create(file=("a.bin", b"silk" * 100_000), purpose="user_data").bytes > 400_000
    assert walk.client.files.content("file-a").content == file_content(b"file-a")


def explains_failures(walk: Walk) -> None:
    """A provider that fails is named, and a stream that breaks says so."""
    with pytest.raises(openai.InternalServerError, match="up/mock-500 answered 500"):
        walk.client.chat.completions.create(model="mock-500", messages=HELLO)
    with pytest.raises(openai.APIError, match="in the middle"):
        list(walk.client.chat.completions.create(model="mock-cut", messages=HELLO, stream=True))


def pays_once(walk: Walk) -> None:
    """The same question is answered from the cache, and the same key from what was kept under it."""
    raw = walk.client.chat.completions.with_raw_response
    sure = [raw.create(model=walk.model, messages=HELLO, temperature=0.0) for _ in range(2)]
    assert [answer.headers["x-gossamer-cache"] for answer in sure] == ["miss", "hit-l1"]
    assert sure[0].content == sure[1].content
    key = {"Idempotency-Key": "walk-1"}
    keyed = [raw.create(model=walk.model, messages=HELLO, extra_headers=key) for _ in range(2)]
    assert [answer.headers.get("idempotent-replayed") for answer in keyed] == [None, "true"]
    assert keyed[0].content == keyed[1].content


EVERYWHERE = (
    is_ready,
    lists_models,
    chats,
    streams_a_chat,
    calls_a_tool,
    streams_a_response,
    goes_on_from_a_response,
    embeds,
    refuses_a_stranger,
    writes_a_journal,
    keeps_an_audit,
    holds_a_conversation,
)
WITH_THE_MOCK = (pays_once, carries_files, explains_failures)
AT_THE_END = (reloads, is_examined, drains)
