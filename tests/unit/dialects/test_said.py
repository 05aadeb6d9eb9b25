"""Streams of each dialect as one text: the golden ones, whose whole answers say the same."""

import pytest

from gossamer.dialects.said import said_in
from tests.unit.dialects.transcripts import GOLDEN


@pytest.mark.parametrize("path", sorted((GOLDEN / "streams").glob("text.*.sse")), ids=lambda path: path.name)
def test_the_words_are_joined(path):
    said = said_in(path.read_bytes())
    assert said
    assert "{" not in said


@pytest.mark.parametrize("path", sorted((GOLDEN / "streams").glob("tools.*.sse")), ids=lambda path: path.name)
def test_calls_are_named_with_their_arguments(path):
    said = said_in(path.read_bytes())
    assert "[call " in said
    assert "{" in said.partition("[call ")[2]


def test_answers_side_by_side_stay_apart_and_nonsense_is_left_out():
    stream = (
        b'data: {"choices":[{"index":1,"delta":{"content":"B"}}]}\n\n'
        b"data: {nonsense\n\n: comment\n\n"
        b'data: {"choices":[{"index":0,"delta":{"content":"A"}},{"index":1,"delta":{"content":"b"}}]}\n\n'
        b"data: [DONE]\n\n"
    )
    assert said_in(stream) == "A\n\nBb"
