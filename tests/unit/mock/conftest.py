"""Clocks, outlets and sinks that only remember."""

from typing import Any

import msgspec
import pytest

from gossamer.mock.answers import Answers
from gossamer.mock.incoming import Incoming
from gossamer.mock.plan import Settings
from gossamer.mock.timers import Callback


class Appointment:
    def __init__(self, when_ns: int, callback: Callback) -> None:
        self.when_ns, self.callback, self.is_cancelled = when_ns, callback, False

    def cancel(self) -> None:
        self.is_cancelled = True


class ManualTimers:
    """Time goes on when the test says so."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.appointments: list[Appointment] = []

    def call_at(self, when_ns: int, callback: Callback) -> Appointment:
        appointment = Appointment(when_ns, callback)
        self.appointments.append(appointment)
        return appointment

    @property
    def pending(self) -> list[int]:
        return sorted(each.when_ns for each in self.appointments if not each.is_cancelled)

    def turn(self, now_ns: int) -> None:
        """One turn of the loop at `now_ns`: what is added meanwhile waits for the next."""
        self.now_ns = now_ns
        due = [each for each in self.appointments if each.when_ns <= now_ns]
        self.appointments = [each for each in self.appointments if each.when_ns > now_ns]
        for each in sorted(due, key=lambda each: each.when_ns):
            if not each.is_cancelled:
                each.callback()

    def run_to(self, now_ns: int) -> None:
        """Every appointment at its own time, up to and including `now_ns`."""
        while self.pending and self.pending[0] <= now_ns:
            self.turn(max(self.now_ns, self.pending[0]))
        self.now_ns = now_ns


class Outlet:
    """Writes down what it is told, with the time."""

    def __init__(self, timers: ManualTimers) -> None:
        self.timers = timers
        self.heard: list[tuple[Any, ...]] = []

    def note(self, *what: object) -> None:
        self.heard.append((self.timers.now_ns, *what))

    def reply(self, status: int, headers: bytes, body: bytes) -> None:
        self.note("reply", status, body)

    def start(self, status: int, headers: bytes, length: int | None = None) -> None:
        self.note("start", status, length)

    def write(self, data: bytes) -> None:
        self.note("write", data)

    def end(self) -> None:
        self.note("end")

    def break_off(self) -> None:
        self.note("break_off")

    def reset(self) -> None:
        self.note("reset")


@pytest.fixture
def timers():
    return ManualTimers()


@pytest.fixture
def outlet(timers):
    return Outlet(timers)


@pytest.fixture
def ask():
    """Puts one question to fresh answers, and returns the script."""

    def asked(path, body=None, *, method=b"POST", settings=None, answers=None, age_s=0.0, **headers):
        answers = answers or Answers(settings or Settings())
        named = [(name.replace("_", "-").encode(), str(value).encode()) for name, value in headers.items()]
        raw = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
        return answers.answer(Incoming(method, path.encode(), named, raw), age_s).script

    return asked


@pytest.fixture
def events_of():
    """The data of every event in a stream, decoded, with the name of the event first."""

    def events(script):
        found = []
        for block in b"".join(script.pieces).decode().split("\n\n")[:-1]:
            fields = dict(line.split(": ", 1) for line in block.split("\n"))
            data = fields["data"]
            found.append((fields.get("event"), data if data == "[DONE]" else msgspec.json.decode(data)))
        return found

    return events
