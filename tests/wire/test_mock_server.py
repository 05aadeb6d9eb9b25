"""The mock on real local sockets: what a client sees of answers, delays and faults."""

import asyncio
import contextlib
from itertools import pairwise
from typing import Any

import msgspec
import openai
import pytest

from gossamer.http.limits import ServerLimits
from gossamer.mock.asked import Dialect
from gossamer.mock.faults import parse_fault
from gossamer.mock.plan import Settings
from gossamer.mock.render.raw import RAW_BODIES, RAW_STREAMS
from gossamer.mock.server import MockServer
from gossamer.mock.timers import exact_timers
from tests.wire.conftest import Answer, Wire, bound_socket, eventually

CHAT = "/v1/chat/completions"
ASK: Any = [{"role": "user", "content": "hi"}]
HELLO: dict[str, object] = {"model": "mock", "messages": ASK}
STREAM = {**HELLO, "stream": True}


class Client(Wire):
    """A raw connection to a mock."""

    async def ask_for(self, path: str, body: object = None, method: str = "POST", **headers: str) -> None:
        raw = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
        named = {"host": "mock", "content-length": str(len(raw))}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        await self.send(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + raw)

    async def ask(self, path: str, body: object = None, method: str = "POST", **headers: str) -> Answer:
        await self.ask_for(path, body, method, **headers)
        return await self.answer()

    async def look(self, path: str) -> Any:
        return msgspec.json.decode((await self.ask(path, method="GET")).body)

    async def head(self) -> Answer:
        return await self.answer(is_head=True)

    async def chunks(self) -> list[bytes]:
        """The body, by the mock's own writes."""
        found: list[bytes] = []
        async with asyncio.timeout(30):
            while size := int(await self.reader.readline(), 16):
                found.append((await self.reader.readexactly(size + 2))[:-2])
            assert await self.reader.readline() == b"\r\n"
        return found


class Mock:
    """A mock that listens, and connections to it."""

    def __init__(self, server: MockServer, port: int) -> None:
        self.server = server
        self.url = f"http://127.0.0.1:{port}"
        self._port = port
        self.clients: list[Client] = []

    async def connect(self, limit: int = 2**24) -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self._port, limit=limit))
        self.clients.append(client)
        return client

    def leave(self) -> None:
        for client in self.clients:
            client.close()

    async def fate(self, name: str) -> Any:
        """Of a request, once it is no longer open."""
        await eventually(lambda: _outcome(self.server, name) != "open")
        fate = await (await self.connect()).look(f"/mock/requests/{name}")
        del fate["pid"]
        return fate


def _outcome(server: MockServer, name: str) -> str:
    entry = server.answers.ledger.find(name.encode())
    return "open" if entry is None else entry.outcome


@pytest.fixture
async def start():
    """Starts mocks that end with the test."""
    async with contextlib.AsyncExitStack() as stack:

        async def started(settings: Settings | None = None, limits: ServerLimits | None = None) -> Mock:
            timers = exact_timers(asyncio.get_running_loop())
            stack.callback(timers.close)
            server = MockServer(settings or Settings(), timers, limits)
            sock = bound_socket()
            mock = Mock(server, sock.getsockname()[1])
            await server.server.listen(sock)
            stack.push_async_callback(server.server.drain, 1.0)
            stack.callback(mock.leave)
            return mock

        yield started


@pytest.fixture
async def mock(start):
    return await start()


@pytest.fixture
async def client(mock: Mock):
    return await mock.connect()


# --- answers ---


async def test_one_connection_serves_many_answers(client: Client):
    first, second = [await client.ask(CHAT, HELLO, x_request_id="a") for _ in range(2)]
    assert (first.status, first.headers, first.body) == (second.status, second.headers, second.body)
    assert first.headers[b"content-type"] == b"application/json"
    assert first.headers[b"x-request-id"] == b"a"
    assert msgspec.json.decode(first.body)["choices"][0]["finish_reason"] == "stop"


async def test_requests_may_be_sent_ahead(client: Client):
    for name in ("a", "b", "c"):
        await client.ask_for(CHAT, STREAM if name == "b" else HELLO, x_request_id=name, x_mock_gap_ms="0.1")
    assert [(await client.answer()).headers[b"x-request-id"] for _ in range(3)] == [b"a", b"b", b"c"]


