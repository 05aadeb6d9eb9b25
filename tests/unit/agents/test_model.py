"""A call of the front door as a run hears it: in order, whole, and no further ahead than its client can follow."""

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable, Iterator
from contextlib import nullcontext
from typing import cast

import msgspec
import pytest

from gossamer.agents.model import FrontDoor, Hearing, Turn
from gossamer.agents.seam import Run, TextCame
from gossamer.core.errors import ProviderUnavailable
from gossamer.http.call import Call, ResponseSink
from gossamer.http.errors import ConnectFailed
from gossamer.http.heads import parse_response_head
from gossamer.http.pool import Pool

RUN = Run("run", "agent", 0, "token")


class Sending:
    """As much of a call as is told to wait."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pause(self) -> None:
        self.told.append("pause")

    def resume(self) -> None:
        self.told.append("resume")


HEAD = parse_response_head(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")


def word(text: str) -> bytes:
    delta = {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}
    return (
        b"data: " + msgspec.json.encode({"id": "c", "object": "chat.completion.chunk", "model": "m", **delta}) + b"\n\n"
    )


def heard_from(sending: Sending) -> Hearing:
    hearing = Hearing()
    hearing.call = cast("Call", sending)
    hearing.response_started(HEAD)
    return hearing


async def test_a_run_that_keeps_up_is_never_held_back():
    sending = Sending()
    hearing = heard_from(sending)
    for number in range(500):
        hearing.response_data(word(str(number)))
        assert await hearing.next() == TextCame(str(number))
    assert sending.told == []


async def test_a_model_waits_for_a_run_that_does_not_keep_up():
    sending = Sending()
    hearing = heard_from(sending)
    came = 0
    while "pause" not in sending.told:
        hearing.response_data(word(str(came)))
        came += 1
        assert came < 200
    hearing.response_data(word("on its way"))
    taken = [await hearing.next() for _ in range(came)]
    assert taken == [TextCame(str(number)) for number in range(came)]
    assert sending.told == ["pause", "resume"], "once each, however many events there were"


async def test_what_came_before_the_end_is_heard_before_it():
    hearing = heard_from(Sending())
    hearing.response_data(b"".join(word(str(number)) for number in range(300)) + b"data: [DONE]\n\n")
    hearing.response_ended()
    events = [await hearing.next() for _ in range(301)]
    last = events.pop()
    assert isinstance(last, Turn)
    assert last.ended.text == "".join(cast("TextCame", event).text for event in events)
    more = asyncio.ensure_future(hearing.next())
    await asyncio.sleep(0)
    assert not more.done()
    more.cancel()


class AnsweringPool:
    """As much of a pool as sends: a connection that carries the call holds it until the answer has ended."""

    def __init__(self, *, fails: bool) -> None:
        self.sink: weakref.ref[ResponseSink]
        self._fails = fails

    def send(self, call: Call) -> None:
        self.sink = weakref.ref(call.sink)
        asyncio.get_running_loop().call_soon(self._answer, call)

    def _answer(self, call: Call) -> None:
        call.is_over = True
        if self._fails:
            call.sink.response_failed(ConnectFailed("nobody listens"))
            return
        call.sink.response_started(HEAD)
        call.sink.response_data(word("Hello") + b"data: [DONE]\n\n")
        call.sink.response_ended()


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


async def all_of(model: FrontDoor) -> None:
    assert [event async for event in model.ask({"messages": []}, RUN)]


async def whole_of(model: FrontDoor) -> None:
    assert await model.ask_whole({"messages": []}, RUN)


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("ask", [all_of, whole_of])
@pytest.mark.parametrize("fails", [False, True])
async def test_a_call_that_is_over_leaves_no_circle(ask: Callable[[FrontDoor], Awaitable[None]], fails: bool):
    """Of what a run left behind these calls were most, and every run stood still while the collector looked."""
    pool = AnsweringPool(fails=fails)
    with pytest.raises(ProviderUnavailable) if fails else nullcontext():
        await ask(FrontDoor(cast("Pool", pool), "secret"))
    await asyncio.sleep(0)  # the pool's last word has been said
    assert pool.sink() is None
