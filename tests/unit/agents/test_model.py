"""A call of the front door as a run hears it: in order, whole, and no further ahead than its client can follow."""

import asyncio
import gc
import weakref
from typing import cast

import msgspec

from gossamer.agents.model import FrontDoor, Hearing, Turn
from gossamer.agents.seam import Run, TextCame
from gossamer.http.call import Call
from gossamer.http.heads import parse_response_head
from gossamer.http.pool import Pool


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

    def __init__(self) -> None:
        self.hearing: weakref.ref[Hearing]

    def send(self, call: Call) -> None:
        self.hearing = weakref.ref(cast("Hearing", call.sink))
        call.sink.response_started(HEAD)
        call.sink.response_data(word("Hello") + b"data: [DONE]\n\n")
        call.is_over = True
        call.sink.response_ended()


async def test_a_call_that_is_over_leaves_no_circle():
    """The hearing holds its call, which holds the hearing: as garbage they were three quarters of what the collector
    found, and every run stood still while it looked.
    """
    pool = AnsweringPool()
    run = Run("run", "agent", 0, "token")
    gc.disable()
    try:
        told = [event async for event in FrontDoor(cast("Pool", pool), "secret").ask({"messages": []}, run)]
        assert isinstance(told[-1], Turn)
        del told
        assert pool.hearing() is None
    finally:
        gc.enable()
