"""Responses that go on from each other, over a provider that only knows chats, through the official SDK.

Each turn comes on a connection of its own, so that turns land on different workers; the journal says which.
"""

import asyncio
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import openai as sdk
import pytest
from openai import OpenAI
from openai.types.responses import FunctionToolParam, Response

from tests.real.postgres import Postgres, postgres
from tests.real.proxy import Way
from tests.system.gateway import TOKEN, Gateway, Mock, eventually, standard_config, start_gateway, start_mock
from tests.system.identity.administration import register
from tests.system.identity.cuts import Cut
from tests.system.node import Node
from tests.system.sdk import HELLO

__all__ = ["postgres"]

WORKERS = 4
MODEL = "chats/mock"
TOOLS: list[FunctionToolParam] = [
    {
        "type": "function",
        "name": name,
        "strict": False,
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
    for name in ("tell_weather", "tell_time")
]
TWO_CALLS = {"x-mock-calls": "2"}


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    with start_mock() as mock:
        yield mock


def config(mock: Mock, **more: Any) -> dict[str, Any]:
    found = standard_config(mock.url, **more)
    found["providers"]["chats"] = {
        "kind": "openai-compatible",
        "base_url": f"{mock.url}/v1",
        "api_keys": ["k"],
        "speaks": ["chat"],
    }
    found["keys"] = [{"name": "test", "token": TOKEN}, {"name": "other", "token": "gsm_test_other"}]
    return found


@pytest.fixture(scope="module")
def gateway(mock: Mock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with start_gateway(tmp_path_factory.mktemp("responses"), config(mock), workers=WORKERS) as gateway:
        yield gateway


def client_of(gateway: Gateway, token: str = TOKEN) -> OpenAI:
    """With connections of its own."""
    return OpenAI(base_url=gateway.base_url, api_key=token, max_retries=0)


def say(gateway: Gateway, *, streams: bool = False, token: str = TOKEN, **asked: Any) -> tuple[Response, int]:
    """One turn on a new connection, and the worker that answered it."""
    named = uuid4().hex
    headers = {"x-request-id": named, **asked.pop("extra_headers", {})}
    said: dict[str, Any] = {"model": MODEL, "extra_headers": headers, **asked}
    with client_of(gateway, token) as client:
        if streams:
            with client.responses.stream(**said) as stream:
                stream.until_done()
                told: Response = stream.get_final_response()
        else:
            told = client.responses.create(**said)
    return told, gateway.record_of(named).worker


def outputs_to(told: Response) -> list[dict[str, str]]:
    return [
        {"type": "function_call_output", "call_id": item.call_id, "output": f"it is fine, says {item.name}"}
        for item in told.output
        if item.type == "function_call"
    ]


def five_turns(gateway: Gateway, *, streams: bool) -> tuple[list[Response], set[int]]:
    """Asks, is asked for two tools, gives both answers, asks on, is asked for one, gives it: each by the one before."""
    calls = {"tools": TOOLS, "tool_choice": "required"}
    told: list[Response] = []
    workers: set[int] = set()

    def take(**asked: Any) -> Response:
        previous = {"previous_response_id": told[-1].id} if told else {}
        answer, worker = say(gateway, streams=streams, **previous, **asked)
        told.append(answer)
        workers.add(worker)
        return answer

    take(input="What of the thread?", instructions="be brief")
    take(input="And the weather, and the time?", extra_headers=TWO_CALLS, **calls)
    take(input=outputs_to(told[-1]), tools=TOOLS)
    take(input="Once more, please.", **calls)
    take(input=outputs_to(told[-1]), tools=TOOLS)
    return told, workers


@pytest.mark.parametrize("streams", [False, True])
def test_five_turns_with_tools_go_on_whichever_worker_they_land_on(gateway: Gateway, streams: bool):
    workers: set[int] = set()
    for _ in range(3):  # that all fifteen turns land on one worker of four is one case in 200 million
        told, landed = five_turns(gateway, streams=streams)
        workers |= landed
        assert [[item.type for item in each.output] for each in told] == [
            ["message"],
            ["function_call", "function_call"],
            ["message"],
            ["function_call"],
            ["message"],
        ]
        assert [each.previous_response_id for each in told[1:]] == [each.id for each in told[:-1]]
        assert len({each.id for each in told}) == 5
        reads = [each.usage.input_tokens for each in told if each.usage is not None]
        assert reads == sorted(reads), "each turn goes up with all that went before"
        check_kept(gateway, told)
    assert len(workers) > 1


def check_kept(gateway: Gateway, told: list[Response]) -> None:
    """What was told is what is kept, from whichever worker it is asked."""
    with client_of(gateway) as client:
        for each in told:
            assert client.responses.retrieve(each.id).to_dict() == {**without_parsed(each), "store": True}
        last = told[-1].id
        pages = client.responses.input_items.list(last, order="asc", limit=3)
        items = list(pages)
        assert [item.type for item in items] == [
            "message", "message",
            "message", "function_call", "function_call",
            "function_call_output", "function_call_output", "message",
            "message", "function_call",
            "function_call_output",
        ]  # fmt: skip
        backwards = list(client.responses.input_items.list(last, limit=100))
        assert [item.id for item in backwards] == [item.id for item in reversed(items)]
        first, second = (item.call_id for item in items[3:5] if item.type == "function_call")
        assert [item.call_id for item in items[5:7] if item.type == "function_call_output"] == [first, second]


def without_parsed(told: Response) -> dict[str, Any]:
    """The SDK's own stream helper adds what it has parsed."""
    found: dict[str, Any] = msgspec.json.decode(told.to_json(exclude_unset=True))
    for item in found["output"]:
        item.pop("parsed_arguments", None)
        for part in item.get("content") or []:
            part.pop("parsed", None)
    return found


def test_instructions_are_not_carried_over(gateway: Gateway):
    first, _ = say(gateway, input="hi", instructions="be brief " * 50)
    second, _ = say(gateway, input="hi", previous_response_id=first.id)
    assert second.instructions is None
    assert first.usage is not None
    assert second.usage is not None
    plain, _ = say(gateway, input="hi")
    again, _ = say(gateway, input="hi", previous_response_id=plain.id)
    assert again.usage is not None
    assert abs(second.usage.input_tokens - again.usage.input_tokens) < 10


def test_a_conversation_goes_on_by_its_name(gateway: Gateway):
    with client_of(gateway) as client:
        made = client.conversations.create(
            metadata={"topic": "silk"}, items=[{"type": "message", "role": "user", "content": "I weave."}]
        )
        for number in range(2):
            told, _ = say(gateway, input=f"turn {number}", conversation=made.id, streams=bool(number))
            assert told.conversation is not None
            assert told.conversation.id == made.id
        items = list(client.conversations.items.list(made.id, order="asc", limit=2))
        assert [getattr(item, "role", None) for item in items] == ["user", "user", "assistant", "user", "assistant"]
        assert client.conversations.retrieve(made.id).metadata == {"topic": "silk"}
        assert client.conversations.update(made.id, metadata={"topic": "dew"}).metadata == {"topic": "dew"}
        added = client.conversations.items.create(
            made.id, items=[{"type": "message", "role": "user", "content": "And more."}]
        )
        (item,) = added.data
        assert item.id is not None
        assert client.conversations.items.retrieve(item.id, conversation_id=made.id).id == item.id
        client.conversations.items.delete(item.id, conversation_id=made.id)
        assert len(list(client.conversations.items.list(made.id))) == 5
        assert client.conversations.delete(made.id).deleted
        with pytest.raises(sdk.NotFoundError):
            client.conversations.retrieve(made.id)
        with pytest.raises(sdk.NotFoundError):
            say(gateway, input="more", conversation=made.id)


def test_what_is_kept_for_one_key_does_not_exist_for_another(gateway: Gateway):
    mine, _ = say(gateway, input="my own")
    with client_of(gateway) as client:
        conversation = client.conversations.create().id
    with client_of(gateway, "gsm_test_other") as others:
        for ask in (
            lambda: others.responses.retrieve(mine.id),
            lambda: others.responses.delete(mine.id),
            lambda: list(others.responses.input_items.list(mine.id)),
            lambda: others.conversations.retrieve(conversation),
            lambda: others.conversations.delete(conversation),
            lambda: list(others.conversations.items.list(conversation)),
            lambda: others.responses.create(model=MODEL, input="x", conversation=conversation),
        ):
            with pytest.raises(sdk.NotFoundError):
                ask()
        with pytest.raises(sdk.BadRequestError) as raised:
            others.responses.create(model=MODEL, input="x", previous_response_id=mine.id)
        assert raised.value.code == "previous_response_not_found"
    with client_of(gateway) as client:
        assert client.responses.retrieve(mine.id).id == mine.id


def test_what_is_deleted_cannot_be_gone_on_from_at_any_worker(gateway: Gateway):
    first, _ = say(gateway, input="first")
    second, _ = say(gateway, input="second", previous_response_id=first.id)
    with client_of(gateway) as client:
        client.responses.delete(first.id)
        with pytest.raises(sdk.NotFoundError):
            client.responses.retrieve(first.id)
    eventually(lambda: all(is_refused(gateway, each.id) for each in (first, second) for _ in range(2 * WORKERS)))


def is_refused(gateway: Gateway, name: str, token: str = TOKEN) -> bool:
    try:
        say(gateway, token=token, input="more", previous_response_id=name, store=False)
    except sdk.BadRequestError as error:
        return error.code == "previous_response_not_found"
    return False


@pytest.mark.parametrize("streams", [False, True])
def test_a_control_process_that_is_killed_between_turns_is_not_felt(gateway: Gateway, streams: bool):
    first, _ = say(gateway, input="first", streams=streams)
    os.kill(gateway.control, signal.SIGKILL)
    told = said_at_last(gateway, streams=streams, input="second", previous_response_id=first.id)
    assert told.previous_response_id == first.id
    assert told.usage is not None
    assert first.usage is not None
    assert told.usage.input_tokens > first.usage.input_tokens


def said_at_last(gateway: Gateway, **asked: Any) -> Response:
    """While nobody can say what went before, it is 503: never that there is none."""
    found: list[Response] = []

    def said() -> bool:
        try:
            found.append(say(gateway, **asked)[0])
        except sdk.InternalServerError as error:
            return error.status_code != 503
        return True

    eventually(said)
    return found[0]


@pytest.fixture
def cut_database(postgres: Postgres) -> Iterator[tuple[Cut, str]]:
    """An empty one behind a proxy that can be turned, and its URL."""
    name = postgres.make_database()
    cut = Cut(postgres.socket)
    yield cut, f"postgresql://postgres@127.0.0.1:{cut.port}/{name}"
    cut.close()
    postgres.drop_database(name)


@pytest.mark.parametrize("way", ["refused", "dark"])
def test_a_store_that_is_away_loses_no_answer(mock: Mock, tmp_path: Path, cut_database: tuple[Cut, str], way: Way):
    """An answer that cannot be kept says so; what this worker has seen it can go on from; what not, is 503."""
    cut, url = cut_database
    with start_gateway(tmp_path, config(mock, state=url, responses={"ask_timeout": "1s"})) as gateway:
        first, _ = say(gateway, input="first")
        with cut.turned(way):
            for streams in (False, True):
                second, _ = say(gateway, streams=streams, input="second", previous_response_id=first.id)
                assert (second.model_extra or {})["store"] is False
                assert second.output_text
            with pytest.raises(sdk.InternalServerError) as raised:
                say(gateway, input="x", previous_response_id="resp_unknown")
            assert raised.value.status_code == 503
            assert "retry-after" in raised.value.response.headers
        third = said_at_last(gateway, input="third", previous_response_id=first.id)
        assert third.output_text
        eventually(lambda: (say(gateway, input="fourth")[0].model_extra or {})["store"] is True)
        assert gateway.log.count("a response was not kept") >= 2


def test_two_nodes_on_one_postgres_go_on_from_each_other(mock: Mock, tmp_path: Path, postgres: Postgres):
    name = postgres.make_database()
    settings = config(mock, state=postgres.url_of(name))
    with start_gateway(tmp_path / "a", settings) as one, start_gateway(tmp_path / "b", settings) as other:
        told, _ = say(one, input="turn 0")
        for number in range(1, 5):
            told, _ = say(other if number % 2 else one, input=f"turn {number}", previous_response_id=told.id)
        with client_of(other) as client:
            assert len(list(client.responses.input_items.list(told.id, limit=100))) == 9
            client.responses.delete(told.id)
        eventually(lambda: is_refused(one, told.id))
    postgres.drop_database(name)


def test_a_deleted_session_leaves_nothing_of_its_responses(mock: Mock, tmp_path: Path):
    secret = f"word-{uuid4().hex}"
    with start_gateway(tmp_path, config(mock), workers=2) as gateway:
        admin = register(Node(gateway))
        token = admin.add_key().token
        named, others = {"x-session-id": "chat-4711"}, {"x-session-id": "chat-4712"}
        first = say(gateway, token=token, input=secret, extra_headers=named)[0]
        kept = say(gateway, token=token, input="more", previous_response_id=first.id, extra_headers=named)[0]
        stays = say(gateway, token=token, input="of another", extra_headers=others)[0]
        assert secret.encode() in state_of(gateway)
        eventually(lambda: bool(admin.do("GET", "sessions?name=chat-4711")["data"]))
        (found,) = admin.do("GET", "sessions?name=chat-4711")["data"]
        admin.do("DELETE", f"sessions/{found['id']}")
        assert secret.encode() not in state_of(gateway)
        with client_of(gateway, token) as client:
            for name in (first.id, kept.id):
                with pytest.raises(sdk.NotFoundError):
                    client.responses.retrieve(name)
            assert client.responses.retrieve(stays.id).id == stays.id
        eventually(lambda: is_refused(gateway, kept.id, token))


def state_of(gateway: Gateway) -> bytes:
    """All bytes of the state store, and of its log."""
    return b"".join(path.read_bytes() for path in gateway.data_dir.glob("state.db*"))


def test_all_keys_of_a_user_are_one_house_and_a_directive_is_nobodys_to_read(mock: Mock, tmp_path: Path):
    with start_gateway(tmp_path, config(mock)) as gateway:
        admin = register(Node(gateway))
        member = admin.add_person("member@example.com")
        mine, also_mine, theirs = admin.add_key().token, admin.add_key().token, member.add_key().token
        secret = "never tell of the third thread"
        directive = admin.do("POST", "directives", {"name": "house style", "text": secret})
        agent = admin.add_agent(directive_id=directive["id"])
        speaks = {"x-agent-id": agent}
        first, _ = say(gateway, token=mine, input="hi", instructions="be brief", extra_headers=speaks)
        assert first.instructions == "be brief"
        second, _ = say(gateway, token=also_mine, input="on", previous_response_id=first.id, extra_headers=speaks)
        assert second.instructions is None
        assert secret.encode() not in b"".join(row for row in kept_rows(gateway)), "it is not stored with them"
        with client_of(gateway, also_mine) as client:
            assert len(list(client.responses.input_items.list(second.id))) == 3
        assert is_refused(gateway, first.id, theirs)


def kept_rows(gateway: Gateway) -> list[bytes]:
    with closing(sqlite3.connect(gateway.data_dir / "state.db")) as state:
        rows = state.execute("SELECT input, output, body FROM responses").fetchall()
    assert rows
    return [cell for row in rows for cell in row]


def test_other_dialects_do_not_ask_for_it(gateway: Gateway):
    """A gateway whose control process is away answers them all the same, at once."""
    with client_of(gateway) as client:
        assert client.chat.completions.create(model=MODEL, messages=HELLO).choices
        os.kill(gateway.control, signal.SIGSTOP)
        try:
            assert client.chat.completions.create(model=MODEL, messages=HELLO).choices
            assert client.responses.create(model=MODEL, input="hi", store=False).output_text
        finally:
            os.kill(gateway.control, signal.SIGCONT)


def test_many_conversations_at_once_each_keep_their_own(gateway: Gateway):
    """Forty conversations of three turns: none has a word of another's."""

    async def talk(client: sdk.AsyncOpenAI, number: int) -> None:
        previous: str | None = None
        for turn in range(3):
            told = await client.responses.create(
                model=MODEL, input=f"talk-{number}-{turn}", previous_response_id=previous
            )
            previous = told.id
        assert previous is not None
        items = [item async for item in client.responses.input_items.list(previous, order="asc", limit=100)]
        texts = [item.content[0].text for item in items if item.type == "message" and item.role == "user"]  # type: ignore[union-attr]
        assert texts == [f"talk-{number}-{turn}" for turn in range(3)]

    async def talk_all() -> None:
        async with sdk.AsyncOpenAI(base_url=gateway.base_url, api_key=TOKEN, max_retries=0) as client:
            for begin in range(0, 40, 10):
                await asyncio.gather(*(talk(client, number) for number in range(begin, begin + 10)))

    asyncio.run(talk_all())
