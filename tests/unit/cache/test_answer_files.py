"""Answers on a node's disk: who has the claim, what outlives its worker, and what goes when there is too much of it."""

import os
from collections.abc import Iterator
from fcntl import flock
from hashlib import sha256
from pathlib import Path
from threading import Thread

import pytest
from msgspec.structs import replace

from gossamer.cache.once.files import SHARDS, AnswerFiles
from gossamer.cache.once.shelf import KeptAnswer, UnderWay

DAY_S = 86400.0
PRINT, OTHER = sha256(b"print").digest(), sha256(b"other").digest()
NAME = sha256(b"name").digest()


class Time:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def files(tmp_path: Path, time: Time) -> Iterator[AnswerFiles]:
    made = AnswerFiles(tmp_path / "idempotency", "0-first", time)
    yield made
    made.close()


def answer(time: Time, body: bytes | None = b"{}") -> KeptAnswer:
    return KeptAnswer(PRINT, 200, b"content-type: application/json\r\n", body, "p/m", 5, time.now)


def another(files: AnswerFiles, time: Time, life: str = "1-second") -> AnswerFiles:
    return AnswerFiles(files._directory, life, time)


def test_whoever_is_first_has_the_claim(files: AnswerFiles, time: Time):
    second = another(files, time)
    assert files.claim(NAME, PRINT, DAY_S) == "ours"
    assert second.claim(NAME, OTHER, DAY_S) == UnderWay(PRINT)
    assert files.claim(NAME, PRINT, DAY_S) == UnderWay(PRINT)
    files.release(NAME)
    assert second.claim(NAME, OTHER, DAY_S) == "ours"
    second.close()


def test_what_is_kept_is_there_for_all_and_outlives_its_worker(files: AnswerFiles, time: Time):
    files.claim(NAME, PRINT, DAY_S)
    files.keep(NAME, answer(time))
    files.close()
    second = another(files, time)
    assert second.claim(NAME, PRINT, DAY_S) == answer(time)
    second.close()


def test_a_claim_ends_with_its_worker_and_the_mark_of_that_is_buried(files: AnswerFiles, time: Time):
    files.claim(NAME, PRINT, DAY_S)
    assert files._alive is not None
    os.close(files._alive)  # as kill -9: the mark stays, its lock is gone
    files._alive = None
    second = another(files, time)
    assert second.claim(NAME, OTHER, DAY_S) == "ours"
    assert [each.name for each in (files._directory / "lives").iterdir()] == ["1-second"]
    second.close()


def test_what_a_killed_worker_was_writing_goes_with_it(files: AnswerFiles, time: Time):
    files.open()
    left, being_written = (files._directory / f".{life}.1" for life in ("2-killed", "0-first"))
    for each in (left, being_written):
        each.write_bytes(b"what was said")
    second = another(files, time)
    second.open()
    assert (left.exists(), being_written.exists()) == (False, True)
    second.close()


def test_nobody_is_buried_who_is_just_beginning(files: AnswerFiles, time: Time, monkeypatch: pytest.MonkeyPatch):
    """Its mark is there before it is held: a claim that others take for a dead one's would be paid twice."""
    second = another(files, time)
    others: list[Thread] = []

    def held_late(handle: int, how: int) -> None:
        if handle == files._alive and not others:
            others.append(Thread(target=second.open))
            others[0].start()
            others[0].join(0.2)  # as long as it takes, where nobody makes it wait
        flock(handle, how)

    monkeypatch.setattr("gossamer.cache.once.files.flock", held_late)
    assert files.claim(NAME, PRINT, DAY_S) == "ours"
    others[0].join()
    assert second.claim(NAME, PRINT, DAY_S) == UnderWay(PRINT)
    second.close()


def test_what_was_answered_in_a_session_goes_with_it_and_nothing_else(files: AnswerFiles, time: Time):
    gone, kept = "a" * 32, "b" * 32
    names = [sha256(b"%d" % number).digest() for number in range(6)]
    for name, session in zip(names, (gone, kept) * 3, strict=True):
        files.claim(name, PRINT, DAY_S)
        files.keep(name, replace(answer(time, gone.encode()), session=session))
    running = sha256(b"running").digest()
    files.claim(running, PRINT, DAY_S)
    assert sum(files.forget(shard, gone) for shard in SHARDS) == 3
    assert [files.claim(name, PRINT, DAY_S) == "ours" for name in names] == [True, False] * 3
    assert files.claim(running, PRINT, DAY_S) == UnderWay(PRINT)
    assert sum(files.forget(shard, gone) for shard in SHARDS) == 0


def test_it_is_over_to_the_second(files: AnswerFiles, time: Time):
    files.claim(NAME, PRINT, DAY_S)
    files.keep(NAME, answer(time))
    time.now += DAY_S - 1
    assert isinstance(files.claim(NAME, PRINT, DAY_S), KeptAnswer)
    time.now += 1
    assert files.claim(NAME, OTHER, DAY_S) == "ours"


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"a",
        b"axyz",
        b"r",
        b"r" + PRINT + b"../../etc/passwd",
        b"\x00" * 50,
        b"a\x97\xc4\x00\x00\xc4\x00\xc0\xa1\xff",
    ],
)
def test_what_nobody_here_wrote_is_nothing(files: AnswerFiles, time: Time, garbage: bytes):
    files.open()
    files._path(NAME).write_bytes(garbage)
    assert files.claim(NAME, PRINT, DAY_S) == "ours"


def test_what_lies_there_is_for_the_gateway_alone(files: AnswerFiles, time: Time):
    files.claim(NAME, PRINT, DAY_S)
    files.keep(NAME, answer(time))
    assert files._directory.stat().st_mode & 0o077 == 0
    assert files._path(NAME).stat().st_mode & 0o077 == 0


def names_in(shard: str, count: int) -> list[bytes]:
    digests = (sha256(b"%d" % number).digest() for number in range(10_000))
    return [digest for digest in digests if digest.hex()[0] == shard][:count]


def test_a_sweep_takes_what_is_over_and_the_oldest_beyond_the_bound(files: AnswerFiles, time: Time):
    names = names_in("a", 6)
    for age, name in enumerate(reversed(names)):
        files.claim(name, PRINT, DAY_S)
        files.keep(name, answer(time, b"x" * 1000))
        os.utime(files._path(name), (time.now - age * 3600,) * 2)
    assert files.sweep("a", DAY_S, 10**6) == 0
    assert files.sweep("a", 4.5 * 3600, 10**6) == 0, "what is over does not go before its time"
    assert [files._path(name).exists() for name in names] == [False, True, True, True, True, True]
    assert files.sweep("a", DAY_S, 3300) == 2
    assert [files._path(name).exists() for name in names] == [False, False, False, True, True, True]


def test_a_sweep_leaves_a_claim_alone_however_full_it_is(files: AnswerFiles, time: Time):
    files.claim(NAME, PRINT, DAY_S)
    assert files.sweep(NAME.hex()[0], DAY_S, 1) == 0
    assert files.claim(NAME, PRINT, DAY_S) == UnderWay(PRINT)


def test_all_shards_are_there(files: AnswerFiles):
    files.open()
    assert all((files._directory / shard).is_dir() for shard in SHARDS)
