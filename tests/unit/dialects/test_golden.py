"""The golden transcripts: each comes out as it was checked by eye, however its bytes are cut on the way."""

import pytest

from gossamer.dialects.stream import StreamTranslator
from tests.unit.dialects.transcripts import ECHO, GOLDEN, NOW_S, WIRES, Case, cases, translated

STREAMS, ANSWERS, REQUESTS = (cases(kind) for kind in ("streams", "answers", "requests"))


@pytest.mark.parametrize("case", [*STREAMS, *ANSWERS, *REQUESTS], ids=lambda case: f"{case.kind}-{case}")
def test_what_comes_out_is_what_was_checked(case: Case):
    assert translated(case).decode() == case.expected.read_text(encoding="utf-8")


def test_no_transcript_is_left_over():
    written = {path for path in GOLDEN.glob("*/*.*") if "-to-" in path.name}
    assert written == {case.expected for case in (*STREAMS, *ANSWERS, *REQUESTS)}
    assert len(written) > 60
    assert {case.source for case in STREAMS} == {case.source for case in REQUESTS} == set(WIRES)


@pytest.mark.parametrize("case", STREAMS, ids=str)
def test_each_cut_of_a_stream_gives_the_same_bytes(case: Case):
    given = case.path.read_bytes()
    expected = case.expected.read_bytes()
    for at in range(1, len(given)):
        assert fed(case, given[:at], given[at:]) == expected, at


@pytest.mark.parametrize("case", STREAMS, ids=str)
def test_single_bytes_of_a_stream_give_the_same_bytes(case: Case):
    given = case.path.read_bytes()
    assert fed(case, *(given[at : at + 1] for at in range(len(given)))) == case.expected.read_bytes()


@pytest.mark.parametrize("case", STREAMS, ids=str)
def test_other_line_ends_change_nothing(case: Case):
    given = case.path.read_bytes()
    assert fed(case, given.replace(b"\n", b"\r\n")) == case.expected.read_bytes()


@pytest.mark.parametrize("case", [case for case in STREAMS if case.name in ("text", "tools")], ids=str)
def test_nothing_waits_for_the_end(case: Case):
    """Each event of the provider that says something new is told at once, up to the last text."""
    events = [event + b"\n\n" for event in case.path.read_bytes().split(b"\n\n") if event]
    stream = StreamTranslator(case.target, case.source, ECHO, NOW_S)
    for event in events:
        told = stream.feed(event)
        for piece in ("Hello", "wörld", "Let me look.", r"{\"city\":", r" \"Köln\"}"):
            if f'"{piece}' in event.decode() and b"delta" in event and b".done" not in event:
                assert piece in told.decode()


def fed(case: Case, *pieces: bytes) -> bytes:
    stream = StreamTranslator(case.target, case.source, ECHO, NOW_S)
    return b"".join([*map(stream.feed, pieces), stream.end()])
