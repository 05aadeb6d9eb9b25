"""Takes what was said out of lines that are written, in place: they keep their length, and stay records.

Members become white space, which JSON allows where they stood. Whoever writes a segment never goes back to a finished
line. Whoever reads one meanwhile may see it half done, and has to look again (recorder/chunks.py).
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from gossamer.core.record import Record
from gossamer.journal.aside import SUFFIX, Piece
from gossamer.journal.segment import hold
from gossamer.journal.shelf import segment_names
from gossamer.journal.taken import is_taken, mark_taken

_BLOCK_BYTES: Final = 1024 * 1024
"""Read at a time, and looked through in one call where nothing of it is meant."""
_CODE: Final = re.compile(r"[a-z_]{1,40}")
"""An error in a word of our own says nothing of what was said; a provider's words may."""
_decode: Final = msgspec.json.Decoder(Record).decode
_decode_members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_attempts: Final = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode
_decode_piece: Final = msgspec.json.Decoder(Piece).decode
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError)

IsMeant = Callable[[Record], bool]


def blank_lines(directory: Path, marks: Sequence[bytes], is_meant: IsMeant) -> int:
    """Of the records that are meant, all of which have one of the marks in their line. How many lines were changed."""
    return sum(_blank_segment(directory / str(name), marks, is_meant) for name in segment_names(directory))


def blank_aside(directory: Path, marks: Sequence[bytes]) -> int:
    """What is no record and has one of the marks: nobody can say whose it is, so all of it goes."""
    return sum(_blank_pieces(path, marks) for path in directory.glob(f"*{SUFFIX}"))


def blanked(line: bytes, is_meant: IsMeant) -> bytes:
    """The line without what was said. What cannot be read cannot be told from what is meant, and goes."""
    try:
        record = _decode(line)
    except _UNREADABLE:
        return b" " * len(line)
    if not is_meant(record):
        return line
    members = _decode_members(line)
    line = _without(line, b"content", members.get("content"))
    for each in (members, *_decode_attempts(members.get("attempts", msgspec.Raw(b"[]")))):
        line = _without(line, b"error", each.get("error"))
    return line


def has_said(record: Record) -> bool:
    """Whether there is anything to take out."""
    errors = (record.error, *(each.error for each in record.attempts))
    return record.content is not None or any(error and not _CODE.fullmatch(error) for error in errors)


# --- segments ---


def _blank_segment(path: Path, marks: Sequence[bytes], is_meant: IsMeant) -> int:
    with suppress(FileNotFoundError):  # removed at its bound, with all that it held
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            found = list(_marked(fd, marks))
        finally:
            os.close(fd)
        if found:
            with _writable(path) as fd:
                return sum(_blank(fd, *each, is_meant) for each in found)
    return 0


def _blank(fd: int, offset: int, line: bytes, is_whole: bool, is_meant: IsMeant) -> bool:
    if not is_whole and not hold(fd):
        return False  # it is being written; whoever reads it later sees that it is meant
    blank = blanked(line, is_meant)
    if blank == line:
        return False
    os.pwrite(fd, blank, offset)
    return True


def _marked(fd: int, marks: Sequence[bytes]) -> Iterator[tuple[int, bytes, bool]]:
    """Where they begin, what they are, and whether they have an end: lines that have a mark."""
    offset, rest = 0, b""
    while block := os.pread(fd, _BLOCK_BYTES, offset + len(rest)):
        text = rest + block
        end = text.rfind(b"\n") + 1
        if any(mark in text for mark in marks):
            yield from _marked_in(text[:end], offset, marks)
        elif not end and not text.strip(b"\0"):
            end = len(text)
        offset, rest = offset + end, text[end:]
    yield from _parts(rest, offset, marks, is_ended=False)


def _marked_in(text: bytes, offset: int, marks: Sequence[bytes]) -> Iterator[tuple[int, bytes, bool]]:
    for line in text.split(b"\n"):
        if any(mark in line for mark in marks):
            yield from _parts(line, offset, marks, is_ended=True)
        offset += len(line) + 1


def _parts(line: bytes, offset: int, marks: Sequence[bytes], *, is_ended: bool) -> Iterator[tuple[int, bytes, bool]]:
    """Of a line with holes in it, only the last part is one that was written to its end."""
    end = offset + len(line)
    for part in line.split(b"\0"):
        if any(mark in part for mark in marks):
            yield offset, part, is_ended and offset + len(part) == end
        offset += len(part) + 1


@contextmanager
def _writable(path: Path) -> Iterator[int]:
    """Those that every projection has taken are marked by that nobody may write to them."""
    was_taken = is_taken(path)
    if was_taken:
        path.chmod(0o600)
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    finally:
        if was_taken:
            mark_taken(path)
    try:
        yield fd
    finally:
        os.close(fd)


def _without(line: bytes, name: bytes, value: msgspec.Raw | None) -> bytes:
    """No string can hold these bytes: the quotes in it would be escaped."""
    if value is None or _CODE.fullmatch(bytes(value)[1:-1].decode()):
        return line
    member = b',"%b":%b' % (name, bytes(value))
    return line.replace(member, b" " * len(member))


# --- what was set aside ---


def _blank_pieces(path: Path, marks: Sequence[bytes]) -> int:
    count = offset = 0
    with suppress(FileNotFoundError), path.open("r+b") as file:
        for line in file.read().splitlines(keepends=True):
            if (blank := _blank_piece(line, marks)) != line:
                os.pwrite(file.fileno(), blank, offset)
                count += 1
            offset += len(line)
    return count


def _blank_piece(line: bytes, marks: Sequence[bytes]) -> bytes:
    """The bytes in it become zeros: "A" in base64."""
    try:
        data = _decode_piece(line).data
    except _UNREADABLE:
        return line  # a full disk cut it short: what it told of came again
    if not any(mark in data for mark in marks):
        return line
    begin, end = line.index(b'"data":"') + len(b'"data":"'), line.rindex(b'"')
    return line[:begin] + b"A" * (end - begin) + line[end:]
