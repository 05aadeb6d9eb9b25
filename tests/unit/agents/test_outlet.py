"""A stream that has begun says that it lives, while a tool or a model takes its time."""

import asyncio
from typing import cast

import pytest

from gossamer.agents import outlet as outlets
from gossamer.agents.outlet import Outlet
from gossamer.agents.seam import Call, Observation
from gossamer.agents.voices.chat import ChatVoice
from gossamer.agents.voices.voice import Manner, Said, Thought, Used
from gossamer.dialects.terms import Echo
from gossamer.http.request import Request

PING = b": keep-alive\n\n"


class Heard:
    """What is written, as a Request takes it. `pinged`: when that says that it lives."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.pinged = asyncio.Event()

    def start(self, status: int, headers: bytes) -> None:
        self.parts.append(headers)

    def write(self, data: bytes) -> None:
        self.parts.append(data)
        if data == PING:
            self.pinged.set()

    def end(self) -> None:
        """Nothing is held."""


def streaming(heard: Heard) -> Outlet:
    manner = Manner(run="run_1", agent="a", now_s=0, echo=Echo(), shows_steps=True)
    return Outlet(cast("Request", heard), ChatVoice(manner), "chat", is_stream=True)


async def test_it_says_so_again_and_again_and_no_more_when_it_is_over(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outlets, "_SILENCE_S", 0.01)
    heard = Heard()
    outlet = streaming(heard)
    outlet.use(Call("1", "look", "{}"))
    for _ in range(2):
        await heard.pinged.wait()
        heard.pinged.clear()
    outlet.close()
    said = len(heard.parts)
    await asyncio.sleep(0.05)
    assert len(heard.parts) == said


async def test_who_takes_nothing_is_told_nothing_more(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outlets, "_SILENCE_S", 0.01)
    heard = Heard()
    outlet = streaming(heard)
    outlet.use(Call("1", "look", "{}"))
    outlet.client_slow()
    await asyncio.sleep(0.05)
    assert not heard.pinged.is_set()
    outlet.client_ready()
    await heard.pinged.wait()
    outlet.close()


async def test_what_has_not_begun_is_still_to_have_a_status_of_its_own(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outlets, "_SILENCE_S", 0.01)
    heard = Heard()
    streaming(heard)
    await asyncio.sleep(0.05)
    assert heard.parts == []


async def test_what_was_told_in_pieces_is_one_part_of_the_answer():
    outlet = streaming(Heard())
    outlet.think("I ")
    outlet.think("look.")
    first, second = Call("1", "look", "{}"), Call("2", "look", "{}")
    outlet.use(first)
    outlet.use(second)
    outlet.observe(first, Observation("there"))
    outlet.say("It is ")
    outlet.say("there.")
    outlet.think("Is it?")
    outlet.close()
    assert outlet.parts == (
        Thought("I look."), Used(first, Observation("there")), Used(second), Said("It is there."), Thought("Is it?"),
    )  # fmt: skip