async def test_a_body_may_come_in_pieces(client: Client):
    raw = msgspec.json.encode(HELLO)
    client.writer.write(f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(raw)}\r\n\r\n".encode() + raw[:9])
    await asyncio.sleep(0.02)
    client.writer.write(raw[9:])
    assert (await client.answer()).status == 200


async def test_a_body_that_is_too_large_is_refused(start):
    client = await (await start(limits=ServerLimits(body_bytes=100))).connect()
    client.writer.write(f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: 101\r\n\r\n".encode() + b"x")
    assert (await client.answer()).status == 413


async def test_spaced_tokens_are_a_write_each(client: Client):
    await client.ask_for(CHAT, STREAM, x_mock_gap_ms="1", x_mock_tokens="5")
    head = await client.head()
    chunks = await client.chunks()
    assert head.headers[b"content-type"].startswith(b"text/event-stream")
    assert len(chunks) == 8
    assert all(chunk.startswith(b"data: ") and chunk.count(b"\n\n") == 1 for chunk in chunks)


async def test_stamps_tell_the_service_time(client: Client):
    await client.ask_for(CHAT, STREAM, x_mock_stamp="1", x_mock_ttft_ms="20", x_mock_gap_ms="2", x_mock_tokens="3")
    head = await client.head()
    chunks = await client.chunks()
    sent = [msgspec.json.decode(chunk[6:])["mock_sent_ns"] for chunk in chunks[:-1]]
    received = int(head.headers[b"x-mock-received-ns"])
    first, *rest = (received + at * 1_000_000 for at in (20, 20, 22, 24, 24))
    assert int(head.headers[b"x-mock-sent-ns"]) >= first
    assert all(stamp >= due for stamp, due in zip(sent, [first, *rest], strict=True))
    assert chunks[-1] == b"data: [DONE]\n\n"


async def test_a_whole_answer_is_stamped_in_its_head(start):
    client = await (await start(Settings(is_stamped=True))).connect()
    answer = await client.ask(CHAT, HELLO)
    assert int(answer.headers[b"x-mock-received-ns"]) <= int(answer.headers[b"x-mock-sent-ns"])
    assert b"mock_sent_ns" not in answer.body


@pytest.mark.parametrize("dialect", Dialect)
async def test_raw_bytes_arrive_as_they_are(client: Client, dialect):
    questions: dict[Dialect, tuple[str, dict[str, object]]] = {
        Dialect.CHAT: (CHAT, HELLO),
        Dialect.COMPLETIONS: ("/v1/completions", {"prompt": "hi"}),
        Dialect.RESPONSES: ("/v1/responses", {"input": "hi"}),
        Dialect.MESSAGES: ("/v1/messages", {**HELLO, "max_tokens": 9}),
    }
    path, question = questions[dialect]
    question = {**question, "model": "mock-raw"}
    assert (await client.ask(path, question)).body == RAW_BODIES[dialect]
    assert (await client.ask(path, {**question, "stream": True})).body == b"".join(RAW_STREAMS[dialect])


async def test_echo_is_faithful_to_the_byte(client: Client):
    body = bytes(range(256)) * 300
    echoed = await client.ask("/v1/echo", body, content_type="x/odd")
    assert (echoed.body, echoed.headers[b"content-type"]) == (body, b"x/odd")
    raw = b"GET /v1/echo/headers?a=%20b HTTP/1.1\r\nHoSt: x\r\nX-Odd:\t two  words \r\nX-Odd: again\r\n\r\n"
    client.writer.write(raw)
    assert (await client.answer()).body == raw


# --- faults ---


async def test_a_cut_stream_breaks_off_after_its_tokens(client: Client):
    await client.ask_for(CHAT, STREAM, x_mock_fault="cut", x_mock_gap_ms="0.1")
    await client.head()
    with pytest.raises(asyncio.IncompleteReadError):
        await client.reader.readuntil(b"[DONE]")


async def test_all_that_was_said_before_a_cut_arrives(client: Client):
    await client.ask_for(CHAT, STREAM, x_mock_fault="cut:5")
    await client.head()
    rest = await client.reader.read(-1)
    assert rest.count(b'"content":" ') == 4
    assert b"\r\n0\r\n" not in rest


async def test_a_cut_whole_answer_is_shorter_than_it_says(client: Client):
    await client.ask_for(CHAT, HELLO, x_mock_fault="cut")
    head = await client.head()
    assert 0 < len(await client.reader.read(-1)) < int(head.headers[b"content-length"])


async def test_a_reset_is_a_reset(client: Client):
    await client.ask_for(CHAT, HELLO, x_mock_fault="reset")
    with pytest.raises(ConnectionResetError):
        await client.reader.read(1)


async def test_a_reset_leaves_other_connections_alone(mock: Mock):
    other, victim = await mock.connect(), await mock.connect()
    await other.ask_for(CHAT, STREAM, x_mock_gap_ms="1", x_mock_tokens="9")
    await other.head()
    await victim.ask_for(CHAT, HELLO, x_mock_fault="reset")
    with pytest.raises(ConnectionResetError):
        await victim.reader.read(1)
    assert (await other.chunks())[-1] == b"data: [DONE]\n\n"
    await other.ask(CHAT, HELLO, connection="close")
    assert await other.reader.read() == b""  # closed, not reset


async def test_one_who_hangs_answers_nobody_and_notices_who_leaves(mock: Mock):
    client = await mock.connect()
    await client.ask_for(CHAT, HELLO, x_mock_fault="hang", x_request_id="h")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await client.reader.read(1)
    client.writer.close()
    assert await mock.fate("h") == {"attempts": 1, "outcome": "cancelled", "status": 0, "model": "mock"}


async def test_a_stall_is_silence_and_then_the_rest(client: Client):
    await client.ask_for(CHAT, STREAM, x_mock_fault="stall:50", x_mock_stamp="1", x_mock_tokens="4")
    await client.head()
    chunks = await client.chunks()
    sent = [msgspec.json.decode(chunk[6:])["mock_sent_ns"] for chunk in chunks[:-1]]
    gaps = [after - before for before, after in pairwise(sent)]
    assert gaps.index(max(gaps)) == 2  # behind the role and two tokens of four
    assert max(gaps) > 40_000_000


@pytest.mark.parametrize(("fault", "status"), [("429:0", 429), ("503", 503), ("400-context", 400)])
async def test_errors_leave_the_connection_usable(client: Client, fault, status):
    assert (await client.ask(CHAT, HELLO, x_mock_fault=fault)).status == status
    assert (await client.ask(CHAT, HELLO, x_request_id="next")).status == 200


async def test_a_fault_of_the_server_strikes_everybody(start):
    client = await (await start(Settings(fault=parse_fault("outage:0:3600")))).connect()
    assert (await client.ask(CHAT, HELLO)).status == 503
    assert (await client.ask("/v1/models", method="GET")).status == 503
    assert (await client.ask("/mock/stats", method="GET")).status == 200


# --- clients that leave, and slow ones ---


async def test_a_client_that_leaves_ends_its_stream(mock: Mock):
    client = await mock.connect()
    await client.ask_for(CHAT, STREAM, x_request_id="s", x_mock_gap_ms="5", x_mock_tokens="1000")
    await client.head()
    assert (await (await mock.connect()).look("/mock/stats"))["open_streams"] == 1
    client.writer.close()
    assert (await mock.fate("s"))["outcome"] == "cancelled"
    stats = await (await mock.connect()).look("/mock/stats")
    assert (stats["open"], stats["open_streams"], stats["cancelled"]) == (0, 0, 1)


async def test_a_slow_client_makes_the_mock_wait_and_misses_nothing(mock: Mock):
    client = await mock.connect(limit=4096)  # reads no further than this until it is asked
    large = {**STREAM, "model": "m" * 20_000}  # a name that is in each chunk: more than the kernel's buffers hold
    await client.ask_for(CHAT, large, x_request_id="slow", x_mock_gap_ms="0.001", x_mock_tokens="1000")
    await client.head()
    held = 0
    for _ in range(30):
        await asyncio.sleep(0.01)
        held = max(held, *(each.transport.get_write_buffer_size() for each in mock.server.server.connections))
    assert _outcome(mock.server, "slow") == "open"
    assert held < 256 * 1024
    chunks = await client.chunks()
    assert len(chunks) == 1_003


# --- the window ---


async def test_the_window_tells_counts_and_fates(client: Client):
    await client.ask(CHAT, HELLO, x_request_id="a")
    await client.ask(CHAT, HELLO, x_request_id="a", x_mock_fault="503")
    stats = await client.look("/mock/stats")
    assert (stats["requests"], stats["by_status"]) == (2, {"200": 1, "503": 1})
    fate = await client.look("/mock/requests/a")
    assert (fate["attempts"], fate["status"], fate["outcome"], fate["pid"]) == (2, 503, "finished", stats["pid"])
    assert (await client.ask("/mock/reset")).status == 200
    assert (await client.ask("/mock/requests/a", method="GET")).status == 404


# --- the official SDKs ---


async def test_openais_sdk_is_content(mock: Mock):
    async with openai.AsyncOpenAI(base_url=f"{mock.url}/v1", api_key="x") as sdk:
        completion = await sdk.chat.completions.create(model="mock", messages=ASK)
        assert len((completion.choices[0].message.content or "").split()) == 60
        stream = await sdk.chat.completions.create(
            model="mock", messages=ASK, stream=True, stream_options={"include_usage": True}
        )
        usage = [chunk.usage async for chunk in stream][-1]
        assert usage is not None
        assert usage.completion_tokens == 60
        events = [event async for event in await sdk.responses.create(model="mock", input="hi", stream=True)]
        assert events[-1].type == "response.completed"
        assert len((await sdk.embeddings.create(model="mock", input="hi", dimensions=16)).data[0].embedding) == 16
        assert "mock" in [model.id async for model in sdk.models.list()]
        assert len((await sdk.files.content("file-1")).content) == 65_536
        assert (await sdk.files.create(file=b"x", purpose="user_data")).status == "processed"


async def test_openais_sdk_retries_what_it_should(mock: Mock):
    async with openai.AsyncOpenAI(base_url=f"{mock.url}/v1", api_key="x") as sdk:
        asked = {"x-request-id": "retried"}
        await sdk.chat.completions.create(model="mock-429:0", messages=ASK, extra_headers=asked)
        assert (await mock.fate("retried"))["attempts"] == 2
        with pytest.raises(openai.BadRequestError) as refused:
            await sdk.chat.completions.create(model="mock-400-context", messages=ASK)
        assert refused.value.code == "context_length_exceeded"


async def test_openais_sdk_reads_the_raw_answers(mock: Mock):
    async with openai.AsyncOpenAI(base_url=f"{mock.url}/v1", api_key="x") as sdk:
        stream = await sdk.chat.completions.create(model="mock-raw", messages=ASK, stream=True)
        chunks: list[Any] = [chunk async for chunk in stream]
        assert chunks[0].x_new == {"deep": [1, 2.5, 100.0, "é"]}
        assert chunks[1].choices[0].delta.reasoning_content == "hmm"
        assert chunks[-1].usage.completion_tokens_details.reasoning_tokens == 7
        events = [event async for event in await sdk.responses.create(model="mock-raw", input="hi", stream=True)]
        assert events[-1].type == "response.completed"
        assert events[-1].response.output_text == "Spïder"


async def test_anthropics_sdk_is_content(mock: Mock):
    anthropic = pytest.importorskip("anthropic", reason="the SDK that is to be content")
    async with anthropic.AsyncAnthropic(base_url=mock.url, api_key="x") as sdk:
        asked = {"max_tokens": 100, "messages": ASK}
        assert (await sdk.messages.create(model="mock", **asked)).stop_reason == "end_turn"
        for model in ("mock", "mock-raw"):
            async with sdk.messages.stream(model=model, **asked) as stream:
                assert (await stream.get_final_message()).content[0].text
        assert (await sdk.messages.count_tokens(model="mock", messages=ASK)).input_tokens > 0
        with pytest.raises(anthropic.InternalServerError):
            await sdk.with_options(max_retries=0).messages.create(model="mock-503", **asked)
