"""The crew with processes of a few lines: who is replaced, who is told what, and when it gives up.

A worker here is a program for `python -c` that finds its link's descriptor among its arguments.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gossamer.supervisor import crew as crew_module
from gossamer.supervisor import endings
from gossamer.supervisor.crew import Crew

LINK = "import sys, socket, os, time; link = socket.socket(fileno=int(sys.argv[sys.argv.index('--link') + 1]))\n"
READY = LINK + "say = lambda text: link.sendall(text.encode() + b'\\n'); say('{\"ready\": %d}' % os.getpid())\n"
UNTIL_EOF = READY + "while link.recv(4096): pass\n"
DRAINS = READY + "while b'drain' not in link.recv(4096): pass\n"
TAKES_BELOW_100 = (
    READY
    + """
for line in link.makefile():
    say('{"reloaded": %s}' % line.strip() if int(line) < 100 else '{"failed": "too large"}')
"""
)
"""The briefing is a number here, and the answer to it names that number."""


class Owner:
    def __init__(self) -> None:
        self.complete = asyncio.Event()
        self.reason: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def all_ready(self) -> None:
        self.complete.set()

    def gave_up(self, reason: str) -> None:
        if not self.reason.done():
            self.reason.set_result(reason)


@asynccontextmanager
async def crew_of(program: str, posts: int = 1, briefing: bytes = b"first\n") -> AsyncIterator[tuple[Crew, Owner]]:
    owner = Owner()
    crew = Crew((sys.executable, "-S", "-c", program), [() for _ in range(posts)], owner)
    crew.start(briefing)
    try:
        yield crew, owner
    finally:
        crew.kill()
        await crew.drain(0.0)


async def eventually(happens: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not happens():
            await asyncio.sleep(0.005)


def pids(crew: Crew) -> list[int]:
    return [pid for pid, is_ready in crew.workers() if is_ready]


async def test_all_ready_is_said_when_the_last_is_ready():
    async with crew_of(UNTIL_EOF, posts=3) as (crew, owner):
        async with asyncio.timeout(20):
            await owner.complete.wait()
        assert len(set(pids(crew))) == 3


async def test_a_killed_worker_is_replaced_and_counted(caplog: pytest.LogCaptureFixture):
    async with crew_of(UNTIL_EOF) as (crew, _):
        await eventually(lambda: bool(pids(crew)))
        (first,) = pids(crew)
        os.kill(first, 9)
        await eventually(lambda: pids(crew) not in ([], [first]))
    assert crew.restarts == 1
    (record,) = [record for record in caplog.records if "starting another" in record.getMessage()]
    said = fields(record)
    assert (said["pid"], said["restarts"], said["pause_s"]) == (first, 1, 0.0)
    assert "SIGKILL" in said["ending"]


async def test_a_drained_worker_is_not_replaced():
    async with crew_of(DRAINS, posts=2) as (crew, owner):
        await owner.complete.wait()
        began = pids(crew)
        await crew.drain(20.0)
        assert pids(crew) == []
        assert crew.restarts == 0
        for pid in began:
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)


async def test_who_does_not_drain_in_time_is_killed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(crew_module, "DRAIN_MARGIN_S", 0.0)
    async with crew_of(UNTIL_EOF) as (crew, owner):
        await owner.complete.wait()
        (pid,) = pids(crew)
        await crew.drain(0.01)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_who_is_not_ready_in_time_is_killed_and_replaced(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(crew_module, "READY_WITHIN_S", 0.01)
    async with crew_of("import time; time.sleep(60)") as (crew, _):
        await eventually(lambda: crew.restarts >= 2)
    assert "worker killed: it was not ready in time" in caplog.messages


async def test_ten_starts_that_fail_end_it_with_the_last_words():
    fails = LINK + 'link.sendall(b\'{"failed": "disk is full"}\\n\'); sys.exit(3)'
    async with crew_of(fails, posts=5) as (_, owner), asyncio.timeout(30):
        reason = await owner.reason
    assert reason.startswith("10 workers in a row ended before they were ready")
    assert reason.endswith("The last: exit status 3: disk is full")


async def test_where_one_post_is_manned_the_others_are_tried_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(endings, "LONGEST_PAUSE_S", 0.0)
    first_lives = "import sys; sys.exit(1) if sys.argv[-1] != '0' else None\n" + UNTIL_EOF
    async with crew_of(first_lives, posts=5) as (crew, owner):
        await eventually(lambda: crew.restarts >= 24)
        assert len(pids(crew)) == 1
        assert not owner.reason.done()


async def test_a_program_that_cannot_be_started_counts_as_a_start_that_fails():
    owner = Owner()
    crew = Crew(("/no/such/python",), [() for _ in range(5)], owner)
    crew.start(b"first\n")
    async with asyncio.timeout(30):
        assert "could not be started: No such file or directory" in await owner.reason
    await crew.drain(0.0)


async def test_settings_that_are_taken_are_given_to_a_successor_too(caplog: pytest.LogCaptureFixture):
    caplog.set_level("INFO")
    async with crew_of(TAKES_BELOW_100, briefing=b"1\n") as (crew, _):
        await eventually(lambda: taken(caplog) == [1])
        crew.brief(b"2\n")
        await eventually(lambda: taken(caplog) == [1, 2])
        os.kill(pids(crew)[0], 9)
        await eventually(lambda: taken(caplog) == [1, 2, 2])


async def test_settings_that_a_worker_refuses_are_not_given_to_its_successor(caplog: pytest.LogCaptureFixture):
    caplog.set_level("INFO")
    async with crew_of(TAKES_BELOW_100, briefing=b"1\n") as (crew, _):
        await eventually(lambda: taken(caplog) == [1])
        crew.brief(b"100\n")
        await eventually(lambda: "worker keeps its old settings" in caplog.messages)
        os.kill(pids(crew)[0], 9)
        await eventually(lambda: taken(caplog) == [1, 1])


def taken(caplog: pytest.LogCaptureFixture) -> list[int]:
    return [fields(record)["generation"] for record in caplog.records if record.getMessage() == "worker reloaded"]


def fields(record: logging.LogRecord) -> dict[str, Any]:
    found: dict[str, Any] = record.__dict__["gossamer_fields"]
    return found


async def test_a_word_that_makes_no_sense_is_passed_over(caplog: pytest.LogCaptureFixture):
    babbles = LINK + "link.sendall(b'Traceback\\n{\"ready\": 1}\\n'); link.recv(1); time.sleep(60)"
    async with crew_of(babbles) as (_, owner):
        await owner.complete.wait()
    assert "a worker's word cannot be read" in caplog.messages


async def test_the_listening_sockets_are_handed_on():
    program = (
        READY + "sock = socket.socket(fileno=int(sys.argv[sys.argv.index('--fd') + 1])); sock.accept()[0].send(b'hi')"
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        owner = Owner()
        crew = Crew((sys.executable, "-S", "-c", program), [[listener]], owner)
        crew.start(b"first\n")
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        assert await reader.read() == b"hi"
        writer.close()
        await crew.drain(0.0)


SAYS_HOW_IT_IS = READY + 'say(\'{"gauges": {"in_flight": 3, "loop_lag_s": 0.25}}\')\nwhile link.recv(4096): pass\n'


async def test_what_a_worker_says_of_itself_goes_with_it():
    async with crew_of(SAYS_HOW_IT_IS, posts=2) as (crew, _):
        await eventually(lambda: all(seat.gauges is not None for seat in crew.seats()))
        assert [(seat.worker, seat.restarts) for seat in crew.seats()] == [(0, 0), (1, 0)]
        assert {seat.gauges.in_flight for seat in crew.seats() if seat.gauges is not None} == {3}
        crew._posts[0].restarts.next_pause_s = 60.0  # no successor speaks before we have looked
        os.kill(pids(crew)[0], signal.SIGKILL)
        await eventually(lambda: crew.seats()[0].restarts == 1)
        assert crew.seats()[0].gauges is None
        assert crew.seats()[1].gauges is not None


async def test_one_that_falls_silent_is_as_late_as_it_is_silent(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(crew_module, "TOLD_EVERY_S", 0.01)
    async with crew_of(SAYS_HOW_IT_IS) as (crew, _):
        await eventually(lambda: (gauges := crew.seats()[0].gauges) is not None and gauges.loop_lag_s > 0.3)
