"""Answers in DATA_DIR/idempotency, a file each, for all workers of a node. All of it may block: it runs in a thread.

A claim is a file that names the life of its worker, and that life holds a lock for as long as it lasts: so a claim ends
with its worker, however that ended, and an answer outlives it. Who claims holds the lock of all claims meanwhile.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN, flock
from itertools import count
from pathlib import Path
from typing import Final

import msgspec

from gossamer.cache.once.shelf import PRINT_BYTES, Found, KeptAnswer, UnderWay

DIRECTORY: Final = "idempotency"
"""Below the data directory."""
SHARDS: Final = "0123456789abcdef"
_CLAIM: Final = b"r"
_ANSWER: Final = b"a"
_PRIVATE: Final = 0o600
_LIVES: Final = "lives"
_LOCK: Final = "claims.lock"
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(KeptAnswer).decode


class AnswerFiles:
    """`life` is unlike that of any other worker, ever. Nothing is made before it is needed."""

    def __init__(self, directory: Path, life: str, wall_time: Callable[[], float]) -> None:
        self._directory = directory
        self._life = life
        self._wall_time = wall_time
        self._numbers = count(1)
        self._lock: int | None = None
        self._alive: int | None = None

    def claim(self, name: bytes, print_: bytes, keep_s: float) -> Found:
        """What is there; else the claim is ours."""
        self._open()
        path = self._path(name)
        with self._alone():
            found = self._read(path, keep_s)
            if found is not None:
                return found
            self._write(path, _CLAIM + print_ + self._life.encode())
        return "ours"

    def keep(self, name: bytes, answer: KeptAnswer) -> int:
        """Its bytes on disk. It need not have been claimed here."""
        content = _ANSWER + _encode(answer)
        self._open()
        with self._alone():
            self._write(self._path(name), content)
        return len(content)

    def release(self, name: bytes) -> None:
        """Only our own claim: an answer stays, and so does what another life has claimed."""
        self._open()
        path = self._path(name)
        with self._alone():
            if self._claimant(path) == self._life:
                path.unlink()

    def sweep(self, shard: str, keep_s: float, most_bytes: int) -> int:
        """Take away what nobody can be given any more, and the oldest beyond the bound: how many went before time."""
        found = sorted(self._answers(shard))
        total_bytes = sum(size for _, size, _ in found)
        now, early = self._wall_time(), 0
        for changed_at, size, path in found:
            is_old = changed_at + keep_s <= now
            if not is_old and total_bytes <= most_bytes:
                break
            with self._alone():
                if path.exists() and path.stat().st_mtime == changed_at and not self._is_running(path):
                    path.unlink()
                    total_bytes -= size
                    early += not is_old
        return early

    def forget(self, shard: str, session: str) -> int:
        """What was answered in it, all of which ends with its digest. How many went."""
        mark, count = session.encode(), 0
        for _, size, path in self._answers(shard):
            if _ends_with(path, size, mark):
                with self._alone():
                    if path.exists() and _ends_with(path, path.stat().st_size, mark):
                        path.unlink()
                        count += 1
        return count

    def close(self) -> None:
        """This life is over: what it had claimed is free."""
        if self._alive is not None:
            (self._directory / _LIVES / self._life).unlink(missing_ok=True)
            os.close(self._alive)
        if self._lock is not None:
            os.close(self._lock)
        self._alive = self._lock = None

    @property
    def is_there(self) -> bool:
        """Whether anybody ever kept anything."""
        return self._directory.is_dir()

    def open(self) -> None:
        """Before a sweep, or before something is forgotten."""
        self._open()

    # --- inside ---

    def _open(self) -> None:
        if self._alive is not None:
            return
        lives = self._directory / _LIVES
        for each in (self._directory, lives, *(self._directory / shard for shard in SHARDS)):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._lock is None:
            self._lock = os.open(self._directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE)
        with self._alone():  # a mark that is not held yet is that of one who ended, for whoever buries meanwhile
            self._alive = os.open(lives / self._life, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE)
            flock(self._alive, LOCK_EX)
            self._bury(lives)

    def _bury(self, lives: Path) -> None:
        """Marks of lives that ended without a word, and what they were writing then."""
        for each in lives.iterdir():
            if not self._is_alive(each.name):
                each.unlink(missing_ok=True)
        for draft in self._directory.glob(".*.*"):
            if not self._is_alive(draft.name[1:].partition(".")[0]):
                draft.unlink(missing_ok=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        assert self._lock is not None
        flock(self._lock, LOCK_EX)
        try:
            yield
        finally:
            flock(self._lock, LOCK_UN)

    def _path(self, name: bytes) -> Path:
        text = name.hex()
        return self._directory / text[0] / text[1:]

    def _read(self, path: Path, keep_s: float) -> KeptAnswer | UnderWay | None:
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        if content[:1] == _CLAIM:
            print_, life = content[1 : 1 + PRINT_BYTES], content[1 + PRINT_BYTES :]
            return UnderWay(print_) if self._is_alive(life.decode("ascii", "replace")) else None
        try:
            answer = _decode(content[1:])
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None  # of another release, or cut short with the machine
        return answer if answer.made_at + keep_s > self._wall_time() else None

    def _is_running(self, path: Path) -> bool:
        life = self._claimant(path)
        return life is not None and self._is_alive(life)

    def _claimant(self, path: Path) -> str | None:
        """Whose claim lies there, if one does."""
        with suppress(FileNotFoundError), path.open("rb") as file:
            content = file.read(1 + PRINT_BYTES + 64)
            if content[:1] == _CLAIM:
                return content[1 + PRINT_BYTES :].decode("ascii", "replace")
        return None

    def _is_alive(self, life: str) -> bool:
        if life == self._life:
            return True
        try:
            mark = os.open(self._directory / _LIVES / Path(life).name, os.O_RDONLY | os.O_CLOEXEC)
        except (FileNotFoundError, ValueError):
            return False
        try:
            flock(mark, LOCK_SH | LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(mark)
        return False

    def _write(self, path: Path, content: bytes) -> None:
        """Whole or not at all."""
        draft = self._directory / f".{self._life}.{next(self._numbers)}"
        try:
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            draft.replace(path)
        except OSError:
            draft.unlink(missing_ok=True)
            raise

    def _answers(self, shard: str) -> Iterator[tuple[float, int, Path]]:
        """When it was last written, its size and place."""
        with os.scandir(self._directory / shard) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    found = entry.stat()
                    yield found.st_mtime, found.st_size, Path(entry.path)


def _ends_with(path: Path, size: int, mark: bytes) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return os.pread(handle, len(mark), max(0, size - len(mark))) == mark
    finally:
        os.close(handle)
