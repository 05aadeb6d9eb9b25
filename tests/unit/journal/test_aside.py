"""What is set aside: each piece once, with where it came from, and never too much."""

from pathlib import Path

from gossamer.journal.aside import Aside, Piece, aside_of
from gossamer.journal.reader import Garbled, Position


def garbled(offset: int, data: bytes = b"\xff!", segment: str = "w00-0-0.ndjson") -> Garbled:
    return Garbled(Position(segment, offset), data, "not a JSON object")


def test_it_lies_beside_the_journal(tmp_path: Path):
    assert aside_of(tmp_path / "journal") == tmp_path / "journal-garbled"


def test_it_is_kept_with_where_it_came_from(tmp_path: Path):
    aside = Aside(tmp_path / "aside")
    assert aside.pieces() == {}
    assert aside.keep([garbled(7), garbled(9, b"two"), garbled(7, segment="w01-0-0.ndjson")]) == 3
    assert aside.pieces() == {
        "w00-0-0.ndjson": [Piece(7, "not a JSON object", b"\xff!"), Piece(9, "not a JSON object", b"two")],
        "w01-0-0.ndjson": [Piece(7, "not a JSON object", b"\xff!")],
    }
    assert (tmp_path / "aside").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "aside" / "w00-0-0.ndjson").stat().st_mode & 0o777 == 0o600


def test_whoever_meets_it_again_keeps_it_once(tmp_path: Path):
    for _ in range(2):
        aside = Aside(tmp_path)
        assert aside.keep([garbled(7), garbled(9)]) == 2
        assert aside.keep([garbled(7)]) == 1
    assert [piece.offset for piece in Aside(tmp_path).pieces()["w00-0-0.ndjson"]] == [7, 9]


def test_beyond_the_bound_nothing_is_kept(tmp_path: Path):
    aside = Aside(tmp_path, most_bytes=1000)
    assert aside.keep([garbled(offset) for offset in range(100)]) < 20
    assert aside.keep([garbled(1000, segment="another.ndjson")]) == 0
    assert aside.size_bytes() <= 1000


def test_half_a_line_of_its_own_is_passed_over(tmp_path: Path):
    Aside(tmp_path).keep([garbled(7), garbled(9)])
    path = tmp_path / "w00-0-0.ndjson"
    path.write_bytes(path.read_bytes()[:-5])
    assert [piece.offset for piece in Aside(tmp_path).pieces()[path.name]] == [7]
