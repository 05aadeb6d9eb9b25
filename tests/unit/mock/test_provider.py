"""The mock within the process: what its sink hears."""

import asyncio
from typing import Any

import msgspec
import pytest

from gossamer.http.errors import CallFailed, ResponseBroken
from gossamer.http.heads import ResponseHead
from gossamer.mock.answers import Answers
from gossamer.mock.incoming import Incoming
from gossamer.mock.plan import Settings
from gossamer.mock.provider import MockCall, MockProvider

PATH = b"/v1/chat/completions"
BODY = b'{"model":"mock","messages":[{"role":"user","content":"hi"}]}'
STREAM = BODY[:-1] + b',"stream":true}'


class Sink:
    def __init__(self) -> None:
        self.head: ResponseHead
        self.heard: list[tuple[Any, ...]] = []
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def response_complete(self, head: ResponseHead, body: bytes) -> None:
        self.heard.append(("complete", head.status, body))
        self.head = head
        self.over.set_result(None)

    def response_started(self, head: ResponseHead) -> None:
        self.heard.append(("started", head.status))
        self.head = head

    def response_data(self, data: bytes) -> None:
        self.heard.append(("data", data))

    def response_ended(self) -> None:
        self.heard.append(("ended",))
        self.over.set_result(None)

    def request_waited(self) -> None:
        raise AssertionError("there are no connections to wait for")

    def response_failed(self, error: CallFailed) -> None:
        self.heard.append(("failed", type(error), str(error)))
        self.over.set_result(None)

    @property
    def data(self) -> bytes:
        return b"".join(what[1] for what in self.heard if what[0] == "data")


def send(provider: MockProvider, sink: Sink, body: bytes = BODY, **headers: str) -> MockCall:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return provider.send(b"POST", PATH, named, body, sink)


async def test_a_plain_answer_comes_whole_and_in_a_later_turn():
    provider, sink = MockProvider(Settings()), Sink()
    send(provider, sink, x_request_id="a")
    assert sink.heard == []
    await sink.over
    ((word, status, body),) = sink.heard
    assert (word, status) == ("complete", 200)
    assert sink.head.length == len(body)
    assert sink.head.get(b"content-type") == b"application/json"


@pytest.mark.parametrize("body", [BODY, STREAM])
async def test_it_says_what_the_server_says(body):
    provider, sink = MockProvider(Settings(seed=3)), Sink()
    send(provider, sink, body, x_request_id="a", x_mock_gap_ms="0.1")
    await sink.over
    headers = [(b"x-request-id", b"a"), (b"x-mock-gap-ms", b"0.1")]
    script = Answers(Settings(seed=3)).answer(Incoming(b"POST", PATH, headers, body), 0.0).script
    said = sink.data or sink.heard[0][2]
    assert said == b"".join(script.pieces)


async def test_a_stream_is_started_told_and_ended():
    provider, sink = MockProvider(Settings()), Sink()
    send(provider, sink, STREAM, x_mock_tokens="3", x_mock_gap_ms="0.1")
    await sink.over
    assert [what[0] for what in sink.heard] == ["started", *["data"] * 6, "ended"]
    assert sink.head.chunked
    assert (sink.head.get(b"content-type") or b"").startswith(b"text/event-stream")


@pytest.mark.parametrize(
    ("fault", "words"),
    [("cut:1", ["started", "data", "failed"]), ("reset", ["failed"]), ("503", ["complete"]), ("429", ["complete"])],
)
async def test_faults_reach_the_sink(fault, words):
    provider, sink = MockProvider(Settings()), Sink()
    send(provider, sink, STREAM, x_mock_fault=fault)
    await sink.over
    assert [what[0] for what in sink.heard] == words
    if words[-1] == "failed":
        assert sink.heard[-1][1] is ResponseBroken


async def test_one_who_cancels_hears_no_more():
    provider, sink = MockProvider(Settings(ttft_ms=1, gap_ms=1)), Sink()
    early, late = send(provider, sink, STREAM), send(provider, Sink(), STREAM, x_request_id="late")
    early.cancel()
    await asyncio.sleep(0.02)
    late.cancel()
    assert sink.heard == []
    assert provider.answers.ledger.stats() | {"pid": 0} == {
        "pid": 0, "requests": 2, "open": 0, "open_streams": 0, "cancelled": 2, "by_status": {"0": 1, "200": 1},
    }  # fmt: skip


async def test_a_pause_holds_the_answer_back():
    provider, sink = MockProvider(Settings(gap_ms=0.1)), Sink()
    call = send(provider, sink, STREAM)
    call.pause()
    await asyncio.sleep(0.02)
    assert sink.heard == []
    call.resume()
    await sink.over
    assert sink.heard[-1] == ("ended",)


async def test_equal_heads_are_read_once():
    provider = MockProvider(Settings())
    heads = []
    for name in ("a", "b"):
        sink = Sink()
        send(provider, sink, STREAM, x_request_id=name)
        await sink.over
        heads.append(sink.head)
    assert heads[0] is heads[1]


async def test_stamps_are_in_its_heads_and_chunks_too():
    provider, sink = MockProvider(Settings(is_stamped=True)), Sink()
    send(provider, sink, STREAM, x_mock_tokens="2")
    await sink.over
    assert int(sink.head.get(b"x-mock-sent-ns") or 0) >= int(sink.head.get(b"x-mock-received-ns") or 0) > 0
    first = sink.data.split(b"\n\n")[0].removeprefix(b"data: ")
    assert msgspec.json.decode(first)["mock_sent_ns"] > 0
