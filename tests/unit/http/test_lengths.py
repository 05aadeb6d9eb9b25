"""The last line of a head, remembered or not."""

from gossamer.http.lengths import LAST_LINES


def test_every_length_has_its_line_however_many_there_were() -> None:
    for length in (*range(5000), 0, 7, 123_456_789):
        assert LAST_LINES[length] == f"content-length: {length}\r\n\r\n".encode()
    assert len(LAST_LINES) <= 4096
