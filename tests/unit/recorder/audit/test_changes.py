"""Changes, asked for at a control process that may be away, slow, or without its store."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from gossamer.feed.messages import AskEvents, Events, ForRecorder, Told, Unavailable
from gossamer.feed.paths import feed_path
from gossamer.recorder.audit.changes import AGAIN_S, ASK_EVERY_S, ChangeSource


class Control:
    """Answers each question with the next of its answers; None hangs up."""

    def __init__(self, data_dir: Path) -> None:
        self.answers: list[ForRecorder | None] = []
        self.asked: list[AskEvents] = []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(feed_path(data_dir)))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with line, line.makefile("rb") as questions:
                for question in questions:
                    self.asked.append(msgspec.json.decode(question, type=AskEvents))
                    if (answer := self.answers.pop(0)) is None:
                        break
                    line.sendall(msgspec.json.encode(answer) + b"\n")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source(tmp_path: Path, clock: Clock) -> Iterator[ChangeSource]:
    source = ChangeSource(tmp_path, "n", clock)
    yield source
    source.close()


@pytest.fixture
def control(tmp_path: Path, source: ChangeSource) -> Iterator[Control]:
    control = Control(tmp_path)
    yield control
    source.close()
    control.close()


A_CHANGE = Told(3, "chg", 1.5, "key", "key.create", actor_id="k1", user_id="u1", address="10.0.0.1", after={"a": 1})


def test_a_change_tells_who_made_it(source, control):
    control.answers = [Events(1, (A_CHANGE, msgspec.structs.replace(A_CHANGE, number=4, by="user", actor_id="u2")))]
    first, second = source.next(2)
    assert (first.seq, first.key, first.user, first.address, first.after) == (3, "k1", "u1", "10.0.0.1", {"a": 1})
    assert (second.seq, second.key, second.user) == (4, None, "u1")
    assert (control.asked[0].taken, control.asked[0].holder.partition(":")[0]) == (2, "n")


def test_it_asks_now_and_then_and_at_once_where_there_may_be_more(source, control, clock):
    control.answers = [Events(1, (A_CHANGE,)), Events(1), Events(1)]
    assert len(source.next(0)) == 1
    assert source.next(3) == []
    assert source.next(3) == []
    assert len(control.asked) == 2
    clock.now += ASK_EVERY_S
    assert source.next(3) == []
    assert len(control.asked) == 3


@pytest.mark.parametrize("answer", [None, Unavailable(1, "the store is away")])
def test_while_nobody_can_say_there_is_nothing_and_later_it_asks_again(source, control, clock, answer):
    control.answers = [answer, Events(1, (A_CHANGE,))]
    assert source.next(0) == []
    assert source.next(0) == []
    assert len(control.asked) == 1
    clock.now += AGAIN_S
    assert len(source.next(0)) == 1


def test_without_a_control_process_there_is_nothing(source):
    assert source.next(0) == []
